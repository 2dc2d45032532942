"""How many documents show a difference, before they are annotated: from a pilot, one system, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import WortlautError
from wortlaut.evaluation.comparison import check_comparable, named_evaluations, named_systems
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.evaluation.systems import Scored
from wortlaut.model import Annotations, Text
from wortlaut.model.columns import Ints
from wortlaut.records.record import OPTIONAL, Count, Many, Must, Rate, Share, Unit, as_dict
from wortlaut.scoring.equivalence import largest_loss
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.power import DROPS, UNITS, Pilot, Point, point, reached, units_needed
from wortlaut.scoring.result import MAIN_TASKS

TWO, ONE, NONE = "two systems", "one system: the best case", "no system: the best case of a perfect one"
_PERFECT = "a perfect system"
_LEVEL = 0.05
#: More units than this are told as more than so many.
_MOST_NEEDED = 1_000_000


@dataclass(frozen=True)
class Estimate:
    """A number that follows from a pilot; ``band`` is what one standard error of the pilot makes of it."""

    value: Annotated[float | None, "null for none."]
    band: tuple[float | None, float | None]


@dataclass(frozen=True)
class PlanRow:
    """What the paired test shows of one score."""

    layer: str
    schema: str
    a: str
    b: Annotated[str | None, OPTIONAL, "The other system; without it only the best case is known."]
    basis: Annotated[str, Must(enum=(TWO, ONE, NONE))]
    f1: Annotated[tuple[Rate, Rate], "F1 of both systems, or twice that of the only one."]
    smallest_drop: Annotated[Estimate, "The smallest difference of F1 that shows with 80% on this corpus."]
    power: Annotated[Estimate, "How often the drop that was asked for shows on this corpus."]
    units_needed: Annotated[Estimate, "On how many units that drop shows with 80%."]
    smallest_margin: Annotated[
        Share | None, "No smaller loss can be excluded on this corpus, even with the same output."
    ]
    by_drop: Annotated[tuple[Point, ...], "The power on this corpus, by drop."]
    by_units: Annotated[tuple[Point, ...], "The power of that drop, by the number of units."]


@dataclass(frozen=True)
class Plan:
    """What a corpus can show, score by score."""

    format: ClassVar[Literal["wortlaut-plan/1"]] = "wortlaut-plan/1"
    corpus: str
    hash: str
    documents: Count
    unit: Annotated[Unit, "What is swapped and drawn: sentences where there are fewer than ten documents."]
    units: Many
    drop: Annotated[Share, "The drop of F1 that was asked for."]
    rows: Annotated[tuple[PlanRow, ...], "One for each score and pair of systems."]
    notes: Annotated[tuple[str, ...], "What a reader of the numbers must know."] = ()

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def plan(
    *results: Any,
    drop: float = 0.02,
    differing: float = 0.0,
    progress: Callable[[str, int, int], object] | None = None,
) -> Plan:
    """What the paired test shows on this corpus, and on how many documents it shows a drop of F1.

    Parameters
    ----------
    results
        What :func:`compare` takes: evaluations or their files, on one corpus. Of two systems or more each
        pair is a pilot. Of one only the best case is known: it loses items and gains none.
    drop
        The difference of F1 to be shown.
    differing
        For one system: the share of gold items that another gets differently, half of them right in place of
        wrong.

    Raises WortlautError for a drop or share that is none, ComparisonError as :func:`compare`.
    """
    for what, value, least in (("drop", drop, 0.0005), ("share of differing items", differing, 0.0)):
        if not least <= value < 1:
            hint = (
                "Give a difference of F1, such as 0.02." if what == "drop" else "Give a share, such as 0.1."
            )
            raise WortlautError(f"a {what} of {value:g}", hint=hint)
    evaluations = named_evaluations(results)
    check_comparable(evaluations)
    first = next(iter(evaluations.values()))
    systems = list(named_systems(evaluations))
    pairs: list[tuple[Scored, Scored | None]] = [*combinations(systems, 2)] or [
        (one, None) for one in systems
    ]
    if differing and len(systems) > 1:
        raise WortlautError("two systems say themselves how much they differ", where="--differing")
    scores = [(a, b, key) for a, b in pairs for key in _keys(a, b)]
    if not scores:
        raise WortlautError(
            "no score that can be tested",
            hint="A plan needs entities, quotes or speakers in two sentences or more, with intervals.",
        )
    units = len(_sums(scores[0][0], scores[0][2]))
    if units < 2:
        raise WortlautError(
            "one unit: nothing can be drawn", hint="A plan needs two documents, or sentences."
        )
    rows = []
    for number, (a, b, key) in enumerate(scores):
        if progress is not None:
            progress("plan", number, len(scores))
        rows.append(_row(a, b, key, drop, differing))
    return Plan(
        first.corpus.name, first.corpus.hash, first.documents, first.units.kind, units, drop,
        tuple(rows), tuple(_notes(first, rows, drop, differing, scores)),
    )  # fmt: skip


def plan_corpus(ref: str, schema: Sequence[str], drop: float, **options: Any) -> Plan:
    """What can be said without any system: of one that answers with the gold, and loses items of it."""
    corpus = load_corpus(ref)
    perfect = _Perfect(corpus)
    return plan(evaluate({_PERFECT: perfect}, corpus, schema=schema, samples=1), drop=drop, **options)


class _Perfect:
    """Answers with the gold."""

    def __init__(self, corpus: Corpus) -> None:
        self._gold = {document.id: document.annotations for document in corpus}
        self.finds = tuple(
            name for name in ("entities", "quotes") if any(getattr(one, name) for one in self._gold.values())
        )

    def extract(self, texts: Sequence[Text]) -> list[Annotations]:
        return [self._gold[text.id] for text in texts]


def _keys(a: Scored, b: Scored | None) -> Iterator[ScoreKey]:
    for key, result in a.results.items():
        main = key.task in MAIN_TASKS and not key.setting
        known = result.run_sums is not None and (b is None or (key in b.results and b.results[key].run_sums))
        if main and known and result.gold:
            yield key


def _sums(system: Scored, key: ScoreKey) -> Ints:
    """Of its first run."""
    sums = system.results[key].run_sums
    assert sums is not None
    return sums[0]


def _row(a: Scored, b: Scored | None, key: ScoreKey, drop: float, differing: float) -> PlanRow:
    scale, sums = a.results[key].scale, _sums(a, key)
    other = b or a
    pilot = Pilot.best(sums, scale, differing) if b is None else Pilot.of(sums, _sums(b, key), scale)
    units = len(sums)
    drops = sorted({one for one in (*DROPS, drop) if one < pilot.most})
    by_drop = [point(pilot, one, units, _LEVEL) for one in drops]
    asked = next((one for one in by_drop if one.drop == drop), None)
    by_units = [] if asked is None else [point(pilot, drop, one, _LEVEL) for one in UNITS]
    power, *band = (asked.power, *asked.band) if asked else (None, None, None)
    needed = [min(one, _MOST_NEEDED) for one in units_needed(by_units, _LEVEL)] if by_units else [None] * 3
    smallest = [
        reached(drops, shares, _LEVEL)
        for shares in zip(*((one.power, one.band[1], one.band[0]) for one in by_drop), strict=True)
    ] or [None] * 3
    return PlanRow(
        key.layer, key.variant, a.name, None if b is None else b.name,
        TWO if b else NONE if a.name == _PERFECT else ONE,
        (a.results[key].f1, other.results[key].f1),
        Estimate(smallest[0], (smallest[1], smallest[2])),
        Estimate(power, (band[0], band[1])),
        Estimate(needed[0], (needed[2], needed[1])),
        largest_loss([sums], [sums], scale), tuple(by_drop), tuple(by_units),
    )  # fmt: skip


def _notes(
    first: Evaluation,
    rows: Sequence[PlanRow],
    drop: float,
    differing: float,
    scores: Sequence[tuple[Scored, Scored | None, ScoreKey]],
) -> Iterator[str]:
    if first.units.kind == "sentence":
        yield f"The units are sentences of {first.documents} document(s): no evidence about other texts."
    if rows[0].basis != TWO:
        best = "Losses alone" if not differing else f"{differing:.0%} of the items differ, and losses besides"
        yield (
            f"{best}: how two systems differ is not known from {'one' if rows[0].basis == ONE else 'none'}."
            " Where they disagree both ways a drop needs several times as many documents; give two systems"
            + (", or --differing a share." if not differing and rows[0].basis == ONE else ".")
        )
    if any(row.power.value is None for row in rows):
        yield f"A score below {drop:g} cannot drop by {drop:g}."
    if any(len(a.results[key].run_sums or ()) > 1 for a, _, key in scores):
        yield "Of several runs the first is taken: the plan is about one run of each system."
    yield (
        "Of one test, two-sided at 5%; corrected for several, each shows less. The band is one standard error"
        " of what a pilot of this size says."
    )
    margins = [row.smallest_margin for row in rows if row.smallest_margin is not None]
    if margins:
        yield (
            f"A loss below {max(margins):.3f} cannot be excluded here, even by the same output: a system that"
            f" fails as a whole on fewer than 3 in {len(first.units)} {first.units.kind}s may not show."
        )
