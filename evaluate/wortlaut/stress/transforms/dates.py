"""Dates moved: weekdays, months, years."""

from __future__ import annotations

import re
from random import Random

from wortlaut.annotations.carry import Transformed, boundaries, edited
from wortlaut.model import Document
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit

_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_MONTHS = tuple("Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split())
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})(?=s?\b|(?:morgen|vormittag|mittag|nachmittag|abend|nacht)s?\b)")
#: A month where a day, a year or one of these words shows that it is none of the names and verbs.
_MONTH = re.compile(
    r"(?:(?<=\bim )|(?<=\bseit )|(?<=\bEnde )|(?<=\bAnfang )|(?<=\bMitte )|(?<=\d\. ))"
    rf"({'|'.join(_MONTHS)})\b"
)
_YEAR = re.compile(r"(?<![\w.,:/-])(1[89]\d\d|20\d\d)(?![\w:/-]|[.,]\d)")


def shifted(document: Document, random: Random) -> Transformed:
    """All weekdays, months and years by one distance each; a day that the new month lacks is the 28th."""
    days, months = random.randrange(1, 7), random.randrange(1, 12)
    years = random.choice((-4, -3, -2, -1, 1, 2, 3, 4))
    fixed = boundaries(document)
    edits = [
        Edit(*match.span(1), _DAYS[(_DAYS.index(match.group(1)) + days) % 7])
        for match in _DAY.finditer(document.text)
    ]
    for match in _MONTH.finditer(document.text):
        edits.append(Edit(*match.span(1), _MONTHS[(_MONTHS.index(match.group(1)) + months) % 12]))
        if day := re.search(r"\b(29|30|31)\. $", document.text[max(0, match.start() - 5) : match.start()]):
            at = max(0, match.start() - 5) + day.start(1)
            edits.append(Edit(at, at + 2, "28"))
    edits += [
        Edit(*match.span(1), str(int(match.group(1)) + years)) for match in _YEAR.finditer(document.text)
    ]
    crossed = [edit for edit in edits if not fixed.isdisjoint(range(edit.start + 1, edit.end))]
    left = [f"{document.text[e.start : e.end]} at {e.start}: an annotation ends inside" for e in crossed]
    return edited(document, [edit for edit in edits if edit not in crossed], left=left)


TRANSFORMATIONS = (Transformation("dates-shifted", "other weekdays, months and years", "changed", shifted),)
