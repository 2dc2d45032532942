"""Intervals are those of their formulas, and the bootstrap draws what a plain bootstrap over units draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from span_cases import LABELS, count, noisy_corpus, score_task, task_of

from wortlaut import score
from wortlaut.errors import WortlautError
from wortlaut.scoring.counts import Sample
from wortlaut.scoring.uncertainty import Resampling, intervals, resampled_sums


def sums_of(sample: Sample, resampling: Resampling) -> np.ndarray:
    return np.concatenate(list(resampled_sums(sample, resampling)))


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Rare rows, drawn unit by unit, and common ones, drawn by their number."""
    found = count(task_of(noisy_corpus(400, 3, length=10)), "strict").sample()
    assert (found.multiplicity > 16).any() and (found.multiplicity <= 16).any()
    return found


def test_sums_have_the_moments_of_a_bootstrap_over_units(sample: Sample) -> None:
    units = np.repeat(sample.rows.sum(axis=1), sample.multiplicity, axis=0).astype(float)
    drawn = sums_of(sample, Resampling(samples=20_000, seed=5)).sum(axis=1)
    mean, deviation = units.sum(axis=0), units.std(axis=0) * np.sqrt(len(units))
    assert np.allclose(drawn.mean(axis=0), mean, atol=5 * deviation.max() / np.sqrt(20_000))
    assert np.allclose(drawn.std(axis=0), deviation, rtol=0.03)
    expected = np.corrcoef(units.T)
    assert np.allclose(np.corrcoef(drawn.T), expected, atol=0.05)


def test_every_resample_draws_as_many_units_as_there_are() -> None:
    """Rows that hold one gold span each: the sum of each resample is the number of units."""
    rows = np.zeros((40, 40, 4), np.int64)
    rows[np.arange(40), np.arange(40), 0] = 1
    for multiplicity in (np.full(40, 1), np.full(40, 100), np.arange(40) + 1):
        drawn = sums_of(Sample(rows, multiplicity), Resampling(samples=300))
        assert (drawn[:, :, 0].sum(axis=1) == multiplicity.sum()).all()
        assert np.allclose(
            drawn[:, :, 0].mean(axis=0), multiplicity, atol=6 * np.sqrt(multiplicity / 300).max()
        )


def test_the_interval_is_that_of_a_plain_bootstrap(sample: Sample) -> None:
    units = np.repeat(sample.rows.sum(axis=1), sample.multiplicity, axis=0)
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(4000):
        gold, predicted, hits, _ = units[rng.integers(0, len(units), len(units))].sum(axis=0)
        draws.append(2 * hits / (gold + predicted))
    low, high = np.quantile(draws, [0.025, 0.975])
    f1 = intervals(sample, Resampling(samples=4000)).micro[2]
    assert f1 is not None
    assert f1 == pytest.approx((low, high), abs=0.1 * (high - low))


def test_the_same_seed_gives_the_same_interval_and_another_seed_another(sample: Sample) -> None:
    one, again, other = (intervals(sample, Resampling(samples=1000, seed=seed)) for seed in (0, 0, 1))
    assert one == again
    assert one != other


def test_bca_moves_the_interval_and_stays_within_bounds(sample: Sample) -> None:
    plain, bca = (intervals(sample, Resampling(samples=1000, method=one)) for one in ("percentile", "bca"))
    assert plain.micro[2] is not None and bca.micro[2] is not None
    assert plain.micro[2] != bca.micro[2]
    assert bca.micro[2] == pytest.approx(plain.micro[2], abs=0.02)


def test_one_unit_has_no_interval_and_few_are_said_to_be_few() -> None:
    one = score_task(task_of(noisy_corpus(1, 1)), LABELS, "strict", Resampling())
    assert one.f1_interval is None
    assert any("one document says nothing" in note for note in one.notes)
    few = score_task(task_of(noisy_corpus(4, 1)), LABELS, "strict", Resampling(samples=1000))
    assert few.f1_interval is not None
    assert any("fewer than 300 documents (4 here)" in note for note in few.notes)
    assert score_task(task_of(noisy_corpus(4, 1)), LABELS, "strict", Resampling()).notes == ()


