"""What several corpora say together, against published numbers and against the definitions."""

from __future__ import annotations

import numpy as np
import pytest
from meta_analysis import bcg, weighted
from scipy.stats import combine_pvalues, ttest_1samp

from wortlaut.scoring.corpora import at_least, one_sided, pooled, ranked, which


def test_the_spread_and_its_peers_are_those_of_a_published_meta_analysis() -> None:
    # As metafor has them: Hedges, and DerSimonian and Laird without and with the method of Knapp and Hartung.
    effects, variances = bcg()
    half = 1.96 * variances**0.5
    between = pooled(effects.tolist(), list(zip(effects - half, effects + half, strict=True))).between
    assert between is not None and between**2 == pytest.approx(0.3286, abs=5e-5)
    normal, knapp, _ = weighted(effects, variances)
    assert (normal[0], normal[1] / 1.96) == pytest.approx((-0.7141, 0.1787), abs=5e-5)
    assert knapp == pytest.approx((-0.7141, 2.1788 * 0.1807), abs=5e-4)


def test_the_mean_over_corpora_is_students() -> None:
    given = [0.1, 0.2, 0.05]
    found, test = pooled(given, [(0, 0.2), None, (0, 0.1)]), ttest_1samp(given, 0)
    assert (found.difference, found.p) == pytest.approx((np.mean(given), test.pvalue))
    assert found.interval == pytest.approx(tuple(test.confidence_interval()))
    assert found.between is None
    assert pooled([0.0, 0.0], [(0, 0), (0, 0)]).p == 1
    assert pooled([0.2, 0.2, 0.2], [None] * 3).p < 1e-9


def test_the_count_is_that_of_its_authors() -> None:
    # The example of github.com/rtmdrr/replicability-analysis-NLP.
    p_values = [0.168, 0.297, 0.357, 0.019, 0.218, 0.001]
    assert (at_least(p_values), which(p_values)) == (2, [5])
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = np.sort(rng.random(5) ** 4)
        partial = [combine_pvalues(drawn[u:], method="fisher")[1] for u in range(5)]
        expected = next((u for u in range(5) if partial[u] > 0.05), 5)
        assert at_least(rng.permutation(drawn)) == expected
    assert (at_least([0.0, 1.0]), one_sided(0.1, 0.2), one_sided(-0.1, 0.2)) == (1, 0.1, 0.9)


def test_critical_differences_are_demsars() -> None:
    # Table 5 of Demšar (2006), for 2 to 10 systems, and his example of 4 systems on 14 data sets.
    table = (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164)
    for systems, quantile in enumerate(table, 2):
        found = ranked(np.eye(6, systems))
        expected = quantile * (systems * (systems + 1) / 36) ** 0.5
        assert found.critical_difference == pytest.approx(expected, rel=5e-4)
    assert ranked(np.zeros((14, 4))).critical_difference == pytest.approx(1.25, abs=5e-3)


def test_ranks() -> None:
    found = ranked([[0.9, 0.8, 0.7], [0.5, 0.5, 0.1], [0.3, 0.2, 0.1]])
    assert found.mean == pytest.approx((3.5 / 3, 5.5 / 3, 3))
    # Three corpora agree by chance in 6 of 216 cases.
    assert ranked([[3, 2, 1]] * 3).p == pytest.approx(6 / 216, abs=0.005)
    assert ranked([[1, 1, 1]] * 3).p == 1
