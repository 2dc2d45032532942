"""A loss that is shown to be below a margin, and what a corpus can show at all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from simulated import Ints, pair

from wortlaut.scoring.compare import paired_test
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.equivalence import CANNOT_TELL, NO_LOSS, WORSE, judged, largest_loss
from wortlaut.scoring.power import Pilot, Point, power, reached, smallest_drop, units_needed


def f1(sums: Ints) -> float:
    return float(precision_recall_f1(sums.sum(axis=0), 1)[2])


def right(*hits: int, of: int = 1) -> Ints:
    """Documents with ``of`` gold items and as many answers, so many of them right."""
    return np.array([[of, of, hit, hit] for hit in hits], np.int64)


def test_what_identical_output_leaves_open() -> None:
    """Of D documents without a failure: the share p of failures with (1 - p)^D = 5%, which cost all of F1."""
    old = right(*[4] * 15, *[3] * 5, of=5)
    assert largest_loss([old], [old], 1) == pytest.approx((1 - 0.05 ** (1 / 20)) * f1(old))
    assert largest_loss([old[:1]], [old[:1]], 1) is None
    assert largest_loss([old * 0], [old * 0], 1) is None


@pytest.mark.parametrize("shared", [0.5, 1.0])
def test_the_bound_is_that_of_the_formula(shared: float) -> None:
    """With the pseudo-values taken one document at a time, and SciPy's own skewness and quantiles."""
    old, new = pair(np.random.default_rng(2), 40, drop=0.1, shared=shared)
    units = range(len(old))
    lost = np.array(
        [
            40 * (f1(old) - f1(new)) - 39 * (f1(np.delete(old, i, axis=0)) - f1(np.delete(new, i, axis=0)))
            for i in units
        ]
    )
    size = (old[:, 0] + old[:, 1] + new[:, 0] + new[:, 1]) / 2
    # Mean of the two systems' degrees of freedom.
    free = np.mean([(s.sum() ** 2 / (s**2).sum()) - 1 for s in (old[:, :2].sum(1), new[:, :2].sum(1))])
    assert abs(free - (size.sum() ** 2 / (size**2).sum() - 1)) < 0.5
    t, skew = stats.t.ppf(0.95, free), max(0.0, stats.skew(lost))
    width = (t + skew * (1 + 2 * t**2) / (6 * math.sqrt(40))) * lost.std(ddof=1) / math.sqrt(40)
    failed = sum(old[i, 2] > 0 and new[i, 2] == 0 for i in units)
    shares = np.linspace(0, 1, 100_001)
    most = shares[stats.binom.cdf(failed, 40, shares) > 0.05].max()
    bound = f1(old) - f1(new) + max(width, (most - failed / 40) * f1(old))
    assert largest_loss([old], [new], 1) == pytest.approx(bound, abs=1e-4)


def test_runs_that_differ_widen_the_bound() -> None:
    rng = np.random.default_rng(3)
    old, _ = pair(rng, 60)
    other = right(*rng.integers(3, 6, 60), of=5)
    one, several = (largest_loss([other], runs, 1) for runs in ([other], [other, pair(rng, 60)[0]]))
    assert one is not None and several is not None and several > one
    assert largest_loss([old, old], [old, old], 1) == pytest.approx(largest_loss([old], [old], 1))


#: Hits of 400 documents of four items then and now, and what is said of a margin of two points.
LOSSES = {
    "as it was": ([4] * 400, [4] * 400, NO_LOSS),
    "a loss within the margin, and no chance": ([4] * 400, [3] * 16 + [4] * 384, NO_LOSS),
    "a loss above it": ([4] * 400, [3] * 60 + [4] * 340, WORSE),
    "a loss at it": ([4] * 400, [3] * 28 + [4] * 372, WORSE),
    "too few": ([4] * 30, [4] * 30, CANNOT_TELL),
}


