"""The counts behind a score as a file holds them, and read back: all that its result is made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np

from wortlaut.model.columns import small
from wortlaut.records.record import FILLED, OPTIONAL, PLAIN, Count, Many
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.tally import Tally

Row = tuple[Count, Count, Count, Count, Sequence[Count]]


@dataclass(frozen=True)
class Sparse:
    """Counts of units (documents, or sentences where there are few) and labels."""

    units: Annotated[Count, "How many there are; nothing is counted in one that stands in no row."]
    scale: Annotated[Many, "Hits are counted in steps of 1 / scale."]
    labels: Annotated[
        Mapping[str, Sequence[Row]],
        PLAIN,
        "Label → rows of gold, predicted, hits of the gold side, hits of the predicted side, and the numbers"
        " from 0 of the units that have so many.",
    ]
    parts: Annotated[Many | None, OPTIONAL, "Where gold and found count parts of an item: of how many."] = (
        None
    )

    @classmethod
    def of(cls, counts: Counts, labels: Sequence[str]) -> Sparse:
        parts = counts.parts if counts.parts > 1 else None
        return cls(counts.units, counts.scale, dict(_rows(counts, labels)), parts)

    def counts(self) -> Counts:
        """Raises ValueError for the number of a unit that is not there."""
        found = [(i, row) for i, rows in enumerate(self.labels.values()) for row in rows]
        unit = np.asarray([unit for _, row in found for unit in row[4]], np.int64)
        if len(unit) and not 0 <= unit.min() <= unit.max() < self.units:
            raise ValueError(f"counts of unit {unit.max()} of {self.units}")
        many = [len(row[4]) for _, row in found]
        table = np.asarray([(i, *row[:4]) for i, row in found], np.int64).reshape(-1, 5)
        label, gold, predicted, *hits = (small(np.repeat(column, many)) for column in table.T)
        of_unit = (unit, label, gold, predicted, hits[0], hits[1])
        return Counts(self.units, len(self.labels), *of_unit, self.scale, parts=self.parts or 1)


def _rows(counts: Counts, labels: Sequence[str]) -> Iterator[tuple[str, list[Row]]]:
    table = np.stack([counts.label, *counts.columns(), counts.unit], axis=1).astype(np.int64)
    table = table[np.lexsort(table.T[::-1])]
    begins = np.flatnonzero((np.diff(table[:, :5], axis=0, prepend=-1) != 0).any(axis=1)).tolist()
    found: dict[str, list[Row]] = {label: [] for label in labels}
    for begin, end in pairwise([*begins, len(table)]):
        label, *four = table[begin, :5].tolist()
        found[labels[label]].append((four[0], four[1], four[2], four[3], table[begin:end, 5].tolist()))
    yield from found.items()


@dataclass(frozen=True)
class Counted(Sparse):
    """The counts of one score in each unit, and what makes a score of them."""

    averages: Annotated[tuple[str, ...], FILLED, "Those that are reported beside the score."] = ()
    zero: Annotated[bool, FILLED, "Whether 0/0 is reported as 0, as another scorer does."] = False
    pooled: Annotated[Sparse | None, OPTIONAL, "Of all labels, where those are matched apart."] = None
    documents: Annotated[Sparse | None, OPTIONAL, "Of documents, for a mean over them."] = None
    upper: Annotated[
        Counted | None, OPTIONAL, "With the most right ones, where answers are words without offsets."
    ] = None

    @classmethod
    def of_tally(cls, tally: Tally, upper: Tally | None = None) -> Counted:
        def sparse(counts: Counts | None) -> Sparse | None:
            return None if counts is None else Sparse.of(counts, tally.labels)

        return cls(
            **vars(Sparse.of(tally.counts, tally.labels)),
            averages=tally.averages,
            zero=tally.zero,
            pooled=sparse(tally.pooled),
            documents=sparse(tally.documents),
            upper=None if upper is None else cls.of_tally(upper),
        )

    @classmethod
    def read(cls, data: Mapping[str, object]) -> Counted:
        """From its plain form."""
        more = {name: Sparse(**data[name]) for name in ("pooled", "documents") if name in data}  # type: ignore[arg-type]
        upper = {"upper": cls.read(data["upper"])} if "upper" in data else {}  # type: ignore[arg-type]
        return cls(**{**data, **more, **upper})  # type: ignore[arg-type]

    def tally(self, headline: str) -> Tally:
        """Without errors, notes and items, which no score is made from."""
        return Tally(
            self.counts(),
            tuple(self.labels),
            headline=headline,
            averages=tuple(dict.fromkeys(self.averages)),
            pooled=None if self.pooled is None else self.pooled.counts(),
            documents=None if self.documents is None else self.documents.counts(),
            zero=self.zero,
        )
