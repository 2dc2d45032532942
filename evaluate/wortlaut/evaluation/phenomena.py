"""What a corpus of probes says of a system: a score for each phenomenon, and pairs for each contrast.

A document of such a corpus names in its metadata what it is an example of (``phenomenon``) and the task that
this tests (``tests``); one side of a minimal pair has ``contrast``, ``pair`` and ``side``, too. All scores
here come from the sums of documents that a result holds under ``strict``: a file's as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Annotated

import numpy as np

from wortlaut.errors import counted
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Bools, Ints
from wortlaut.records.record import Count, Many, Must, Rate, Share, written
from wortlaut.rendering import Tabular
from wortlaut.scoring.compare import LEVEL, PairedTest, holm
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.phenomena import Group, as_items, compared_with_others, wholly_right
from wortlaut.scoring.result import Result
from wortlaut.scoring.runs import pair_test
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS
from wortlaut.scoring.units import Units

#: What a document can say that it tests, and the score that shows it.
TESTED = {name: ScoreKey(name, "strict") for name in ("entities", "quotes", "cues", "speakers", "joint")} | {
    "coreference": ScoreKey("clusters", "lea")
}
#: What the metadata of a document say of this, in this order; empty where they do not.
_FIELDS = ("phenomenon", "tests", "contrast", "pair", "template", "side")
Given = tuple[str, str, str, str, str, str]
#: A document's phenomenon, what it tests, its contrast, pair and template; empty where it has none.
Probe = tuple[str, str, str, str, str]
NONE: Probe = ("", "", "", "", "")
_Ends = Annotated[
    tuple[Share, Share] | None, "95% interval by the jackknife over units; null where none can be said."
]


def given_in(batch: Batch) -> list[Given]:
    """What the documents of a batch say of phenomena and pairs."""
    if not batch.columns.issuperset(_FIELDS[:2]):
        return [("",) * len(_FIELDS)] * len(batch)  # type: ignore[list-item]
    metas = (dict(batch.meta(i)) for i in range(len(batch)))
    return [tuple(meta.get(name, "") for name in _FIELDS) for meta in metas]  # type: ignore[misc]


@dataclass(frozen=True)
class Probes:
    """What each document of a corpus is an example of, in the order of the units; and what cannot be used."""

    rows: tuple[Probe, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Sequence[Given]) -> Probes | None:
        """From what documents say; None where no document names a phenomenon and what it tests."""
        if not any(phenomenon and tests for phenomenon, tests, *_ in given):
            return None
        sides: dict[tuple[str, str], list[str]] = {}
        tested: dict[str, set[str]] = {}
        unknown = Counter(row[1] for row in given if row[0] and row[1] and row[1] not in TESTED)
        for phenomenon, tests, contrast, pair, _, side in given:
            tested.setdefault(phenomenon, set()).add(tests)
            if pair:
                sides.setdefault((contrast, pair), []).append(side)
        # What is no pair here (a part of a corpus may have one side of it) is two documents.
        broken = {name for name, own in sides.items() if sorted(own) != ["a", "b"]}
        rows: list[Probe] = []
        for phenomenon, tests, contrast, pair, template, _ in given:
            name = f"{phenomenon} ({tests})" if len(tested[phenomenon]) > 1 else phenomenon
            own = (name, tests, contrast, "" if (contrast, pair) in broken else pair, template)
            rows.append(own if phenomenon and tests in TESTED else NONE)
        notes = [
            f"{counted(count, 'document')} with tests {name!r}, which is none of {', '.join(TESTED)}"
            for name, count in unknown.items()
        ]
        if unnamed := rows.count(NONE) - unknown.total():
            notes.append(
                f"{counted(unnamed, 'document')} without phenomenon and tests: in no row of phenomena"
            )
        if broken:
            what = f"{counted(len(broken), 'pair')} without just a side a and a side b"
            notes.append(f"{what}: no minimal pairs here, their documents stand alone")
        return cls(tuple(rows), tuple(notes))

    def phenomena(self) -> dict[tuple[str, str], Ints]:
        """Each phenomenon with what it tests, task by task, and its documents."""
        found: dict[tuple[str, str], list[int]] = {}
        for i, row in enumerate(self.rows):
            if row[0]:
                found.setdefault(row[:2], []).append(i)
        order = sorted(found, key=lambda name: (list(TESTED).index(name[1]), name))
        return {name: np.asarray(found[name], np.int64) for name in order}

    def pairs(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Contrast and id of each pair, and the two documents."""
        found: dict[tuple[str, str], list[int]] = {}
        for i, row in enumerate(self.rows):
            if row[3]:
                found.setdefault(row[2:4], []).append(i)
        return {name: (own[0], own[1]) for name, own in sorted(found.items())}

    def units(self) -> Ints:
        """The number of each document's unit: both sides of a pair are one."""
        unit = np.arange(len(self.rows))
        for a, b in self.pairs().values():
            unit[b] = unit[a]
        return unit


