"""What a corpus holds, counted in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from wortlaut.model import ROLES, Document, Quote


def summary(documents: Iterable[Document]) -> dict[str, Any]:
    """Counts over ``documents``, ready for JSON; one document in memory at a time.

    ``entities.by_level`` is level → label → count; ``linked`` has a Wikidata id, ``nil`` is NIL.
    ``quotes.nested`` counts quotes whose content lies within another's, the same content included;
    ``with_parent`` those that name one. ``quotes.without`` is role → quotes that have none.
    ``repaired_tags`` sums what the readers of token formats put right.
    """
    totals = Counter[str](documents=0, characters=0, clusters=0, mentions=0, repaired_tags=0)
    entities = Counter[str](total=0, discontinuous=0, linked=0, nil=0, metonymic=0)
    quotes = Counter[str](total=0, discontinuous=0, nested=0, with_parent=0)
    levels: dict[int, Counter[str]] = {}
    types, media = Counter[str](), Counter[str]()
    without = Counter[str](dict.fromkeys(ROLES, 0))
    for document in documents:
        totals["documents"] += 1
        totals["characters"] += len(document.text)
        totals["clusters"] += len(document.clusters)
        totals["mentions"] += sum(len(cluster.mentions) for cluster in document.clusters)
        totals["repaired_tags"] += int(dict(document.meta).get("repaired_tags", "0"))
        for entity in document.entities:
            levels.setdefault(entity.level, Counter())[entity.label] += 1
            entities["total"] += 1
            entities["discontinuous"] += entity.span.discontinuous
            entities["linked"] += entity.qid not in (None, "NIL")
            entities["nil"] += entity.qid == "NIL"
            entities["metonymic"] += entity.metonymy is not None
        for quote in document.quotes:
            types[quote.type] += 1
            media[quote.medium or ""] += 1
            quotes["total"] += 1
            quotes["discontinuous"] += quote.content.discontinuous
            quotes["nested"] += _nested(quote, document.quotes)
            quotes["with_parent"] += quote.parent is not None
            without.update(role for role in ROLES if quote.role(role) is None)
    return {
        **totals,
        "entities": {
            **entities,
            "by_level": {str(level): dict(sorted(levels[level].items())) for level in sorted(levels)},
        },
        "quotes": {
            **quotes,
            "by_type": dict(sorted(types.items())),
            "by_medium": dict(sorted(media.items())),
            "without": dict(without),
        },
    }


def _nested(quote: Quote, quotes: Iterable[Quote]) -> bool:
    return any(other is not quote and other.content.contains(quote.content) for other in quotes)
