"""Every metric, one file each: what it counts, what it promises, what it says of itself in a line."""

from __future__ import annotations

from collections.abc import Collection

from wortlaut.errors import WortlautError, unknown_name
from wortlaut.scoring.metrics import (
    b3,
    blanc,
    ceafe,
    ceafm,
    character,
    citron,
    conll,
    conlleval,
    corefud,
    exact,
    faireval,
    fuzzy,
    german_news_quotation,
    ggt,
    gollie,
    hipe,
    joint,
    lea,
    lm_eval,
    mor,
    muc,
    multiset,
    nervaluate,
    overlap,
    parc,
    partial,
    seqeval,
    set_of_words,
    speakers,
    spkatt,
    spkatt_simplified,
    strict,
    token,
    type,
    universal_ner,
)
from wortlaut.scoring.metrics._metric import (
    DocumentMetric,
    GivenMetric,
    Metric,
    Property,
    SpanMetric,
    WordMetric,
)

#: Schemas of spans of our own, by the name that is asked for.
OURS: dict[str, SpanMetric] = {
    module.METRIC.name: module.METRIC
    for module in (strict, exact, partial, type, fuzzy, overlap, token, character)
}
#: Other scorers of spans, which go by the order of the input.
GIVEN: dict[str, GivenMetric] = {
    module.METRIC.name: module.METRIC for module in (seqeval, conlleval, nervaluate, hipe, faireval)
}
#: Other scorers of quotes.
QUOTES: dict[str, DocumentMetric] = {
    module.METRIC.name: module.METRIC
    for module in (german_news_quotation, spkatt, spkatt_simplified, parc, citron, ggt)
}
#: Scorers of words, which know no offsets.
WORDS: dict[str, WordMetric] = {
    module.METRIC.name: module.METRIC for module in (set_of_words, multiset, universal_ner, gollie, lm_eval)
}
#: What is scored of quotes beside the spans of their roles, whichever schema is asked for.
SPEAKERS: tuple[DocumentMetric, ...] = (speakers.METRIC, joint.METRIC)
#: What is scored of clusters.
COREFERENCE: dict[str, DocumentMetric] = {
    module.METRIC.name: module.METRIC for module in (conll, muc, b3, ceafe, ceafm, blanc, lea, mor)
}
#: Another scorer of clusters.
CLUSTERS: dict[str, DocumentMetric] = {metric.name: metric for metric in corefud.METRICS}
METRICS: tuple[Metric, ...] = (
    *OURS.values(),
    *GIVEN.values(),
    *QUOTES.values(),
    *WORDS.values(),
    *SPEAKERS,
    *COREFERENCE.values(),
    *CLUSTERS.values(),
)

#: Schema of spans → what it says.
SCHEMAS = {name: metric.says for name, metric in OURS.items()}


def check_schema(name: str, *, others: Collection[str] = ()) -> str:
    """The canonical name of a schema (``overlap`` becomes ``overlap@0.5``), or one of the ``others``.

    Raises UnknownNameError with the nearest names.
    """
    base, at, threshold = name.partition("@")
    if base == "overlap" or (at and base == "nervaluate" and base in others):
        try:
            value = float(threshold) if at else 0.5
        except ValueError:
            value = -1.0
        if base == "nervaluate" and not 1 <= value <= 100:
            raise WortlautError(
                f"{name!r} needs a percentage from 1 to 100", hint="Write nervaluate@50, for example."
            )
        if base == "overlap" and not 0 < value <= 1:
            raise WortlautError(
                f"{name!r} needs a threshold above 0 and at most 1", hint="Write overlap@0.5, for example."
            )
        return f"{base}@{value:g}"
    if name in others:
        return name
    if at and base in others:
        raise WortlautError(f"{name!r} is no schema", hint=f"Write {base}, which gives all of its scores.")
    if name not in OURS or at:
        known = [schema for schema in OURS if "@" not in schema]
        raise unknown_name("schema", name, [*known, "overlap@0.5", *others])
    return name


def is_given(schema: str) -> bool:
    """Whether it is another scorer of spans, with or without a threshold."""
    return schema.partition("@")[0] in GIVEN


def weighs_gold(schema: str) -> bool:
    """Whether what the gold counts depends on what was found, so that it differs by system."""
    name = schema.partition("/")[0]
    return name in GIVEN and GIVEN[name].weighs_gold


def counter(schema: str) -> tuple[SpanMetric, float]:
    """The metric of a schema of spans of our own, and the threshold that it asks for."""
    base, _, threshold = check_schema(schema).partition("@")
    return OURS["overlap@T" if base == "overlap" else base], float(threshold or 0)


def counts_positions(schema: str) -> bool:
    """Whether covered positions are counted, not spans."""
    return schema in OURS and OURS[schema].positions


__all__ = [
    "CLUSTERS",
    "COREFERENCE",
    "GIVEN",
    "METRICS",
    "OURS",
    "QUOTES",
    "SCHEMAS",
    "SPEAKERS",
    "WORDS",
    "DocumentMetric",
    "GivenMetric",
    "Metric",
    "Property",
    "SpanMetric",
    "WordMetric",
    "check_schema",
    "counter",
    "counts_positions",
    "is_given",
    "weighs_gold",
]
