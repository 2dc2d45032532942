"""CEAF-e (Luo 2005, phi 4): clusters, one-to-one."""

from __future__ import annotations

from collections import Counter

import numpy as np

from wortlaut.scoring.metrics._clusters import Mentions, Shares, cluster_metric, places


def paired(gold: list[Mentions], predicted: list[Mentions]) -> list[tuple[int, int, float]]:
    """Which clusters answer each other, one to one, with what they share (phi 4) above 0."""
    from scipy.optimize import linear_sum_assignment

    place = places(predicted)
    similarity = np.zeros((len(gold), len(predicted)))
    for i, cluster in enumerate(gold):
        for j, n in Counter(place[m] for m in cluster if m in place).items():
            similarity[i, j] = 2 * n / (len(cluster) + len(predicted[j]))
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), similarity[rows, columns].tolist(), strict=True)
    return [(i, j, value) for i, j, value in pairs if value > 0]


def shares(gold: list[Mentions], predicted: list[Mentions]) -> tuple[Shares, Shares]:
    earned_g, earned_p = np.zeros(len(gold)), np.zeros(len(predicted))
    for i, j, value in paired(gold, predicted):
        earned_g[i] = earned_p[j] = value
    return (
        [(i, value, 1) for i, value in enumerate(earned_g.tolist())],
        [(j, value, 1) for j, value in enumerate(earned_p.tolist())],
    )


METRIC = cluster_metric("ceafe", "clusters, one-to-one (Luo 2005, phi 4)", {"ceafe": shares})
