"""What one score counted in a part of a corpus, and the sum of parts: the numbers of one pass.

Documents are scored each by itself, so the counts of the whole are those of its parts side by side. What
stays of a part is a row for each unit and label that has counts: where, and four numbers, in the smallest
integer type that holds a column (7 bytes a row where spans are counted in up to 65,536 units, 9 in more).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wortlaut.model import Span
from wortlaut.model.columns import Ints, Spans, small
from wortlaut.scoring.confusion import Confusion
from wortlaut.scoring.counts import GOLD, Counts

#: The number of a document, a span of it, and a label (empty where the task has none).
Item = tuple[int, Span, str]

#: At most this many single cases are listed in a note.
CASES = 20


@dataclass(frozen=True)
class Note:
    """A sentence with numbers that add up over chunks of documents: ``{0} pairs …``.

    It is told where one of its numbers is above 0, or it has none; and ``unless``, a number that adds up
    as well, is above 0. ``cases`` are single cases by document, for ``{cases}``.
    """

    text: str
    numbers: tuple[int, ...] = ()
    unless: int = 0
    cases: tuple[tuple[int, str], ...] = ()

    @property
    def told(self) -> bool:
        return not self.unless and (not self.numbers or any(self.numbers))

    def __str__(self) -> str:
        lines = [f"document {document + 1}: {what}" for document, what in self.cases[:CASES]]
        if self.numbers and self.numbers[0] > CASES:
            lines.append(f"and {self.numbers[0] - CASES} more")
        return self.text.format(*self.numbers, cases="; ".join(lines))


@dataclass(frozen=True)
class Tally:
    """What one score counted in each unit: all that its result is made from.

    ``headline`` is the average that is the score: ``micro``, or ``macro`` where the labels are
    scores of their own whose mean is meant, or ``pairs`` where the items are pairs, each with a share of 1;
    ``averages`` are the others that are reported: ``macro``,
    ``weighted`` (by gold items), ``macro_doc`` (over documents, from their sums in ``documents``).
    ``pooled`` counts all labels together where that is matched apart from the single labels. ``zero``: 0/0 is
    reported as 0. ``items`` are the gold and the predicted items as ``(document, span, label)``, in the
    order of their rows in ``counts``, where rows are items. ``ends`` are the labels that stand first and last
    in any corpus; those between are sorted. ``basis`` is how many gold items the score needs one of,
    ``None`` where it needs none. ``rows``, where rows are items: which entity or quote of each side a
    row is about, for breakdowns. ``of_gold``: labels that the gold lacks are in no mean. ``indices``: of
    each error class its items, as document and number within it, shape ``(n, 2)``.
    """

    counts: Counts
    labels: tuple[str, ...]
    errors: Mapping[str, int] | None = None
    told: tuple[Note, ...] = ()
    headline: str = "micro"
    items: tuple[Sequence[Item], Sequence[Item]] | None = None
    confusion: Confusion | None = None
    ends: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    basis: int | None = None
    averages: tuple[str, ...] = ("macro",)
    pooled: Counts | None = None
    documents: Counts | None = None
    zero: bool = False
    rows: tuple[Ints, Ints] | None = None
    indices: Mapping[str, Ints] | None = None
    of_gold: bool = False

    @property
    def scored(self) -> Tally:
        """What the score is made from: with ``of_gold`` without the labels that the gold lacks."""
        if not self.of_gold:
            return self
        lacks = self.counts.totals()[:, GOLD] == 0
        if not lacks.any() or lacks.all():
            return self
        rows = ~lacks[self.counts.label]
        columns = ("unit", "label", "gold", "predicted", "hits_gold", "hits_predicted")
        left = {name: getattr(self.counts, name)[rows] for name in columns}
        what = ", ".join(label for label, one in zip(self.labels, lacks, strict=True) if one)
        note = Note(f"the gold has no {what} items: the score is that of the others alone")
        return replace(self, counts=replace(self.counts, **left), told=(*self.told, note))

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(str(note) for note in self.told if note.told)


def items_of(spans: Spans, labels: Sequence[str]) -> list[Item]:
    """The rows of a table as items."""
    rows = zip(spans.document.tolist(), spans.ranges(), spans.label.tolist(), strict=True)
    return [(document, Span(pairs), labels[label]) for document, pairs, label in rows]


def kept(tally: Tally, unit: Ints, document: Ints) -> Tally:
    """What stays of a part: rows of one unit and label added up, no items.

    ``unit`` and ``document`` hold the numbers that the part's units and documents have in the whole corpus.
    """
    return replace(
        tally,
        counts=_compact(tally.counts, unit),
        items=None,
        rows=None,
        pooled=tally.pooled and _compact(tally.pooled, unit),
        documents=tally.documents and _compact(tally.documents, document),
        indices=tally.indices
        and {
            kind: np.stack([document[rows[:, 0]], rows[:, 1]], axis=1) for kind, rows in tally.indices.items()
        },
        told=tuple(
            replace(note, cases=tuple((int(document[at]), what) for at, what in note.cases[:CASES]))
            for note in tally.told
        ),
    )


def _compact(counts: Counts, unit: Ints) -> Counts:
    labels = max(counts.labels, 1)
    owner = unit[counts.unit]
    least = int(owner.min()) if len(owner) else 0
    key = (owner - least) * labels + counts.label
    size = int(key.max(initial=0)) + 1
    if size <= 8 * len(key):
        rows = np.flatnonzero(np.bincount(key, minlength=size))
        row = np.zeros(size, np.int64)
        row[rows] = np.arange(len(rows))
        row = row[key]
    else:
        rows, row = np.unique(key, return_inverse=True)
    # Sums of integers below 2**53 are exact in float64, in which bincount adds.
    gold, predicted, hits_gold, hits_predicted = (
        small(np.bincount(row.reshape(-1), weights=column, minlength=len(rows)).astype(np.int64))
        for column in counts.columns()
    )
    owner, label = small(rows // labels + least), small(rows % labels)
    return replace(
        counts,
        unit=owner,
        label=label,
        gold=gold,
        predicted=predicted,
        hits_gold=hits_gold,
        hits_predicted=hits_predicted,
        golds=None,
    )


def added(parts: Sequence[Tally], units: int, documents: int) -> Tally:
    """One score of all parts of a corpus of so many units and documents, from what :func:`kept` left."""
    first = parts[0]
    head, tail = first.ends
    between = {label for part in parts for label in part.labels}.difference(head, tail)
    labels = (*head, *sorted(between), *tail)
    number = {label: i for i, label in enumerate(labels)}
    codes = [small(np.asarray([number[label] for label in part.labels], np.int64)) for part in parts]
    errors = first.errors and {
        name: sum(part.errors[name] for part in parts if part.errors) for name in first.errors
    }
    return replace(
        first,
        counts=_side_by_side([part.counts for part in parts], codes, units, len(labels)),
        labels=labels,
        errors=errors,
        told=tuple(_noted(notes) for notes in zip(*(part.told for part in parts), strict=True)),
        confusion=_confusion([part.confusion for part in parts], number) if len(labels) > 1 else None,
        basis=None if first.basis is None else sum(part.basis or 0 for part in parts),
        pooled=first.pooled
        and _side_by_side([part.pooled or part.counts for part in parts], codes, units, len(labels)),
        documents=first.documents
        and _side_by_side([part.documents or part.counts for part in parts], codes, documents, len(labels)),
        indices=first.indices
        and {
            kind: np.concatenate([part.indices[kind] for part in parts if part.indices])
            for kind in first.indices
        },
    )


def _side_by_side(parts: Sequence[Counts], codes: Sequence[Ints], units: int, labels: int) -> Counts:
    return Counts(
        units,
        labels,
        np.concatenate([one.unit for one in parts]),
        np.concatenate([code[one.label] for code, one in zip(codes, parts, strict=True)]),
        np.concatenate([one.gold for one in parts]),
        np.concatenate([one.predicted for one in parts]),
        np.concatenate([one.hits_gold for one in parts]),
        np.concatenate([one.hits_predicted for one in parts]),
        parts[0].scale,
        parts=parts[0].parts,
    )


def _noted(notes: Sequence[Note]) -> Note:
    return replace(
        notes[0],
        numbers=tuple(map(sum, zip(*(note.numbers for note in notes), strict=True))),
        unless=sum(note.unless for note in notes),
        cases=tuple(sorted(case for note in notes for case in note.cases)[:CASES]),
    )


def _confusion(parts: Sequence[Confusion | None], number: dict[str, int]) -> Confusion | None:
    matrix = np.zeros((len(number) + 1, len(number) + 1), np.int64)
    empty = ""
    for part in parts:
        if part is None:
            return None
        *labels, empty = part.labels
        place = np.asarray([*(number[label] for label in labels), len(number)], np.int64)
        matrix[np.ix_(place, place)] += np.asarray(part.matrix, np.int64)
    return Confusion((*number, empty), tuple(map(tuple, matrix.tolist())))
