"""
Drives the machine for the command line and the page alike.

The driver asks `decide`, appends what it answers, performs the effects and records their outcomes.
`shell` is the only door to append; `program` puts the concrete parts together.
"""
