"""The numbers of GoLLIE (Sainz et al. 2024, ``SpanScorer`` behind ``filter_hallucinations``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wortlaut.scoring.metrics._metric import Answer, WordMetric, Words
from wortlaut.scoring.metrics._words import by_label, spelt


def count(document: Words) -> Iterator[tuple[str, int, int, int]]:
    kept = _in_text(document)
    return by_label(*(spelt(side, lambda words: words.lower().strip()) for side in (document.gold, kept)))


def _in_text(document: Words) -> Iterator[Answer]:
    """The answers that the text holds, each string as often as there, whatever the label."""
    text, said = document.text.lower(), Counter[str]()
    for words, label in document.predicted:
        low = words.lower()
        if low.strip() in text:
            said[low] += 1
            if not low or said[low] <= text.count(low):
                yield words, label


METRIC = WordMetric(
    name="gollie",
    says="GoLLIE: strings of the text without case, as often as the gold has them",
    holds=frozenset(),
    count=count,
    notes=(
        "GoLLIE leaves out answers that the text does not hold, or not as often (inside of words, too, and"
        " whatever the label): invented strings cost no precision",
    ),
)
