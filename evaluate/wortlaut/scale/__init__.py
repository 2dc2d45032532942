"""Extraction at scale: a corpus of any size, in shards, by many processes, stopped and resumed anywhere."""
