"""What scorers of words share. They see no offsets: of an answer that has some they take the words there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from wortlaut.model.columns import Ints
from wortlaut.scoring.counts import Counts
from wortlaut.scoring.metrics._metric import Answer, WordMetric, Words
from wortlaut.scoring.tally import Note, Tally


def by_label(gold: Iterable[Answer], predicted: Iterable[Answer]) -> Iterator[tuple[str, int, int, int]]:
    """Label, gold, predicted and right answers, each right as often as it stands on both sides."""
    g, p = Counter(gold), Counter(predicted)
    sums: dict[str, list[int]] = {}
    for answer in {**g, **p}:
        row = sums.setdefault(answer[1], [0, 0, 0])
        for i, more in enumerate((g[answer], p[answer], min(g[answer], p[answer]))):
            row[i] += more
    return ((label, *row) for label, row in sums.items())  # type: ignore[misc]


def spelt(answers: Iterable[Answer], spell: Callable[[str], str]) -> list[Answer]:
    return [(spell(words), label) for words, label in answers]


def tally_of(
    metric: WordMetric, documents: Iterable[Words], unit: Ints, units: int, first: tuple[str, ...] = ()
) -> Tally:
    """What the metric counts in documents, each in its unit; ``first`` are the labels that stand first."""
    rows = [
        (own, label, *more)
        for own, document in zip(unit.tolist(), documents, strict=True)
        for label, *more in metric.count(document)
    ]
    names = (*first, *sorted({label for _, label, *_ in rows}.difference(first)))
    place = {label: i for i, label in enumerate(names)}
    table = [(own, place[label], gold, found, hits, hits) for own, label, gold, found, hits in rows]
    columns = np.asarray(table, np.int64).reshape(-1, 6).T.copy()
    return Tally(
        Counts(units, len(names), *columns),
        names,
        told=tuple(map(Note, metric.notes)),
        headline=metric.headline,
        ends=(first, ()),
        zero=metric.zero,
    )
