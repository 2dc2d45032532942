"""What ``wortlaut atlas`` runs of each corpus of quotes: where it lies, its own protocol, published numbers.

Two corpora keep a test split for a later measurement: no part here is a test split, and :func:`found_in`
enters no folder that is called as one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wortlaut.errors import WortlautError
from wortlaut.formats import detect

#: Folders that are not entered: splits that are kept for a last measurement.
KEPT = frozenset(("test", "test_blind", "eval"))


@dataclass(frozen=True, slots=True)
class Protocol:
    """How those who made a corpus score on it: the scores of some tasks under one schema.

    ``schema`` and ``tasks`` as tables name them, no tasks for all that the schema has; with ``labels`` also
    each label, ``by`` also each group of a breakdown.
    """

    name: str
    schema: str
    tasks: tuple[str, ...] = ()
    labels: bool = False
    by: str = ""

    @property
    def asked(self) -> str:
        """What ``--schema`` takes for it; empty for what is scored under every schema."""
        name, _, setting = self.schema.partition("@")
        return "" if setting == "gold" else name


@dataclass(frozen=True, slots=True)
class Published:
    """A number that others published, and where it was read."""

    score: str
    system: str
    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Part:
    """``files``: the end of the paths of its files; the corpus is ``up`` folders above one.

    ``articles_of``: the part that has the same texts, beside which this one is not counted again.
    """

    name: str
    format: str
    files: str
    up: int
    split: str
    protocols: tuple[Protocol, ...]
    published: tuple[Published, ...] = ()
    articles_of: str = ""


_GIVEN = "entity@gold", ("speakers",)
_PAIRS = (Protocol("pairs, macro", "german-news-quotation", ("quotes", "roles", "joint")),)
_BRUNNER = "Brunner et al. 2020, abstract (ceur-ws.org/Vol-2624/paper5.pdf): their own test part"
_SPKATT = "SpkAtt-2023 proceedings (github.com/umanlp/SpkAtt-2023, doc), table 7: test split, all events"
_QUITE = "SpkAtt-2023 proceedings, table 10: test split of SpkAtt-2023 task 2"
_CITRON = "github.com/bbc/citron, models/en_2021-11-15/README.md: exact match, test split"
_BOOKNLP = "github.com/booknlp/booknlp, README"
_TASK_2 = tuple(
    Published(score, "QUiTE", value, _QUITE)
    for score, value in (("quotes", 0.4791), ("roles", 0.3548), ("joint", 0.3906))
)

PARTS = (
    Part(
        "German news quotes",
        "german-news-quotation",
        "dev/*.json",
        0,
        "dev",
        _PAIRS,
        _TASK_2,
    ),
    Part(
        "SpkAtt-2023 task 1",
        "spkatt",
        "dev/task1/*.json",
        0,
        "dev",
        (Protocol("SpkAtt", "spkatt"),),
        (
            Published("cues", "aehrm (gbert-large)", 0.8928, _SPKATT),
            Published("roles", "aehrm (gbert-large)", 0.8208, _SPKATT),
            Published("joint", "aehrm (gbert-large)", 0.8284, _SPKATT),
            Published("cues", "baseline", 0.6781, _SPKATT),
            Published("roles", "baseline", 0.4332, _SPKATT),
            Published("joint", "baseline", 0.4756, _SPKATT),
        ),
    ),
    Part(
        "SpkAtt-2023 task 2",
        "spkatt",
        "dev/task2/*.json",
        0,
        "dev",
        _PAIRS,
        _TASK_2,
        articles_of="German news quotes",
    ),
    Part(
        "Redewiedergabe",
        "redewiedergabe",
        "main/tsv/rwk_*.tsv",
        1,
        "",
        (Protocol("tokens by type", "token", ("quotes",), labels=True),),
        (
            Published("quotes, direct", "FLAIR", 0.85, _BRUNNER),
            Published("quotes, indirect", "BERT", 0.76, _BRUNNER),
            Published("quotes, free indirect", "BERT", 0.59, _BRUNNER),
            Published("quotes, reported", "BERT", 0.60, _BRUNNER),
        ),
    ),
    Part(
        "PolNeAR",
        "polnear",
        "dev/attributions/*.ann",
        1,
        "dev",
        (Protocol("PARC, exact", "parc"), Protocol("PARC, overlap", "parc@overlap")),
    ),
    Part(
        "PDNC",
        "pdnc",
        "*/quotation_info.csv",
        1,
        "",
        (Protocol("speakers of given quotes", *_GIVEN, by="attribution"),),
    ),
    Part(
        "LitBank",
        "litbank",
        "quotations/tsv/*_brat.ann",
        2,
        "",
        (Protocol("speakers of given quotes", *_GIVEN),),
        (
            Published("speakers, B3", "BookNLP, big", 0.899, _BOOKNLP),
            Published("speakers, B3", "BookNLP, small", 0.864, _BOOKNLP),
        ),
    ),
    Part(
        "PARC 3.0",
        "parc3",
        "dev/*/*.xml",
        1,
        "dev",
        (Protocol("Citron, exact", "citron"), Protocol("Citron, overlap", "citron@overlap")),
        (
            Published("cues", "Citron", 0.823, _CITRON),
            Published("speakers", "Citron", 0.820, _CITRON),
            Published("quotes", "Citron", 0.593, _CITRON),
            Published("joint", "Citron", 0.567, _CITRON),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A part of a corpus in a folder. ``fault``: why it is not run; ``counted``: as which one it counts.

    ``place``: what tells it from another version of it.
    """

    part: Part
    folder: Path
    fault: str = ""
    counted: str = ""
    place: str = ""

    @property
    def ref(self) -> str:
        """What ``--corpus`` takes."""
        return f"{self.part.format}:{self.folder}"

    @property
    def name(self) -> str:
        name = f"{self.part.name}, {self.part.split}" if self.part.split else self.part.name
        return f"{name} ({self.place})" if self.place else name


