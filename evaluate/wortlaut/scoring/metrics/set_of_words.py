"""Each string once a document: what of the gold's names is known at all, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from wortlaut.extractors.grounding import normalised
from wortlaut.scoring.metrics._metric import OURS, WordMetric, Words
from wortlaut.scoring.metrics._words import by_label, spelt


def count(document: Words) -> Iterator[tuple[str, int, int, int]]:
    return by_label(*(set(spelt(side, normalised)) for side in (document.gold, document.predicted)))


METRIC = WordMetric(
    name="set",
    says="same words and label anywhere in the document, each once",
    holds=OURS,
    count=count,
    zero=False,
    quotes=True,
)
