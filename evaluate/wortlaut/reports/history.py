"""A history of scores: a table for the terminal, a page with figures, and the forms of other tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from shlex import quote
from typing import Any

from rich.console import RenderableType

from wortlaut.errors import DataError, listed, unknown_name
from wortlaut.gate.baseline import Entry
from wortlaut.gate.history import NOT_COMPARED, Run, Step, first_worse, moment
from wortlaut.reports.cells import difference, heading, interval_text, number, p_value, short
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid, noted
from wortlaut.reports.templates import asset, fill
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.uncertainty import Interval

_NAMES, _FIGURES = ("commit", "date"), ("F1", "95% of F1", "change", "p", "verdict")
_STYLES = {"regression": "bold red", "invalid": "bold red", "better": "green"}
_SURE = ("pass", "regression")
#: In the badge: the verdict → a colour that shields knows.
_COLOURS = {"pass": "green", "better": "brightgreen", NOT_COMPARED: "blue", "regression": "red"}
#: Of a figure: its field (left, top, right, bottom), and how far apart commits stand.
_FIELD, _APART = (48, 12, 700, 192), 64


@dataclass(frozen=True)
class Series:
    """One score of a system over the runs on one gold, scored in one way."""

    corpus: str
    system: str
    key: ScoreKey
    settings: str
    steps: Sequence[Step]

    @property
    def title(self) -> str:
        return ", ".join(filter(None, (f"{self.system}: {self.key.layer}", self.key.variant, self.settings)))

    def entry(self, step: Step) -> Entry:
        return step.run.baseline.systems[self.system][self.key]

    def interval(self, step: Step) -> Interval | None:
        return step.run.intervals[self.system, self.key]

    def cells(self, step: Step) -> tuple[str, ...]:
        row = step.row(self.key)
        return (
            commit(step.run.commit),
            step.run.date[:10],
            number(self.entry(step).micro.f1),
            interval_text(self.interval(step)),
            difference(None if row is None else row.delta),
            p_value(None if row is None else row.p),
            step.verdict(self.key),
        )


def series(found: Sequence[Step], systems: Sequence[str] = (), layers: Sequence[str] = ()) -> list[Series]:
    """The steps by score, those of ``systems`` and ``layers`` or all. Raises UnknownNameError."""
    groups: dict[tuple[str, str, ScoreKey, str], list[Step]] = {}
    for step in found:
        baseline = step.run.baseline
        corpus = heading(baseline.signature.corpus, baseline.documents, baseline.signature.hash)
        for key, entry in baseline.systems[step.system].items():
            signed = entry.signature
            settings = f"labels {signed.projection.name}" if signed.projection else ""
            settings += f" as {signed.conventions}" if signed.conventions else ""
            groups.setdefault((corpus, step.system, key, settings.strip()), []).append(step)
    corpora = list(dict.fromkeys(corpus for corpus, *_ in groups))
    every = [Series(*group, steps) for group, steps in groups.items()]
    every.sort(key=lambda one: corpora.index(one.corpus))
    for kind, asked, known in (
        ("system", systems, {one.system for one in every}),
        ("layer", layers, {one.key.layer for one in every}),
    ):
        for name in asked:
            if name not in known:
                raise unknown_name(f"{kind} of this history", name, sorted(known))
    return [
        one
        for one in every
        if (not systems or one.system in systems) and (not layers or one.key.layer in layers)
    ]


def commit(name: str, digits: int = 7) -> str:
    """A hash in short, another name as it is."""
    return name[:digits] if len(name) >= 40 and set(name) <= set("0123456789abcdef") else name


def history_view(shown: Sequence[Series], against: str | None) -> Iterator[RenderableType]:
    """A table for each score, where systems got worse, and what the last verdicts say beside."""
    for corpus, group in groupby(shown, lambda one: one.corpus):
        yield Text(f"{corpus}, {_compared(against)}", style="bold")
        for one in group:
            yield Text(one.title, style="bold")
            table = grid(_NAMES, _FIGURES)
            for step in one.steps:
                style = _STYLES.get(step.verdict(one.key), "")
                name, *figures = one.cells(step)
                table.add_row(name, *map(short, figures), style=style)
            yield table
    for line, going_on, reasons in _worse(shown, against):
        yield Text(line, style="bold red")
        yield from (Text(f"  {one}") for one in (going_on, *reasons))
    yield from noted(_notes(shown))


def _compared(against: str | None) -> str:
    return f"each run against {commit(against)}" if against else "each run against the one before"


def _worse(shown: Sequence[Series], against: str | None) -> Iterator[tuple[str, str, list[str]]]:
    """Between which commits a system got worse, with the command that goes on from there, and why."""
    found = {(step.run.where, step.system): step for one in shown for step in one.steps}
    keys = {one.key for one in shown}
    for step, before in first_worse([*found.values()], keys, against):
        both = step.run.commit, before.commit
        line = f"{step.system} is first worse between {commit(both[1])} and {commit(both[0])}"
        assert step.outcome is not None
        going_on = " ".join(("git bisect start", *(quote(commit(one, 12)) for one in both)))
        failures = step.outcome.failures
        yield line, going_on, [str(one) for one in failures if one.place and one.place.key.of("") in keys]


def _notes(shown: Sequence[Series]) -> list[str]:
    """What must be known of the last verdict on each system, and of all of them together."""
    told = []
    for outcome in {(one.corpus, one.system): one.steps[-1].outcome for one in shown}.values():
        unsure = [one for one in outcome.checks if one.status not in _SURE] if outcome else []
        told += [*(outcome.notes if outcome else ()), *(f"{one.status}: {one}" for one in unsure)]
    tested = {
        (step.run.where, step.system): step.rules.alpha
        for one in shown
        for step in one.steps
        if (row := step.row(one.key)) is not None and row.p is not None
    }
    if (chance := sum(tested.values()) / 2) >= 0.5:
        told.append(
            f"{len(tested)} comparisons, each at its level: where nothing ever changes, up to {chance:.0f} of"
            " so many are a regression by chance"
        )
    return list(dict.fromkeys(told))


def history_page(shown: Sequence[Series], against: str | None) -> str:
    """A page that needs nothing else: for each score a figure over the commits, and its table."""
    return fill(
        "history.html.jinja",
        style=asset("stress.css"),
        compared=_compared(against),
        heads=(*_NAMES, *_FIGURES),
        groups=[
            (
                corpus,
                [(one.title, _figure(one), [one.cells(step) for step in one.steps[::-1]]) for one in group],
            )
            for corpus, group in groupby(shown, lambda one: one.corpus)
        ],
        worse=list(_worse(shown, against))[::-1],
        notes=_notes(shown),
        field=_FIELD,
    )


def _figure(one: Series) -> dict[str, Any]:
    """Where each run stands, with the ends of its interval; the scale is that of the figure."""
    left, top, right, bottom = _FIELD
    apart = max(_APART / 8, min(_APART, (right - left) / len(one.steps)))
    values = [(step, one.entry(step).micro.f1) for step in one.steps]
    ends = [end for step, f1 in values if f1 is not None for end in (one.interval(step) or (f1, f1))]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    low, high = max(0, int(low * 10 - 0.5) / 10), min(1.0, int(high * 10 + 1.5) / 10)

    def up(value: float) -> float:
        return bottom - (bottom - top) * (value - low) / (high - low)

    points = [
        {
            "x": left + apart * (i + 0.5),
            "y": up(f1),
            "ends": [up(end) for end in one.interval(step) or (f1, f1)],
            "verdict": step.verdict(one.key),
            "text": ", ".join((*one.cells(step)[:2], "F1 {} ({})".format(*one.cells(step)[2:4]))),
        }
        for i, (step, f1) in enumerate(values)
        if f1 is not None
    ]
    every = max(1, round(_APART / apart))
    return {
        "width": left + apart * len(values) + 16,
        "points": points,
        "levels": [(up(low), number(low, 1)), (up(high), number(high, 1))],
        "commits": [
            (left + apart * (i + 0.5), commit(step.run.commit)[:8])
            for i, (step, _) in enumerate(values)
            if i % every == 0
        ],
    }


# ---------------------------------------------------------------- for other tools


def _latest(shown: Sequence[Series]) -> Iterator[tuple[str, Series, Step, float]]:
    """Each score of the last run of a system on a corpus, under one name over all golds of it."""
    last: dict[tuple[str, str], Run] = {}
    for run in sorted((one.steps[-1].run for one in shown), key=lambda run: moment(run.date)):
        last |= {(run.baseline.signature.corpus, system): run for system in run.baseline.systems}
    for one in shown:
        step = one.steps[-1]
        corpus, f1 = step.run.baseline.signature.corpus, one.entry(step).micro.f1
        if last[corpus, one.system] is step.run and f1 is not None:
            yield f"{one.title}, {corpus}", one, step, f1


def _github(shown: Sequence[Series]) -> list[dict[str, Any]]:
    """``customBiggerIsBetter`` of github-action-benchmark (its README, "Examples")."""
    return [
        {
            "name": name,
            "unit": "F1",
            "value": f1,
            "range": interval_text(one.interval(step)),
            "extra": f"{step.verdict(one.key)}\n{step.run.commit}\n{one.entry(step).signature}",
        }
        for name, one, step, f1 in _latest(shown)
    ]


def _bencher(shown: Sequence[Series]) -> dict[str, Any]:
    """Bencher Metric Format (bencher.dev/bmf.json)."""
    return {
        name: {
            "f1": {
                "value": f1,
                **dict(zip(("lower_value", "upper_value"), one.interval(step) or (), strict=False)),
            }
        }
        for name, one, step, f1 in _latest(shown)
    }


def _badge(shown: Sequence[Series]) -> dict[str, Any]:
    """What shields draws from an address (shields.io/badges/endpoint-badge)."""
    found = list(_latest(shown))
    if len(found) != 1:
        names = listed([name for name, *_ in found], 4) or "none that is defined"
        raise DataError(
            f"a badge is of one score; there are {names}", hint="Choose: --system NAME --layer LAYER"
        )
    (_, one, step, f1) = found[0]
    ends = one.interval(step)
    return {
        "schemaVersion": 1,
        "label": f"{one.key.layer} F1",
        "message": short(number(f1, 2)) + (f" ({short(interval_text(ends, 2))})" if ends else ""),
        "color": _COLOURS.get(step.verdict(one.key), "yellow"),
    }


#: ``--to`` → what it writes.
FORMS: Mapping[str, Callable[[Sequence[Series]], Any]] = {
    "github-action-benchmark": _github,
    "bencher": _bencher,
    "badge": _badge,
}