@pytest.mark.parametrize("name", LOSSES)
def test_three_verdicts(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wortlaut.scoring.equivalence.smallest_drop", lambda *_: None)
    before, now, verdict = LOSSES[name]
    old, new = right(*before, of=4), right(*now, of=4)
    test = paired_test(old, new, 1, samples=1, trials=500)
    assert judged("new", [old], [new], 1, test.f1, test.p, 0.02).verdict == verdict


def test_power_is_that_of_counting() -> None:
    """One item a document, and the worse system lacks k of them: the test asks for six that differ.

    Drawn with replacement the number that differs is binomial, and with n of them the p-value is twice 2^-n,
    which 200 swaps put below 5% with a chance that is binomial, too.
    """
    old, (units, lacking) = right(*[1] * 25), (25, 8)
    n = np.arange(units + 1)
    passes = stats.binom.cdf(9, 200, np.minimum(1, 2.0 ** (1 - n)))
    known = float(stats.binom.pmf(n, units, lacking / units) @ passes)
    found = power(Pilot.of(old, old, 1), lacking / units, units)
    assert found == pytest.approx(known, abs=3 * math.sqrt(known * (1 - known) / 400))


def test_what_no_corpus_shows() -> None:
    """Three documents: whatever is lost, chance swaps it alike in one of four."""
    three = right(1, 1, 1)
    assert power(Pilot.of(three, three, 1), 0.7, 3) == 0
    assert smallest_drop([three * 0], [three * 0], 1) is None


def test_a_pilot_differs_by_the_drop() -> None:
    """Whether the systems differed by less, by more, or by what they answer too much."""
    rng = np.random.default_rng(4)
    old, new = pair(rng, 80, drop=0.05)
    halves, take = old * [1, 1, 2, 2], np.tile(np.arange(80), (100, 1))
    for one, other, scale in ((old, new, 1), (new, old, 1), (old, old, 1), (halves, halves, 2)):
        for drop in (0.003, 0.02, 0.08):
            better, worse = Pilot.of(one, other, scale).differing_by(drop, take, rng)
            fell = [precision_recall_f1(sums.sum(axis=1), scale)[2].mean() for sums in (better, worse)]
            assert fell[0] - fell[1] == pytest.approx(drop, abs=0.003)
            assert (worse[..., 2:] <= worse[..., :2] * scale).all() and (worse >= 0).all()


def test_a_system_with_some_items_changed() -> None:
    old, _ = pair(np.random.default_rng(5), 50)
    pilot = Pilot.best(old, 1, 0.2)
    moved = np.abs(pilot.better - pilot.worse)[:, 2].sum()
    assert 0.1 < moved / old[:, 0].sum() <= 0.2
    assert Pilot.best(old, 1).most == pytest.approx(f1(old))


def test_more_documents_than_are_drawn_are_put_together() -> None:
    old, new = pair(np.random.default_rng(6), 2500)
    pilot = Pilot.of(old, new, 1)
    assert len(pilot.better) == 1000 and pilot.each == 2.5
    assert sorted([tuple(pilot.better.sum(axis=0)), tuple(pilot.worse.sum(axis=0))]) == sorted(
        [tuple(old.sum(axis=0)), tuple(new.sum(axis=0))]
    )


def test_where_the_power_is_reached() -> None:
    assert reached([0.01, 0.02, 0.04], [0.1, 0.5, 0.9]) == pytest.approx(0.0327, abs=1e-4)
    assert reached([0.01, 0.02], [0.9, 1.0]) == 0.01
    assert reached([0.01, 0.02], [0.1, 0.5]) is None
    assert reached([], []) is None
    # Half the power at 100 units: the reach of 1.96 comes to 2.80 with (2.80 / 1.96)² times as many.
    points = [Point(0.02, 10, 0.1, (0.1, 0.1)), Point(0.02, 100, 0.5, (0.4, 0.6))]
    needed, low, high = units_needed(points)
    assert needed == pytest.approx(204, abs=1)
    assert low > needed > high
