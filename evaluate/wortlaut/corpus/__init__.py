"""Corpora: known ones, from folders, formats and the hub, and their splits."""
