"""One-to-one matching of gold and predicted spans that share characters.

The specification with worked examples is ``docs/metrics.md``, section "Matching".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wortlaut.model.columns import Bools, Floats, Ints, Spans, numbered, packed_keys, rising, run_starts


@dataclass(frozen=True)
class Pairs:
    """``m`` pairs of a gold and a predicted span: row numbers, and how many units they share."""

    gold: Ints
    predicted: Ints
    shared: Ints

    def __len__(self) -> int:
        return len(self.gold)

    def take(self, rows: Ints | Bools) -> Pairs:
        return Pairs(self.gold[rows], self.predicted[rows], self.shared[rows])


def overlapping(gold: Spans, predicted: Spans) -> Pairs:
    """Every pair of spans of one document that share at least one character, sorted by (gold, predicted).

    Two fragments overlap exactly when one of them starts inside the other, so two binary searches
    over the sorted starts list all pairs; time and memory grow with the number of pairs.
    """
    g, p = gold.pieces(), predicted.pieces()
    offsets = [g.start, g.end, p.start, p.end]
    width, documents = (
        int(max(one.max(initial=0), other.max(initial=0))) + 1
        for one, other in ((g.end, p.end), (gold.document, predicted.document))
    )
    if width * documents >= 2**63:
        # With the document they do not fit one number; their ranks do, and only their order is asked for.
        distinct = np.unique(np.concatenate(offsets))
        offsets, width = [np.searchsorted(distinct, part) for part in offsets], len(distinct)
    g_base, p_base = gold.document[g.span] * width, predicted.document[p.span] * width
    g_start, g_end, p_start, p_end = offsets
    first_g, first_p = _starts_inside(g_base + g_start, g_base + g_end, p_base + p_start, strictly=False)
    second_p, second_g = _starts_inside(p_base + p_start, p_base + p_end, g_base + g_start, strictly=True)
    gi, pi = np.concatenate([first_g, second_g]), np.concatenate([first_p, second_p])
    shared = np.minimum(g.end[gi], p.end[pi]) - np.maximum(g.start[gi], p.start[pi])
    spans = Pairs(g.span[gi], p.span[pi], shared)
    key = spans.gold * max(len(predicted), 1) + spans.predicted
    order = np.argsort(key, kind="stable")
    spans, key = spans.take(order), key[order]
    new = run_starts(key)
    if new.all():
        return spans
    return Pairs(spans.gold[new], spans.predicted[new], np.add.reduceat(spans.shared, np.flatnonzero(new)))


def _starts_inside(low: Ints, high: Ints, starts: Ints, *, strictly: bool) -> tuple[Ints, Ints]:
    """Pairs (interval, start) with the start in ``[low, high)``, or in ``(low, high)``."""
    order = None if rising(starts) else np.argsort(starts, kind="stable")
    by_start = starts if order is None else starts[order]
    first = np.searchsorted(by_start, low, side="right" if strictly else "left")
    count = np.maximum(np.searchsorted(by_start, high, side="left") - first, 0)
    interval, place = numbered(first, count)
    return interval, place if order is None else order[place]


def identical(gold: Spans, predicted: Spans, *, with_label: bool) -> tuple[Ints, Ints]:
    """One-to-one pairs with the same characters (and label): each duplicate pairs at most once."""
    keys_g, keys_p = packed_keys((gold, predicted), with_label=with_label)
    if rising(keys_g) and rising(keys_p):
        return common_rows(keys_g, keys_p)
    order_g, order_p = np.argsort(keys_g, kind="stable"), np.argsort(keys_p, kind="stable")
    at_g, at_p = common_rows(keys_g[order_g], keys_p[order_p])
    return order_g[at_g].astype(np.int64), order_p[at_p].astype(np.int64)


def common_rows(a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Positions in two sorted arrays that pair equal values; a value pairs min(count, count) times."""
    if not len(a) or not len(b):
        none = np.zeros(0, np.int64)
        return none, none
    place = np.searchsorted(b, a)
    if (a[1:] == a[:-1]).any():
        # The k-th copy of a value in a pairs with the k-th copy in b.
        place = place + np.arange(len(a)) - np.searchsorted(a, a)
    hit = np.flatnonzero((b[np.minimum(place, len(b) - 1)] == a) & (place < len(b)))
    return hit, place[hit]


def overlap_over_union(pairs: Pairs, gold: Spans, predicted: Spans) -> Floats:
    """Jaccard index of the two sets of characters, in (0, 1]."""
    union = gold.sizes()[pairs.gold] + predicted.sizes()[pairs.predicted] - pairs.shared
    return np.asarray(pairs.shared / union, np.float64)


