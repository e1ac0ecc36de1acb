"""
What can happen to a row, and what follows from it. Pure: no clock, no file, no random number.

Read `events` first: it is the life of a row from top to bottom. `decide(row, intent)` turns what is
asked into events or refuses; `evolve(row, event)` is the fold; `next_effects(row)` says as data
what the driver should do outside. Whatever else the program shows is computed from these three.
"""
