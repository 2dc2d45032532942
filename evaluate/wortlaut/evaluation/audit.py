"""Does a conclusion depend on the schema? The same predictions under every one, and what parts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.evaluation.comparison import Row, compare, every_schema, named_evaluations, named_systems
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.model.columns import Floats, Ints
from wortlaut.records.record import OPTIONAL, Count, Difference, Must, Share, Unit, as_dict
from wortlaut.rendering import Tabular
from wortlaut.scoring.compare import LEVEL, holm
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.jackknife import pseudo_values
from wortlaut.scoring.result import Result, Results

#: So many documents are named for each pair of systems.
NAMED = 5
#: What may come of one pair in one layer, from the firmest to the least firm.
KINDS = {
    "same": "every schema comes to the same conclusion",
    "some": "some schemas tell the two apart, others do not",
    "one": "one schema alone tells the two apart",
    "sign": "schemas differ in who is ahead; none supports both",
    "reversed": "each of the two is better under some schema",
}


@dataclass(frozen=True)
class Conclusion:
    """What somebody who scores by this schema alone would say of ``a`` and ``b``."""

    schema: str
    f1: Annotated[Difference | None, "F1 of a minus that of b."]
    p: Annotated[Share | None, "Adjusted by Holm's method over the pairs of this layer and schema alone."]
    better: Annotated[str | None, OPTIONAL, "The system that is better at the 5% level; absent if neither."]


@dataclass(frozen=True)
class Document:
    """What a unit adds to the difference of F1 under the schema that favours ``a`` most, and b most."""

    unit: Annotated[str, "Id of the document, of a sentence with its first offset; or a number."]
    for_a: Annotated[float, "Its part of the difference under the schema that favours a."]
    for_b: Annotated[float, "The same under the schema that favours b."]


@dataclass(frozen=True)
class Audited:
    """One pair of systems in one layer. ``kind`` is one of :data:`KINDS`."""

    layer: str
    a: str
    b: str
    kind: Annotated[str, Must(enum=tuple(KINDS))]
    conclusions: tuple[Conclusion, ...]
    documents: Annotated[
        tuple[Document, ...],
        "Where the extreme schemas differ in the conclusion: those that part them most, the first first.",
    ] = ()
    agree_without: Annotated[
        Count | None,
        OPTIONAL,
        "Without so many documents, the first of that order, all schemas have one sign; absent if they have.",
    ] = None


@dataclass(frozen=True, repr=False)
class Audit(Tabular):
    """Every pair in every layer, those whose conclusion depends most on the schema first."""

    format: ClassVar[Literal["wortlaut-audit/1"]] = "wortlaut-audit/1"
    corpus: str
    hash: str
    unit: Unit
    pairs: tuple[Audited, ...]
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def audit(
    *results: Evaluation | Result | Results | str | PathLike[str] | Mapping[str, Any],
    layer: str | Sequence[str] = (),
    trials: int = 10_000,
    seed: int = 0,
) -> Audit:
    """Which conclusions about systems hold under some of the schemas only, and which documents part them.

    The parameters are those of :func:`compare`; make the results with ``evaluate(schema="every")``.
    Each schema is taken by itself, as by somebody who reports it alone: Holm's method adjusts over the pairs
    of one layer and schema. Raises ComparisonError as :func:`compare` does.
    """
    evaluations = named_evaluations(results)
    schemas = every_schema(named_systems(evaluations))
    comparison = compare(dict(evaluations), layer=layer, schema=schemas, samples=1, trials=trials, seed=seed)
    adjusted = _alone(comparison.rows)
    names = next((known for one in evaluations.values() if (known := one.unit_names())), None)
    systems = {system.name: system for system in named_systems(evaluations)}
    pairs: dict[tuple[str, str, str], list[tuple[Row, float | None]]] = {}
    for row, p in zip(comparison.rows, adjusted, strict=True):
        pairs.setdefault((row.layer, row.a, row.b), []).append((row, p))
    audited: list[Audited] = []
    for (place, a, b), rows in pairs.items():
        conclusions = tuple(Conclusion(row.schema, row.test.f1, p, _better(row, p)) for row, p in rows)
        kind = _kind(conclusions)
        documents: tuple[Document, ...] = ()
        without = None
        if kind != "same":
            sums = {
                key.variant: (result.run_sums, systems[b].results[key].run_sums, result.scale)
                for key, result in systems[a].results.items()
                if key.layer == place and key in systems[b].results
            }
            documents, without = _parted(conclusions, sums, names)
        audited.append(Audited(place, a, b, kind, conclusions, documents, without))
    order = list(KINDS)
    audited.sort(key=lambda one: -order.index(one.kind))
    told = (f"{system.name}: {note}" for system in systems.values() for note in system.notes)
    notes = (*comparison.notes, *told)
    return Audit(comparison.corpus, comparison.hash, comparison.unit, tuple(audited), notes)


def _alone(rows: Sequence[Row]) -> list[float | None]:
    """p-values adjusted within each layer and schema."""
    adjusted: list[float | None] = [None] * len(rows)
    families: dict[tuple[str, str], list[int]] = {}
    for i, row in enumerate(rows):
        families.setdefault((row.layer, row.schema), []).append(i)
    for family in families.values():
        for i, p in zip(family, holm([rows[i].test.p for i in family]), strict=True):
            adjusted[i] = p
    return adjusted


def _better(row: Row, p: float | None) -> str | None:
    if p is None or p >= LEVEL or not row.test.f1:
        return None
    return row.a if row.test.f1 > 0 else row.b


def _kind(conclusions: Sequence[Conclusion]) -> str:
    better = [one.better for one in conclusions if one.better]
    signs = {np.sign(one.f1) for one in conclusions if one.f1}
    if len(set(better)) > 1:
        return "reversed"
    if len(signs) > 1:
        return "sign"
    if better and len(better) < len(conclusions):
        return "one" if len(better) == 1 else "some"
    return "same"


_Sums = Mapping[str, tuple[tuple[Ints, ...] | None, tuple[Ints, ...] | None, int]]


def _parted(
    conclusions: Sequence[Conclusion], sums: _Sums, names: Sequence[str] | None
) -> tuple[tuple[Document, ...], int | None]:
    """The units that part the schema which favours ``a`` most from that which favours ``b`` most."""
    known = [one for one in conclusions if one.f1 is not None and None not in sums[one.schema]]
    known.sort(key=lambda one: one.f1 or 0.0)
    low, high = (_by_unit(*sums[one.schema]) for one in (known[0], known[-1]))
    away = np.nan_to_num(high) - np.nan_to_num(low)
    order = np.argsort(-away, kind="stable")
    documents = tuple(
        Document(names[i] if names else f"{i + 1}", float(high[i]), float(low[i]))
        for i in order[:NAMED].tolist()
        if away[i] > 0
    )
    return documents, _agree_without([sums[one.schema] for one in known], order)


def _by_unit(left: tuple[Ints, ...] | None, right: tuple[Ints, ...] | None, scale: int) -> Floats:
    """What each unit adds to the difference of F1: pseudo-values over their number, means over runs."""
    assert left is not None
    assert right is not None
    means = [np.mean([pseudo_values(one, scale)[:, 2] for one in side], axis=0) for side in (left, right)]
    parts: Floats = (means[0] - means[1]) / len(means[0])
    return parts


def _agree_without(sums: Sequence[Any], order: Ints) -> int | None:
    """How many units, the first of ``order``, to leave out so that every schema has one sign."""
    for count in range(len(order) // 2 + 1):
        kept = order[count:]
        signs = {float(np.sign(_difference(kept, *one))) for one in sums} - {0.0}
        if len(signs) < 2:
            return count or None
    return None


def _difference(kept: Ints, left: tuple[Ints, ...], right: tuple[Ints, ...], scale: int) -> float:
    f1 = [
        np.mean([precision_recall_f1(one[kept].sum(axis=0), scale)[2] for one in side])
        for side in (left, right)
    ]
    # Rounding is no sign.
    return round(float(np.nan_to_num(f1[0] - f1[1])), 12)
