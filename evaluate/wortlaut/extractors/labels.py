"""Labels of other programs as labels of the corpus."""

from __future__ import annotations

from collections.abc import Mapping

from wortlaut.errors import DataError

#: What others call the same; every other label stays as it is, for the scorer to judge.
LABELS: Mapping[str, str] = {"PERSON": "PER", "GPE": "LOC", "MISC": "OTH"}
#: Stands for a label that is left out.
LEFT_OUT = "-"


def pairs(option: str, where: str) -> dict[str, str]:
    """``FAC:LOC,DATE:-`` as a mapping: a new name for a label, ``-`` to leave it out. Raises DataError."""
    found = {}
    for pair in filter(None, option.split(",")):
        old, colon, new = pair.rpartition(":")
        if not (old and colon and new):
            raise DataError(
                f"{pair!r} renames no label",
                where=f"{where}, option labels",
                hint="Write OLD:NEW, with - to leave OLD out.",
            )
        found[old] = new
    return found
