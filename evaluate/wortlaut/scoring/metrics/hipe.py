"""The numbers of the CLEF-HIPE scorer (2020 and 2022): ``strict`` and ``fuzzy`` (``ent_type``).

Predictions take turns from left to right, each takes the first free gold span that it overlaps, whatever the
label. A pair is counted under its gold label. Predictions with a label that gold lacks are ignored.
``macro_doc`` is the mean over documents: P over those with predictions, R over those with gold spans, F1 over
those with both.

Links are scored likewise, each as a label, none of them left out. Where a prediction ranks several,
``hipe/fuzzy@3`` takes the pair as right if the gold's is among the first three.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wortlaut.scoring.metrics._given import first_free, given
from wortlaut.scoring.metrics._metric import ORDERLESS, PERFECT, GivenMetric
from wortlaut.scoring.tally import Note, Tally
from wortlaut.scoring.task import Task, span_counts


def tallies(task: Task, labels: tuple[str, ...], threshold: float) -> Mapping[str, Tally]:
    task, nested = given(task, "hipe")
    of_gold = np.isin(np.arange(task.labels), task.gold.label) if task.known is None else task.known
    known = of_gold[task.predicted.label]
    task = replace(task, gold=task.gold.sorted(), predicted=task.predicted.take(known).sorted())
    gold, predicted, pairs = task.gold, task.predicted, task.pairs
    notes = (
        *nested,
        Note(
            "the HIPE scorer ignores {0} predictions whose label gold does not hold:"
            " its precision is too high; our schemas count them as spurious",
            (int((~known).sum()),),
        ),
        Note(
            "a prediction over several gold spans takes the leftmost in the HIPE scorer, even where another"
            " has its label; our schemas take the one with its label",
            (int((np.bincount(pairs.predicted) > 1).sum()),),
        ),
    )
    taken = first_free(pairs, np.arange(len(pairs)), np.zeros(len(pairs), np.int64))
    g, p = pairs.gold[taken], pairs.predicted[taken]
    whole = (gold.start[g] == predicted.start[p]) & (gold.end[g] == predicted.end[p])
    counted_as = predicted.label.copy()
    counted_as[p] = gold.label[g]
    by_label = replace(task, predicted=replace(predicted, label=counted_as))
    number = int(max(gold.document.max(initial=-1), predicted.document.max(initial=-1))) + 1
    by_document = replace(
        task,
        gold=replace(gold, unit=gold.document),
        predicted=replace(predicted, unit=predicted.document),
        units=number,
    )
    found = {}
    same, several = {"": task.same_label[taken]}, None
    if task.ranked is not None and predicted.group is not None:
        links = task.ranked[predicted.group[p]] == gold.label[g][:, None]
        same |= {f"@{many}": links[:, :many].any(axis=1) for many in (3, 5)}
        several = int((task.ranked[:, 1:] >= 0).any(axis=1).sum())
    for schema, right in (
        (f"{name}{many}", own & whole if name == "strict" else own)
        for many, own in same.items()
        for name in ("strict", "fuzzy")
    ):
        errors = {
            "correct": int(right.sum()),
            "incorrect": int((~right).sum()),
            "missed": len(gold) - len(taken),
            "spurious": len(predicted) - len(taken),
        }
        found[f"hipe/{schema}"] = Tally(
            span_counts(by_label, g[right], p[right]),
            labels,
            errors,
            notes,
            basis=several if "@" in schema else None,
            documents=span_counts(by_document, g[right], p[right]),
            averages=("macro", "macro_doc"),
            zero=True,
        )
    return found


METRIC = GivenMetric(
    name="hipe",
    says="CLEF-HIPE scorer: strict and fuzzy, micro and macro per document",
    holds=frozenset({ORDERLESS, PERFECT}),
    classes=("correct", "incorrect", "missed", "spurious"),
    tallies=tallies,
    links=True,
)
