"""What bold print claims, by simulation: ``pytest tests/benchmarks/test_bold.py -s`` (a minute, seeded).

Systems that are equally good, and one that is better than the others, on documents that all find hard
together. Beside our rule stands the usual one: the highest number is bold. The table is in docs/tables.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from simulated import Ints

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation import significance as told
from wortlaut.evaluation.comparison import compare
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Scored, System
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.result import Result
from wortlaut.scoring.units import unplaced

DOCUMENTS, SYSTEMS, AHEAD = (10, 30, 100), (2, 5), (0.02, 0.05, 0.10)
RUNS, TRIALS = 200, 1000
SIGNATURE = Signature("made", "0" * 64, "all", schemas=("strict",))
KEY = ScoreKey("entities", "strict")


def sums(rng: np.random.Generator, documents: int, systems: int, ahead: float) -> list[Ints]:
    """The first is better by ``ahead``: a share of the others' right items is wrong instead. F1 is 0.8."""
    gold = 1 + rng.poisson(7, documents)
    chance = 0.8 + 0.2 * (2 * rng.beta(2, 2, documents) - 1)
    common = rng.binomial(gold, 0.6)  # all are right or wrong in these together
    shared = rng.binomial(common, chance)
    found = []
    for i in range(systems):
        hits = shared + rng.binomial(gold - common, chance)
        predicted = hits + rng.poisson(gold * 2 * (1 - chance) * 0.5)
        hits -= rng.binomial(hits, ahead / 0.8 if i else 0.0)
        found.append(np.stack([gold, predicted, hits, hits], axis=1))
    return found


def evaluation(found: list[Ints]) -> Evaluation:
    systems = []
    for i, one in enumerate(found):
        total = one.sum(axis=0)
        scores = map(float, precision_recall_f1(total, 1))
        result = Result(
            *scores, correct=int(total[3]), gold=int(total[0]), predicted=int(total[1]),
            signature=SIGNATURE.of(KEY), unit_sums=one,
        )  # fmt: skip
        systems.append(Scored(System(str(i)), {KEY: result}))
    units = unplaced("document", len(found[0]))
    return Evaluation(Corpus("made", (), "0" * 64), SIGNATURE, tuple(systems), units, (), len(units))


@dataclass
class Bold:
    """Shares of runs: another has the highest number; the best is not bold, or alone; not all are bold."""

    wrong: float = 0
    missing: float = 0
    alone: float = 0
    split: float = 0


def measured(documents: int, systems: int, ahead: float, seed: int) -> Bold:
    rng, found = np.random.default_rng(seed), Bold()
    for _ in range(RUNS):
        one = evaluation(sums(rng, documents, systems, ahead))
        bold = {name for *_, name in told.significance(one).best}
        f1 = [system.results[KEY].f1 or 0.0 for system in one.systems]
        found.wrong += (f1[0] < max(f1)) / RUNS
        found.missing += ("0" not in bold) / RUNS
        found.alone += (bold == {"0"}) / RUNS
        found.split += (len(bold) < systems) / RUNS
    return found


def test_bold_claims_what_the_next_sample_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "compare", partial(compare, trials=TRIALS))
    print("\n| systems | documents | equal: somebody is not bold | " + " | ".join(
        f"{100 * ahead:g} points ahead" for ahead in AHEAD
    ) + " |")  # fmt: skip
    for systems in SYSTEMS:
        for seed, documents in enumerate(DOCUMENTS):
            equal = measured(documents, systems, 0.0, seed)
            # Three standard errors above 5%.
            assert equal.split <= 0.05 + 3 * (0.05 * 0.95 / RUNS) ** 0.5
            cells = [f"{equal.split:.1%}"]
            for ahead in AHEAD:
                better = measured(documents, systems, ahead, 100 + seed)
                assert better.missing <= 0.05
                cells.append(f"{better.wrong:.1%}, {better.missing:.1%}, {better.alone:.1%}")
            print(f"| {systems} | {documents} | {' | '.join(cells)} |")
