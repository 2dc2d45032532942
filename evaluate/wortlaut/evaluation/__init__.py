"""Extractors on a corpus: evaluation, comparison, agreement."""