@dataclass(frozen=True)
class Phenomenon:
    """How a system does on the examples of one phenomenon.

    F1 is undefined where nothing should be found; there ``right`` says how often nothing was.
    """

    phenomenon: str
    tests: Annotated[str, "The task whose annotations are scored here."]
    f1: Annotated[Rate, "Under strict (of coreference under lea); null where the gold has nothing."]
    f1_interval: _Ends
    right: Annotated[Share, "The share of documents in which every annotation of the task is strictly right."]
    right_interval: _Ends
    documents: Many
    pairs: Annotated[Count, "Minimal pairs with a side here."]
    pairs_right: Annotated[Share | None, "The share of pairs with both sides right; null without pairs."]
    others: Annotated[
        Share | None, "The mean of F1, or of right, over the other phenomena of the task; null without any."
    ]
    p: Annotated[
        Share | None, "One-sided, that it is not below the others; by Holm over the system's phenomena."
    ]

    @property
    @written()
    def below(self) -> bool:
        """Whether it falls significantly below the system's own mean."""
        return self.p is not None and self.p < LEVEL

    @property
    def score(self) -> float:
        """What is compared: F1, or the share of documents that are right where F1 is undefined."""
        return self.right if self.f1 is None else self.f1


@dataclass(frozen=True)
class Contrast:
    """How many minimal pairs of a contrast a system has right on both sides."""

    contrast: str
    pairs: Many
    right: Annotated[Share, "The share of pairs of which both sides are wholly right."]
    right_interval: _Ends
    one: Annotated[Share, "The share of which just one side is."]


@dataclass(frozen=True, repr=False)
class Phenomena(Tabular):
    """A row for each system and phenomenon, and for each system and contrast, by the name of the system.

    ``phenomena["quotes-de"]`` maps the names of phenomena to their rows.
    """

    systems: Mapping[str, tuple[Phenomenon, ...]]
    contrasts: Mapping[str, tuple[Contrast, ...]]
    notes: tuple[str, ...] = ()
    signature: Signature = field(default_factory=Signature)

    def __getitem__(self, system: str) -> dict[str, Phenomenon]:
        return {row.phenomenon: row for row in self.systems[system]}


def phenomena_of(
    probes: Probes | None,
    units: Units,
    signature: Signature,
    systems: Mapping[str, Mapping[ScoreKey, Result]],
) -> Phenomena:
    """The rows of each system's phenomena of the tasks that it looks for; none of a corpus without them."""
    if probes is None:
        return Phenomena({}, {}, (), signature)
    notes: list[str] = []
    if units.kind != "document":
        notes.append(f"Phenomena are scored in corpora of {FEW_DOCUMENTS} documents or more.")
        return Phenomena({}, {}, tuple(notes), signature)
    rows: dict[str, tuple[Phenomenon, ...]] = {}
    contrasts: dict[str, tuple[Contrast, ...]] = {}
    wanted = {tests for _, tests in probes.phenomena()}
    lacking: dict[tuple[str, ...], list[str]] = {}
    for name, results in systems.items():
        sums = tested_sums(probes, results)
        rows[name] = tuple(_rows(probes, sums, signature.resampling.confidence))
        contrasts[name] = tuple(_contrasts(probes, sums, signature.resampling.confidence))
        if any(results[TESTED[tests]].upper_sums is not None for tests in wanted & sums.keys()):
            notes.append(
                f"{name} answers in words without offsets: phenomena have the lower ends of its scores"
            )
        if lacks := tuple(tests for tests in TESTED if tests in wanted - sums.keys()):
            lacking.setdefault(lacks, []).append(name)
    for lacks, names in lacking.items():
        what = f"no strict counts of {', '.join(lacks)}, so no rows of phenomena that test these"
        notes.append(f"{', '.join(names)}: {what}")
    return Phenomena(rows, contrasts, tuple(notes), signature)


def tested_sums(probes: Probes, results: Mapping[ScoreKey, Result]) -> dict[str, tuple[Ints, int]]:
    """Task → the sums of each run and document, ``(runs, documents, 4)``, with their scale; where known."""
    found = {}
    for tests, key in TESTED.items():
        sums = results[key].run_sums if key in results else None
        if sums is not None and all(len(run) == len(probes.rows) for run in sums):
            found[tests] = (np.stack(sums), results[key].scale)
    return found


