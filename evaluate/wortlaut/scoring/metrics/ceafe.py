"""CEAF-e (Luo 2005, phi 4): clusters, one-to-one."""

from __future__ import annotations

from wortlaut.scoring.metrics._clusters import cluster_metric, one_to_one


def similar(shared: int, gold: int, predicted: int) -> float:
    """Phi 4: the Dice coefficient of two clusters."""
    return 2 * shared / (gold + predicted)


shares = one_to_one(similar, lambda _: 1)

METRIC = cluster_metric("ceafe", "clusters, one-to-one (Luo 2005, phi 4)", {"ceafe": shares})
