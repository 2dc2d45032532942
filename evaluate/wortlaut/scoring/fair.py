"""Traditional and fair precision, recall and F1 side by side, from the error classes.

Ortmann (2022), "Fine-Grained Error Analysis and Fair Evaluation of Labeled Spans", LREC, section 4:
a span with a wrong label, wrong boundaries or both is one error. Traditional evaluation counts it as a
false positive and a false negative; the fair one as half of each::

    P = TP / (TP + FP + (LE + BE + LBE) / 2)        R = TP / (TP + FN + (LE + BE + LBE) / 2)

The formulas and their default weights are hers. The classes come from our one-to-one alignment, where she
also lets a further span that shares tokens with a span already paired count as one more boundary error;
here it is spurious (or missed), so that every span is in one pair at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wortlaut.records.record import Rate

#: Near misses: a pair that is one error, not two.
NEAR_MISSES = ("label", "boundary_smaller", "boundary_larger", "boundary_overlap", "label_boundary")


@dataclass(frozen=True)
class Rates:
    """Precision, recall and F1 in [0, 1]; ``None`` where undefined (0/0)."""

    precision: Rate
    recall: Rate
    f1: Rate


@dataclass(frozen=True)
class FairScores:
    """Both ways to count: a near miss as two errors, or as one."""

    traditional: Rates
    fair: Rates


def fair_scores(errors: Mapping[str, int]) -> FairScores:
    """Both triples from the counts of :func:`wortlaut.scoring.engine.error_counts`."""
    near = sum(errors[name] for name in NEAR_MISSES)
    return FairScores(_rates(errors, near), _rates(errors, near / 2))


def _rates(errors: Mapping[str, int], near: float) -> Rates:
    correct = errors["correct"]
    predicted, gold = correct + errors["spurious"] + near, correct + errors["missed"] + near
    precision = correct / predicted if predicted else None
    recall = correct / gold if gold else None
    # 2PR / (P + R) without the detour over P and R; 0 where one side is empty, undefined where both are.
    f1 = 2 * correct / (predicted + gold) if predicted + gold else None
    return Rates(precision, recall, f1)
