"""Photographs for the demo under free licences (README.md says whose), one of them damaged."""
