"""Letters: umlauts, ß, normal forms, capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from random import Random

from wortlaut.annotations.carry import Transformed, boundaries, edited
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit, characters

_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def spelt(document: Document, random: Random, *, spell: Callable[[str], str]) -> Transformed:
    """Each letter as ``spell`` writes it, with the marks that combine with it unless a span ends between."""
    fixed = boundaries(document)
    text = document.text
    edits = [
        Edit(a, b, new)
        for start, end in characters(text)
        # A letter and its marks are taken apart where an annotation takes them apart.
        for a, b in pairwise(
            (start, end) if fixed.isdisjoint(range(start + 1, end)) else range(start, end + 1)
        )
        if (new := spell(text[a:b])) != text[a:b]
    ]
    return edited(document, edits, names=partial(_spelt, spell=spell))


def without_umlauts(document: Document, random: Random) -> Transformed:
    """``Ü`` becomes ``UE`` before a capital, as in ``ÜBER``."""
    edits = [Edit(match.start(), match.end(), _umlaut(match)) for match in _UMLAUT.finditer(document.text)]
    return edited(document, edits, names=lambda name: _UMLAUT.sub(_umlaut, name))


_UMLAUT = re.compile("[äöüÄÖÜ]")


def _umlaut(match: re.Match[str]) -> str:
    new = _UMLAUTS[match.group()]
    around = match.string[match.start() - 1 : match.start()] + match.string[match.end() : match.end() + 1]
    return new.upper() if new[0].isupper() and around.isalpha() and around.isupper() else new


def _spelt(text: str, spell: Callable[[str], str]) -> str:
    return "".join(spell(text[start:end]) for start, end in characters(text))


def _swiss(letter: str) -> str:
    return {"ß": "ss", "ẞ": "SS"}.get(letter, letter)


TRANSFORMATIONS = (
    Transformation("umlauts-ascii", "ä ö ü as ae oe ue", "same", without_umlauts),
    Transformation("ss", "ß as ss, as in Switzerland", "same", partial(spelt, spell=_swiss)),
    Transformation(
        "nfd",
        "letters and their marks as two code points (Unicode NFD)",
        "same",
        partial(spelt, spell=partial(unicodedata.normalize, "NFD")),
        "nfc",
    ),
    Transformation(
        "nfc",
        "letters and their marks as one code point (Unicode NFC)",
        "same",
        partial(spelt, spell=partial(unicodedata.normalize, "NFC")),
        "nfd",
    ),
    Transformation("capitals", "capitals only", "blurred", partial(spelt, spell=str.upper)),
    Transformation("lower", "small letters only", "blurred", partial(spelt, spell=str.lower)),
)
