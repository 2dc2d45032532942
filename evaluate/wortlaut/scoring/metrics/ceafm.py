"""CEAF-m (Luo 2005, phi 3): the mentions of clusters that answer each other, one-to-one."""

from __future__ import annotations

from wortlaut.scoring.metrics._clusters import cluster_metric, one_to_one

shares = one_to_one(lambda shared, *_: shared, len)

METRIC = cluster_metric("ceafm", "mentions of clusters, one-to-one (Luo 2005, phi 3)", {"ceafm": shares})
