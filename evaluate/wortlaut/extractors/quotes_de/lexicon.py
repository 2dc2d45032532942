"""The word lists of the rules, read from the package once."""

from __future__ import annotations

from functools import partial

from wortlaut.text import lists

_HERE = "wortlaut.extractors.quotes_de"
read_lines = partial(lists.read_lines, _HERE)
#: Closed word classes and small lists by name, see ``data/words.txt``.
WORDS = {section: frozenset(words) for section, words in lists.read_sections(_HERE, "words.txt").items()}
