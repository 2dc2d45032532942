"""How time grows with the length of hostile texts: ``pytest tests/benchmarks/test_growth.py -s``.

CPU seconds of the process. Each program is held to a ratio and an exponent; the last test prints the table of
``docs/extractors.md``. It takes about ten minutes on a quiet core.
"""

from __future__ import annotations

import math
import time

import pytest
from hostile import NAMES, hostile, ordinary, programs, seconds
from pytest_benchmark.fixture import BenchmarkFixture

SHORT, LONG = 1_000, 100_000
#: As often as ordinary text of the same length may take; as time may grow with the length.
RATIO, EXPONENT = 10, 1.2

pytestmark = pytest.mark.benchmark(timer=time.process_time, disable_gc=True)

#: Program → for each text the ratio, the exponent and its name; filled by the tests in their order.
GROWTH: dict[str, list[tuple[float, float, str]]] = {}
PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_growth(benchmark: BenchmarkFixture, name: str) -> None:
    run, usual = PROGRAMS[name], ordinary(LONG)
    benchmark.pedantic(run, args=(usual,), rounds=3, iterations=1, warmup_rounds=1)
    base = benchmark.stats.stats.min
    rows = []
    for kind in NAMES:
        short = seconds(run, hostile(kind, SHORT), rounds=3)
        long = seconds(run, hostile(kind, LONG))
        exponent = math.log(long / short) / math.log(LONG / SHORT)
        if long > RATIO * base / 2 or exponent > EXPONENT:  # not by another program's fault
            long = min(long, seconds(run, hostile(kind, LONG), rounds=2))
            exponent = math.log(long / short) / math.log(LONG / SHORT)
        rows.append((long / base, exponent, kind))
    GROWTH[name] = rows
    assert not [row for row in rows if row[0] > RATIO or row[1] > EXPONENT]


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f"| {len(NAMES)} texts of {LONG:,} characters | highest ratio | of | highest exponent | of |",
        "| --- | ---: | --- | ---: | --- |",
    ]
    for name, rows in GROWTH.items():
        ratio, steepest = max(rows), max(rows, key=lambda row: row[1])
        lines.append(f"| {name} | {ratio[0]:.1f} | `{ratio[2]!r}` | {steepest[1]:.2f} | `{steepest[2]!r}` |")
    with capsys.disabled():
        print("\n\n" + "\n".join(lines))
