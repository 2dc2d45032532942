"""The result of a system that ran several times, from the results of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from wortlaut.errors import ComparisonError
from wortlaut.scoring.keys import differences
from wortlaut.scoring.result import INTERVALS, MEASURES, Result, Score
from wortlaut.scoring.runs import SKEWED, Crossed, RunVariance


def over_runs(results: Sequence[Result], middle: int = 0) -> Result:
    """The result of one system from those of its runs on the same documents.

    Scores are means over runs, undefined where one of the runs has none; ``…_deviation`` are standard
    deviations over runs (n - 1). The intervals of the micro average are about other runs and other documents.
    ``errors`` and ``confusion`` are those of the ``middle`` run. ``runs`` are the results themselves. Raises
    ComparisonError where they are not of one corpus, schema and projection.
    """
    first = results[0]
    for number, other in enumerate(results[1:], 2):
        for what, left, right in differences(first.signature, other.signature):
            raise ComparisonError(
                f"run 1 and run {number} differ in {what}: {left} and {right}",
                hint="Score all runs on the same corpus with the same options.",
            )
    sums = [one.per_unit for one in results if one.per_unit is not None]
    notes = [*dict.fromkeys(note for one in results for note in one.notes)]
    variance: RunVariance | None = None
    bands: dict[str, Any] = dict.fromkeys(INTERVALS)
    if len(sums) == len(results) and len(sums[0]) > 1:
        confidence = first.signature.resampling.confidence
        crossed = Crossed.of(np.stack(sums), first.scale)
        variance = crossed.variance(confidence)
        bands = dict(zip(INTERVALS, crossed.intervals(confidence), strict=True))
        if variance is not None and abs(variance.skewness or 0) > SKEWED:
            each = ", ".join("–" if one.f1 is None else f"{one.f1:.3f}" for one in results)
            notes.append(
                f"the runs are uneven (F1 {each}; skewness {variance.skewness:+.1f}), one may have failed:"
                " interval and tests do not hold"
            )
    names = [*dict.fromkeys(name for one in results for name in one.per_label)]
    return replace(
        results[middle],
        **_means(results),
        **bands,
        per_label={name: _mean([one.per_label.get(name) for one in results]) for name in names},
        macro=_mean([one.macro for one in results]) if all(one.macro for one in results) else None,
        averages={name: _mean([one.averages[name] for one in results]) for name in first.averages},
        signature=replace(first.signature, runs=len(results)),
        notes=tuple(notes),
        unit_sums=None,
        runs=tuple(results),
        variance=variance,
    )


def middle_of(values: Sequence[float | None]) -> int:
    """The place of the middle value, the lower of two; what is undefined counts as the least."""
    order = sorted(range(len(values)), key=lambda i: -1.0 if (value := values[i]) is None else value)
    return order[(len(order) - 1) // 2]


def _mean(scores: Sequence[Score | None]) -> Score:
    """Of the runs that have it. A label that a run neither has nor finds has no score there, so no mean."""
    return Score(**_means(scores))


def _means(scores: Sequence[Score | None]) -> dict[str, Any]:
    there = [score for score in scores if score is not None]
    found: dict[str, Any] = {
        "correct": float(sum(score.correct for score in there)) / len(scores),
        "gold": there[0].gold,
        "predicted": round(sum(score.predicted for score in there) / len(scores)),
    }
    for name in MEASURES:
        values = [getattr(score, name, None) for score in scores]
        known = None if None in values else np.asarray(values, np.float64)
        found[name] = None if known is None else float(known.mean())
        found[f"{name}_deviation"] = None if known is None else float(known.std(ddof=1))
    return found
