"""Each string as often as it is answered: right as often as the gold has it in the document."""

from __future__ import annotations

from collections.abc import Iterator

from wortlaut.extractors.grounding import normalised
from wortlaut.scoring.metrics._metric import OURS, WordMetric, Words
from wortlaut.scoring.metrics._words import by_label, spelt


def count(document: Words) -> Iterator[tuple[str, int, int, int]]:
    return by_label(*(spelt(side, normalised) for side in (document.gold, document.predicted)))


METRIC = WordMetric(
    name="multiset",
    says="same words and label anywhere in the document, as often as the gold has them",
    holds=OURS,
    count=count,
    zero=False,
    quotes=True,
)
