"""Whether one system is no worse than another by more than a margin, from counts of the same units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from wortlaut.model.columns import Ints
from wortlaut.records.record import Difference, Must, Share
from wortlaut.scoring.counts import HITS_PREDICTED
from wortlaut.scoring.jackknife import t_quantile
from wortlaut.scoring.power import smallest_drop
from wortlaut.scoring.runs import Crossed

WORSE, NO_LOSS, CANNOT_TELL = "worse", "no loss above the margin", "cannot tell"
Verdict = Annotated[str, Must(enum=(WORSE, NO_LOSS, CANNOT_TELL))]
_F1 = 2


@dataclass(frozen=True)
class Margin:
    """What can be said of the F1 that ``new`` loses in place of the other system."""

    new: Annotated[str, "The system that the verdict is about."]
    margin: Annotated[Share, "The loss that is allowed."]
    loss: Annotated[Difference | None, "The other's F1 minus its own; null where one is undefined."]
    at_most: Annotated[float | None, "The upper bound of that loss, one-sided 95%; null where unknown."]
    verdict: Verdict
    shows: Annotated[
        Share | None, "The smallest drop that the test supports here with a power of 80%; null for none."
    ]


def judged(
    new: str, old_runs: Sequence[Ints], new_runs: Sequence[Ints], scale: int,
    loss: float | None, p: float | None, margin: float, level: float = 0.05, tests: int = 1,
) -> Margin:  # fmt: skip
    """The verdict on a loss with the p-value of its paired test, one of so many that were adjusted by Holm.

    A bound below the margin comes first: a loss may be no chance and still be one that is allowed.
    """
    at_most = largest_loss(old_runs, new_runs, scale)
    supported = loss is not None and p is not None and loss > 0 and p <= level
    verdict = WORSE if supported else CANNOT_TELL
    if at_most is not None and at_most < margin:
        verdict = NO_LOSS
    shows = smallest_drop(old_runs, new_runs, scale, level / tests)
    return Margin(new, margin, loss, at_most, verdict, shows)


def largest_loss(
    old_runs: Sequence[Ints], new_runs: Sequence[Ints], scale: int, confidence: float = 0.95
) -> float | None:
    """How much F1 the new system may have lost in place of the old one: an upper bound, one-sided.

    Each run has its sums of the same units, shape ``(units, 4)``. The bound is the difference and the larger
    of two widths. One is Student's t on pseudo-values, for documents and runs, with Johnson's correction
    where large losses are rarer than large gains (Johnson 1978): [t + g(1 + 2t²) / (6√D)]·√v, g their
    skewness where that is positive. The other is for what a system of everyday changes hides: documents
    that lose everything. It is the upper bound of their share (Clopper & Pearson 1934) less the share seen,
    times the old F1. ``None`` with fewer than two units, or where F1 is undefined.
    """
    old, new, units = np.stack(old_runs), np.stack(new_runs), len(old_runs[0])
    if units < 2:
        return None
    before, now = Crossed.of(old, scale), Crossed.of(new, scale)
    f1_before, f1_now = (float(one.scores[:, _F1].mean()) for one in (before, now))
    lost = before.by_document[:, _F1] - now.by_document[:, _F1]
    spread = float(lost.std())
    if np.isnan(spread):
        return None
    t = float(t_quantile((before.freedom + now.freedom)[_F1] / 2, 2 * confidence - 1))
    skew = max(0.0, float(((lost - lost.mean()) ** 3).mean()) / spread**3) if spread > 1e-12 else 0.0
    wide = ((t + skew * (1 + 2 * t**2) / (6 * math.sqrt(units))) * spread) ** 2 / (units - 1)
    for one in (before, now):
        if one.runs > 1:
            wide += float(t_quantile(one.runs - 1, 2 * confidence - 1)) ** 2 * float(one.of_runs[_F1])
    hits = [side.sum(axis=0)[:, HITS_PREDICTED] for side in (old, new)]
    failed = int(((hits[0] > 0) & (hits[1] == 0)).sum())
    unseen = _share_at_most(failed, units, confidence) - failed / units
    return f1_before - f1_now + max(math.sqrt(wide), unseen * f1_before)


def _share_at_most(found: int, units: int, confidence: float) -> float:
    """The upper bound of Clopper & Pearson for a share, one-sided."""
    from scipy.special import betaincinv

    return 1.0 if found == units else float(betaincinv(found + 1, units - found, confidence))
