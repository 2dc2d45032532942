"""The result of a system that ran several times, from the results of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wortlaut.errors import ComparisonError
from wortlaut.model.columns import Ints
from wortlaut.scoring.keys import differences
from wortlaut.scoring.result import INTERVALS, MEASURES, Result, Score
from wortlaut.scoring.runs import SKEWED, Crossed
from wortlaut.scoring.words import between, ends_of

#: With more cells than this, runs × units × labels, labels and their mean get no intervals.
_CELLS = 20_000_000


def over_runs(results: Sequence[Result], middle: int = 0) -> Result:
    """The result of one system from those of its runs on the same documents.

    Scores are means over runs, undefined where one of the runs has none; ``…_deviation`` are standard
    deviations over runs (n - 1). Intervals are about other runs and other documents; those of labels need the
    counts that :func:`wortlaut.evaluate` keeps. ``errors`` and ``confusion`` are those of the ``middle`` run.
    ``runs`` are the results themselves. Raises ComparisonError for fewer than two results, and where they are
    not of one corpus, schema and projection.
    """
    if len(results) < 2:
        raise ComparisonError(f"{len(results)} run is not enough for a mean over runs")
    if any(one.upper for one in results):
        low, high = (over_runs(end, middle) for end in zip(*map(ends_of, results), strict=True))
        return replace(between(low, high), runs=tuple(results))
    first = results[0]
    for number, other in enumerate(results[1:], 2):
        for what, left, right in differences(first.signature, other.signature):
            raise ComparisonError(
                f"run 1 and run {number} differ in {what}: {left} and {right}",
                hint="Score all runs on the same corpus with the same options.",
            )
    notes = [*dict.fromkeys(note for one in results for note in one.notes)]
    asked = first.signature.resampling
    micro, macro, labels = _crossed(results)
    # Where the score is a mean over labels, there are no sums of the micro average.
    headline = macro if micro is None and first.macro is None else micro
    variance = None if headline is None else headline.variance(asked.confidence)
    if variance is not None and abs(variance.skewness or 0) > SKEWED:
        each = ", ".join("–" if one.f1 is None else f"{one.f1:.3f}" for one in results)
        notes.append(
            f"the runs are uneven (F1 {each}; skewness {variance.skewness:+.1f}), one may have failed:"
            " interval and tests do not hold"
        )
    if headline is not None and headline.intervals(asked.confidence)[2] is None and first.f1 is not None:
        notes.append("no interval of F1 over runs: too few units have items, or all score alike")
    if micro is not None and not labels and first.per_label:
        notes.append(
            "no intervals over runs of labels and their mean: their counts are too many, or not kept"
        )
    if asked.samples:
        notes.append("intervals over runs are by the jackknife, not by the bootstrap")
        asked = replace(asked, samples=None, seed=0, method="percentile")

    def mean(scores: Sequence[Score | None], varied: Crossed | None = None) -> dict[str, Any]:
        """A label that a run neither has nor finds has no score there, and so no mean."""
        bands = [None] * 3 if varied is None else varied.intervals(asked.confidence)
        return _means(scores) | dict(zip(INTERVALS, bands, strict=True))

    names = [*dict.fromkeys(name for one in results for name in one.per_label)]
    return replace(
        results[middle],
        **mean(results, headline),
        per_label={
            name: Score(**mean([one.per_label.get(name) for one in results], labels.get(name)))
            for name in names
        },
        macro=Score(**mean([one.macro for one in results], macro))
        if all(one.macro for one in results)
        else None,
        averages={name: Score(**mean([one.averages[name] for one in results])) for name in first.averages},
        signature=replace(first.signature, resampling=asked, runs=len(results)),
        notes=tuple(notes),
        unit_sums=None,
        runs=tuple(results),
        variance=variance,
        tally=None,
    )


def _crossed(results: Sequence[Result]) -> tuple[Crossed | None, Crossed | None, Mapping[str, Crossed]]:
    """What varies in the micro average, the macro average and each label, where that is known."""
    first, sums = results[0], [one.per_unit for one in results if one.per_unit is not None]
    micro = Crossed.of(np.stack(sums), first.scale) if len(sums) == len(results) else None
    counted = [(one.tally.labels, one.tally.counts) for one in results if one.tally is not None]
    names = sorted({name for held, _ in counted for name in held})
    wanted = first.signature.resampling.wanted and len(counted) == len(results) and names
    units = counted[0][1].units if counted else 0
    if not wanted or units < 2 or len(results) * units * len(names) > _CELLS:
        return micro, None, {}
    place = {name: i for i, name in enumerate(names)}
    dense: Ints = np.zeros((len(results), units, len(names), 4), np.int64)
    for run, (held, counts) in zip(dense, counted, strict=True):
        run[:, [place[name] for name in held]] = counts.by_unit_and_label()
    macro, labels = Crossed.of_labels(dense, first.scale)
    return micro, macro, dict(zip(names, labels, strict=True))


def middle_of(values: Sequence[float | None]) -> int:
    """The place of the middle value, the lower of two; what is undefined counts as the least."""
    order = sorted(range(len(values)), key=lambda i: -1.0 if (value := values[i]) is None else value)
    return order[(len(order) - 1) // 2]


def _means(scores: Sequence[Score | None]) -> dict[str, Any]:
    there = [score for score in scores if score is not None]
    found: dict[str, Any] = {
        "correct": sum(score.correct for score in there) / len(scores),
        "gold": there[0].gold,
        "predicted": round(sum(score.predicted for score in there) / len(scores)),
    }
    for name in MEASURES:
        values = [getattr(score, name, None) for score in scores]
        known = None if None in values else np.asarray(values, np.float64)
        found[name] = None if known is None else float(known.mean())
        found[f"{name}_deviation"] = None if known is None else float(known.std(ddof=1))
    return found
