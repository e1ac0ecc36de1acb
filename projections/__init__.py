"""
Read models: tables and files made from events, and thrown away without loss.

`engine` keeps the tables in `data/review.db` at the journal's head; each projection says in a
module of its own how its lines follow from events. Nothing here decides anything, and nothing reads
a photo, a configuration, a clock or a time zone: the journal alone makes every line.
"""
