"""Quotes as other evaluations score them, so that a paper's table can be reproduced.

The specification with worked examples is ``docs/metrics-quotes.md``, section "Other evaluations".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from wortlaut.model import QUOTE_TYPES, Annotations, Quote, Span
from wortlaut.scoring.columns import Floats, Ints
from wortlaut.scoring.match import assign
from wortlaut.scoring.quote_pairs import (
    FINE,
    Measured,
    Note,
    Quotes,
    quotes_of,
    side_counts,
    table,
    type_labels,
)
from wortlaut.scoring.schemas import TokenTable
from wortlaut.scoring.units import Units

#: Name → whose evaluation it is, for help texts and reports.
PEER_SCHEMAS = {
    "german-news-quotation": "German news quotation corpus (Petersen-Frey & Biemann 2024): macro over pairs",
    "spkatt": "SpkAtt-2023 task 1: cues one-to-one by overlap, roles under matched cues, micro over tokens",
    "parc": "PARC 3 as Citron scores it: cue, source and content, exact and by shared tokens",
}
_LAYERS = {
    "content": "quotes",
    "cue": "cues",
    "speaker": "speakers",
    "addressee": "addressees",
    "frame": "frames",
}
_ROLES = ("addressee", "cue", "frame", "speaker")
#: Layer → name of the score → counts.
_Scores = dict[str, dict[str, Measured]]


def peer_scores(
    schema: str,
    gold: Sequence[Annotations],
    predicted: Sequence[Annotations],
    units: Units,
    tokens: TokenTable | None,
) -> _Scores:
    """Layer → name → counts of one of :data:`PEER_SCHEMAS`; without ``tokens`` offsets count as tokens."""
    as_given = schema == "german-news-quotation"
    g, p = (table(quotes_of(side), units, as_given=as_given) for side in (gold, predicted))
    return _SCORERS[schema](_documents(g, p, Positions(tokens)), len(units))


class Positions:
    """The tokens of a document that a span touches, as a set of numbers."""

    def __init__(self, tokens: TokenTable | None) -> None:
        self._tokens = tokens

    def of(self, document: int, span: Span | None) -> frozenset[int]:
        if span is None:
            return frozenset()
        if self._tokens is None:
            return frozenset(i for start, end in span for i in range(start, end))
        low, high = np.searchsorted(self._tokens.document, [document, document + 1])
        starts, ends = self._tokens.start[low:high], self._tokens.end[low:high]
        touched: set[int] = set()
        for start, end in span:
            first = int(np.searchsorted(ends, start, side="right"))
            touched.update(range(first, int(np.searchsorted(starts, end, side="left"))))
        return frozenset(touched)


@dataclass(frozen=True)
class _Row:
    """A quote with the tokens of its parts and its unit."""

    quote: Quote
    unit: int
    parts: dict[str, frozenset[int]]


#: The quotes of each document that has any, of both sides.
_Documents = list[tuple[list[_Row], list[_Row]]]


def _documents(gold: Quotes, predicted: Quotes, positions: Positions) -> _Documents:
    sides: list[dict[int, list[_Row]]] = []
    for side in (gold, predicted):
        rows: dict[int, list[_Row]] = {}
        columns = zip(side.quotes, side.document.tolist(), side.unit.tolist(), strict=True)
        for quote, document, unit in columns:
            parts = {name: positions.of(document, quote.role(name)) for name in _LAYERS}
            rows.setdefault(document, []).append(_Row(quote, unit, parts))
        sides.append(rows)
    return [(sides[0].get(number, []), sides[1].get(number, [])) for number in sorted({*sides[0], *sides[1]})]


class _Tally:
    """Collects items of both sides for one layer: their unit, label, size and hits."""

    def __init__(
        self, units: int, labels: Sequence[str], scale: int = 1, first: Sequence[str] | None = None
    ) -> None:
        """``first`` are the labels that any corpus has, in front of the others; without it all are such."""
        self._units, self._labels, self._scale = units, tuple(labels), scale
        self._first = self._labels if first is None else tuple(first)
        self._number = {label: i for i, label in enumerate(labels)}
        self._items: tuple[list[tuple[int, int, int, int]], list[tuple[int, int, int, int]]] = ([], [])

    def add(self, side: int, row: _Row, label: str, hits: int, size: int = 1) -> None:
        """``side`` 0 is the gold, 1 the prediction; ``hits`` count in steps of the tally's scale."""
        self._items[side].append((row.unit, self._number[label], hits, size))

    def both(self, gold: _Row | None, predicted: _Row | None, part: str, label: str) -> None:
        """The tokens of one part of a pair: shared ones are hits on both sides."""
        g = gold.parts[part] if gold else frozenset()
        p = predicted.parts[part] if predicted else frozenset()
        shared = len(g & p)
        if gold and g:
            self.add(0, gold, label, shared, len(g))
        if predicted and p:
            self.add(1, predicted, label, shared, len(p))

    def ratio(self, gold: _Row | None, predicted: _Row | None, part: str, label: str) -> None:
        """One part of a pair as one item a side: its hit is the share of its tokens that is right."""
        g = gold.parts[part] if gold else frozenset()
        p = predicted.parts[part] if predicted else frozenset()
        shared = len(g & p)
        if gold and g:
            self.add(0, gold, label, round(shared / len(g) * self._scale))
        if predicted and p:
            self.add(1, predicted, label, round(shared / len(p) * self._scale))

    def measured(self, notes: tuple[Note, ...] = ()) -> Measured:
        g, p = (np.asarray(items, np.int64).reshape(-1, 4).T for items in self._items)
        counts = side_counts(
            self._units,
            len(self._labels),
            (g[0], g[1], g[2]),
            (p[0], p[1], p[2]),
            scale=self._scale,
            gold_size=g[3],
            predicted_size=p[3],
        )
        return Measured(counts, self._labels, told=notes, ends=(self._first, ()))


