"""Benchmarks whose times are chosen, for the tests of what is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wortlaut.bench.run import Bench, Curve, Machine, Measured, Quality, Timing
from wortlaut.bench.scaling import exponent
from wortlaut.bench.speed import REFERENCE

HASH = "a" * 64
MACHINE = Machine("A CPU", 2, "3.11.0", "Linux x86_64", (0.1, None))
INFO: Mapping[str, Any] = {
    "node": "here",
    "machine": "x",
    "python_version": "3.11.0",
    "cpu": {"brand_raw": "A CPU"},
}


def timing(
    spec: str,
    seconds: Sequence[float],
    reference: Sequence[float],
    *,
    group: str = "throughput",
    size: int = 1,
    characters: int = 5000,
    corpus: str = HASH,
) -> Timing:
    """Rounds of so many seconds, with what pytest-benchmark would keep of them."""
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for second in seconds:
        stats.update(second)
    name = f"test_{group}[{spec}-{size}]"
    record = {
        "group": group,
        "name": name,
        "fullname": f"bench/cases.py::{name}",
        "params": {"spec": spec, "size": size},
        "param": f"{spec}-{size}",
        "extra_info": {
            "corpus": corpus,
            "documents": 10,
            "characters": characters,
            "tokens": 800,
            "reference": REFERENCE,
            "reference_seconds": list(reference),
        },
        "options": {},
        "stats": {**stats.as_dict(), "data": list(seconds), "iterations": 1},
    }
    return Timing.of(record)


def measured(spec: str, speed: float, f1: float | None = None, **more: Any) -> Measured:
    """So many times as fast as a reference of 10 ms."""
    seconds = [0.01 / speed * factor for factor in (0.9, 1.0, 1.1)]
    return Measured(
        spec,
        load=0.5,
        first=0.02,
        memory=200 << 20,
        memory_before=30 << 20,
        throughput=(timing(spec, seconds, [0.01] * 3),),
        quality=None
        if f1 is None
        else Quality("entities.strict.f1", f1, (max(f1 - 0.05, 0), min(f1 + 0.05, 1))),
        **more,
    )


def curve(
    spec: str, power: float, sizes: Sequence[int], left_out: Sequence[int] = (), why: str = ""
) -> Curve:
    """Time grows with this power of the length, the reference with the length."""
    points = tuple(
        timing(spec, [1e-6 * size**power], [1e-7 * size], group="length", size=size, characters=size)
        for size in sizes
    )
    fit = exponent(sizes, [point.characters / point.relative.median for point in points])
    return Curve(points, fit, tuple(left_out), why)


def bench(*systems: Measured, **changed: Any) -> Bench:
    whole = {
        "corpus": "made",
        "hash": HASH,
        "documents": 10,
        "characters": 5000,
        "tokens": 800,
        "machine": MACHINE,
        "systems": systems,
        "notes": ("A note.",),
        "machine_info": INFO,
    }
    return Bench(**{**whole, **changed})
