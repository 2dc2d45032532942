"""How often a claim of no loss is wrong, and how well a plan meets the power.

``pytest tests/benchmarks/test_plan.py -s`` takes minutes and is seeded. Systems with a known true difference
come from ``tests/simulated.py``; the tables are those of docs/plan.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from simulated import BALANCED, Ints, pair

from wortlaut.scoring.compare import paired_test
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.equivalence import largest_loss
from wortlaut.scoring.power import Pilot, point

DOCUMENTS = (10, 20, 50, 100, 300)
RUNS = 1000
#: The percentile interval takes longer, and is drawn in every so many of them.
EVERY = 5
Make = Callable[[np.random.Generator, int, float], tuple[Ints, Ints]]


def small(shared: float) -> Make:
    """Items are lost here and there; the others are the same in both, or as many won as lost."""
    return lambda rng, documents, margin: pair(rng, documents, drop=margin, shared=shared)


def failing(shared: float) -> Make:
    """In few documents everything is lost, of whatever length."""

    def make(rng: np.random.Generator, documents: int, margin: float) -> tuple[Ints, Ints]:
        old, new = pair(rng, documents, shared=shared)
        new[rng.random(documents) < margin / BALANCED.f1, 2:] = 0
        return old, new

    return make


#: The new system loses just the margin: each claim of no loss above it is false.
LOSSES: dict[str, Make] = {
    "small losses, 60% of the items alike": small(0.6),
    "small losses, 95% alike": small(0.95),
    "small losses and no gains": small(1.0),
    "whole documents, nothing else": failing(1.0),
    "whole documents, 95% alike": failing(0.95),
    "whole documents, 60% alike": failing(0.6),
}


def percentile(old: Ints, new: Ints, rng: np.random.Generator) -> float:
    """The upper end of a 90% percentile interval of the loss."""
    drawn = rng.multinomial(len(old), np.full(len(old), 1 / len(old)), size=200)
    scores = [np.nan_to_num(precision_recall_f1(drawn @ sums, 1)[2]) for sums in (old, new)]
    return float(np.quantile(scores[0] - scores[1], 0.95))


def claims(make: Make, documents: int, loss: float, margin: float, runs: int = RUNS) -> tuple[float, float]:
    """How often the bound, and the percentile interval, lie below the margin."""
    rng, ours, theirs = np.random.default_rng(documents), 0, 0
    for number in range(runs):
        old, new = make(rng, documents, loss)
        bound = largest_loss([old], [new], 1)
        ours += bound is not None and bound < margin
        theirs += number % EVERY == 0 and percentile(old, new, rng) < margin
    return ours / runs, theirs * EVERY / runs


def lines(name: str, rows: Iterator[tuple[str, list[str]]], heads: list[str]) -> str:
    table = [[name, *heads], ["---", *["---:"] * len(heads)], *([row, *cells] for row, cells in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def test_claims_of_no_loss(capsys: pytest.CaptureFixture[str]) -> None:
    found = {
        (name, margin): [claims(make, documents, margin, margin) for documents in DOCUMENTS]
        for name, make in LOSSES.items()
        for margin in (0.02, 0.05)
    }
    right = {
        (shared, margin): [claims(small(shared), documents, 0, margin, 300) for documents in DOCUMENTS]
        for shared in (0.6, 0.95)
        for margin in (0.02, 0.05)
    }
    heads = [f"{documents} documents" for documents in DOCUMENTS]
    with capsys.disabled():
        rows = ((f"{name}, {margin:g}", cells) for (name, margin), cells in found.items())
        shown = ((name, [f"{a:.1%} ({b:.0%})" for a, b in cells]) for name, cells in rows)
        print("\n" + lines("the true loss is the margin", shown, heads))
        rows = (
            (f"no loss, {shared:.0%} alike, {margin:g}", cells) for (shared, margin), cells in right.items()
        )
        shown = ((name, [f"{a:.0%} ({b:.0%})" for a, b in cells]) for name, cells in rows)
        print("\n" + lines("claims that are right", shown, heads))
    worst = max(ours for cells in found.values() for ours, _ in cells)
    # Three standard errors of a thousand runs above the 5% that the bound promises.
    assert worst <= 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
    assert max(theirs for cells in found.values() for _, theirs in cells) > 0.3
    assert all(cells[-1][0] > 0.9 for cells in right.values())


#: Documents of pilot and corpus, items alike, the drop.
PLANS = ((50, 0.6, 0.05), (100, 0.6, 0.03), (100, 0.95, 0.015), (300, 0.6, 0.015), (300, 0.95, 0.0075))


def test_power_as_planned(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for documents, shared, drop in PLANS:
        rng = np.random.default_rng(documents)
        tests = [
            paired_test(*pair(rng, documents, drop=drop, shared=shared), 1, samples=1, trials=200)
            for _ in range(600)
        ]
        real = np.mean([(one.f1 or 0) > 0 and (one.p or 1) <= 0.05 for one in tests])
        for times in (0, 1, 2):
            pilots = (pair(rng, documents, drop=times * drop, shared=shared) for _ in range(40))
            points = [point(Pilot.of(*pilot, 1), drop, documents) for pilot in pilots]
            powers = np.asarray([one.power for one in points])
            band = float(np.mean([one.band[1] - one.band[0] for one in points])) / 2
            rows.append((documents, shared, drop, times * drop, real, powers.mean(), powers.std(), band))
    heads = ["true power", "planned, mean", "its standard deviation", "band"]
    with capsys.disabled():
        shown = (
            (
                f"{d} documents, {s:.0%} alike, a drop of {x:g}, pilots differ by {y:g}",
                [f"{v:.0%}" for v in rest],
            )
            for d, s, x, y, *rest in rows
        )
        print("\n" + lines("", shown, heads))
    for documents, *_, real, mean, deviation, band in rows:
        assert abs(mean - real) < (0.08 if documents >= 100 else 0.12)
        assert 0.4 < band / deviation < 2.5