def _german_news_quotation(documents: _Documents, units: int) -> _Scores:
    """Petersen-Frey & Biemann 2024, the ``eval`` of their repository, with undefined for 0/0.

    Like the original it takes quotes in the order given: between assignments of equal weight that
    order decides, and pairs without shared content may earn credit for roles and types.
    """
    quotes = [row.quote for sides in documents for rows in sides for row in rows]
    types = type_labels(quote.type for quote in quotes)
    media = sorted({quote.medium for quote in quotes if quote.medium is not None})
    parts = {part: _Tally(units, [part], FINE) for part in _LAYERS}
    roles, joint = _Tally(units, _ROLES, FINE), _Tally(units, list(_LAYERS), FINE)
    kinds = {"type": _Tally(units, types, first=QUOTE_TYPES), "medium": _Tally(units, media, first=())}
    apart = credited = 0
    for g_rows, p_rows in documents:
        for g, p in _assigned(g_rows, p_rows):
            for part in _LAYERS:
                parts[part].ratio(g, p, part, part)
                joint.ratio(g, p, part, part)
                if part in _ROLES:
                    roles.ratio(g, p, part, part)
            for kind, tally in kinds.items():
                values = [None if row is None else getattr(row.quote, kind) for row in (g, p)]
                for side, (row, value) in enumerate(zip((g, p), values, strict=True)):
                    if row is not None and value is not None:
                        tally.add(side, row, value, int(values[0] == values[1]))
            if g and p and not g.parts["content"] & p.parts["content"]:
                apart += 1
                credited += g.quote.type == p.quote.type or any(g.parts[r] & p.parts[r] for r in _ROLES)
    notes = (
        Note(
            "{0} pairs share no content, as the original assigns them;"
            " {1} of them earn credit for a role or the type",
            (apart, credited),
        ),
    )
    tallies = {_LAYERS[part]: tally for part, tally in parts.items()}
    tallies |= {"roles": roles, "joint": joint, "types": kinds["type"], "media": kinds["medium"]}
    return {layer: {"german-news-quotation": tally.measured(notes)} for layer, tally in tallies.items()}


