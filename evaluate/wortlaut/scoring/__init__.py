"""Matching, scores, error classes and their uncertainty. Knows columns; no files, no command line."""
