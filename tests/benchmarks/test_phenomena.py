"""How often a phenomenon is marked that is no harder than the others, and how often one that is.

``pytest tests/benchmarks/test_phenomena.py -s`` takes minutes and is seeded; the tables are those of
docs/phenomena.md. A mark is false where a system does equally well in all phenomena, in the long run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.phenomena import Group, as_items, compared_with_others

PHENOMENA = 20
SIZES = (20, 40)
RUNS = 150
#: Of a phenomenon with so many documents, whose numbers begin there, and the score in the long run.
Make = Callable[[np.random.Generator, int, int, float], Group]


def items(spread: float) -> Make:
    """One to three items a document; documents are all as hard, or (``spread``) very unlike."""

    def make(rng: np.random.Generator, documents: int, first: int, score: float) -> Group:
        gold = rng.integers(1, 4, documents)
        hard = (
            rng.beta(score / spread, (1 - score) / spread, documents) if spread else np.full(documents, score)
        )
        right = rng.binomial(gold, hard)
        found = right + rng.binomial(gold, 1 - hard)
        return Group(np.stack([gold, found, right, right], axis=-1)[None], first + np.arange(documents))

    return make


def empty(rng: np.random.Generator, documents: int, first: int, score: float) -> Group:
    """Nothing should be found: in a share of the documents something is."""
    found = (rng.random(documents) >= score).astype(np.int64)
    nothing = np.zeros_like(found)
    return Group(np.stack([nothing, found, nothing, nothing], axis=-1)[None], first + np.arange(documents))


def paired(rng: np.random.Generator, documents: int, first: int, score: float) -> Group:
    """The two sides of a pair succeed together, four times in five."""
    both = np.repeat(rng.random(documents // 2) < score, 2)
    right = np.where(rng.random(documents) < 0.8, both, rng.random(documents) < score)
    return Group(as_items(right[None]), first + np.arange(documents) // 2)


def templates(many: int, alike: float, *, named: bool = True) -> Make:
    """Of so many templates some are hard: the more alike, the less they differ (ρ is 1 / (1 + alike)).

    Where they are not ``named``, documents are taken to be independent.
    """

    def make(rng: np.random.Generator, documents: int, first: int, score: float) -> Group:
        template = np.arange(documents) % many
        hard = rng.beta(alike * score, alike * (1 - score), many)[template]
        right = (rng.random(documents) < hard)[None]
        return Group(as_items(right), first + np.arange(documents), 1, template if named else None)

    return make


KINDS: dict[str, Make] = {
    "documents alike": items(0),
    "documents differ": items(0.5),
    "nothing should be found": empty,
    "pairs in one phenomenon": paired,
    "4 templates, alike": templates(4, 1e6),
    "4 templates, ρ .25": templates(4, 3),
    "8 templates, ρ .25": templates(8, 3),
    "4 templates, ρ .5": templates(4, 1),
    "4 templates, ρ .25, not named": templates(4, 3, named=False),
}


def marked(groups: list[Group]) -> list[bool]:
    return [
        one.p is not None and one.p < 0.05 for one in compared_with_others(groups, ["task"] * len(groups))
    ]


def corpus(
    rng: np.random.Generator, make: Make, documents: int, score: float, drop: float = 0
) -> list[Group]:
    """So many phenomena, of which the first is harder by ``drop``."""
    return [make(rng, documents, i * documents, score - drop * (i == 0)) for i in range(PHENOMENA)]


def table(head: str, heads: list[str], rows: dict[str, list[float]], decimals: int = 0) -> str:
    lines = [[head, *heads], ["---", *["---:"] * len(heads)]]
    lines += [[name, *(f"{value:.{decimals}%}" for value in values)] for name, values in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def test_false_marks(capsys: pytest.CaptureFixture[str]) -> None:
    rows: dict[str, list[float]] = {}
    for name, make in KINDS.items():
        for score in (0.3, 0.6, 0.9):
            rates = []
            for documents in SIZES:
                rng = np.random.default_rng(documents)
                any_of = [any(marked(corpus(rng, make, documents, score))) for _ in range(RUNS)]
                rates.append(float(np.mean(any_of)))
            rows[f"{name}, {score}"] = rates
    with capsys.disabled():
        print("\n" + table("any of 20 is marked", [f"{n} documents" for n in SIZES], rows, 1))
    held = [rates for name, rates in rows.items() if "not named" not in name]
    assert max(map(max, held)) <= 0.1  # 0.05, of 150 corpora


def test_marks_of_what_is_harder(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {}
    for name in [one for one in KINDS if "not named" not in one]:
        for drop in (0.2, 0.4, 0.6):
            rows[f"{name}, lower by {drop}"] = [
                float(
                    np.mean(
                        [
                            marked(corpus(rng, KINDS[name], documents, 0.8, drop))[0]
                            for rng in [np.random.default_rng(documents)]
                            for _ in range(RUNS // 3)
                        ]
                    )
                )
                for documents in SIZES
            ]
    with capsys.disabled():
        print("\n" + table("is marked", [f"{n} documents" for n in SIZES], rows))


def test_intervals_hold(capsys: pytest.CaptureFixture[str]) -> None:
    rows: dict[str, list[float]] = {}
    for name, make in KINDS.items():
        if "templates" in name:
            continue
        for score in (0.3, 0.6, 0.9):
            rng = np.random.default_rng(1)
            big = make(rng, 200_000, 0, score)
            of_f1 = name.startswith("documents")
            truth = float(precision_recall_f1(big.sums[0].sum(axis=0), 1)[2]) if of_f1 else score
            rates = []
            for documents in SIZES:
                inside = []
                for _ in range(5 * RUNS):
                    group = make(rng, documents, 0, score)
                    one = group.f1 if of_f1 else group.right
                    ends = one.interval(0.95) if one else None
                    inside.append(ends is not None and ends[0] <= truth <= ends[1])
                rates.append(float(np.mean(inside)))
            rows[f"{'F1' if of_f1 else 'right'}, {name}, {score}"] = rates
    with capsys.disabled():
        print("\n" + table("95% interval holds", [f"{n} documents" for n in SIZES], rows, 1))
    assert min(min(rates) for rates in rows.values()) > 0.9
