"""Benches: `python -m bench` prints the project's figures beside their references."""
