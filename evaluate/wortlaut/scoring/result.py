"""Scores as a user holds them: typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from wortlaut.rendering import Tabular
from wortlaut.scoring.columns import small
from wortlaut.scoring.confusion import Confusion
from wortlaut.scoring.fair import FairScores, fair_scores
from wortlaut.scoring.keys import Signature

if TYPE_CHECKING:
    from wortlaut.scoring.columns import Ints
    from wortlaut.scoring.uncertainty import Interval

#: The tasks of the main table; the others are roles of quotes and settings.
MAIN_TASKS = ("entities", "quotes", "cues", "speakers", "joint")


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 in [0, 1], ``None`` where undefined (0/0), with what they were counted from.

    ``correct`` is the credit of the predicted spans; it has halves under ``partial``.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    correct: float
    gold: int
    predicted: int
    precision_interval: Interval | None = None
    recall_interval: Interval | None = None
    f1_interval: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; undefined is ``None``."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "precision_interval": _plain(self.precision_interval),
            "recall_interval": _plain(self.recall_interval),
            "f1_interval": _plain(self.f1_interval),
            "correct": self.correct,
            "gold": self.gold,
            "predicted": self.predicted,
        }

    @classmethod
    def read(cls, data: Mapping[str, Any], **more: Any) -> Self:
        """The score of its plain form, with what a subclass has more."""
        values = {name: data[name] for name in Score.__dataclass_fields__}
        for name in ("precision_interval", "recall_interval", "f1_interval"):
            values[name] = values[name] and tuple(values[name])
        return cls(**values, **more)


@dataclass(frozen=True)
class Result(Score, Tabular):
    """The micro average under one schema, with every label, the macro average and the errors.

    ``labels_absent`` counts labels asked for that neither gold nor prediction holds: they are in no
    mean. ``averages`` are those that only a peer has. ``notes`` say what a reader of the numbers must
    know. ``per_unit`` are the sums of each resampled unit, shape ``(units, 4)``, hits in steps of
    ``1 / scale``: what paired tests need.
    """

    schema: str = "strict"
    per_label: Mapping[str, Score] = field(default_factory=dict)
    macro: Score | None = None
    averages: Mapping[str, Score] = field(default_factory=dict)
    labels_absent: int = 0
    signature: Signature = field(default_factory=Signature)
    notes: tuple[str, ...] = ()
    errors: Mapping[str, int] | None = None
    confusion: Confusion | None = None
    unit_sums: Ints | None = field(default=None, repr=False, compare=False)
    scale: int = field(default=1, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        row = Score.to_dict(self)
        row["per_label"] = {label: score.to_dict() for label, score in self.per_label.items()}
        row["macro"] = None if self.macro is None else self.macro.to_dict()
        if self.averages:
            row["averages"] = {name: score.to_dict() for name, score in self.averages.items()}
        row["labels_absent"] = self.labels_absent
        row["schema"] = self.schema
        row["signature"] = str(self.signature)
        row["notes"] = list(self.notes)
        if self.errors is not None:
            row["errors"] = dict(self.errors)
        if self.fair is not None:
            row["fair"] = asdict(self.fair)
        if self.confusion is not None:
            row["confusion"] = asdict(self.confusion)
        return row

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], signature: Signature) -> Result:
        """The result of its plain form; ``signature`` is what the text there stands for."""
        matrix, units = data.get("confusion"), data.get("units")
        return cls.read(
            data,
            schema=data["schema"],
            per_label={label: Score.read(row) for label, row in data["per_label"].items()},
            macro=None if data["macro"] is None else Score.read(data["macro"]),
            averages={name: Score.read(row) for name, row in data.get("averages", {}).items()},
            labels_absent=data["labels_absent"],
            signature=signature,
            notes=tuple(data["notes"]),
            errors=data.get("errors"),
            confusion=matrix and Confusion(tuple(matrix["labels"]), tuple(map(tuple, matrix["matrix"]))),
            unit_sums=units and small(np.asarray(units["sums"], np.int64).reshape(-1, 4)),
            scale=units["scale"] if units else 1,
        )

    @property
    def per_unit(self) -> Ints | None:
        return None if self.unit_sums is None else self.unit_sums.astype("int64")

    @property
    def fair(self) -> FairScores | None:
        """Traditional and fair P, R and F1 from the error classes (Ortmann 2022), if those were counted."""
        if self.errors is None or "label_boundary" not in self.errors:  # another scorer has other classes
            return None
        return fair_scores(self.errors)

    def rows(self) -> Iterator[tuple[str, Score]]:
        """Each label, then ``micro``, ``macro`` and other averages, with their scores."""
        yield from self.per_label.items()
        yield "micro", self
        if self.macro is not None:
            yield "macro", self.macro
        yield from self.averages.items()


class Results(Tabular, dict[str, Result]):
    """Results by schema, in the order asked for; prints as one table."""

    def to_dict(self) -> dict[str, Any]:
        return {schema: result.to_dict() for schema, result in self.items()}


def _plain(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval[0], interval[1]]
