"""Probes: short German news items that a grammar makes together with their gold, from plain data files."""