@dataclass(frozen=True)
class PhenomenonRow:
    """System ``a`` against ``b`` on the examples of one phenomenon."""

    phenomenon: str
    tests: Annotated[str, "The task whose annotations are scored here."]
    a: str
    b: str
    score: Annotated[
        str,
        Must(enum=("f1", "right")),
        "What is compared: F1, or, where the gold has nothing, the share of documents that are wholly right.",
    ]
    test: PairedTest
    p_holm: Annotated[Share | None, "Adjusted by Holm's method over all rows of phenomena."] = None


def differences_of(
    probes: Probes,
    pairs: Iterable[tuple[tuple[str, Mapping[ScoreKey, Result]], tuple[str, Mapping[ScoreKey, Result]]]],
    *,
    samples: int,
    trials: int,
    seed: int,
) -> list[PhenomenonRow]:
    """The paired test of each two systems in each phenomenon whose task both look for, over units.

    ``samples``, ``trials`` and ``seed`` are those of :func:`wortlaut.scoring.runs.pair_test`.
    """
    rows = []
    for (a, results), (b, others) in pairs:
        left, right = (dict(groups_of(probes, tested_sums(probes, one))) for one in (results, others))
        for place in (place for place in left if place in right):
            (own, scale), (other, _) = left[place].tested, right[place].tested
            test = pair_test(list(own), list(other), scale, samples=samples, trials=trials, seed=seed)
            rows.append(PhenomenonRow(*place, a, b, "f1" if left[place].has_gold else "right", test))
    adjusted = holm([row.test.p for row in rows])
    return [replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True)]


def groups_of(
    probes: Probes, sums: Mapping[str, tuple[Ints, int]]
) -> Iterator[tuple[tuple[str, str], Group]]:
    """Each phenomenon whose task has sums, with them."""
    unit = probes.units()
    _, template = np.unique([row[4] or str(i) for i, row in enumerate(probes.rows)], return_inverse=True)
    for (phenomenon, tests), places in probes.phenomena().items():
        if tests in sums:
            own, scale = sums[tests]
            yield (phenomenon, tests), Group(own[:, places], unit[places], scale, template[places])


@dataclass(frozen=True)
class _Right:
    """Which documents are wholly right in what they test, ``(runs, documents)``, where that is known."""

    runs: Bools
    known: Bools

    @classmethod
    def of(cls, probes: Probes, sums: Mapping[str, tuple[Ints, int]]) -> _Right:
        tests = np.asarray([row[1] for row in probes.rows])
        runs = np.zeros((max((len(own) for own, _ in sums.values()), default=1), len(tests)), np.bool_)
        for name, (own, scale) in sums.items():
            runs[:, tests == name] = wholly_right(own, scale)[:, tests == name]
        return cls(runs, np.isin(tests, list(sums)))

    def of_pairs(self, pairs: Sequence[tuple[int, int]]) -> Ints:
        """How many sides of each pair are right, ``(runs, pairs)``, of the pairs of which that is known."""
        a, b = np.asarray([pair for pair in pairs if self.known[[*pair]].all()], np.int64).reshape(-1, 2).T
        return self.runs[:, a].astype(np.int64) + self.runs[:, b]


def _rows(probes: Probes, sums: Mapping[str, tuple[Ints, int]], confidence: float) -> Iterator[Phenomenon]:
    groups = dict(groups_of(probes, sums))
    low = compared_with_others(list(groups.values()), [tests for _, tests in groups])
    right, unit = _Right.of(probes, sums), probes.units()
    paired = {int(unit[a]): (a, b) for a, b in probes.pairs().values()}
    for ((phenomenon, tests), group), one in zip(groups.items(), low, strict=True):
        pairs = right.of_pairs([paired[i] for i in np.unique(group.unit).tolist() if i in paired])
        f1, share = group.f1, group.right
        yield Phenomenon(
            phenomenon,
            tests,
            f1.value if f1 else None,
            f1.interval(confidence) if f1 else None,
            share.value,
            share.interval(confidence),
            len(group.unit),
            pairs.shape[1],
            float((pairs == 2).mean()) if pairs.size else None,
            one.others,
            one.p,
        )


def _contrasts(probes: Probes, sums: Mapping[str, tuple[Ints, int]], confidence: float) -> Iterator[Contrast]:
    right = _Right.of(probes, sums)
    for contrast, rows in groupby(probes.pairs().items(), key=lambda row: row[0][0]):
        sides = right.of_pairs([pair for _, pair in rows])
        if contrast and sides.size:
            both = Group(as_items(sides == 2), np.arange(sides.shape[1])).right
            one = float((sides == 1).mean())
            yield Contrast(contrast, sides.shape[1], both.value, both.interval(confidence), one)
