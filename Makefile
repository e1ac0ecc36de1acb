# The two commands that matter are `make demo` and `make test`; `make help` lists the rest.
# Needed: Python >= 3.11, make, git. Everything else lands in .venv, never in the system's Python.

PYTHON ?= python3
# Processes that test side by side: they wait for others a third of their time, so that three keep two
# cores busy.
JOBS ?= 3
# NEURAL=0 leaves the extra `score` out (torch and what stands on it): what needs it is skipped.
NEURAL ?= 1

VENV := .venv
BIN := $(VENV)/bin
PINS := constraints.txt
ifeq ($(NEURAL),0)
MODELS :=
else
MODELS := $(VENV)/.stamp-score
endif
UV := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
MAKE_VENV = $(UV) venv --quiet --python $(PYTHON) $(VENV)
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
MAKE_VENV = $(PYTHON) -m venv $(VENV)
endif

.PHONY: help demo test lint neural soak bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: $(VENV)/.stamp-core ## sample photos through the whole pipeline, one of them damaged
	@$(BIN)/photojournal demo

test: lint $(MODELS) $(VENV)/.stamp-debian ## linters, type checks, import rules, then the tests
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

LINTERS := lint-style lint-types lint-types-windows lint-imports
.PHONY: $(LINTERS)

lint: $(VENV)/.stamp-dev ## only the linters, type checks and import rules
	@$(MAKE) --no-print-directory --jobs=$(JOBS) $(LINTERS)

lint-style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-types:
	$(BIN)/mypy --strict

lint-types-windows:
	$(BIN)/mypy --strict --platform win32 --cache-dir .mypy_cache/win32

lint-imports:
	$(BIN)/lint-imports

neural: $(VENV)/.stamp-score ## the neural libraries, about 7 GB, for [score] profile = "full"

soak: $(VENV)/.stamp-dev $(MODELS) ## the long campaigns (crashes, random histories); prints its seeds
	@SOAK=1 $(BIN)/python -m pytest -s -m soak

bench: $(VENV)/.stamp-bench $(MODELS) $(VENV)/.stamp-debian ## measures, beside raw sqlite3, the eventsourcing library and pyiqa
	@$(BIN)/python -m bench

clean: ## removes .venv and caches; data/, logs/ and site/ stay
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- setting up; a stamp file says that it was done for these versions of its inputs ---

$(VENV)/.stamp-core: pyproject.toml $(PINS) | $(BIN)/python
	@echo "Installing photojournal and what it needs into $(VENV) (once) ..."
	@$(INSTALL) --constraint $(PINS) --editable .
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml $(PINS) | $(BIN)/python
	@echo "Installing photojournal and its developer tools into $(VENV) (once) ..."
	@$(INSTALL) --constraint $(PINS) --editable '.[dev,raw]'
	@touch $@ $(VENV)/.stamp-core

$(VENV)/.stamp-bench: pyproject.toml $(PINS) | $(BIN)/python
	@echo "Installing what the benches compare with into $(VENV) (once) ..."
	@$(INSTALL) --constraint $(PINS) --editable '.[bench]'
	@touch $@ $(VENV)/.stamp-core

# It stands on .stamp-dev, so that linters speak before gigabytes are fetched. The wheels of opencv
# and of opencv-headless, which pyiqa asks for both, hold the same files: the one that was unpacked
# last counts, and only headless does without a screen's libraries.
$(VENV)/.stamp-score: $(VENV)/.stamp-dev
	@$(BIN)/python -c 'import shutil, sys; from importlib.util import find_spec; \
	  sys.exit(find_spec("torch") is None and shutil.disk_usage(".").free < 9e9)' || { \
	  echo "Error: the neural libraries need 9 GB of free disk space." >&2; \
	  echo "Hint: leave them out, and the tests that need them: add NEURAL=0" >&2; exit 2; }
	@echo "Installing the neural libraries into $(VENV) (once): about 7 GB, mostly torch. This takes"
	@echo "minutes and prints nothing meanwhile; NEURAL=0 leaves them out, and their tests with them ..."
	@$(INSTALL) --constraint $(PINS) --editable '.[dev,raw,score]' || { \
	  echo "Hint: where torch is not made for (Macs with Intel), leave it out: add NEURAL=0" >&2; \
	  exit 2; }
	@$(BIN)/python -c 'import cv2' 2>/dev/null || \
	  $(INSTALL) --constraint $(PINS) --no-deps --force-reinstall opencv-python-headless
	@touch $@

# exiftool reads published pictures in the tests, `make bench` compares resizing with vipsthumbnail,
# vsftpd is published to in the tests, the tests of the table on MySQL start a MariaDB of their own
# (the core packages run no service), and those of the page open it in Chromium: in that without
# windows, which takes half the time. No photo needs them to be published, but for AVIF. Debian's root
# gets them; others are told. vsftpd's package would start a server on port 21: while a policy-rc.d
# that says no stands there (unless one stands already), it does not.
$(VENV)/.stamp-debian: | $(BIN)/python
	@missing=""; \
	command -v exiftool >/dev/null || missing="$$missing libimage-exiftool-perl"; \
	command -v vipsthumbnail >/dev/null || missing="$$missing libvips-tools"; \
	PATH="$$PATH:/usr/sbin"; policy=/usr/sbin/policy-rc.d; \
	command -v vsftpd >/dev/null || missing="$$missing vsftpd"; \
	command -v mariadb-install-db >/dev/null || \
	  missing="$$missing mariadb-server-core mariadb-client-core"; \
	command -v chromium-headless-shell >/dev/null || missing="$$missing chromium-headless-shell"; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing the system packages$$missing (once) ..."; \
	  [ -e $$policy ] || { trap "rm -f $$policy" EXIT; trap "exit 1" INT TERM; \
	    printf '#!/bin/sh\nexit 101\n' >$$policy; chmod +x $$policy; }; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; } \
	    >/dev/null 2>&1 || echo "They could not be installed."; \
	fi; \
	command -v exiftool >/dev/null || \
	  echo "Without exiftool, the tests that read published pictures with it are skipped."; \
	command -v vipsthumbnail >/dev/null || \
	  echo "Without vipsthumbnail, make bench leaves that comparison out."; \
	command -v vsftpd >/dev/null || \
	  echo "Without vsftpd, the tests that publish to it are skipped."; \
	command -v mariadb-install-db >/dev/null || \
	  echo "Without a MariaDB server, the tests of the table on MySQL are skipped."; \
	command -v chromium-headless-shell >/dev/null || \
	  echo "Without chromium-headless-shell, the tests of the page take another Chromium, or are skipped."; \
	! command -v exiftool >/dev/null || ! command -v vipsthumbnail >/dev/null \
	  || ! command -v vsftpd >/dev/null || ! command -v mariadb-install-db >/dev/null \
	  || ! command -v chromium-headless-shell >/dev/null || touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Error: photojournal needs Python 3.11 or newer, and '$(PYTHON)' is not that." >&2; \
	  echo "Hint: name another one: make demo PYTHON=python3.12" >&2; exit 2; }
ifeq ($(UV),)
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing the system package $$package, which this Python lacks ..."; \
	    apt-get update -qq && apt-get install -y -qq "$$package"; \
	  fi; \
	  $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "Error: this Python cannot make virtual environments (no ensurepip)." >&2; \
	    echo "Hint: on Debian or Ubuntu: sudo apt-get install $$package" >&2; exit 2; }; }
endif
	@$(MAKE_VENV) || { rm -rf $(VENV); exit 1; }
