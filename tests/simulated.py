"""Pairs of systems whose true difference is known, as sums of documents, for the tests of the gate.

Documents differ in length and difficulty, and both systems find the same ones hard. A system is given by its
recall and by the spurious items that it finds for each gold item; a drop makes a share of its right items
wrong and leaves the number of its answers as it was, so F1 in the long run falls by just that share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wortlaut.gate.baseline import Baseline, Entry, Errors, Points, Row
from wortlaut.scoring.counts import precision_recall_f1
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.uncertainty import Resampling

Ints = NDArray[np.int64]
WHOLE = Signature("made", "0" * 64, "all", schemas=("strict",), resampling=Resampling(samples=0), version="0")


@dataclass(frozen=True)
class Profile:
    """Recall, and spurious items for each gold item."""

    recall: float
    spurious: float

    @property
    def f1(self) -> float:
        return 2 * self.recall / (1 + self.recall + self.spurious)


#: Two profiles of one true F1, 0.8: one that finds more, one that is more often right.
MANY, FEW = Profile(0.85, 0.275), Profile(0.75, 0.125)
BALANCED = Profile(0.8, 0.2)


def pair(
    rng: np.random.Generator,
    documents: int,
    before: Profile = BALANCED,
    after: Profile = BALANCED,
    drop: float = 0.0,
    *,
    items: int = 8,
    shared: float = 0.6,
) -> tuple[Ints, Ints]:
    """Sums of both systems, shape ``(documents, 4)`` each; ``shared`` of the items are the same in both."""
    gold = 1 + rng.poisson(items - 1, documents)
    # Beta around the mean: its expectation is the profile's recall, whatever the difficulty.
    hard = rng.beta(2, 2, documents)
    common = rng.binomial(gold, shared)
    both = rng.random(documents)
    # Hard documents have more spurious items; the common ones are found by both systems.
    errors = gold * 2 * (1 - hard)
    alike = min(before.spurious, after.spurious)
    same = rng.poisson(shared * alike * errors)
    systems = []
    for profile in (before, after):
        spread = min(profile.recall, 1 - profile.recall)
        chance = profile.recall + spread * (2 * hard - 1)
        # The common items are all drawn with one number a document: both systems share their luck.
        hits = np.floor(common * chance + both).astype(np.int64).clip(0, common)
        hits += rng.binomial(gold - common, chance)
        own = profile.spurious - shared * alike
        systems.append((gold, hits, same + rng.poisson(own * errors)))
    (_, hits_a, spurious_a), (_, hits_b, spurious_b) = systems
    lost = rng.binomial(hits_b, drop / after.f1)
    hits_b, spurious_b = hits_b - lost, spurious_b + lost
    rows = [
        np.stack([gold, hits + spurious, hits, hits], axis=1)
        for hits, spurious in ((hits_a, spurious_a), (hits_b, spurious_b))
    ]
    return rows[0], rows[1]


def f1(sums: Ints) -> float:
    return float(precision_recall_f1(sums.sum(axis=0), 1)[2])


def points(sums: Ints, scale: int = 1) -> Points:
    total = sums.sum(axis=0)
    p, r, f = (None if np.isnan(value) else float(value) for value in precision_recall_f1(total, scale))
    return Points(p, r, f, float(total[3]) / scale, int(total[0]), int(total[1]))


def entry(
    sums: Ints,
    layer: str = "entities",
    schema: str = "strict",
    errors: Mapping[str, Errors] | None = None,
) -> Entry:
    """An entry as a run makes it, of one label (PER)."""
    documents: dict[str, dict[str, Row]] = {
        f"d{i:04}": {"PER": (int(a), int(b), int(c), int(d))} for i, (a, b, c, d) in enumerate(sums.tolist())
    }
    signature = replace(WHOLE, task=layer, schemas=(schema,))
    return Entry(signature, points(sums), {"PER": points(sums)}, 1, documents, errors or {})


def baseline(systems: Mapping[str, Sequence[tuple[str, str, Entry]]], documents: int) -> Baseline:
    """A baseline of systems, each with its ``(layer, schema, entry)``."""
    plain = {
        name: {ScoreKey.named(layer, schema): one for layer, schema, one in rows}
        for name, rows in systems.items()
    }
    return Baseline(WHOLE, documents, {}, plain)


def single(sums: Ints, errors: Mapping[str, Errors] | None = None) -> Baseline:
    """A baseline of one system with one score."""
    return baseline({"made": [("entities", "strict", entry(sums, errors=errors))]}, len(sums))