def _assigned(g_rows: list[_Row], p_rows: list[_Row]) -> list[tuple[_Row | None, _Row | None]]:
    """The pairs of the best assignment, then predicted and gold quotes that are left over, alone."""
    from scipy.optimize import linear_sum_assignment

    weight = np.zeros((len(g_rows), len(p_rows)))
    for i, g in enumerate(g_rows):
        for j, p in enumerate(p_rows):
            f1 = _f1(g.parts["content"], p.parts["content"])
            if f1 > 0:
                same_type, same_medium = g.quote.type == p.quote.type, g.quote.medium == p.quote.medium
                # Summed in the original's order, so that equal sums are equal there too.
                weight[i, j] = f1 + (0.01 if same_type else 0.0) + (0.001 if same_medium else 0.0)
    at_g, at_p = linear_sum_assignment(weight, maximize=True)
    pairs: list[tuple[_Row | None, _Row | None]] = [
        (g_rows[i], p_rows[j]) for i, j in zip(at_g.tolist(), at_p.tolist(), strict=True)
    ]
    pairs += [(None, p_rows[j]) for j in sorted(set(range(len(p_rows))) - set(at_p.tolist()))]
    pairs += [(g_rows[i], None) for i in sorted(set(range(len(g_rows))) - set(at_g.tolist()))]
    return pairs


def _f1(gold: frozenset[int], predicted: frozenset[int]) -> float:
    shared = len(gold & predicted)
    if not shared:
        return 0.0
    precision, recall = shared / len(predicted), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


_SPKATT_ROLES = ("content", "speaker", "addressee")


def _spkatt(documents: _Documents, units: int) -> _Scores:
    """SpkAtt-2023 task 1: cues pair one-to-one by shared tokens; everything counts in tokens, micro.

    Roles (message, source, addressee) count under matched cues only. Quotes without a cue are no
    part of the task and are left out on both sides, which the notes say.
    """
    cues, roles = _Tally(units, ["cue"]), _Tally(units, _SPKATT_ROLES)
    joint = _Tally(units, ["cue", *_SPKATT_ROLES])
    left_out = [0, 0]
    for g_all, p_all in documents:
        g_rows, p_rows = _with_cue(g_all), _with_cue(p_all)
        left_out[0] += len(g_all) - len(g_rows)
        left_out[1] += len(p_all) - len(p_rows)
        for g, p in _best_pairs(g_rows, p_rows, _cue_weight):
            cues.both(g, p, "cue", "cue")
            joint.both(g, p, "cue", "cue")
            for role in _SPKATT_ROLES:
                roles.both(g, p, role, role)
                joint.both(g, p, role, role)
    notes = _without_cue(left_out)
    return {
        layer: {"spkatt": tally.measured(notes)}
        for layer, tally in (("cues", cues), ("roles", roles), ("joint", joint))
    }


def _with_cue(rows: list[_Row]) -> list[_Row]:
    return [row for row in rows if row.parts["cue"]]


def _without_cue(left_out: list[int]) -> tuple[Note, ...]:
    return (Note("left out: {0} gold and {1} predicted quotes without a cue", (left_out[0], left_out[1])),)


def _cue_weight(g: _Row, p: _Row) -> float:
    """Shared cue tokens first; the other parts tell quotes apart that hang on one cue."""
    cue = _f1(g.parts["cue"], p.parts["cue"])
    if not cue:
        return 0.0
    others = sum(_f1(g.parts[part], p.parts[part]) for part in _SPKATT_ROLES[1:])
    return cue + 1e-3 * _f1(g.parts["content"], p.parts["content"]) + 1e-6 * others


