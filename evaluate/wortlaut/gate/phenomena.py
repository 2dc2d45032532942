"""The part of a baseline that is about one phenomenon of a corpus of probes, which a rule can name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.phenomena import TESTED
from wortlaut.gate.baseline import MICRO, Entry, Points
from wortlaut.model.columns import Ints
from wortlaut.scoring.counts import GOLD, HITS_PREDICTED, PREDICTED, defined, precision_recall_f1
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.phenomena import as_items, wholly_right


@dataclass(frozen=True)
class Examples:
    """The score by which a phenomenon is checked, and its units: a document each, or both of a pair."""

    key: ScoreKey
    units: tuple[tuple[str, ...], ...]


def examples_of(evaluation: Evaluation) -> dict[str, Examples]:
    """Each phenomenon that the documents name; none where there are too few documents."""
    probes, names = evaluation.probes, evaluation.unit_names()
    if probes is None or names is None or evaluation.units.kind != "document":
        return {}
    unit, found = probes.units(), {}
    for (phenomenon, tests), places in probes.phenomena().items():
        own: dict[int, list[str]] = {}
        for i in places.tolist():
            own.setdefault(int(unit[i]), []).append(names[i])
        found[phenomenon] = Examples(TESTED[tests], tuple(map(tuple, own.values())))
    return found


def narrowed(entry: Entry, examples: Examples) -> tuple[str, Entry] | None:
    """What is checked, and an entry of these examples alone: a row for each unit, of all labels together.

    It is F1, or the share of documents that are wholly right where the gold of all of them is empty. None
    where the sums of documents are not known.
    """
    ids = [name for unit in examples.units for name in unit]
    sums = [found for one in entry.single if (found := one.sums(MICRO, ids)) is not None]
    if len(sums) < len(entry.single):
        return None
    measure, scale = "F1", entry.scale
    if not sums[0][:, GOLD].any():
        measure, scale = "share right", 1
        sums = [as_items(wholly_right(own, entry.scale)) for own in sums]
    errors = entry.errors and {name: entry.errors[name] for name in ids if name in entry.errors}
    bare = replace(entry, labels={}, scale=scale, errors=errors, runs=())
    runs = [_summed(bare, own, examples) for own in sums]
    if len(runs) == 1:
        return measure, runs[0]
    points = [run.micro for run in runs]
    mean = replace(points[0], f1=float(np.mean([one.f1 for one in points if one.f1 is not None])))
    return measure, replace(runs[0], micro=mean, documents=None, runs=tuple(runs))


def _summed(bare: Entry, sums: Ints, examples: Examples) -> Entry:
    """With the points of these sums of documents, and the sums of each unit."""
    ends = np.cumsum([0, *map(len, examples.units)])
    rows = {
        unit[0]: {MICRO: (int(gold), int(found), right / bare.scale, hit / bare.scale)}
        for unit, (gold, found, right, hit) in zip(
            examples.units, np.add.reduceat(sums, ends[:-1]).tolist(), strict=True
        )
    }
    total = sums.sum(axis=0)
    p, r, f1 = (defined(float(value)) for value in precision_recall_f1(total, bare.scale))
    correct = total[HITS_PREDICTED] / bare.scale
    micro = Points(p, r, f1, float(correct), int(total[GOLD]), int(total[PREDICTED]))
    return replace(bare, micro=micro, documents=rows)
