"""Means over runs: variances by the definition, intervals and tests in cases that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from wortlaut.corpus.load import Corpus
from wortlaut.errors import ComparisonError
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.evaluation.scores import score
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.scoring.compare import paired_test
from wortlaut.scoring.over_runs import middle_of, over_runs
from wortlaut.scoring.runs import Crossed, pair_test

Ints = np.ndarray


def counts(runs: int, documents: int, seed: int, keep: float = 0.8, spread: float = 0.0) -> Ints:
    """Sums of runs that find each gold item with one chance in a document, and one in a run."""
    rng = np.random.default_rng(seed)
    gold = 1 + np.random.default_rng(7).poisson(6, documents)
    chance = np.clip(keep + spread * rng.normal(size=(runs, 1)) + 0.1 * rng.normal(size=documents), 0, 1)
    hits = rng.binomial(gold, chance)
    found = hits + rng.binomial(gold, 0.15, size=hits.shape)
    return np.stack([np.broadcast_to(gold, hits.shape), found, hits, hits], axis=-1)


def f1(sums: Ints) -> float:
    gold, found, hits, _ = sums.sum(axis=0)
    return 2 * hits / (gold + found)


@pytest.mark.parametrize(("runs", "documents"), [(2, 5), (5, 12)])
def test_the_variance_is_that_of_crossed_pseudo_values(runs: int, documents: int) -> None:
    sums = counts(runs, documents, 1, spread=0.05)
    whole = [f1(one) for one in sums]
    y = np.array(
        [
            [documents * whole[r] - (documents - 1) * f1(np.delete(sums[r], d, 0)) for d in range(documents)]
            for r in range(runs)
        ]
    )
    y += (np.array(whole) - y.mean(axis=1))[:, None]
    m = y.mean()
    a = runs * sum((y[:, d].mean() - m) ** 2 for d in range(documents)) / (documents - 1)
    b = documents * sum((y[r].mean() - m) ** 2 for r in range(runs)) / (runs - 1)
    e = sum(
        (y[r, d] - y[r].mean() - y[:, d].mean() + m) ** 2 for r in range(runs) for d in range(documents)
    ) / ((runs - 1) * (documents - 1))
    v_d, v_r = a / (runs * documents), max(0, b - e) / (runs * documents)
    s = (sums[..., 0] + sums[..., 1]).mean(axis=0) / 2
    nu = max(1, s.sum() ** 2 / (s**2).sum() - 1)
    h = np.sqrt(t.ppf(0.975, nu) ** 2 * v_d + t.ppf(0.975, runs - 1) ** 2 * v_r)
    found = Crossed.of(sums, 1)
    variance = found.variance(0.95)
    assert variance is not None and variance.width == pytest.approx(h)
    parts = (variance.of_documents, variance.of_runs, variance.rest)
    assert parts == pytest.approx((max(0, a - e) / runs, max(0, b - e) / documents, e))
    low, high = found.intervals(0.95)[2] or (0, 0)
    mean = np.mean(whole)
    assert np.log(high / (1 - high)) - np.log(mean / (1 - mean)) == pytest.approx(h / (mean * (1 - mean)))
    assert 0 < low < mean < high < 1
    assert variance.one_more_run is not None and variance.one_more_run < variance.width
    assert variance.twice_the_documents is not None and variance.twice_the_documents < variance.width


def test_p_is_the_level_at_which_half_the_width_is_the_difference() -> None:
    a, b = counts(5, 40, 1, 0.85, 0.02), counts(3, 40, 2, 0.75, 0.02)
    test, mirrored = pair_test(list(a), list(b), 1), pair_test(list(b), list(a), 1)
    assert test.p is not None and 0 < test.p < 0.05 and test.runs == (5, 3) and test.p_randomisation is None
    assert mirrored.p == test.p and mirrored.f1 == -(test.f1 or 0)
    assert test.interval is not None and test.interval[0] > 0
    same = pair_test(list(a), list(a), 1)
    assert (same.p, same.f1) == (1.0, 0.0)
    # One run each is the test of before.
    assert pair_test([a[0]], [b[0]], 1, seed=3) == paired_test(a[0], b[0], 1, seed=3)
    # A difference in means that documents alone support, and runs do not.
    wild = counts(2, 40, 12, 0.75, 0.1)
    assert (pair_test(list(a), list(wild), 1).p or 0) > (pair_test(list(a), [wild[0]], 1).p or 0)


def test_what_is_undefined_or_of_other_gold_is_no_number() -> None:
    a = counts(2, 5, 1)
    with pytest.raises(ComparisonError, match="5 and 6 units"):
        pair_test(list(a), list(counts(2, 6, 1)), 1)
    with pytest.raises(ComparisonError, match="different gold items"):
        pair_test(list(a), [a[0] + [1, 0, 0, 0]], 1)
    nothing = np.zeros((5, 4), np.int64)
    assert pair_test([nothing, nothing], [nothing], 1).p is None
    one_document = a[0] * [[1], [0], [0], [0], [0]]
    assert pair_test([one_document, one_document], [one_document], 1).p is None
    assert middle_of([0.3, None, 0.9, 0.5]) == 0 and middle_of([0.2]) == 0


GOLD = [[(0, 4, "PER"), (5, 9, "LOC")], [(0, 4, "PER")], [(3, 5, "LOC")]]


def test_scores_of_runs_are_means_and_what_one_run_lacks_is_undefined() -> None:
    runs = [
        score(GOLD, GOLD),
        score(GOLD, [[(0, 4, "PER")], [(0, 4, "PER")], []]),
        score(GOLD, [[(0, 4, "PER"), (5, 9, "ORG")], [], [(3, 5, "LOC")]]),
    ]
    mean = over_runs(runs, 1)
    values = [1.0, 2 * 2 / (4 + 2), 2 * 2 / (4 + 3)]
    assert mean.f1 == pytest.approx(np.mean(values)) and mean.f1_deviation == pytest.approx(
        np.std(values, ddof=1)
    )
    assert (mean.correct, mean.gold, mean.predicted) == (pytest.approx(8 / 3), 4, 3)
    assert mean.per_label["LOC"].precision is None  # the second run finds none
    assert mean.per_label["LOC"].f1 == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert mean.per_label["ORG"].f1 is None and mean.runs == tuple(runs)
    assert "|runs:3|" in str(mean.signature) and mean.variance is not None
    with pytest.raises(ComparisonError, match="run 1 and run 2 differ in schemas"):
        over_runs([runs[0], score(GOLD, GOLD, schema="partial")])


def test_a_failed_run_is_marked() -> None:
    gold = GOLD * 5
    runs = [score(gold, [row if i != k else [] for i, row in enumerate(gold)]) for k in range(4)]
    assert not [note for note in over_runs(runs).notes if "uneven" in note]
    broken = score(gold, [*gold[:2], *[[]] * 13])
    (note,) = [note for note in over_runs([*runs, broken]).notes if "uneven" in note]
    assert "0.261; skewness -1.5" in note


def test_runs_that_do_not_differ_have_the_intervals_of_one() -> None:
    documents = [
        Document(f"d{i}", "Anna Bonn Caro Dorf", Annotations(tuple(entities)))
        for i, entities in enumerate(
            [Entity(Span.of(5 * k, 5 * k + 4), "LOC" if k % 2 else "PER") for k in range(4) if (k + i) % 5]
            for i in range(12)
        )
    ]

    def find(text: str) -> list[tuple[int, int, str]]:
        return [(0, 4, "PER"), (5, 9, "LOC"), (10, 14, "LOC")]

    for labels in (None, {"LOC": "PER"}):
        one, several = (
            evaluate({"A": runs}, Corpus.of("made", documents), schema="strict", labels=labels)
            .systems[0]
            .scores["entities"]["strict"]
            for runs in (find, [find, find, find])
        )
        assert several.f1_deviation == 0 and several.variance and several.variance.share_of_runs == 0
        for (name, a), (_, b) in zip(one.rows(), several.rows(), strict=True):
            for measure in ("precision", "recall", "f1"):
                ends = [getattr(score, f"{measure}_interval") for score in (a, b)]
                assert ends[0] == (ends[1] if ends[1] is None else pytest.approx(ends[1])), (name, measure)
