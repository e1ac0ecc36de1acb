# The two commands that matter are `make demo` and `make test`; `make help` lists the rest.
# Needed: Python >= 3.11, make, git. Everything else lands in .venv, never in the system's Python.

PYTHON ?= python3
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
PINS := constraints.txt
UV := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
MAKE_VENV = $(UV) venv --quiet --python $(PYTHON) $(VENV)
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
MAKE_VENV = $(PYTHON) -m venv $(VENV)
endif

.PHONY: help demo test lint soak bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

demo: $(VENV)/.stamp-core ## sample photos through the whole pipeline, one of them damaged
	@$(BIN)/photojournal demo

test: lint ## linters, type checks, import rules, then the tests
	@$(BIN)/python -m pytest -q -n $(JOBS)

lint: $(VENV)/.stamp-dev ## only the linters, type checks and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/mypy --strict --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/lint-imports

soak: $(VENV)/.stamp-dev ## the long campaigns (crashes, random histories); prints its seeds
	@SOAK=1 $(BIN)/python -m pytest -s -m soak

bench: $(VENV)/.stamp-bench ## measures, beside raw sqlite3 and the eventsourcing library
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
	@$(INSTALL) --constraint $(PINS) --editable '.[dev]'
	@touch $@ $(VENV)/.stamp-core

$(VENV)/.stamp-bench: pyproject.toml $(PINS) | $(BIN)/python
	@echo "Installing what the benches compare with into $(VENV) (once) ..."
	@$(INSTALL) --constraint $(PINS) --editable '.[bench]'
	@touch $@ $(VENV)/.stamp-core

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
