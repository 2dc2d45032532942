"""Mistakes of typists and of text recognition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

from wortlaut.annotations.carry import Transformed, boundaries, edited
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation, check_rate
from wortlaut.text.edits import Edit
from wortlaut.text.segments import sentences

#: Rows of a German keyboard: neighbours in a row are mistaken for each other.
_ROWS = ("qwertzuiopü", "asdfghjklöä", "yxcvbnm")
_NEIGHBOURS = {
    key: "".join(row[max(0, i - 1) : i] + row[i + 1 : i + 2]) for row in _ROWS for i, key in enumerate(row)
}
#: What optical recognition takes for what; the first of the longest that fit.
_MISREAD = {
    "rn": ("m",),
    "ri": ("n",),
    "cl": ("d",),
    "li": ("h",),
    "ii": ("ü",),
    "vv": ("w",),
    "in": ("m",),
    "m": ("rn",),
    "n": ("ri",),
    "d": ("cl",),
    "h": ("b", "li"),
    "ü": ("ii", "u"),
    "w": ("vv",),
    "ä": ("a",),
    "ö": ("o",),
    "e": ("c",),
    "c": ("e",),
    "s": ("f",),
    "f": ("s",),
    "ß": ("B",),
    "l": ("1", "I"),
    "I": ("l", "1"),
    "1": ("l", "I"),
    "O": ("0",),
    "0": ("O",),
    "o": ("0",),
    "B": ("8", "ß"),
    "S": ("5",),
    "5": ("S",),
    "8": ("B",),
    "G": ("6",),
    "t": ("f",),
    "u": ("n",),
}
_WORD = re.compile(r"[^\W\d_]{4,}")


def typos(document: Document, random: Random, *, rate: float = 0.02) -> Transformed:
    """Of the letters in words of four or more: swapped, left out, doubled, or the key beside it."""
    check_rate(rate)
    fixed = boundaries(document)
    edits: list[Edit] = []
    for match in _WORD.finditer(document.text):
        at, end = match.start() + 1, match.end()  # the first letter is seldom mistyped
        while at < end:
            if random.random() < rate:
                edit = _mistyped(document.text, at, end, random)
                # A span never loses its last letter, and no edit reaches over its edge.
                edges = range(edit.start + 1, edit.end) if edit.text else (edit.start, edit.end)
                if fixed.isdisjoint(edges):
                    edits.append(edit)
                    at = edit.end
            at += 1
    return edited(document, edits)


def _mistyped(text: str, at: int, end: int, random: Random) -> Edit:
    letter = text[at]
    kind = random.choice(("swap", "omit", "double", "beside"))
    if kind == "swap" and at + 1 < end and text[at + 1] != letter:
        return Edit(at, at + 2, text[at + 1] + letter)
    if kind == "omit":
        return Edit(at, at + 1, "")
    beside = _NEIGHBOURS.get(letter.lower(), "")
    if kind == "beside" and beside:
        key = random.choice(beside)
        return Edit(at, at + 1, key.upper() if letter.isupper() else key)
    return Edit(at, at + 1, letter + letter)


def misread(document: Document, random: Random, *, rate: float = 0.02) -> Transformed:
    """Letters and pairs of letters that text recognition takes for others."""
    check_rate(rate)
    text, fixed = document.text, boundaries(document)
    edits: list[Edit] = []
    at = 0
    while at < len(text):
        step = 1
        if random.random() < rate:
            fits = [
                n for n in (2, 1) if text[at : at + n] in _MISREAD and fixed.isdisjoint(range(at + 1, at + n))
            ]
            if fits:
                step = fits[0]
                edits.append(Edit(at, at + step, random.choice(_MISREAD[text[at : at + step]])))
        at += step
    return edited(document, edits)


def without_full_stops(document: Document, random: Random) -> Transformed:
    """No sentence ends in a full stop; that of an abbreviation or an ordinal stays."""
    return edited(document, [Edit(at, at + 1, "") for at in _full_stops(document.text)])


def _full_stops(text: str) -> Iterator[int]:
    for start, end in sentences(text):
        # What closes behind the stop stays: he said.“
        at = end - 1
        while at > start and text[at] in "\"'“”‘’«»‹›)]}":
            at -= 1
        if at > start and text[at] == "." and text[at - 1] != ".":
            yield at


TRANSFORMATIONS = (
    Transformation("typos", "mistyped letters (rate=0.02)", "blurred", typos),
    Transformation("ocr", "letters misread by text recognition (rate=0.02)", "blurred", misread),
    Transformation("no-full-stops", "no full stop at the end of sentences", "blurred", without_full_stops),
)
