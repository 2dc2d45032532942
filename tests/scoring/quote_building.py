"""Quotes for tests: from the compact form of the case files, and at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Cluster, Entity, Head, Quote, Span
from wortlaut.model.columns import TokenTable
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics import COREFERENCE, OURS, QUOTES
from wortlaut.scoring.quotes import quote_tallies, with_basis
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.units import Units

Scores = tuple[float | None, float | None, float | None]
SPAN_SCHEMAS = tuple(name.replace("@T", "@0.8") for name in OURS)
PEERS = tuple(QUOTES)


def span(fragments: Sequence[Sequence[int]] | None) -> Span | None:
    return None if fragments is None else Span.joined((start, end) for start, end in fragments)


def quote(row: Mapping[str, Any], number: int = 0) -> Quote:
    content = span(row["content"])
    assert content is not None
    return Quote(
        row.get("id", f"q{number}"),
        row["type"],
        content,
        row.get("medium"),
        *(span(row.get(role)) for role in ROLES),
        speaker_entity=row.get("speaker_entity"),
        parent=row.get("parent"),
    )


def annotations(rows: Sequence[Mapping[str, Any]], clusters: Sequence[Mapping[str, Any]] = ()) -> Annotations:
    return Annotations(
        quotes=tuple(quote(row, i) for i, row in enumerate(rows)),
        clusters=tuple(cluster(row) for row in clusters),
    )


def cluster(row: Mapping[str, Any]) -> Cluster:
    mentions = tuple(Span.joined((s, e) for s, e in fragments) for fragments in row.get("mentions", ()))
    return Cluster(
        row["id"],
        row["name"],
        row.get("type"),
        row.get("named", True),
        aliases=tuple(row.get("aliases", ())),
        mentions=mentions,
    )


def quote_scores(
    gold: Sequence[Annotations],
    predicted: Sequence[Annotations],
    units: Units,
    schemas: Sequence[str],
    *,
    given: Sequence[Sequence[Quote]] | None = None,
    tokens: TokenTable | None = None,
) -> dict[str, dict[str, Tally]]:
    """Layer → schema → counts of a whole corpus, without the scores that it has nothing for."""
    parts = quote_tallies(Sides(gold, predicted, units, tokens, given), schemas)
    return nested(with_basis(parts))


def nested(tallies: Mapping[ScoreKey, Tally]) -> dict[str, dict[str, Tally]]:
    """Layer → schema → counts."""
    scores: dict[str, dict[str, Tally]] = {}
    for key, tally in tallies.items():
        scores.setdefault(key.layer, {})[key.variant] = tally
    return scores


def peer_scores(
    schema: str,
    gold: Sequence[Annotations],
    predicted: Sequence[Annotations],
    units: Units,
    tokens: TokenTable | None,
) -> Mapping[str, Mapping[str, Tally]]:
    """Task → name → counts of another evaluation of quotes."""
    return nested(QUOTES[schema].tallies(Sides(gold, predicted, units, tokens)))


def coreference_scores(
    gold: Sequence[Annotations], predicted: Sequence[Annotations], units: Units
) -> dict[str, Tally]:
    """Name → counts of every score of clusters."""
    sides = Sides(gold, predicted, units)
    return {name: metric.tallies(sides)[ScoreKey("clusters", name)] for name, metric in COREFERENCE.items()}


def scores(measured: Tally, label: str | None = None) -> Scores:
    """Precision, recall and F1 of all labels together, or of one."""
    totals = measured.counts.totals()
    sums = totals.sum(axis=0) if label is None else totals[measured.labels.index(label)]
    values = [float(value) for value in precision_recall_f1(sums, measured.counts.scale)]
    p, r, f = (None if np.isnan(value) else value for value in values)
    return p, r, f


def all_scores(results: Mapping[str, Mapping[str, Tally]]) -> dict[tuple[str, str], Scores]:
    return {(layer, name): scores(m) for layer, by_name in results.items() for name, m in by_name.items()}


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """One to three fragments within forty characters: nested, overlapping and equal ones are frequent."""
    starts = draw(st.lists(st.integers(0, 36), min_size=1, max_size=3))
    return Span.joined((start, start + draw(st.integers(1, 6))) for start in starts)


PEOPLE = {"c1": "Erika Beispiel", "c2": "Otto Muster", "c3": "Anna Weber"}


@st.composite
def quotes(draw: st.DrawFn, number: int = 0) -> Quote:
    role = st.none() | spans()
    return Quote(
        f"q{number}",
        draw(st.sampled_from(QUOTE_TYPES[:3])),
        draw(spans()),
        draw(st.sampled_from((None, "speech", "writing"))),
        *(draw(role) for _ in ROLES),
        speaker_entity=draw(st.sampled_from((None, *PEOPLE))),
    )


@st.composite
def documents(draw: st.DrawFn) -> Annotations:
    """Up to five quotes, three clusters with mentions among entities and spans of their own."""
    count = draw(st.integers(0, 5))
    people = tuple(
        Cluster(id, name, "PER", mentions=tuple(draw(st.lists(spans(), max_size=2))))
        for id, name in PEOPLE.items()
    )
    named = tuple(
        Entity(draw(spans()), "PER", entity=draw(st.sampled_from(tuple(PEOPLE))))
        for _ in range(draw(st.integers(0, 3)))
    )
    mentions = sorted({*(one.span for one in named), *(span for one in people for span in one.mentions)})
    at = st.sampled_from(range(40))
    heads = tuple(Head(span, _character(span, draw(at))) for span in mentions)
    return Annotations(named, tuple(draw(quotes(i)) for i in range(count)), people, heads=heads)


def _character(span: Span, number: int) -> Span:
    places = [place for start, end in span for place in range(start, end)]
    return Span.of(places[number % len(places)], places[number % len(places)] + 1)


corpora = st.lists(st.tuples(documents(), documents()), min_size=1, max_size=3).map(
    lambda pairs: tuple(list(side) for side in zip(*pairs, strict=True))
)
