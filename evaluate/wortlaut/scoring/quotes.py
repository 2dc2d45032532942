"""The tasks of quotes: their spans, roles, speakers and everything together, under every schema.

The specification with worked examples is ``docs/metrics-quotes.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wortlaut.model import QUOTE_TYPES
from wortlaut.model.columns import Ints, Spans, TokenTable, numbered
from wortlaut.scoring.engine import tallies_of
from wortlaut.scoring.keys import MATCHED, ScoreKey
from wortlaut.scoring.metrics import QUOTES, SPEAKERS, check_schema
from wortlaut.scoring.quotes_table import Quotes, type_labels
from wortlaut.scoring.sides import Attribution, Sides
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import Task
from wortlaut.scoring.units import Units

#: Task → role of a quote. A role counts once for each quote that has it.
ROLE_TASKS = {"cues": "cue", "addressees": "addressee", "frames": "frame"}


def with_basis(tallies: Mapping[ScoreKey, Tally]) -> dict[ScoreKey, Tally]:
    """Without the scores that lack what they need one of in the gold."""
    return {key: tally for key, tally in tallies.items() if tally.basis != 0}


def quote_tallies(sides: Sides, schemas: Sequence[str]) -> dict[ScoreKey, Tally]:
    """Counts of a part of a corpus, which add up to those of the whole.

    ``schemas`` are those of spans and the names in :data:`~wortlaut.scoring.metrics.QUOTES`.
    """
    scores: dict[ScoreKey, Tally] = {}
    spans = [check_schema(schema) for schema in schemas if schema not in QUOTES]
    units, tokens = sides.units, sides.tokens
    if spans:
        found = sides.found
        g, p = found.gold, found.predicted
        labels = type_labels(g.types() + p.types())
        contents = [side.spans("content", side.type_column(labels)) for side in (g, p)]
        whole = _task(contents[0], contents[1], units, len(labels), tokens)
        scores |= keyed("quotes", tallies_of(whole, labels, spans, first=QUOTE_TYPES))
        for name, role in ROLE_TASKS.items():
            task = _task(g.spans(role), p.spans(role), units, 1, tokens)
            scores |= keyed(name, tallies_of(task, (role,), spans, first=(role,)))
        for name, role in ROLE_TASKS.items():
            # The matched quotes differ from system to system: no items to compare.
            within = _within(found, role, units, tokens)
            scores |= keyed(name, tallies_of(within, (role,), spans, items=False, first=(role,)), MATCHED)
    for metric in (*(SPEAKERS if spans else ()), *(QUOTES[name] for name in schemas if name in QUOTES)):
        scores |= metric.tallies(sides)
    return scores


def keyed(task: str, tallies: Mapping[str, Tally], setting: str = "") -> dict[ScoreKey, Tally]:
    return {ScoreKey(task, schema, setting): tally for schema, tally in tallies.items()}


def _task(gold: Spans, predicted: Spans, units: Units, labels: int, tokens: TokenTable | None) -> Task:
    return Task(gold.sorted(), predicted.sorted(), len(units), labels, tokens)


def _within(found: Attribution, role: str, units: Units, tokens: TokenTable | None) -> Task:
    """The role's spans of the matched quotes, where only the two spans of one pair can match.

    Each pair is made a document of its own, with the tokens that its spans can touch.
    """
    gold, predicted = found.gold.take(found.paired.gold), found.predicted.take(found.paired.predicted)
    pair = np.arange(len(gold), dtype=np.int64)
    sides = [Quotes(side.quotes, pair, gold.unit, side.row).spans(role) for side in (gold, predicted)]
    if tokens is not None:
        tokens = _tokens_of_pairs(sides, gold.document, tokens)
    return _task(sides[0], sides[1], units, 1, tokens)


def _tokens_of_pairs(sides: Sequence[Spans], document: Ints, tokens: TokenTable) -> TokenTable:
    pair = np.concatenate([spans.document for spans in sides])
    start, end = (np.concatenate([getattr(s, name) for s in sides]) for name in ("start", "end"))
    first, last = tokens.touched(document[pair], start, end)
    row, token = numbered(first, np.maximum(last - first, 0))
    rows = np.unique(np.stack([pair[row], token], axis=1), axis=0)
    return replace(tokens, document=rows[:, 0], start=tokens.start[rows[:, 1]], end=tokens.end[rows[:, 1]])
