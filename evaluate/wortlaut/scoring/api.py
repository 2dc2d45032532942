"""``wortlaut.score``: any gold and predicted spans, any schema, one call."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypedDict, Unpack, overload

import numpy as np

from wortlaut.errors import DataError
from wortlaut.scoring.columns import Ints, Spans, empty_spans
from wortlaut.scoring.engine import Context, score_task
from wortlaut.scoring.inputs import Side, read_side
from wortlaut.scoring.labels import Projection, projection
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.schemas import Task, check_schema
from wortlaut.scoring.uncertainty import Resampling

Unknown = Literal["error", "spurious"]


class Options(TypedDict, total=False):
    """The keyword arguments of :func:`score` beside the schema."""

    intervals: bool
    labels: str | Mapping[str, str | None] | None
    documents: Sequence[Hashable] | None
    unknown_documents: Unknown
    errors: bool
    scheme: str | None
    samples: int
    seed: int
    confidence: float
    interval_method: str
    corpus: str


@overload
def score(gold: Any, predicted: Any = ..., *, schema: str = ..., **options: Unpack[Options]) -> Result: ...
@overload
def score(
    gold: Any, predicted: Any = ..., *, schema: Sequence[str], **options: Unpack[Options]
) -> Results: ...
def score(
    gold: Any,
    predicted: Any = None,
    *,
    schema: str | Sequence[str] = "strict",
    intervals: bool = True,
    labels: str | Mapping[str, str | None] | None = None,
    documents: Sequence[Hashable] | None = None,
    unknown_documents: Unknown = "error",
    errors: bool = False,
    scheme: str | None = None,
    samples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
    interval_method: str = "percentile",
    corpus: str = "",
) -> Result | Results:
    """Score predicted spans against gold spans.

    Parameters
    ----------
    gold, predicted
        A mapping or table (NumPy, Arrow, pandas, polars) with the columns ``document``, ``start``,
        ``end``, ``label`` and optionally ``level``, ``score`` and ``fragment`` (rows of one document
        that share a value there are the fragments of one discontinuous span); a list of
        ``(start, end, label)`` for each document; a list of tags (``B-PER``) for each sentence; spaCy
        ``Doc`` objects; a ``datasets.Dataset``. For spaCy ``Example`` objects leave out ``predicted``.
        Offsets are half-open, in any unit that both sides share.
    schema
        A name from ``wortlaut.SCHEMAS``, or several: then the result maps each schema to its result.
    intervals
        Bootstrap percentile intervals over documents (or sentences for tag sequences).
    labels
        A projection (``conll4``, ``coarse``) or a mapping from label to label, ``None`` to leave out.
    documents
        All documents of the corpus, those without spans too; they count in the intervals. Without it
        the documents are those that a table names, or the items of a list.
    unknown_documents
        What predictions for a document outside ``documents`` are: an ``error``, or ``spurious``.
    errors
        Count error classes (Ortmann 2022) as well.
    scheme
        ``IOB2`` reads tags as seqeval's strict mode does; by default as conlleval does.
    samples, seed, confidence, interval_method
        The bootstrap: 1,000 resamples, percentiles; ``bca`` on request.
    corpus
        A name for the signature.

    Raises
    ------
    DataError
        Columns missing or of different lengths, offsets that are empty, reversed or negative,
        gold and prediction of different sizes, tags that are none, unknown documents.
    UnknownNameError
        A schema or projection that is not there.
    """
    if predicted is None:
        gold, predicted = _examples(gold)
    left, right = read_side(gold, "gold", scheme=scheme), read_side(predicted, "predicted", scheme=scheme)
    chosen = projection(labels)
    notes = [*left.notes, *right.notes]
    for name, side in (("gold", left), ("predicted", right)):
        if chosen is not None:
            projected, dropped = _projected(side, chosen)
            if name == "gold":
                left = projected
            else:
                right = projected
            if dropped:
                notes.append(f"{name}: {dropped} spans are left out by the projection {chosen.name}")
    task, names = join(left, right, documents=documents, unknown_documents=unknown_documents)
    resampling = Resampling("document", samples if intervals else 0, seed, confidence, interval_method)
    context = Context(corpus, labels="" if chosen is None else chosen.name)
    one = isinstance(schema, str)
    wanted = [schema] if isinstance(schema, str) else list(schema)
    results = Results()
    for item in dict.fromkeys(check_schema(item) for item in wanted):
        results[item] = score_task(task, names, item, resampling, context, errors=errors, notes=notes)
    return next(iter(results.values())) if one else results


def join(
    gold: Side,
    predicted: Side,
    *,
    documents: Sequence[Hashable] | None = None,
    unknown_documents: Unknown = "error",
) -> tuple[Task, tuple[str, ...]]:
    """Both sides over the same numbers of documents and labels, and the names of the labels."""
    if unknown_documents not in ("error", "spurious"):
        raise DataError(f"unknown_documents is {unknown_documents!r}", hint="Use 'error' or 'spurious'.")
    labels = tuple(sorted(set(gold.labels) | set(predicted.labels)))
    number = {label: i for i, label in enumerate(labels)}
    sides = []
    for side in (gold, predicted):
        code = np.asarray([number[label] for label in side.labels], np.int64)
        same = side.labels == labels
        sides.append(
            side.spans if same or not len(side.spans) else replace(side.spans, label=code[side.spans.label])
        )
    left, right = sides
    if (gold.documents is None) != (predicted.documents is None) and len(left) and len(right):
        raise DataError(
            "gold and predicted are of different kinds: a table with named documents, and a list",
            hint="Give both as tables, or both as lists.",
        )
    if gold.documents is None or predicted.documents is None:
        units = max(gold.size, predicted.size)
        if gold.documents is None and predicted.documents is None and gold.size != predicted.size:
            raise DataError(
                f"gold has {gold.size} documents, predicted has {predicted.size}",
                hint="Lists are compared item by item; give an empty list where nothing was found.",
            )
    else:
        left, right, units = _same_documents(
            left, right, gold.documents, predicted.documents, documents, unknown_documents
        )
    return Task(_ordered(left), _ordered(right), units, len(labels)), labels


def _ordered(spans: Spans) -> Spans:
    """Canonical order, without sorting what is sorted."""
    if len(spans) < 2:
        return spans if len(spans) else empty_spans()
    later = spans.document[1:] > spans.document[:-1]
    same = spans.document[1:] == spans.document[:-1]
    if spans.fragments is None and bool((later | (same & (spans.start[1:] > spans.start[:-1]))).all()):
        return spans
    return spans.sorted()


def _same_documents(
    left: Spans,
    right: Spans,
    names_left: Sequence[Hashable],
    names_right: Sequence[Hashable],
    documents: Sequence[Hashable] | None,
    unknown: Unknown,
) -> tuple[Spans, Spans, int]:
    if documents is None:
        if names_left == names_right:
            return left, right, len(names_left)
        number = {name: i for i, name in enumerate(dict.fromkeys([*names_left, *names_right]))}
    else:
        number = {name: i for i, name in enumerate(documents)}
        if len(number) != len(documents):
            raise DataError("a document is named twice in documents")
        for what, names in (("gold", names_left), ("predicted", names_right)):
            strange = [name for name in names if name not in number]
            if strange and (what == "gold" or unknown == "error"):
                raise DataError(
                    f"{what} has spans for {len(strange)} documents that are not among documents,"
                    f" such as {strange[0]!r}",
                    hint="Give all documents, or unknown_documents='spurious' to count them as wrong.",
                )
            for name in strange:
                number[name] = len(number)
    out = []
    for spans, names in ((left, names_left), (right, names_right)):
        code: Ints = np.asarray([number[name] for name in names], np.int64)
        document = code[spans.document] if len(spans) else spans.document
        out.append(replace(spans, document=document, unit=document))
    return out[0], out[1], len(number)


def _projected(side: Side, chosen: Projection) -> tuple[Side, int]:
    to = [chosen(label) for label in side.labels]
    labels = tuple(sorted({label for label in to if label is not None}))
    code = np.asarray([-1 if label is None else labels.index(label) for label in to], np.int64)
    if not len(side.spans):
        return replace(side, labels=labels), 0
    label = code[side.spans.label]
    kept = label >= 0
    spans = replace(side.spans, label=label).take(kept)
    return replace(side, spans=spans, labels=labels), int((~kept).sum())


def _examples(gold: Any) -> tuple[list[Any], list[Any]]:
    examples = list(gold)
    if not all(hasattr(example, "reference") and hasattr(example, "predicted") for example in examples):
        raise DataError("predicted is missing", hint="Only spaCy Example objects hold both sides.")
    return [example.reference for example in examples], [example.predicted for example in examples]
