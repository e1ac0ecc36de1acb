"""
The house style that no linter knows, as tests.

Looks at every file that git tracks or would track. Patterns that name what is banned are written so
that they do not match themselves.
"""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LINES_PER_FILE = 400
LINES_PER_FUNCTION = 70
WRITTEN_BY_HAND = {
    ".py",
    ".md",
    ".html",
    ".css",
    ".js",
    ".toml",
    ".cfg",
    ".yml",
    ".yaml",
    ".sh",
    "",
}
PACKAGES = ("machine", "journal", "projections", "adapters", "driver", "commands", "samples")

REGISTRY_HOSTS = re.compile(
    r"py[p]i\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|debia[n]\.org|crate[s]\.io|anacond[a]\.org"
)
PATHS_OF_A_MACHINE = re.compile(r"(?<![\w.~/-])/(?:wor[k]|far[m]|roo[t])/")
LEFT_FOR_LATER = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b")


@cache
def repository_files() -> tuple[Path, ...]:
    """Paths relative to the root, of text and other files alike."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout: git says which files belong to the project")
    listing = subprocess.run(
        [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = {name for name in listing.stdout.decode().split("\0") if name}
    return tuple(Path(name) for name in sorted(names) if (ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that decodes as UTF-8, with its text."""
    for path in repository_files():
        try:
            yield path, (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Every line of the repository that a pattern is found in, as `path:line: text`."""
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_files_stay_readable_in_one_go() -> None:
    """No file written by hand is longer than 400 lines."""
    offenders = [
        f"{path}: {length} lines"
        for path, text in texts()
        if path.suffix in WRITTEN_BY_HAND
        and "golden" not in path.parts
        and (length := len(text.splitlines())) > LINES_PER_FILE
    ]
    assert [] == offenders


def test_every_package_folder_is_a_package() -> None:
    """A folder with modules has an `__init__.py`: without it, the wheel would lack the folder."""
    python = [path for path in repository_files() if path.suffix == ".py"]
    folders = {path.parent for path in python if path.parts[0] in PACKAGES}
    assert [] == sorted(str(f) for f in folders if not (ROOT / f / "__init__.py").is_file())


def test_no_registry_host_is_named() -> None:
    """Where packages come from is the machine's affair: pins are `name==version`."""
    assert [] == lines_matching(REGISTRY_HOSTS)


def test_no_path_of_one_machine_is_named() -> None:
    """The repository works wherever it is cloned to."""
    assert [] == lines_matching(PATHS_OF_A_MACHINE)


def test_nothing_is_left_for_later() -> None:
    """What is open stands in an issue, not in a comment."""
    assert [] == lines_matching(LEFT_FOR_LATER)


def swallows(handler: ast.ExceptHandler) -> bool:
    """True if a broad `except` does nothing with what it caught."""
    broad = isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    return broad and all(isinstance(node, ast.Pass | ast.Continue) for node in handler.body)


def faults_of(path: Path, tree: ast.Module) -> Iterator[str]:
    """Name what the house style does not allow in a module."""
    if not ast.get_docstring(tree):
        yield f"{path}: no docstring says what it is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LINES_PER_FUNCTION:
                yield f"{path}:{node.lineno}: {node.name} has {length} lines"
        elif isinstance(node, ast.ExceptHandler) and (node.type is None or swallows(node)):
            yield f"{path}:{node.lineno}: an error is swallowed"


def test_every_module_keeps_the_house_style() -> None:
    """It says what it is, its functions fit on a screen (70 lines), and it swallows no error."""
    trees = ((path, ast.parse(text)) for path, text in texts() if path.suffix == ".py")
    assert [] == [fault for path, tree in trees for fault in faults_of(path, tree)]
