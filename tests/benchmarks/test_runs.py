"""What intervals and tests over runs hold: ``pytest tests/benchmarks/test_runs.py -s`` (minutes, seeded).

Systems are invented whose true F1, the mean over all runs they could have on all documents there could be,
is known. Documents differ in size and difficulty, runs in quality, and a run also in single documents. The
tables are those of docs/runs.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import t

from wortlaut.scoring.compare import paired_test
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.runs import SKEWED, Crossed, pair_test, skewness

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RUNS, DOCUMENTS = (2, 3, 5, 10), (10, 50, 200)
#: The standard error of a rate of 95% over these is .9 points, and 1.3.
REPLICATIONS, TESTED = 600, 300
TRIALS = 199
#: What rates may miss beside the error of the simulation.
MARGIN = 0.015


@dataclass(frozen=True)
class Population:
    """Log-odds of a gold item to be found, and how much documents, runs, and both together change them.

    A share ``fails`` of the runs has lost most of what the others know.
    """

    found: float = 1.5
    spurious: float = 0.25
    documents: float = 0.7
    runs: float = 0.1
    both: float = 0.2
    fails: float = 0.0

    def sums(self, rng: np.random.Generator, runs: int, documents: int | Documents) -> Ints:
        """Counts of shape ``(runs, documents, 4)``."""
        held = documents if isinstance(documents, Documents) else Documents.drawn(rng, documents)
        size = (runs, len(held.gold))
        quality = self.runs * rng.normal(size=(runs, 1)) - 3 * (rng.random((runs, 1)) < self.fails)
        odds = self.found + self.documents * held.hard + quality + self.both * rng.normal(size=size)
        hits = rng.binomial(held.gold, expit(odds))
        wrong = rng.poisson(held.gold * self.spurious * np.exp(-(odds - self.found) / 2))
        return np.stack([np.broadcast_to(held.gold, size), hits + wrong, hits, hits], axis=-1)


@dataclass(frozen=True)
class Documents:
    gold: Ints
    hard: Floats

    @classmethod
    def drawn(cls, rng: np.random.Generator, number: int) -> Documents:
        return cls(1 + rng.poisson(8 * rng.gamma(2, 0.5, number)), rng.normal(size=number))


@cache
def truth(population: Population) -> Floats:
    """P, R and F1 as means over 2,000 runs on 4,000 documents each."""
    rng = np.random.default_rng(7)
    scores = [f(population.sums(rng, 100, 4000)).mean(axis=0) for _ in range(20)]
    found: Floats = np.mean(scores, axis=0)
    return found


def f(sums: Ints) -> Floats:
    return np.stack(precision_recall_f1(sums.sum(axis=1), 1), axis=-1)


#: How much of the variance comes from runs: next to nothing, as much as from 50 documents, most of it.
STEADY, MIDDLE, WILD = (Population(runs=runs) for runs in (0.0, 0.15, 0.5))
POPULATIONS = {"runs hardly differ": STEADY, "runs as 50 documents": MIDDLE, "runs differ most": WILD}


def covered(ends: Sequence[tuple[float, float] | None], true: Floats) -> list[bool]:
    return [pair is not None and pair[0] <= value <= pair[1] for pair, value in zip(ends, true, strict=True)]


def coverage(population: Population, runs: int, documents: int, seed: int) -> dict[str, float]:
    """Of intervals over runs and documents (P, R, F1), over one run's documents, and over the runs alone."""
    rng, true = np.random.default_rng(seed), truth(population)
    hits: dict[str, list[bool]] = {"P": [], "R": [], "F1": [], "documents of one run": [], "runs alone": []}
    for _ in range(REPLICATIONS):
        sums = population.sums(rng, runs, documents)
        for name, hit in zip(
            ("P", "R", "F1"), covered(Crossed.of(sums, 1).intervals(0.95), true), strict=True
        ):
            hits[name].append(hit)
        hits["documents of one run"].append(covered(Crossed.of(sums[:1], 1).intervals(0.95)[2:], true[2:])[0])
        own = f(sums)[:, 2]
        half = t.ppf(0.975, runs - 1) * own.std(ddof=1) / runs**0.5
        hits["runs alone"].append(abs(own.mean() - true[2]) <= half)
    return {name: float(np.mean(values)) for name, values in hits.items()}


