"""Answers in words without offsets: the placements with the fewest and with the most of them right.

A string s may stand at n places: where the text has it between words, and where a gold span covers it. Of k
answers (s, label) at distinct places, g of the places being gold spans of that label, min(k, g) are right at
most and max(0, min(k, n) - (n - g)) at least; what has no place is spurious. Answers with other words or
another label meet other gold spans, so the sums are the bounds, and every value between is reached. Roles of
quotes may share a place: two quotes have one cue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from wortlaut.extractors.grounding import Grounder, normalised
from wortlaut.model import Span
from wortlaut.scoring.result import INTERVALS, Result, Score, Upper

_S = TypeVar("_S", bound=Score)


@dataclass(frozen=True)
class Placed:
    """A place for each answer, with the fewest and with the most right; how many are not in the text."""

    low: tuple[Span, ...]
    high: tuple[Span, ...]
    absent: int


def placed(
    grounder: Grounder,
    answers: Sequence[tuple[str, str | None]],
    gold: Sequence[tuple[Span, str | None]],
    fixed: Sequence[tuple[Span, str | None]] = (),
    *,
    shared: bool = False,
) -> Placed:
    """Places for answers (words, label) of one document, beside the answers ``fixed`` whose place is known.

    What has no place gets one behind the text. With ``shared`` several answers may stand at one place.
    """
    rows = defaultdict(list)
    for row, (words, label) in enumerate(answers):
        rows[normalised(words), label].append(row)
    covered = defaultdict(set)
    for span, _ in gold:
        covered[normalised(span.text(grounder.text))].add(span)
    room, taken = Counter(gold), Counter(fixed)
    ends: tuple[dict[int, Span], dict[int, Span]] = {}, {}
    absent, behind = 0, len(grounder.text) + 1
    for (words, label), own in rows.items():
        stands = {*grounder.places(words), *covered[words]}
        left = {place: max(0, room[place, label] - taken[place, label]) for place in stands}
        places = sorted(stands, key=lambda place: (left[place], place))
        if shared and places:
            most = [place for place in places for _ in range(left[place])]
            low, high = places[:1] * len(own), [*most, *places[:1] * len(own)]
        else:
            # A place takes as many answers as the gold has spans there, at least one.
            often = ((place, max(1, room[place, label]) - taken[place, label]) for place in places)
            low = [place for place, times in often for _ in range(times)]
            high = low[::-1]
        out = [Span.of(behind + 2 * i, behind + 2 * i + 1) for i in range(len(own))]
        missing = len(own) - min(len(own), len(low))
        absent, behind = absent + missing, behind + 2 * len(own)
        for end, chosen in zip(ends, (low, high), strict=True):
            end.update(zip(own, [*chosen[: len(own)], *out[:missing]], strict=True))
    low_end, high_end = (tuple(end[row] for row in range(len(answers))) for end in ends)
    return Placed(low_end, high_end, absent)


def between(low: Result, high: Result) -> Result:
    """The result with the fewest right answers, with what the most would make of it."""
    pairs = {label: (score, high.per_label[label]) for label, score in low.per_label.items()}
    return replace(
        _between(low, high),
        per_label={label: _between(*pair) for label, pair in pairs.items()},
        macro=low.macro and high.macro and _between(low.macro, high.macro),
        upper_sums=high.unit_sums,
        upper_tally=high.tally,
    )


def _between(low: _S, high: Score) -> _S:
    if low.correct == high.correct:
        return low
    more: dict[str, Any] = {"upper": Upper(high.precision, high.recall, high.f1, high.correct)}
    for name in INTERVALS:
        first, last = getattr(low, name), getattr(high, name)
        more[name] = (first[0], last[1]) if first and last else None
    return replace(low, **more)


def ends_of(result: Result) -> tuple[Result, Result]:
    """The result with the fewest and with the most right answers; twice the same without ranges."""
    return _at_end(result, most=False), _at_end(result, most=True)


def _at_end(result: Result, *, most: bool) -> Result:
    sums = result.upper_sums if most and result.upper_sums is not None else result.unit_sums
    return replace(
        _end(result, most=most),
        per_label={label: _end(score, most=most) for label, score in result.per_label.items()},
        macro=result.macro and _end(result.macro, most=most),
        unit_sums=sums,
        upper_sums=None,
        tally=None if result.upper else result.tally,
        upper_tally=None,
        runs=tuple(_at_end(run, most=most) for run in result.runs),
    )


def _end(score: _S, *, most: bool) -> _S:
    upper: dict[str, Any] = vars(score.upper) if most and score.upper else {}
    return replace(score, upper=None, **upper)
