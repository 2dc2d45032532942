"""How often the gate stops a change: ``pytest tests/benchmarks/test_gate_power.py -s`` (minutes, seeded).

Systems are generated with a known true difference (``tests/simulated.py``). Beside the default rule, which
asks the paired test, stands a naive one: fail where F1 is more than a point lower than before. The table is
that of docs/gate.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from simulated import BALANCED, FEW, MANY, Ints, Profile, f1, pair

from wortlaut.gate.verdicts import supported
from wortlaut.scoring.compare import paired_test

DOCUMENTS = (10, 20, 50, 100, 200, 500)
DROPS = (0.01, 0.02, 0.03, 0.05, 0.10)
RUNS, TRIALS, ALPHA, NAIVE = 1000, 1000, 0.05, 0.01
#: A rate over RUNS seeded runs may lie this far above a true 5% (three standard errors).
MARGIN = 3 * (0.05 * 0.95 / RUNS) ** 0.5

Pairs = list[tuple[Ints, Ints]]


@dataclass(frozen=True)
class Stopped:
    """The share of runs that the gate and the naive rule stop."""

    gate: float
    naive: float


def stopped(make: Callable[[np.random.Generator], Pairs], seed: int) -> Stopped:
    rng = np.random.default_rng(seed)
    gate = naive = 0
    for run in range(RUNS):
        pairs = make(rng)
        tests = [paired_test(new, old, 1, samples=1, trials=TRIALS, seed=run) for old, new in pairs]
        gate += any(change < 0 for _, change in supported(tests, ALPHA))
        naive += any(f1(old) - f1(new) > NAIVE for old, new in pairs)
    return Stopped(gate / RUNS, naive / RUNS)


def one(
    documents: int, before: Profile, after: Profile, drop: float, shared: float = 0.6
) -> Callable[..., Pairs]:
    return lambda rng: [pair(rng, documents, before, after, drop, shared=shared)]


def several(documents: int) -> Callable[..., Pairs]:
    """Six scores of one check, none of them changed."""
    return lambda rng: [pair(rng, documents) for _ in range(6)]


def rows() -> Iterator[tuple[str, list[Stopped]]]:
    nothing: list[tuple[str, Callable[[int], Callable[..., Pairs]]]] = [
        ("no difference", lambda n: one(n, BALANCED, BALANCED, 0.0)),
        ("no difference, more precision for less recall", lambda n: one(n, MANY, FEW, 0.0)),
        ("no difference, six scores", several),
        ("no difference, 95% alike", lambda n: one(n, BALANCED, BALANCED, 0.0, 0.95)),
    ]
    for name, make in nothing:
        yield name, [stopped(make(n), seed) for seed, n in enumerate(DOCUMENTS)]
    for drop in DROPS:
        cells = [stopped(one(n, BALANCED, BALANCED, drop), seed) for seed, n in enumerate(DOCUMENTS, 100)]
        yield f"{100 * drop:g} points lower", cells
    for drop in DROPS[:3]:
        cells = [
            stopped(one(n, BALANCED, BALANCED, drop, 0.95), seed) for seed, n in enumerate(DOCUMENTS, 200)
        ]
        yield f"{100 * drop:g} points lower, 95% alike", cells


def test_false_alarms_and_power(capsys: pytest.CaptureFixture[str]) -> None:
    table = dict(rows())
    with capsys.disabled():
        print(f"\n| true difference | {' | '.join(f'{n} documents' for n in DOCUMENTS)} |")
        print(f"| --- |{' ---: |' * len(DOCUMENTS)}")
        for name, cells in table.items():
            print(f"| {name} | {' | '.join(f'{c.gate:.1%} ({c.naive:.0%})' for c in cells)} |")
    alarms = [cell.gate for name, cells in table.items() if name.startswith("no") for cell in cells]
    assert max(alarms) <= 0.05 + MARGIN
    assert np.mean(alarms) <= 0.05
    power = [[cell.gate for cell in table[f"{100 * drop:g} points lower"]] for drop in DROPS]
    # More documents, and larger drops, are found more often.
    assert (np.diff(power, axis=1) >= -0.03).all()
    assert (np.diff(power, axis=0) >= -0.03).all()
    assert power[-1][-1] > 0.99
