"""Tables of a benchmark within 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median_high

from rich.console import RenderableType
from rich.table import Table

from wortlaut.bench.run import Bench, Compared, Curve, Measured, Quality
from wortlaut.bench.scaling import Exponent
from wortlaut.bench.speed import REFERENCE
from wortlaut.reports.cells import interval_text, number
from wortlaut.reports.console import Text
from wortlaut.reports.tables import grid, noted

_MEBIBYTE = 1024 * 1024


def bench_view(bench: Bench) -> Iterator[RenderableType]:
    """Rates, what each extractor needs, the curves, the comparison, and what a reader must know."""
    documents = f"{bench.documents:,} document{'s' * (bench.documents != 1)}"
    yield Text(
        f"{bench.corpus} ({documents}, {bench.characters:,} characters, {bench.tokens:,} tokens)",
        style="bold",
    )
    if measured := [system for system in bench.systems if system.throughput]:
        yield _rates(measured)
    if loaded := [system for system in bench.systems if system.load is not None]:
        yield _needs(loaded)
        # A column would be empty for most, and too much for 80 characters.
        on_gpu = [f"{one.name} {memory_text(one.gpu_memory)}" for one in loaded if one.gpu_memory is not None]
        if on_gpu:
            yield Text(f"GPU memory, the most that PyTorch had in use: {', '.join(on_gpu)}")
    for attribute, title, shown in (
        ("length", "one text of so many characters: time", (1_000, 10_000, 100_000, 1_000_000)),
        ("batch", "so many texts in one batch: time a text", (1, 8, 64, 512)),
    ):
        if curves := {s.name: c for s in bench.systems if (c := getattr(s, attribute)) is not None}:
            yield from _curves(curves, title, shown, attribute == "batch")
    if bench.compared is not None:
        yield from _comparison(bench.compared)
    machine = bench.machine
    yield Text(
        f"{machine.cpu}, {machine.cores} cores, {machine.system}, Python {machine.python}"
        + ("" if machine.load[0] is None else ", load average {} → {}".format(*machine.load)),
        style="dim",
    )
    yield Text(
        f"× reference: how many times as fast as one pass of our tokeniser ({REFERENCE}) in the same round;"
        " in parentheses the quartiles of the rounds. Wall time, one process an extractor. Load and first"
        " document are measured once. Memory is that of the process, and of those that it started. Energy is"
        " not measured.",
        style="dim",
    )
    yield from noted(bench.notes)


def _rates(systems: Sequence[Measured]) -> Table:
    table = grid(["extractor"], ["batch", "docs/s", "tokens/s", "chars/s", "× reference (quartiles)"])
    for system in systems:
        for timing in system.throughput:
            relative = timing.relative
            table.add_row(
                system.name,
                str(timing.size),
                significant(timing.rate(timing.documents)),
                significant(timing.rate(timing.tokens)),
                significant(timing.rate(timing.characters)),
                f"{significant(relative.median)} ({significant(relative.q1)}–{significant(relative.q3)})",
            )
    reference = median_high(timing.reference.median for system in systems for timing in system.throughput)
    sizes = systems[0].throughput[0]
    table.add_row(
        "reference",
        "",
        *(significant(count / reference) for count in (sizes.documents, sizes.tokens, sizes.characters)),
        "1",
        style="dim",
    )
    return table


def _needs(systems: Sequence[Measured]) -> Table:
    scored = next((system.quality.name for system in systems if system.quality is not None), None)
    table = grid(
        ["extractor"], ["load", "first doc", "peak memory", "of it Python", *([scored] if scored else [])]
    )
    for system in systems:
        table.add_row(
            system.name,
            time_text(system.load),
            time_text(system.first),
            memory_text(system.memory),
            memory_text(system.memory_before),
            *([_score(system.quality)] if scored else []),
        )
    return table


def _score(quality: Quality | None) -> str:
    if quality is None:
        return "–"
    return number(quality.value) + (f" ({interval_text(quality.interval)})" if quality.interval else "")


def _curves(
    curves: dict[str, Curve], title: str, shown: Sequence[int], each: bool
) -> Iterator[RenderableType]:
    yield Text(title, style="bold")
    table = grid(["extractor"], [f"{size:,}" for size in shown])
    for name, curve in curves.items():
        at = {point.size: point.seconds.median / (point.size if each else 1) for point in curve.points}
        table.add_row(name, *(time_text(at.get(size)) for size in shown))
    yield table
    what = "batch" if each else "length"
    for name, curve in curves.items():
        yield Text(f"{name}: {exponent_text(curve.exponent)}")
        if curve.left_out:
            why = curve.why.partition("\n")[0]
            yield Text(f"  left out from {curve.left_out[0]:,} on: {why}")
    yield Text(
        f"In parentheses the power of the {what} that time grows with: slope of log time on log {what} over"
        " the largest of them, time in units of the reference, with its 95% interval.",
        style="dim",
    )


def exponent_text(fit: Exponent | None) -> str:
    """``linear (1.02, 0.97–1.07)``."""
    if fit is None:
        return "too few points for a fit"
    low, high = fit.interval
    return f"{fit.verdict} ({fit.value:.2f}, {low:.2f}–{high:.2f}; {fit.low:,} to {fit.high:,})"


def _comparison(compared: Compared) -> Iterator[RenderableType]:
    yield Text(f"compared with {compared.path}", style="bold")
    if compared.changes:
        table = grid(["benchmark"], ["mean then", "now", "change", "to reference", "verdict"])
        for change in compared.changes:
            table.add_row(
                change.name.removeprefix("test_"),
                time_text(change.mean[0]),
                time_text(change.mean[1]),
                _percent(*change.mean),
                _percent(*change.ratio),
                Text(" ".join(change.failed), style="bold red") if change.failed else Text("ok"),
            )
        yield table
        yield Text(
            "change: of the mean seconds; to reference: of the seconds in units of the reference (ratio).",
            style="dim",
        )
    yield from noted(compared.notes)
    failed = sum(bool(change.failed) for change in compared.changes)
    yield Text(
        f"{failed} of {len(compared.changes)} slower than allowed"
        if failed
        else "nothing is slower than allowed",
        style="bold red" if failed else "bold green",
    )


def _percent(then: float, now: float) -> str:
    return f"{now / then * 100 - 100:+.0f}%"


def significant(value: float) -> str:
    """Three significant digits, never an exponent: ``0.00348``, ``12.5``, ``83,122``."""
    if value >= 100:
        return f"{value:,.0f}"
    if value <= 0:
        return "0"
    return f"{value:.{max(2 - math.floor(math.log10(value)), 0)}f}"


def time_text(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    unit, size = ("s", 1.0) if seconds >= 1 else ("ms", 1e-3) if seconds >= 1e-3 else ("µs", 1e-6)
    return f"{significant(seconds / size)} {unit}"


def memory_text(size: int | None) -> str:
    return "–" if size is None else f"{size / _MEBIBYTE:,.0f} MiB"
