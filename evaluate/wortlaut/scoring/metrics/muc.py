"""MUC (Vilain et al. 1995): the links that a side has in common with the other; clusters of one have none."""

from __future__ import annotations

from collections.abc import Sequence

from wortlaut.scoring.metrics._clusters import Mentions, Shares, both_ways, cluster_metric, places


def shares(own: Sequence[Mentions], other: Sequence[Mentions]) -> Shares:
    place = places(other)
    # A mention that the other side lacks is a part of its own.
    parts = [
        len({place[m] for m in cluster if m in place}) + sum(m not in place for m in cluster)
        for cluster in own
    ]
    return [(i, float(len(c) - n), len(c) - 1) for i, (c, n) in enumerate(zip(own, parts, strict=True))]


METRIC = cluster_metric("muc", "links (Vilain et al. 1995)", {"muc": both_ways(shares)})
