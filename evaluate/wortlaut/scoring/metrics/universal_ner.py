"""The numbers of UniversalNER (Zhou et al. 2024, ``src/eval/evaluate.py``): sets of normalised strings.

The model is asked for one label at a time and answers with a JSON list of strings.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator

from wortlaut.scoring.metrics._metric import ORDERLESS, SYMMETRIC, Answer, WordMetric, Words
from wortlaut.scoring.metrics._words import by_label

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def count(document: Words) -> Iterator[tuple[str, int, int, int]]:
    return by_label(*map(_read, (document.gold, document.predicted)))


def _read(answers: Iterable[Answer]) -> Iterator[Answer]:
    lists = defaultdict(list)
    for words, label in answers:
        lists[label].append(words)
    for label, each in lists.items():
        # The list is read up to its first bracket; what is then no JSON counts as empty.
        if not any("]" in words for words in each):
            yield from {(_normalised(words), label) for words in each}


def _normalised(words: str) -> str:
    bare = words.lower().translate(_PUNCTUATION)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


METRIC = WordMetric(
    name="universal-ner",
    says="UniversalNER: sets of strings without case, punctuation and English articles",
    holds=frozenset({SYMMETRIC, ORDERLESS}),
    count=count,
    notes=(
        "UniversalNER takes each string once a document and label, without case, ASCII punctuation and the"
        " words a, an, the; a ] in a string empties the list that it stands in, the gold's, too",
    ),
)
