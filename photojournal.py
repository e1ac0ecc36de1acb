"""
`python -m photojournal`, and what the `photojournal` script calls: the command line.

Worker processes that are spawned import the main module again, so it imports nothing by itself.
"""


def main() -> None:
    """Run the command line that this process was started with."""
    from commands.app import main as run

    run()


if __name__ == "__main__":
    main()