def assign(gold: Ints, predicted: Ints, *tiers: Floats | Ints | Bools) -> Ints:
    """Rows of the one-to-one subset of pairs that is best by ``tiers``, the first counting before the next.

    Each tier holds a number in [0, 1] a pair; the sum of the first over the chosen pairs is maximal,
    among those the sum of the second, and so on. Pairs that stand alone, and groups where one span
    meets several (most of any real corpus), are solved in columns; only groups with several spans
    on both sides are solved one by one, by scipy's ``linear_sum_assignment`` (Crouse 2016).
    """
    gold, predicted = _dense(gold), _dense(predicted)
    degree_g, degree_p = np.bincount(gold), np.bincount(predicted)
    alone = (degree_g[gold] == 1) & (degree_p[predicted] == 1)
    if alone.all():
        return np.arange(len(gold), dtype=np.int64)
    chosen = [np.flatnonzero(alone).astype(np.int64)]
    rest = np.flatnonzero(~alone)
    group = _groups(gold[rest], predicted[rest])
    order = np.argsort(group, kind="stable")
    rest, group = rest[order], group[order]
    begins = np.flatnonzero(run_starts(group))
    sizes = np.diff(np.r_[begins, len(group)])
    g, p = gold[rest], predicted[rest]
    # A star: all pairs of the group share their gold span, or all share their predicted span.
    star = (np.maximum.reduceat(g, begins) == np.minimum.reduceat(g, begins)) | (
        np.maximum.reduceat(p, begins) == np.minimum.reduceat(p, begins)
    )
    in_star = np.repeat(star, sizes)
    rows, of = rest[in_star], np.repeat(np.arange(len(begins)), sizes)[in_star]
    best = np.lexsort((-rows, *(tier[rows] for tier in reversed(tiers)), of))
    chosen.append(rows[best[run_starts(of[best][::-1])[::-1]]])
    if not star.all():
        hard = np.repeat(~star, sizes)
        chosen.append(_assign_groups(g[hard], p[hard], rest[hard], sizes[~star], tiers))
    return np.sort(np.concatenate(chosen)).astype(np.int64)


def _assign_groups(
    gold: Ints, predicted: Ints, rows: Ints, sizes: Ints, tiers: tuple[Floats | Ints | Bools, ...]
) -> Ints:
    """The best of ``rows``, which stand group after group, ``sizes`` of each."""
    begins = np.cumsum(sizes) - sizes
    group = np.repeat(np.arange(len(sizes)), sizes)
    # One positive weight a pair: the sum of a later tier never reaches one step of an earlier one.
    weight: Floats = np.zeros(len(rows), np.float64)
    for tier in tiers:
        weight = weight * (sizes[group] + 1) + np.asarray(tier[rows], np.float64)
    weight += 1e-9
    g, golds = _numbered_within(gold, group, begins)
    p, predictions = _numbered_within(predicted, group, begins)
    # Two against two, the most frequent group: straight or crosswise, all groups at once.
    two = (golds == 2) & (predictions == 2)
    cell = np.full((int(two.sum()), 2, 2), -1, np.int64)
    inside = np.flatnonzero(two[group])
    cell[(np.cumsum(two) - 1)[group[inside]], g[inside], p[inside]] = inside
    value = np.where(cell >= 0, weight[cell], 0.0)
    straight = value[:, 0, 0] + value[:, 1, 1] >= value[:, 0, 1] + value[:, 1, 0]
    pairs = np.where(straight[:, None], cell[:, [0, 1], [0, 1]], cell[:, [0, 1], [1, 0]]).ravel()
    chosen = [rows[pairs[pairs >= 0]]]
    for begin, size in zip(begins[~two].tolist(), sizes[~two].tolist(), strict=True):
        part = slice(begin, begin + size)
        chosen.append(rows[part][_assign_group(g[part], p[part], weight[part])])
    return np.concatenate(chosen)


def _numbered_within(numbers: Ints, group: Ints, begins: Ints) -> tuple[Ints, Ints]:
    """The numbers of each group as 0, 1, 2 … in their order, and how many a group has."""
    order = np.lexsort((numbers, group))
    index: Ints = np.cumsum(run_starts(numbers[order]))
    index -= index[begins][group]
    local = np.empty(len(numbers), np.int64)
    local[order] = index
    return local, np.maximum.reduceat(index, begins) + 1


def _dense(numbers: Ints) -> Ints:
    """The same identities numbered 0, 1, 2 … in their order, without gaps."""
    present = np.zeros(int(numbers.max(initial=-1)) + 1, np.int64)
    present[numbers] = 1
    return (np.cumsum(present) - 1)[numbers]


def _groups(gold: Ints, predicted: Ints) -> Ints:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    offset = int(gold.max()) + 1
    nodes = offset + int(predicted.max()) + 1
    graph = coo_array((np.ones(len(gold), np.int8), (gold, predicted + offset)), shape=(nodes, nodes))
    labels: Ints = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels[gold]


#: Above this many cells a group is solved as a sparse problem, so that memory stays linear.
_DENSE_CELLS = 4_000_000


def _assign_group(g: Ints, p: Ints, weight: Floats) -> Ints:
    """The best pairs of one group, whose spans are numbered from 0 on both sides."""
    n, m = int(g.max()) + 1, int(p.max()) + 1
    if n * m <= _DENSE_CELLS:
        from scipy.optimize import linear_sum_assignment

        table, of = np.zeros((n, m)), np.full((n, m), -1, np.int64)
        table[g, p], of[g, p] = weight, np.arange(len(weight))
        if n == m and _later(table, table.T):
            # Of equal optima the solver takes one by the layout: let gold and predicted change sides freely.
            table, of = table.T, of.T
        r, c = linear_sum_assignment(table, maximize=True)
        pairs: Ints = of[r, c]
        return pairs[pairs >= 0]
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    # Each gold span may stay alone: it then takes a column of its own, at a cost above any pair.
    top = float(weight.max()) + 1.0
    costs = np.r_[top - weight, np.full(n, top)]
    cells = (np.r_[g, np.arange(n)], np.r_[p, m + np.arange(n)])
    r, c = min_weight_full_bipartite_matching(coo_array((costs, cells), shape=(n, m + n)).tocsr())
    real = c < m
    return np.flatnonzero(np.isin(g * m + p, r[real].astype(np.int64) * m + c[real]))


def _later(a: Floats, b: Floats) -> bool:
    """Does ``a`` come after ``b``, both read row by row?"""
    differ = np.flatnonzero(a.ravel() != b.ravel())
    return bool(len(differ) and a.ravel()[differ[0]] > b.ravel()[differ[0]])
