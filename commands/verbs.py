"""
The verbs, in the order of `--help`: group and summary.

A summary stands here and as the first line of the verb's docstring (a test compares them), so that
`--help` need not load thirty modules.
"""

DAILY, REPAIR, EVIDENCE = GROUPS = ("Daily", "Repair", "Evidence")

VERBS: dict[str, tuple[str, str]] = {
    "status": (DAILY, "Show where the work stands and what to type next"),
    "init": (DAILY, "Make a workspace: photojournal.toml, data/, logs/"),
    "demo": (DAILY, "Take sample photos through the whole pipeline"),
    "ingest": (DAILY, "Take photos in as a set"),
    "adopt": (DAILY, "Take over the website that is there already"),
    "sets": (DAILY, "List the sets"),
    "prefill": (DAILY, "Write captions, alt texts and keywords where they are due"),
    "score": (DAILY, "Measure the quality of the photos that are due"),
    "resize": (DAILY, "Make the web pictures, thumbs and other renditions that are due"),
    "run": (DAILY, "Do everything up to the review, and go on after an interruption"),
    "queue": (DAILY, "List the rows, each with its next command"),
    "show": (DAILY, "Show everything about a row"),
    "similar": (DAILY, "Show photos that look alike, as groups or around a row"),
    "search": (DAILY, "Find photos by what they show, in words"),
    "review": (DAILY, "Open the page on which photos are reviewed and published"),
    "pick": (DAILY, "Mark rows as liked"),
    "approve": (DAILY, "Approve rows for publication"),
    "reject": (DAILY, "Set rows aside for good"),
    "edit": (DAILY, "Change texts, labels, and facts that a file has wrong"),
    "export": (DAILY, "Write the texts as a table for a spreadsheet"),
    "import": (DAILY, "Take texts back from a table that was edited"),
    "replace": (DAILY, "Put another version of a photo in the place of a row's"),
    "rename": (DAILY, "Give a row another file name"),
    "publish": (DAILY, "Publish what is approved"),
    "retry": (REPAIR, "Make what failed due again, now"),
    "release": (REPAIR, "Give quarantined rows a fresh budget"),
    "undo": (REPAIR, "Take back your newest step"),
    "redo": (REPAIR, "Bring back what undo took"),
    "rollback": (REPAIR, "Bring rows back to an earlier version"),
    "withdraw": (REPAIR, "Take published rows down"),
    "repair": (REPAIR, "Finish what an interrupted run left open"),
    "relink": (REPAIR, "Say where originals lie after a drive or folder was moved"),
    "replay": (REPAIR, "Make the read models again from the journal, or check them"),
    "doctor": (REPAIR, "Check what the program needs, and how to mend it"),
    "models": (REPAIR, "Fetch and check the weights that scores by neural networks need"),
    "prune": (REPAIR, "Remove from data/objects what nothing refers to"),
    "redact": (REPAIR, "Forget places, serial numbers, or what single events say"),
    "erase": (REPAIR, "Forget rows for good: texts, facts, places and pictures"),
    "backup": (REPAIR, "Copy the workspace to a safe place, or check such copies"),
    "restore": (REPAIR, "Make a new workspace out of a backup"),
    "triage": (EVIDENCE, "Say what failed first, whom it hit, why, and what to type next"),
    "history": (EVIDENCE, "Tell what happened to a row"),
    "blame": (EVIDENCE, "Say who gave a value: which event, run, person or model"),
    "diff": (EVIDENCE, "Compare two moments, or before and after a run"),
    "events": (EVIDENCE, "List the events as they are stored"),
    "runs": (EVIDENCE, "List the runs and how they ended"),
    "logs": (EVIDENCE, "List the logs of runs, hold or release them, and prune the rest"),
    "report": (EVIDENCE, "Write a report on photos: one page that opens in any browser"),
    "journal": (EVIDENCE, "Export, import or follow the journal, as signed lines of JSON"),
    "incident": (EVIDENCE, "Hand an incident to somebody else, or open what was handed over"),
    "verify": (EVIDENCE, "Check that nothing was lost or changed"),
}
"""Group and summary by verb."""
