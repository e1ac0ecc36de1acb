"""
`python -m photojournal`: the command line, for where no console script was installed.

Promises the same behaviour and exit codes as the `photojournal` script. The guard matters: worker
processes that are spawned import the main module again.
"""

from commands.app import main

if __name__ == "__main__":
    main()
