"""Letters as a plain keyboard has them: what names and words are compared by."""

from __future__ import annotations

import unicodedata

_WRITTEN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def plain(text: str) -> str:
    """In lower case, with umlauts written out and without accents: ``Weiß`` → ``weiss``."""
    letters = unicodedata.normalize("NFKD", text.lower().translate(_WRITTEN))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
