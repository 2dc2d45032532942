"""MUC (Vilain et al. 1995): the links that a side has in common with the other; clusters of one have none."""

from __future__ import annotations

from wortlaut.scoring.metrics._clusters import Mentions, Shares, both_ways, cluster_metric, places


def shares(own: list[Mentions], other: list[Mentions]) -> Shares:
    place = places(other)
    found = []
    for i, cluster in enumerate(own):
        # A mention that the other side lacks is a part of its own.
        parts = len({place[m] for m in cluster if m in place}) + sum(m not in place for m in cluster)
        found.append((i, float(len(cluster) - parts), len(cluster) - 1))
    return found


METRIC = cluster_metric("muc", "links (Vilain et al. 1995)", {"muc": both_ways(shares)})