def found_in(folder: Path) -> tuple[list[Found], list[Path]]:
    """The parts below a folder, in the order of the table, and what else lies in it, none of which is read.

    A part is there where a file lies as its layout says; the first such file must be of its format.
    """
    places: dict[tuple[int, Path], Path] = {}
    for file in _files(folder):
        for number, part in enumerate(PARTS):
            if file.match(part.files):
                places.setdefault((number, file.parents[part.up]), file)
    found = [_told(PARTS[number], at, file) for (number, at), file in sorted(places.items())]
    there = {one.part.name for one in found if not one.fault}
    found = [
        replace(one, counted=one.part.articles_of) if one.part.articles_of in there else one for one in found
    ]
    inside = [one.folder for one in found]
    others = [
        other
        for other in sorted(folder.iterdir())
        if other.name not in KEPT and not other.name.startswith(".")
        if not any(other in (at, *at.parents) or at in (folder, *other.parents) for at in inside)
    ]
    return found, others


def _told(part: Part, at: Path, file: Path) -> Found:
    try:
        format = detect(file)
    except WortlautError as error:
        return Found(part, at, f"{file} {error.what}")
    # Files of LitBank and PolNeAR are called as those of brat.
    same = format in (part.format, "brat")
    wrong = f"{file} reads as {format}, not as {part.format}: get the corpus anew, or move {at} away"
    return Found(part, at, "" if same else wrong)


def _files(folder: Path) -> Iterator[Path]:
    """All files, sorted; linked folders are entered, each folder once."""
    seen = set()
    for at, folders, names in os.walk(folder, followlinks=True):
        here = os.path.realpath(at)
        entered = () if here in seen else folders
        folders[:] = sorted(one for one in entered if one not in KEPT and one[0] != ".")
        if here not in seen:
            yield from (Path(at, name) for name in sorted(names))
        seen.add(here)
