"""Coreference scores of predicted clusters: MUC, B³, CEAF-e, LEA, and the CoNLL average.

A mention is a set of characters; two are the same only where these are equal. Definitions: Vilain et
al. 1995 (MUC), Bagga & Baldwin 1998 (B³), Luo 2005 (CEAF-e), as Pradhan et al. 2014 settle them, and
Moosavi & Strube 2016 (LEA). Worked examples are in ``docs/metrics-quotes.md``, section "Coreference".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from wortlaut.model import Annotations, Span
from wortlaut.scoring.quote_pairs import FINE, Measured, Note, side_counts
from wortlaut.scoring.units import Units

#: Name → what it measures, for help texts and reports.
COREFERENCE = {
    "conll": "mean of MUC, B³ and CEAF-e (Pradhan et al. 2014)",
    "muc": "links (Vilain et al. 1995)",
    "b3": "mentions (Bagga & Baldwin 1998)",
    "ceafe": "clusters, one-to-one (Luo 2005, phi 4)",
    "lea": "links, weighted by the size of the cluster (Moosavi & Strube 2016)",
}

_Mentions = tuple[Span, ...]
#: A cluster's share of what its side can earn: its own cluster, the number earned, the number possible.
_Shares = list[tuple[int, float, int]]
#: From gold and predicted clusters to the shares of both: recall's, then precision's.
_Scorer = Callable[[list[_Mentions], list[_Mentions]], tuple[_Shares, _Shares]]


def coreference_scores(
    gold: Sequence[Annotations], predicted: Sequence[Annotations], units: Units
) -> dict[str, Measured]:
    """Name in :data:`COREFERENCE` → counts, from one ``Annotations`` a document on both sides.

    Clusters of one mention count, as in the reference scorer, except for MUC, which knows links
    only. A cluster counts in the unit of its first mention. ``conll`` holds MUC, B³ and CEAF-e as
    labels: its ``macro`` average is the CoNLL average.
    """
    sides = _Sides()
    for number, (left, right) in enumerate(zip(gold, predicted, strict=True)):
        g, _ = clusters_of(left)
        p, twice = clusters_of(right)
        sides.twice += twice
        for name, scorer in _SCORERS.items():
            for side, shares in enumerate(scorer(g, p)):
                own = (g, p)[side]
                sides.items[name][side].extend(
                    (number, own[i][0].start, hit, size) for i, hit, size in shares
                )
    notes = (Note("{0} predicted mentions stand in two clusters: counted in the first one", (sides.twice,)),)
    single = {name: _measured(units, [name], sides, notes) for name in _SCORERS}
    conll = _measured(units, ["muc", "b3", "ceafe"], sides, notes, headline="macro")
    return {"conll": conll, **single}


@dataclass
class _Sides:
    """What each score collects: (document, start, earned, possible) of every cluster of both sides."""

    items: dict[str, tuple[list[tuple[int, int, float, int]], list[tuple[int, int, float, int]]]] = field(
        default_factory=lambda: {name: ([], []) for name in _SCORERS}
    )
    twice: int = 0


def _measured(
    units: Units, names: list[str], sides: _Sides, notes: tuple[Note, ...], headline: str = "micro"
) -> Measured:
    columns = []
    sizes = []
    for side in (0, 1):
        rows = [(*item, label) for label, name in enumerate(names) for item in sides.items[name][side]]
        document, start, size, label = (np.asarray([row[k] for row in rows], np.int64) for k in (0, 1, 3, 4))
        hits = np.asarray([round(row[2] * FINE) for row in rows], np.int64)
        columns.append((units.of(document, start), label, hits))
        sizes.append(size)
    counts = side_counts(
        len(units),
        len(names),
        columns[0],
        columns[1],
        scale=FINE,
        gold_size=sizes[0],
        predicted_size=sizes[1],
    )
    return Measured(counts, tuple(names), told=notes, headline=headline, ends=(tuple(names), ()))


def clusters_of(annotations: Annotations) -> tuple[list[_Mentions], int]:
    """Clusters as sorted mentions, in text order, without empty ones; and how many mentions stood twice.

    A mention is an entity with the cluster's id or one of the cluster's own spans. A mention in
    several clusters stays in the first, as in the reference scorer.
    """
    mentions: dict[str, set[Span]] = {cluster.id: set(cluster.mentions) for cluster in annotations.clusters}
    for entity in annotations.entities:
        if entity.entity is not None:
            mentions.setdefault(entity.entity, set()).add(entity.span)
    taken: set[Span] = set()
    clusters: list[_Mentions] = []
    twice = 0
    for spans in sorted(tuple(sorted(spans)) for spans in mentions.values()):
        kept = tuple(span for span in spans if span not in taken)
        twice += len(spans) - len(kept)
        taken.update(kept)
        if kept:
            clusters.append(kept)
    return clusters, twice


def _place(clusters: list[_Mentions]) -> dict[Span, int]:
    return {mention: i for i, cluster in enumerate(clusters) for mention in cluster}


def _both_ways(shares: Callable[[list[_Mentions], list[_Mentions]], _Shares]) -> _Scorer:
    """Recall's shares of the gold clusters and precision's of the predicted ones, by one rule."""
    return lambda gold, predicted: (shares(gold, predicted), shares(predicted, gold))


def _muc(own: list[_Mentions], other: list[_Mentions]) -> _Shares:
    place = _place(other)
    found = []
    for i, cluster in enumerate(own):
        # A mention that the other side lacks is a part of its own.
        parts = len({place[m] for m in cluster if m in place}) + sum(m not in place for m in cluster)
        found.append((i, float(len(cluster) - parts), len(cluster) - 1))
    return found


def _b3(own: list[_Mentions], other: list[_Mentions]) -> _Shares:
    place = _place(other)
    found = []
    for i, cluster in enumerate(own):
        together = Counter(place[m] for m in cluster if m in place)
        found.append((i, sum(n * n for n in together.values()) / len(cluster), len(cluster)))
    return found


def _lea(own: list[_Mentions], other: list[_Mentions]) -> _Shares:
    place = _place(other)
    found = []
    for i, cluster in enumerate(own):
        size = len(cluster)
        if size == 1:
            # A cluster of one has a link to itself, which only another cluster of one shares.
            alone = cluster[0] in place and len(other[place[cluster[0]]]) == 1
            found.append((i, float(alone), 1))
            continue
        together = Counter(place[m] for m in cluster if m in place)
        common = sum(n * (n - 1) // 2 for n in together.values())
        found.append((i, size * common / (size * (size - 1) / 2), size))
    return found


def _ceafe(gold: list[_Mentions], predicted: list[_Mentions]) -> tuple[_Shares, _Shares]:
    from scipy.optimize import linear_sum_assignment

    place = _place(predicted)
    similarity = np.zeros((len(gold), len(predicted)))
    for i, cluster in enumerate(gold):
        for j, n in Counter(place[m] for m in cluster if m in place).items():
            similarity[i, j] = 2 * n / (len(cluster) + len(predicted[j]))
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    earned_g, earned_p = np.zeros(len(gold)), np.zeros(len(predicted))
    earned_g[rows] = earned_p[columns] = similarity[rows, columns]
    return (
        [(i, value, 1) for i, value in enumerate(earned_g.tolist())],
        [(j, value, 1) for j, value in enumerate(earned_p.tolist())],
    )


_SCORERS: dict[str, _Scorer] = {
    "muc": _both_ways(_muc),
    "b3": _both_ways(_b3),
    "ceafe": _ceafe,
    "lea": _both_ways(_lea),
}