def false_alarms(
    population: Population, runs: tuple[int, int], documents: int, seed: int
) -> tuple[float, float]:
    """Of the test over runs and documents, and of document randomisation on sums over runs, at 5%."""
    rng = np.random.default_rng(seed)
    alarms = [0, 0]
    for trial in range(TESTED):
        held = Documents.drawn(rng, documents)
        a, b = (population.sums(rng, number, held) for number in runs)
        p = pair_test(list(a), list(b), 1).p
        alarms[0] += p is not None and p < 0.05
        # The sums of the same number of runs of each, as if they were one system's.
        least = min(runs)
        both = [one[:least].sum(axis=0) for one in (a, b)]
        p = paired_test(*both, 1, samples=1, trials=TRIALS, seed=trial).p_randomisation
        alarms[1] += p is not None and p < 0.05
    return alarms[0] / TESTED, alarms[1] / TESTED


def marked(population: Population, runs: int, seed: int, keep: Callable[[Floats], bool]) -> float:
    """How often runs are marked as uneven, on 50 documents, of those that are kept."""
    rng = np.random.default_rng(seed)
    said = []
    while len(said) < TESTED:
        own = f(population.sums(rng, runs, 50))[:, 2]
        if keep(own):
            said.append(abs(skewness(own) or 0) > SKEWED)
    return float(np.mean(said))


def percent(value: float) -> str:
    return f"{100 * value:.0f}"


def table(title: str, heads: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return f"\n{title}\n" + "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def test_intervals_cover(capsys: pytest.CaptureFixture[str]) -> None:
    rows, lowest, seed = [], [], 0
    for name, population in POPULATIONS.items():
        for documents in DOCUMENTS:
            cells = []
            for runs in RUNS:
                seed += 1
                found = coverage(population, runs, documents, seed)
                cells.append(found)
                lowest.append((min(found[score] for score in ("P", "R", "F1")), name, documents, runs))
            rows.append([name, documents, *(percent(cell["F1"]) for cell in cells)])
            rows[-1] += [f"{percent(cells[2][other])}" for other in ("documents of one run", "runs alone")]
    heads = ["", "documents", *(f"{runs} runs" for runs in RUNS), "one run's documents", "5 runs alone"]
    with capsys.disabled():
        print(table("Coverage of nominal 95%, F1", heads, rows), f"\nlowest of P, R and F1: {min(lowest)}")
    assert min(lowest)[0] > 0.95 - MARGIN - 3 * (0.95 * 0.05 / REPLICATIONS) ** 0.5


def test_false_alarms(capsys: pytest.CaptureFixture[str]) -> None:
    rows, most, seed = [], [], 100
    pairs = ((2, 2), (3, 3), (5, 5), (10, 10), (5, 2))
    for name, population in POPULATIONS.items():
        for documents in DOCUMENTS:
            cells = []
            for runs in pairs:
                seed += 1
                cells.append(false_alarms(population, runs, documents, seed))
                most.append((cells[-1][0], name, documents, runs))
            rows.append([name, documents, *(f"{percent(ours)} / {percent(naive)}" for ours, naive in cells)])
    with capsys.disabled():
        heads = ["", "documents", *(f"{a} and {b} runs" for a, b in pairs)]
        print(table("False alarms at 5%: over runs and documents / randomisation of documents", heads, rows))
    assert max(most)[0] < 0.05 + MARGIN + 3 * (0.05 * 0.95 / TESTED) ** 0.5, max(most)


def test_a_failed_run(capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    fails = replace(MIDDLE, fails=0.2)
    for runs in (3, 4, 5, 10):
        sound = marked(MIDDLE, runs, runs, lambda own: True)
        broken = marked(fails, runs, 10 + runs, lambda own: bool(np.sum(own < 0.6) == 1))
        rows.append([runs, percent(sound), percent(broken), percent(coverage(fails, runs, 50, runs)["F1"])])
    with capsys.disabled():
        heads = ["runs", "marked, none failed", "marked, one failed", "coverage where one in five fails"]
        print(table("Runs that are marked as uneven", heads, rows))
