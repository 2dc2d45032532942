"""Scores as a user holds them: typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self

import numpy as np

from wortlaut.model.columns import Ints, small
from wortlaut.records.record import (
    FILLED,
    OPTIONAL,
    UNWRITTEN,
    At,
    Count,
    Must,
    Rate,
    Share,
    as_dict,
    plain,
    written,
)
from wortlaut.rendering import Tabular
from wortlaut.scoring.confusion import Confusion
from wortlaut.scoring.counted import Counted
from wortlaut.scoring.fair import FairScores, fair_scores
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.runs import SKEWED, RunVariance
from wortlaut.scoring.tally import Tally

#: The tasks of the main table; the others are roles of quotes and settings.
MAIN_TASKS = ("entities", "links", "quotes", "cues", "speakers", "joint")
MEASURES = ("precision", "recall", "f1")
INTERVALS = ("precision_interval", "recall_interval", "f1_interval")
DEVIATIONS = ("precision_deviation", "recall_deviation", "f1_deviation")

_Interval = Annotated[
    tuple[Share, Share] | None,
    "Low and high end of the interval; null where none was asked for or none can be said.",
]
_Deviation = Annotated[
    float | None,
    OPTIONAL,
    Must(minimum=0),
    "Standard deviation over runs (n - 1) of a score that is a mean over them; absent for one run.",
]
SignatureText = Annotated[
    str,
    Must(pattern="^wortlaut\\|"),
    "One line that reproduces the numbers: corpus and hash, layer, projection of labels, schema, average,"
    " resampling and seed, version.",
]
Notes = Annotated[tuple[str, ...], "What a reader of the numbers must know."]


@dataclass(frozen=True)
class Upper:
    """The same scores with the most right answers, where answers are words without offsets."""

    precision: Rate
    recall: Rate
    f1: Rate
    correct: Annotated[float, Must(minimum=0)]


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 in [0, 1], ``None`` where undefined (0/0), with what they were counted from.

    ``correct`` is the credit of the predicted spans; it has halves under ``partial``. Of several runs, scores
    and counts are means over runs, and the found items of those are rounded. Where answers are words
    without offsets, these are the scores with the fewest right ones, and ``upper`` those with the most; an
    interval then begins with that of the former and ends with that of the latter.
    """

    precision: Rate
    recall: Rate
    f1: Rate
    precision_interval: _Interval = field(default=None, kw_only=True)
    recall_interval: _Interval = field(default=None, kw_only=True)
    f1_interval: _Interval = field(default=None, kw_only=True)
    precision_deviation: _Deviation = field(default=None, kw_only=True)
    recall_deviation: _Deviation = field(default=None, kw_only=True)
    f1_deviation: _Deviation = field(default=None, kw_only=True)
    upper: Annotated[
        Upper | None,
        OPTIONAL,
        "Answers are words without offsets: the scores above are those with the fewest right ones, these with"
        " the most. Absent where both are the same.",
    ] = field(default=None, kw_only=True)
    correct: Annotated[float, Must(minimum=0), "The credit of the predicted items; halves under partial."]
    gold: Annotated[Count, "Gold items (the support)."]
    predicted: Annotated[Count, "Predicted items."]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; undefined is ``None``."""
        return as_dict(self)

    @classmethod
    def read(cls, data: Mapping[str, Any], **more: Any) -> Self:
        """The score of its plain form, with what a subclass has more."""
        values: dict[str, Any] = {
            name: data.get(name) if name in (*DEVIATIONS, "upper") else data[name]
            for name in Score.__dataclass_fields__
        }
        values["upper"] = values["upper"] and Upper(**values["upper"])
        for name in INTERVALS:
            values[name] = values[name] and tuple(values[name])
        return cls(**values, **more)


@dataclass(frozen=True, repr=False)
class Result(Tabular, Score):
    """The micro average under one schema, with every label, the macro average and the errors.

    ``labels_absent`` counts labels asked for that neither gold nor prediction holds: they are in no
    mean. ``averages`` are those that only a peer has. ``notes`` say what a reader of the numbers must
    know. ``per_unit`` are the sums of each resampled unit, shape ``(units, 4)``, hits in steps of
    ``1 / scale``: what paired tests need. Of a mean over several runs ``runs`` are the results of each, in
    which these sums stand, and ``variance`` says how they vary. ``tally`` is what was counted in each unit
    and label, ``upper_tally`` the same with the most right ones.
    ``indices`` (of nervaluate) are the items of each error class: document and number within it, from 0, of
    the gold for ``missed``, else of the prediction.
    """

    per_label: Annotated[
        Mapping[str, Score], "Label → its scores, for the labels that gold or prediction holds."
    ] = field(default_factory=dict)
    macro: Annotated[
        Score | None, "The mean over the labels; null where the scores above are such a mean."
    ] = None
    averages: Annotated[
        Mapping[str, Score], FILLED, "Averages that only another scorer has, such as seqeval's weighted."
    ] = field(default_factory=dict)
    labels_absent: Annotated[Count, "Labels that neither gold nor prediction holds: they are in no mean."] = 0
    schema: str = "strict"
    signature: Annotated[Signature, UNWRITTEN] = field(default_factory=Signature)
    notes: Notes = ()
    errors: Annotated[
        Mapping[str, Count] | None,
        OPTIONAL,
        "Error class → how many spans fall into it (Ortmann 2022, or the classes of another scorer).",
    ] = None
    confusion: Annotated[Confusion | None, OPTIONAL] = None
    unit_sums: Annotated[Ints | None, UNWRITTEN] = field(default=None, repr=False, compare=False)
    scale: Annotated[int, UNWRITTEN] = field(default=1, repr=False, compare=False)
    runs: Annotated[tuple[Result, ...], UNWRITTEN] = field(default=(), repr=False)
    variance: Annotated[RunVariance | None, OPTIONAL] = None
    upper_sums: Annotated[Ints | None, UNWRITTEN] = field(default=None, repr=False, compare=False)
    tally: Annotated[Tally | None, UNWRITTEN] = field(default=None, repr=False, compare=False)
    upper_tally: Annotated[Tally | None, UNWRITTEN] = field(default=None, repr=False, compare=False)
    indices: Annotated[Mapping[str, list[tuple[int, int]]] | None, UNWRITTEN] = field(
        default=None, repr=False, compare=False
    )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], signature: Signature) -> Result:
        """The result of its plain form; ``signature`` is what the text there stands for."""
        matrix, units, variance = data.get("confusion"), data.get("units"), data.get("variance")
        counted = Counted.read(data["counts"]) if "counts" in data else None
        upper, headline = counted and counted.upper, signature.average
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
            variance=variance
            and RunVariance(**{name: value for name, value in variance.items() if name != "share_of_runs"}),
            unit_sums=units and small(np.asarray(units["sums"], np.int64).reshape(-1, 4)),
            scale=units["scale"] if units else 1,
            upper_sums=_upper_sums(units) if units and "upper" in units else None,
            tally=counted and counted.tally(headline),
            upper_tally=upper and upper.tally(headline),
        )

    @property
    def per_unit(self) -> Ints | None:
        return None if self.unit_sums is None else self.unit_sums.astype("int64")

    @property
    @written(after="schema")
    def _signed(self) -> Annotated[SignatureText, At(("signature",))]:
        return str(self.signature)

    @property
    @written(after="errors")
    def fair(self) -> Annotated[FairScores | None, OPTIONAL]:
        """Scores from the error classes: traditional counts a near miss as two errors, fair as one.

        ``None`` where the classes of Ortmann (2022) were not counted.
        """
        if self.errors is None or "label_boundary" not in self.errors:  # another scorer has other classes
            return None
        return fair_scores(self.errors)

    @property
    def uneven(self) -> bool:
        """Whether the runs are no sample that intervals and tests hold for: one may have failed."""
        return self.variance is not None and abs(self.variance.skewness or 0) > SKEWED

    def of_runs(self, runs: Sequence[Result]) -> Result:
        """This mean over the runs with their results, whose credits have one scale."""
        return replace(self, runs=tuple(runs), scale=runs[0].scale) if len(runs) > 1 else self

    @property
    def run_sums(self) -> tuple[Ints, ...] | None:
        """``per_unit`` of each run, of one where it is the only one; None where one lacks them."""
        sums = [one.per_unit for one in self.runs or (self,)]
        return None if any(one is None for one in sums) else tuple(one for one in sums if one is not None)

    def rows(self) -> Iterator[tuple[str, Score]]:
        """Each label, then ``micro``, ``macro`` and other averages, with their scores."""
        yield from self.per_label.items()
        yield "micro", self
        if self.macro is not None:
            yield "macro", self.macro
        yield from self.averages.items()


def _upper_sums(units: Mapping[str, Any]) -> Ints:
    sums = np.asarray(units["sums"], np.int64).reshape(-1, 4)
    sums[:, 2:] = np.asarray(units["upper"], np.int64)[:, None]
    return small(sums)


class Results(Tabular, dict[str, Result]):
    """Results by schema, in the order asked for; prints as one table."""

    def to_dict(self) -> dict[str, Any]:
        return dict(plain(self))
