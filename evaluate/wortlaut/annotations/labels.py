"""The labels of a corpus that is made: ``annotations/labels.yaml``, without it the twelve of GermEval 2014.

The file has two keys::

    levels: 2        # how deep names nest; 1: not at all
    labels:
      PERSON: a person, by name
      WERK: the title of a book, a film, a law
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from wortlaut.errors import DataError, unknown_name
from wortlaut.io.entries import read_entries
from wortlaut.model import ENTITY_LABELS

#: Where a corpus repository declares them.
LABELS = "annotations/labels.yaml"
#: A label goes into tags (``B-PER``), lists with commas and files of tools without change.
_NAME = re.compile(r"\w[\w.:/+-]*")
#: What GermEval 2014 puts behind a class.
_ENDINGS = {"deriv": "a word derived from a {}", "part": "a compound that a {} is part of"}
_CLASSES = {
    "PER": "a person, by name",
    "LOC": "a place: country, region, city, street, building, river",
    "ORG": "an organisation: company, authority, party, club, band",
    "OTH": "another name: event, work, product, law",
}
_HEAD = """# The labels of names in this corpus, and what they mean: for guidelines, card and tools. One that
# is added at the end changes no number of those before it. Then remove tools/ and run `wortlaut init`.
# levels: how deep names nest; 1 not at all, 2 a name within a name.
"""
_HINT = "Write `labels:` and below it a line `  NAME: what it means` for each; beside it `levels: 2`."


@dataclass(frozen=True, slots=True)
class Labels:
    """Each label with what it means, in the order of tables, and how many levels names nest in."""

    meanings: tuple[tuple[str, str], ...]
    levels: int = 2

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.meanings)

    def kind(self, label: str) -> str:
        """The class of a label: LOC for LOC, LOCderiv and LOCpart; a label without one is its own."""
        plain = label.removesuffix("deriv").removesuffix("part")
        return plain if plain in self.names else label

    @property
    def kinds(self) -> tuple[str, ...]:
        """What a cluster can be: a class, or a group of people without a name."""
        return tuple(dict.fromkeys((*map(self.kind, self.names), "GROUP")))


GERMEVAL = Labels(
    tuple(
        (label, _ENDINGS[label[3:]].format(label[:3]) if label[3:] else _CLASSES[label])
        for label in ENTITY_LABELS
    )
)


def read_labels(root: Path) -> Labels:
    """What the repository ``root`` declares. Raises DataError with file and line."""
    path = root / LABELS
    if not os.path.lexists(path):
        return GERMEVAL
    entries = read_entries(path, _HINT)
    for key, entry in entries.items():
        if key not in ("labels", "levels"):
            raise unknown_name("key", key, ("labels", "levels"), where=entry.where)
    if "labels" not in entries:
        raise DataError("declares no labels", where=str(path), hint=_HINT)
    named = entries["labels"].mapping(_HINT)
    for name, entry in named.items():
        check_name(name, entry.where)
    levels = 2
    if "levels" in entries:
        said = entries["levels"].text("Write 1, 2 or more.")
        if not re.fullmatch("[1-9]", said):
            raise DataError(f"levels cannot be {said!r}", where=entries["levels"].where, hint="Write 1 to 9.")
        levels = int(said)
    return Labels(tuple((name, entry.text(_HINT).strip()) for name, entry in named.items()), levels)


def format_labels(labels: Labels) -> str:
    """The content of the file; the inverse of :func:`read_labels`."""
    lines = (f"  {label}: {json.dumps(means, ensure_ascii=False)}" for label, means in labels.meanings)
    return f"{_HEAD}levels: {labels.levels}\nlabels:{'' if labels.meanings else ' {}'}\n" + "".join(
        line + "\n" for line in lines
    )


def is_name(label: str) -> bool:
    """Whether it can be a label."""
    return label != "O" and _NAME.fullmatch(label) is not None


def check_name(name: str, where: str) -> None:
    """Raises DataError for what cannot be a label."""
    if not is_name(name):
        why = "which is the tag of what is no name" if name == "O" else "which no tag can hold"
        raise DataError(
            f"a label cannot be {name!r}, {why}",
            where=where,
            hint="Letters, digits and _ - . : / +, the first a letter or digit.",
        )