def _best_pairs(
    g_rows: list[_Row], p_rows: list[_Row], weight: Callable[[_Row, _Row], float]
) -> list[tuple[_Row | None, _Row | None]]:
    """The one-to-one pairs of positive weight with the largest sum, then everything left over, alone."""
    found = [(i, j, w) for i, g in enumerate(g_rows) for j, p in enumerate(p_rows) if (w := weight(g, p)) > 0]
    at_g, at_p = (np.asarray([row[k] for row in found], np.int64) for k in (0, 1))
    weights: Floats = np.asarray([row[2] for row in found], np.float64)
    best: Ints = assign(at_g, at_p, weights / max(1.0, float(weights.max(initial=1.0))))
    pairs: list[tuple[_Row | None, _Row | None]] = []
    left_g, left_p = set(range(len(g_rows))), set(range(len(p_rows)))
    for i, j in zip(at_g[best].tolist(), at_p[best].tolist(), strict=True):
        pairs.append((g_rows[i], p_rows[j]))
        left_g.discard(i)
        left_p.discard(j)
    pairs += [(g_rows[i], None) for i in sorted(left_g)]
    pairs += [(None, p_rows[j]) for j in sorted(left_p)]
    return pairs


_PARC_PARTS = ("cue", "speaker", "content")


def _parc(documents: _Documents, units: int) -> _Scores:
    """PARC 3's components as Citron scores them, with one-to-one pairs and P and R the right way round.

    ``parc``: a cue is right with the same tokens, a source or content with the same tokens under a
    cue that overlaps; joint: cue, source and content the same. ``parc@overlap``: shared tokens of
    each component; joint pools them. Quotes without a cue are left out on both sides.
    """
    exact = {part: _Tally(units, [part]) for part in _PARC_PARTS}
    shared = {part: _Tally(units, [part]) for part in _PARC_PARTS}
    exact_joint, shared_joint = _Tally(units, ["quote"]), _Tally(units, _PARC_PARTS)
    left_out = [0, 0]
    for g_all, p_all in documents:
        g_rows, p_rows = _with_cue(g_all), _with_cue(p_all)
        left_out[0] += len(g_all) - len(g_rows)
        left_out[1] += len(p_all) - len(p_rows)
        for part in _PARC_PARTS:
            having = [[row for row in rows if row.parts[part]] for rows in (g_rows, p_rows)]
            for g, p in _best_pairs(having[0], having[1], _same_part(part)):
                for side, row in enumerate((g, p)):
                    if row:
                        exact[part].add(side, row, part, int(g is not None and p is not None))
            for g, p in _best_pairs(having[0], having[1], _shared_part(part)):
                shared[part].both(g, p, part, part)
                shared_joint.both(g, p, part, part)
        for g, p in _best_pairs(g_rows, p_rows, _same_parts):
            for side, row in enumerate((g, p)):
                if row:
                    exact_joint.add(side, row, "quote", int(g is not None and p is not None))
    notes = _without_cue(left_out)
    scores = {
        _LAYERS[part]: {"parc": exact[part].measured(notes), "parc@overlap": shared[part].measured(notes)}
        for part in _PARC_PARTS
    }
    scores["joint"] = {"parc": exact_joint.measured(notes), "parc@overlap": shared_joint.measured(notes)}
    return scores


def _same_part(part: str) -> Callable[[_Row, _Row], float]:
    return lambda g, p: float(bool(g.parts["cue"] & p.parts["cue"]) and g.parts[part] == p.parts[part])


def _shared_part(part: str) -> Callable[[_Row, _Row], float]:
    return lambda g, p: float(len(g.parts[part] & p.parts[part]))


def _same_parts(g: _Row, p: _Row) -> float:
    return float(all(g.parts[part] == p.parts[part] for part in _PARC_PARTS))


_SCORERS: dict[str, Callable[[_Documents, int], _Scores]] = {
    "german-news-quotation": _german_news_quotation,
    "spkatt": _spkatt,
    "parc": _parc,
}
