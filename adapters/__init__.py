"""
The devices that the program drives: captioner, scorer, darkroom, galleries, files, workers.

Read `ports` first: what a device promises. Everything impure that is not the journal's lives here.
"""
