"""Scores of quotes: their spans, speakers and everything together, under every schema.

The specification with worked examples is ``docs/metrics-quotes.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wortlaut.model import QUOTE_TYPES, Annotations, Quote
from wortlaut.scoring.columns import Ints, Spans
from wortlaut.scoring.quote_pairs import Measured, Quotes, measured_spans, type_labels
from wortlaut.scoring.quote_peers import PEER_SCHEMAS, peer_scores
from wortlaut.scoring.schemas import Task, TokenTable, check_schema
from wortlaut.scoring.speakers import (
    Attribution,
    Names,
    attribution,
    given_attribution,
    joint_scores,
    speaker_scores,
)
from wortlaut.scoring.units import Units

#: Layer → role of a quote. A role counts once for each quote that has it.
ROLE_LAYERS = {"cues": "cue", "addressees": "addressee", "frames": "frame"}

__all__ = ["PEER_SCHEMAS", "ROLE_LAYERS", "Measured", "quote_parts", "with_basis"]


def with_basis(by_schema: Mapping[str, Measured]) -> dict[str, Measured]:
    """Without the scores that lack what they need one of in the gold."""
    return {schema: measured for schema, measured in by_schema.items() if measured.basis != 0}


def quote_parts(
    gold: Sequence[Annotations],
    predicted: Sequence[Annotations],
    units: Units,
    schemas: Sequence[str],
    *,
    given: Sequence[Sequence[Quote]] | None = None,
    tokens: TokenTable | None = None,
) -> dict[str, dict[str, Measured]]:
    """Layer → schema → counts of a part of a corpus, which add up to those of the whole.

    ``gold`` and ``predicted`` hold one ``Annotations`` a document, in the same order.

    ``schemas`` are those of spans and the names in :data:`PEER_SCHEMAS`. ``given`` are the gold
    quotes as an extractor attributed them, a sequence for each document in the order of the gold.
    ``tokens`` are needed wherever a schema counts tokens; without them offsets count as tokens.
    """
    scores: dict[str, dict[str, Measured]] = {}
    spans = [check_schema(schema) for schema in schemas if schema not in PEER_SCHEMAS]
    if spans:
        names = Names(gold)
        found = attribution(gold, predicted, units, names)
        answers = None if given is None else given_attribution(gold, predicted, given, units, names)
        g, p = found.gold, found.predicted
        labels = type_labels(g.types() + p.types())
        contents = [side.spans("content", side.type_column(labels)) for side in (g, p)]
        whole = _task(contents[0], contents[1], units, len(labels), tokens)
        scores["quotes"] = measured_spans(whole, labels, spans, QUOTE_TYPES)
        for layer, role in ROLE_LAYERS.items():
            task = _task(g.spans(role), p.spans(role), units, 1, tokens)
            scores[layer] = measured_spans(task, (role,), spans, (role,))
        for layer, role in ROLE_LAYERS.items():
            # The matched quotes differ from system to system: no items to compare.
            matched = measured_spans(_within(found, role, units, tokens), (role,), spans, (role,))
            scores[f"{layer}@matched"] = {name: replace(one, items=None) for name, one in matched.items()}
        scores["speakers"] = speaker_scores(found, answers, names, units)
        scores["joint"] = joint_scores(found, units)
    for schema in schemas:
        if schema in PEER_SCHEMAS:
            for layer, measured in peer_scores(schema, gold, predicted, units, tokens).items():
                scores.setdefault(layer, {}).update(measured)
    return scores


def _task(gold: Spans, predicted: Spans, units: Units, labels: int, tokens: TokenTable | None) -> Task:
    return Task(gold.sorted(), predicted.sorted(), len(units), labels, tokens)


def _within(found: Attribution, role: str, units: Units, tokens: TokenTable | None) -> Task:
    """The role's spans of the matched quotes, where only the two spans of one pair can match.

    Each pair is made a document of its own, with the tokens that its spans can touch.
    """
    gold, predicted = found.gold.take(found.paired.gold), found.predicted.take(found.paired.predicted)
    pair = np.arange(len(gold), dtype=np.int64)
    sides = [Quotes(side.quotes, pair, gold.unit).spans(role) for side in (gold, predicted)]
    if tokens is not None:
        tokens = _tokens_of_pairs(sides, gold.document, tokens)
    return _task(sides[0], sides[1], units, 1, tokens)


def _tokens_of_pairs(sides: Sequence[Spans], document: Ints, tokens: TokenTable) -> TokenTable:
    pair = np.concatenate([spans.document for spans in sides])
    low, high = np.concatenate([s.start for s in sides]), np.concatenate([s.end for s in sides])
    width = int(max(tokens.end.max(initial=0), high.max(initial=0))) + 1
    base = document[pair] * width
    first = np.searchsorted(tokens.document * width + tokens.end, base + low, side="right")
    last = np.searchsorted(tokens.document * width + tokens.start, base + high, side="left")
    length = np.maximum(last - first, 0)
    at = np.repeat(first - np.cumsum(length) + length, length) + np.arange(int(length.sum()))
    rows = np.unique(np.stack([np.repeat(pair, length), at], axis=1), axis=0)
    if not len(rows):
        rows = np.zeros((0, 2), np.int64)
    return replace(tokens, document=rows[:, 0], start=tokens.start[rows[:, 1]], end=tokens.end[rows[:, 1]])
