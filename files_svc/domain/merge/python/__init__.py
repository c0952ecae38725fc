"""Merges Python by its symbols: imports as a set, members by name, bodies line by line."""