def test_the_default_is_the_interval_of_its_formula(sample: Sample) -> None:
    """``metrics.md``: pseudo-values, t with ν degrees of freedom, on the logit; document by document."""
    units = np.repeat(sample.rows, sample.multiplicity, axis=0)
    found = intervals(sample, Resampling())
    for rows, band in [(units.sum(axis=1), found.micro), (units[:, 1], found.labels[1])]:
        gold, predicted, hits, _ = rows.T.astype(float)
        for t, s, own in ((hits, predicted, 0), (hits, gold, 1), (2 * hits, gold + predicted, 2)):
            score, count = t.sum() / s.sum(), len(t)
            pseudo = count * score - (count - 1) * (t.sum() - t) / (s.sum() - s)
            nu = max(1, s.sum() ** 2 / (s**2).sum() - 1)
            width = stats.t.ppf(0.975, nu) * np.sqrt(pseudo.var(ddof=1) / count) / (score * (1 - score))
            middle = np.log(score / (1 - score))
            ends = middle + np.asarray([-width, width])
            assert band[own] == pytest.approx(1 / (1 + np.exp(-ends)))


def test_intervals_at_the_edge_and_where_nothing_can_be_said() -> None:
    right = [[(0, 1, "A"), (2, 3, "A")], [(0, 1, "A")], []]
    whole = score(right, right)
    assert whole.f1_interval == pytest.approx((0.025 ** (2 / 3), 1.0))
    wrong = score(right, [[(5, 6, "A")], [], []])
    assert wrong.f1_interval == pytest.approx((0.0, 1 - 0.025 ** (2 / 2)))
    alone = score([[(0, 1, "A"), (2, 3, "A")], []], [[(0, 1, "A")], []])
    assert alone.f1 is not None and alone.f1_interval is None
    assert "no interval of F1: too few documents have items, or all score alike" in alone.notes
    assert score(right, right, samples=0).f1_interval is None


def test_intervals_at_the_edge_are_of_items_where_parts_of_them_are_counted() -> None:
    """FairEval counts halves and quarters: two right spans say no more there than elsewhere."""
    gold = [[(0, 1, "A"), (2, 3, "A")], [(0, 1, "A")], []]
    wrong = [[(5, 6, "A")], [], []]
    for found in (gold, wrong):
        plain = score(gold, found)
        for name, result in score(gold, found, schema="faireval").items():
            assert result.f1_interval == pytest.approx(plain.f1_interval), name
            assert result.macro is None and result.per_label["A"].recall_interval == pytest.approx(
                plain.per_label["A"].recall_interval
            )


def test_resamples_a_seed_or_a_method_ask_for_the_bootstrap() -> None:
    pairs = [[(0, 1, "A")]] * 3
    for options, drawn in [
        ({}, "jackknife"),
        ({"interval_method": "jackknife"}, "jackknife"),
        ({"samples": 20}, "20,seed 0"),
        ({"seed": 0}, "1000,seed 0"),
        ({"interval_method": "bca"}, "1000,seed 0,bca"),
        ({"confidence": 0.9}, "jackknife,confidence 0.9"),
    ]:
        assert f"|resample:document,{drawn}|" in str(score(pairs, pairs, **options).signature)
    with pytest.raises(WortlautError, match="draws nothing"):
        score(pairs, pairs, samples=20, interval_method="jackknife")


@pytest.mark.parametrize(
    "bad", [{"samples": -1}, {"samples": 10**12}, {"confidence": 1.0}, {"method": "normal"}]
)
def test_wrong_settings_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(WortlautError):
        Resampling(**bad)  # type: ignore[arg-type]
