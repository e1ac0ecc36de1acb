"""
What the command line may not load before it knows that it needs it.

A person waits for `--help`; torch alone would take seconds, and is an extra that need not even be
installed. Looked at in a process of its own, since this one has loaded everything already.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAVY = {
    "torch",
    "torchvision",
    "pyiqa",
    "open_clip",
    "pandas",
    "cv2",
    "numpy",
    "sqlite_utils",
    "PIL",
    "pillow_heif",
    "rawpy",
    "jinja2",
    "exiv2",
    "fastapi",
    "pydantic",
    "pymysql",
    "starlette",
    "uvicorn",
}

LIST_WHAT_WAS_LOADED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
import photojournal
sys.argv = ["photojournal", *sys.argv[1:]]
photojournal.main()
"""


SERVERS = {"ftplib", "pymysql", "keyring"}
NEURAL = {"torch", "torchvision", "pyiqa", "open_clip", "timm"}
"""They take seconds to load, and need not be installed."""


def loaded_by(*words: str, folder: Path) -> set[str]:
    """Type a command in a folder, in a process of its own; return what modules it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_WHAT_WAS_LOADED, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {name.partition(".")[0] for name in json.loads(done.stderr.splitlines()[-1])}


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    """`photojournal --help` succeeds without any library that takes long to load."""
    assert set() == HEAVY & loaded_by("--help", folder=tmp_path)


def test_the_table_on_mysql_loads_its_driver_when_it_connects(tmp_path: Path) -> None:
    """Who publishes into a folder, or only looks at the settings, never pays for it."""
    code = """
import sys
from adapters.mysql_table import MysqlServer, MysqlTable
MysqlTable(MysqlServer(host="db.example.org"), workspace="w").close()
assert not {"pymysql", "ssl"} & sys.modules.keys()
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


def test_who_publishes_into_a_folder_loads_nothing_for_servers(tmp_path: Path) -> None:
    """Nor does who only looks at a workspace that publishes to servers."""
    loaded_by("init", ".", folder=tmp_path)
    for verb in ("status", "publish"):
        assert set() == SERVERS & loaded_by(*verb.split(), folder=tmp_path), verb
    settings = """
[publish]
gallery = "ftp"
public_url_base = "https://example.org"
ftp = { host = "ftp.example.org", user = "anna" }
mysql = { host = "db.example.org", user = "anna", database = "website" }
"""
    (tmp_path / "photojournal.toml").write_text(settings, encoding="utf-8")
    for verb in ("status", "publish --dry-run"):
        assert set() == SERVERS & loaded_by(*verb.split(), folder=tmp_path), verb


def test_looking_and_the_embedded_scores_load_no_neural_library(tmp_path: Path) -> None:
    """Wherever the workspace needs no model; what a profile would need is told without them."""
    loaded_by("init", ".", folder=tmp_path)
    loaded_by("ingest", str(ROOT / "samples" / "coffee.jpg"), folder=tmp_path)
    for verb in ("score", "show 1", "doctor", "models list"):
        assert set() == NEURAL & loaded_by(*verb.split(), folder=tmp_path), verb
    settings = '[score]\nprofile = "full"\nmetrics = ["topiq_nr"]\nweights = "none"\n'
    (tmp_path / "photojournal.toml").write_text(settings, encoding="utf-8")
    for verb in ("run --dry-run", "queue --missing-scores"):
        assert set() == NEURAL & loaded_by(*verb.split(), folder=tmp_path), verb
