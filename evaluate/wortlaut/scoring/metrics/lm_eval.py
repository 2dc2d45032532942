"""The numbers of the NER tasks of lm-evaluation-harness (``evalita_llm``, ``ner_process_results``): macro F1.

The model answers in a line, ``Ute Harms$PER,Kiel$LOC``, which is parted at each comma.
"""

from __future__ import annotations

from collections.abc import Iterator

from wortlaut.errors import DataError
from wortlaut.scoring.metrics._metric import ORDERLESS, WordMetric, Words

_LABELS = ("PER", "LOC", "ORG")


def count(document: Words) -> Iterator[tuple[str, int, int, int]]:
    """By label what scikit-learn counts of the two lists of labels that are compared there."""
    if strange := sorted({label for _, label in document.gold}.difference(_LABELS)):
        raise DataError(
            f"lm-eval knows the labels {', '.join(_LABELS)}, and the gold has {', '.join(strange)}",
            hint="Score these alone: --only PER,LOC,ORG; map others to them with --labels.",
        )
    line = ",".join(f"{words}${label}" for words, label in document.predicted)
    said = [(*piece.strip().split("$"), "")[:2] for piece in line.split(",")]
    answers = [(words, label.upper()) for words, label in said if words]
    right = [answer in answers for answer in document.gold]
    more = len(answers) - len(document.gold)
    # With more answers than names a missed name counts as PER, and each further answer as ORG.
    found = [
        label if hit else "PER" if more > 0 else ""
        for hit, (_, label) in zip(right, document.gold, strict=True)
    ]
    found += ["ORG"] * more
    for label in _LABELS:
        gold = [own == label for _, own in document.gold]
        hits = sum(one and other == label for one, other in zip(gold, found, strict=False))
        yield label, sum(gold), found.count(label), hits


METRIC = WordMetric(
    name="lm-eval",
    says="lm-evaluation-harness, Evalita NER: macro F1 over PER, LOC, ORG",
    holds=frozenset({ORDERLESS}),
    count=count,
    headline="macro",
    notes=(
        "lm-eval counts each missed PER as found where there are more answers than names in the gold, wrong"
        " answers only as far as they are more, and parts a name at its commas",
    ),
)
