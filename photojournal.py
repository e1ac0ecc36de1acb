"""
`python -m photojournal`, and what the `photojournal` script calls: the command line.

Worker processes that are spawned import the main module again, so it imports nothing by itself.
"""


def main() -> None:
    """Run the command line that this process was started with."""
    try:
        from commands.app import main as run
    except Exception as error:  # noqa: BLE001  (an installation so broken that nothing can begin)
        raise SystemExit(_cannot_begin(error)) from None
    run()


def _cannot_begin(error: Exception) -> int:
    """Leave the traceback in `crash_startup.log`, say so, and return the exit code of a bug."""
    import os
    import sys
    import tempfile
    import traceback
    from datetime import UTC, datetime
    from pathlib import Path

    words = sys.argv[1:]
    given = words[words.index("-w") + 1 :] if "-w" in words else []
    meant = Path(next(iter(given), os.environ.get("PHOTOJOURNAL_WORKSPACE", "")))
    trace = "".join(traceback.format_exception(error))
    place = "no file: none could be written"
    for folder in (meant, Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with (folder / "crash_startup.log").open("a", encoding="utf-8") as file:
                file.write(f"--- {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} photojournal\n{trace}\n")
        except OSError:
            continue
        place = str(folder / "crash_startup.log")
        break
    sys.stderr.write(f"Error: {type(error).__name__}: {error}\n")
    sys.stderr.write(f"Hint: install it again; the details are in {place}\n")
    return 70


if __name__ == "__main__":
    main()
