"""Quality against speed as an SVG: points with whiskers, labels that keep clear, the Pareto front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wortlaut.bench.run import Bench
from wortlaut.bench.speed import REFERENCE
from wortlaut.errors import WortlautError
from wortlaut.reports.bench import significant
from wortlaut.reports.cells import number
from wortlaut.reports.templates import fill

#: Of the picture, and of the field of points in it: left, top, right, bottom.
WIDTH, HEIGHT = 760, 500
LEFT, TOP, RIGHT, BOTTOM = 76, 64, 736, 408
_FONT = 13
#: The width of a character in this font, rather too much than too little.
_CHARACTER = 0.6 * _FONT
_RADIUS = 5

#: left, top, right, bottom
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Point:
    """One extractor: speed in units of the reference and quality, each with its ends."""

    name: str
    speed: tuple[float, float, float]
    quality: tuple[float, float, float]
    rate: float

    @property
    def text(self) -> str:
        return f"{self.name}: {number(self.quality[0])}, {significant(self.rate)} tokens/s"


@dataclass(frozen=True)
class Label:
    x: float
    y: float
    anchor: str
    lines: tuple[str, ...]
    box: Box
    #: From the point to a label that stands further away.
    leader: tuple[float, float] | None = None


def pareto_svg(bench: Bench) -> str:
    """The picture. Raises WortlautError where no extractor has both a speed and the score."""
    points = sorted(points_of(bench), key=lambda point: point.speed[0])
    if not points:
        raise WortlautError("no extractor has both a speed and the score", where="the plot")
    name = next(system.quality.name for system in bench.systems if system.quality is not None)
    front = front_of(points)
    low, high = _bounds(points)
    floor, ceiling, step = _levels(points)

    def across(speed: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(speed / low) / math.log(high / low)

    def up(quality: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (quality - floor) / (ceiling - floor)

    spots = [(across(point.speed[0]), up(point.quality[0])) for point in points]
    line = list(_stairs([(x, y) for point, (x, y) in zip(points, spots, strict=True) if point in front]))
    whiskers = [
        ((across(p.speed[1]), y, across(p.speed[2]), y), (x, up(p.quality[2]), x, up(p.quality[1])))
        for p, (x, y) in zip(points, spots, strict=True)
    ]
    labels = place(
        spots,
        [(p.name, f"{number(p.quality[0])} · {significant(p.rate)} tokens/s") for p in points],
        [*(_around(*w) for pair in whiskers for w in pair), *(_around(*a, *b) for a, b in pairwise(line))],
    )
    machine = bench.machine
    return fill(
        "pareto.svg.jinja",
        width=WIDTH,
        height=HEIGHT,
        field=(LEFT, TOP, RIGHT, BOTTOM),
        radius=_RADIUS,
        font=_FONT,
        score=name,
        reference=REFERENCE,
        corpus=f"{bench.corpus}, {bench.documents:,} document{'s' * (bench.documents != 1)}",
        machine=f"{machine.cpu}, {machine.cores} cores, Python {machine.python}",
        points=[
            {"text": p.text, "x": x, "y": y, "whiskers": w, "front": p in front, "label": label}
            for p, (x, y), w, label in zip(points, spots, whiskers, labels, strict=True)
        ],
        front=" then ".join(point.name for point in points if point in front),
        line=line,
        speeds=[(across(tick), significant_tick(tick)) for tick in ticks(low, high)],
        qualities=[
            (up(level), f"{level:.2f}")
            for level in (floor + step * i for i in range(round((ceiling - floor) / step) + 1))
        ],
    )


def points_of(bench: Bench) -> Iterator[Point]:
    """Every extractor with a speed and a score, at the batch size that it is fastest with."""
    for system in bench.systems:
        timing, quality = system.best(), system.quality
        if timing is not None and quality is not None:
            relative = timing.relative
            ends = quality.interval or (quality.value, quality.value)
            yield Point(
                system.name,
                (relative.median, relative.q1, relative.q3),
                (quality.value, *ends),
                timing.rate(timing.tokens),
            )


def front_of(points: Sequence[Point]) -> list[Point]:
    """Those that no other is at least as good and as fast as, and better in one of the two."""

    def beaten(point: Point) -> bool:
        own = (point.quality[0], point.speed[0])
        rivals = ((other.quality[0], other.speed[0]) for other in points)
        return any(rival[0] >= own[0] and rival[1] >= own[1] and rival != own for rival in rivals)

    return [point for point in points if not beaten(point)]


def ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each decade between the ends; only the 1 where that would be too many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 3 else (1,)
    return [tick for power in decades for step in steps if low <= (tick := step * 10.0**power) <= high]


def significant_tick(tick: float) -> str:
    return f"{tick:,.0f}" if tick >= 1 else f"{tick:.10f}".rstrip("0")


def place(
    spots: Sequence[tuple[float, float]], texts: Sequence[tuple[str, ...]], lines: Iterable[Box]
) -> list[Label]:
    """A label for each spot: where it covers no point, line or other label, as near as that goes."""
    lines = list(lines)
    taken = [(x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS) for x, y in spots]
    labels = []
    for (x, y), text in zip(spots, texts, strict=True):
        others = [spot for spot in spots if spot != (x, y)]
        labels.append(
            min(
                _candidates(x, y, text),
                key=lambda label: (
                    _covered(label.box, taken),
                    _passed(label, x, y, others),
                    _covered(label.box, lines),
                    _gap(label.box, x, y),
                ),
            )
        )
        taken.append(labels[-1].box)
    return labels


def _candidates(x: float, y: float, text: tuple[str, ...]) -> Iterator[Label]:
    """Beside the point, above and below it, then further away; all inside the field."""
    width, height = max(map(len, text)) * _CHARACTER, len(text) * _FONT * 1.25
    near = _RADIUS + 5
    for down in (step * height / 2 for step in range(-14, 15)):
        for left in (
            *(x + near + step * width / 4 for step in range(6)),
            x - width / 2,
            *(x - near - width - step * width / 4 for step in range(6)),
        ):
            top = y + down - height / 2
            box = (left, top, left + width, top + height)
            if box[0] < LEFT or box[2] > RIGHT or box[1] < TOP or box[3] > BOTTOM or _gap(box, x, y) < near:
                continue
            anchor, at = ("start", box[0]) if left > x else ("end", box[2]) if box[2] < x else ("middle", x)
            leader = (at, min(max(y, box[1]), box[3])) if _gap(box, x, y) > 2 * near else None
            yield Label(at, top + _FONT, anchor, text, box, leader)
    # A point in a corner of a field too small for any of these still has a name.
    left = min(max(x, LEFT), RIGHT - width)
    yield Label(left, y - near, "start", text, (left, y - near - height, left + width, y - near))


def _gap(box: Box, x: float, y: float) -> float:
    """How far the point is from the box."""
    return math.hypot(max(box[0] - x, x - box[2], 0), max(box[1] - y, y - box[3], 0))


def _passed(label: Label, x: float, y: float, others: Iterable[tuple[float, float]]) -> int:
    """How many other points the line to the label goes through."""
    if label.leader is None:
        return 0
    dx, dy = label.leader[0] - x, label.leader[1] - y
    passed = 0
    for other_x, other_y in others:
        along = min(max(((other_x - x) * dx + (other_y - y) * dy) / (dx * dx + dy * dy), 0), 1)
        passed += math.hypot(x + along * dx - other_x, y + along * dy - other_y) < 2 * _RADIUS
    return passed


def _covered(box: Box, others: Iterable[Box]) -> float:
    """The area that the boxes share."""
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )


def _around(x1: float, y1: float, x2: float, y2: float) -> Box:
    """A line that runs across or down, as a thin box."""
    return (min(x1, x2) - 2, min(y1, y2) - 2, max(x1, x2) + 2, max(y1, y2) + 2)


def _stairs(front: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The edge of what the front reaches: level up to each point, then down to the next."""
    if front:
        yield LEFT, front[0][1]
        for (x, y), (_, below) in pairwise([*front, (0.0, BOTTOM)]):
            yield x, y
            yield x, below


def _bounds(points: Sequence[Point]) -> tuple[float, float]:
    """The ends of the log axis, with room for labels, at least a decade apart."""
    low, high = min(min(p.speed) for p in points), max(max(p.speed) for p in points)
    spread = max(math.sqrt(10 / max(high / low, 1)), 1.6)
    return low / spread, high * spread


def _levels(points: Sequence[Point]) -> tuple[float, float, float]:
    """The ends of the axis of quality and the step of its ticks."""
    low, high = min(min(p.quality) for p in points), max(max(p.quality) for p in points)
    step = next(step for step in (0.02, 0.05, 0.1, 0.2) if (high - low) / step <= 5 or step == 0.2)
    top = min(math.ceil(high / step + 0.2), round(1 / step))
    return max(math.floor(low / step - 0.5), 0) * step, top * step, step
