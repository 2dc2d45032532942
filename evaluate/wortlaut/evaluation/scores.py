"""``wortlaut.score``: any gold and predicted spans, any schema, one call."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal, TypedDict, Unpack, overload

import numpy as np

from wortlaut.corpus.schemes import SCHEMES
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.breakdowns import BREAKDOWNS
from wortlaut.evaluation.given import given
from wortlaut.evaluation.scorer import SENTENCES, Found, Scoring, Source
from wortlaut.evaluation.systems import System
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Spans, rising
from wortlaut.scoring.breakdown import LENGTHS, class_of, classes, regrouped, result_by_group
from wortlaut.scoring.curves import Curves, curves_of
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.inputs import Side
from wortlaut.scoring.join import Unknown, join
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.labels import Labels, Projection, check_only, label_notes, projection, unused
from wortlaut.scoring.metrics import GIVEN, WORDS, check_schema, counter, counts_positions
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.tally import added, kept
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import document_units


class Options(TypedDict, total=False):
    """The keyword arguments of :func:`score` beside the schema."""

    intervals: bool
    labels: Labels
    only: Sequence[str] | None
    documents: Sequence[Hashable] | None
    unknown_documents: Unknown
    errors: bool
    scheme: str | None
    samples: int | None
    seed: int | None
    confidence: float
    interval_method: str | None
    corpus: str
    allow_empty: bool


@overload
def score(
    gold: Any, predicted: Any = ..., *, schema: Literal["nervaluate", "hipe"], **options: Unpack[Options]
) -> Results: ...
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
    labels: Labels = None,
    only: Sequence[str] | None = None,
    documents: Sequence[Hashable] | None = None,
    unknown_documents: Unknown = "error",
    errors: bool = False,
    scheme: str | None = None,
    samples: int | None = None,
    seed: int | None = None,
    confidence: float = 0.95,
    interval_method: str | None = None,
    corpus: str = "",
    allow_empty: bool = False,
) -> Result | Results:
    """Score predicted spans against gold spans.

    Parameters
    ----------
    gold, predicted
        A ``Corpus``, a ``Document`` or several, or the name of a file in any format (``FORMAT:PATH``, or a
        path): their entities; or a mapping, table (NumPy, Arrow, pandas, polars) or Parquet file with the
        columns ``document``, ``start``, ``end``, ``label`` and optionally ``level``, ``score`` and
        ``fragment`` (rows of a document that share a value there are the fragments of one discontinuous
        span); a list of ``(start, end, label)`` for each document; a list of tags (``B-PER``) for each
        sentence; spaCy ``Doc`` objects; a ``datasets.Dataset``. For spaCy ``Example`` objects leave out
        ``predicted``. The sides may be of different kinds, but for tags, which count tokens. Offsets are
        half-open, in any unit that both sides share; beside documents, code points. Predictions may be words
        without offsets, ``("Karl Wenz", "PER")``, where the gold are documents: the result has the scores
        with the fewest right answers, and with the most in ``upper``. Documents on both sides
        are matched by id, else by text, else in order, and each text is checked.
    schema
        A name from ``wortlaut.SCHEMAS``, or several: then the result maps each schema to its result.
        ``seqeval``, ``conlleval``, ``nervaluate`` and ``hipe`` give those scorers' own numbers, quirks
        included and noted; the last two have several schemas, so the result is a mapping for them. ``set``,
        ``multiset``, ``universal-ner``, ``gollie`` and ``lm-eval`` compare words, not places.
    intervals
        95% intervals over documents (or sentences for tag sequences), by the jackknife with Student's t on
        the logit; ``docs/metrics.md`` has how often they hold.
    labels
        A projection (``conll4``, ``coarse``) or a mapping from label to label, ``None`` to leave out. What
        ``"gold"`` and ``"predicted"`` map to in it is a mapping for that side alone, applied first. Every
        other label is a label: one that the gold lacks is spurious, and noted.
    only
        The labels that count, after the mapping: spans of others are left out on both sides.
    documents
        All documents of the corpus, those without spans too; they count in the intervals. Without it
        the documents are those that a table names, or the items of a list.
    unknown_documents
        What predictions for a document outside ``documents`` are: an ``error``, or ``spurious``.
    errors
        Count error classes (Ortmann 2022) as well.
    scheme
        ``IOB1``, ``IOB2``, ``IOE1``, ``IOE2``, ``IOBES`` or ``BILOU`` reads tags as seqeval's strict mode
        does; by default all of them are read as conlleval does. ``germeval2014`` or
        ``german-news-quotation`` shows the documents of both sides as that scheme annotates them; what that
        changes is noted (``docs/schemes.md``).
    samples, seed, confidence, interval_method
        ``samples``, ``seed`` or ``interval_method`` (``percentile``, ``bca``) ask for the bootstrap in place
        of the jackknife, 1,000 resamples unless said otherwise; too narrow for fewer than 300 documents.
    corpus
        A name for the signature.
    allow_empty
        Whether no documents, or no span on either side, have (undefined) scores; else they are an error.

    Raises
    ------
    DataError
        Columns missing or of different lengths, offsets that are empty, reversed or negative,
        gold and prediction of different sizes, tags that are none, unknown documents.
    UnknownNameError
        A schema or projection that is not there.
    """
    chosen = projection(labels, only)
    sides = _read(gold, predicted, chosen, scheme)
    documents = sides.documents if documents is None else documents
    left, right, units, names = join(
        sides.gold, sides.predicted, documents=documents, unknown_documents=unknown_documents
    )
    resampling = Resampling.asked(samples, seed, confidence, interval_method)
    if not intervals:
        resampling = Resampling(samples=0)
    signature = replace(sides.signature, corpus=corpus or sides.signature.corpus, resampling=resampling)
    asked = [schema] if isinstance(schema, str) else schema
    others = (*GIVEN, *WORDS)
    wanted = list(dict.fromkeys(check_schema(s, others=others) for s in asked))
    if sides.said or not WORDS.keys().isdisjoint(wanted):
        results = _by_words(sides, wanted, signature, allow_empty=allow_empty)
        return next(iter(results.values())) if isinstance(schema, str) else results
    if not allow_empty and not len(left) + len(right):
        what = "there is no span on either side" if units else "there are no documents"
        hint = " ".join([*sides.notes, "To score it as it is: allow_empty=True."])
        raise DataError(f"nothing to score: {what}", hint=hint)
    told, parts = sides.told(resampling), []
    del sides  # a million documents need the memory
    for task, first in _blocks(left, right, units, names, chosen.only if chosen else ()):
        tallies = tallies_of(task, names, wanted, errors=errors, items=False)
        if task.units < units:
            place = np.arange(first, first + task.units, dtype=np.int64)
            # Without intervals nothing is asked of single documents.
            unit = place if resampling.wanted else np.zeros_like(place)
            tallies = {name: kept(tally, unit, place) for name, tally in tallies.items()}
        parts.append(tallies)
    del left, right
    wholes = {
        name: tally if len(parts) == 1 else added([part[name] for part in parts], units, units)
        for name, tally in parts[0].items()
    }
    results = Results(
        (name, result_of(whole, replace(signature, schemas=(name,)), told)) for name, whole in wholes.items()
    )
    return next(iter(results.values())) if isinstance(schema, str) and len(results) == 1 else results


def breakdown(
    gold: Any,
    predicted: Any = None,
    by: str = "length",
    *,
    schema: str = "strict",
    seen: Collection[str] | None = None,
    intervals: bool = True,
    labels: Labels = None,
    only: Sequence[str] | None = None,
    scheme: str | None = None,
    samples: int | None = None,
    seed: int | None = None,
    corpus: str = "",
) -> Result:
    """The score of each group of spans; ``per_label`` of the result holds the groups.

    ``by`` is ``length`` (covered units of the offsets, in classes), ``document``, ``surface`` (the column
    ``text``: seen in ``seen``, such as the names of the training data, or unseen), or the name of any column
    that both tables have, such as ``level``. Spans are matched as in the whole; recall looks at the group of
    the gold span, precision at that of the predicted one. The other parameters are those of
    :func:`score`. Raises DataError for a column that is not there.
    """
    column = {"length": None, "document": None, "surface": "text"}.get(by, by)
    if by == "surface" and seen is None:
        raise DataError("seen is missing", hint="Give the surfaces that count as seen.")
    try:
        sides = _read(gold, predicted, projection(labels, only), scheme, column)
    except DataError as error:
        if by not in BREAKDOWNS or repr(by) not in error.what:
            raise
        hint = f"wortlaut.evaluate(…, by=[{by!r}]) and `wortlaut score --by {by}` have it."
        raise DataError(error.what, where=error.where, hint=hint) from error
    left, right, units, names = join(sides.gold, sides.predicted, documents=sides.documents)
    groups: tuple[str, ...]
    if by == "length":
        groups = classes(LENGTHS)
        codes = [class_of(spans.sizes(), LENGTHS) for spans in (left, right)]
    else:
        two = (sides.gold, sides.predicted)
        if by == "document":
            own = [range(side.size) if side.documents is None else side.documents for side in two]
            texts = [tuple(map(str, names)) for names in own]
            groups = tuple(dict.fromkeys([*texts[0], *texts[1]]))
        else:
            texts = [side.groups for side in two]
            groups = tuple(sorted({*texts[0], *texts[1]}))
        if seen is not None and by == "surface":
            groups = ("seen", "unseen")
            texts = [tuple("seen" if text in seen else "unseen" for text in side) for side in texts]
        place = {name: i for i, name in enumerate(groups)}
        codes = [
            np.asarray([place[name] for name in names], np.int64)[
                side.spans.document if by == "document" else side.spans.group
            ]
            for side, names in zip(two, texts, strict=True)
        ]
    left, right = (replace(side, group=code) for side, code in zip((left, right), codes, strict=True))
    task = Task(_ordered(left), _ordered(right), units, len(names))
    resampling = Resampling.asked(samples, seed) if intervals else Resampling(samples=0)
    name = check_schema(schema)
    if counts_positions(name):
        raise WortlautError(f"{name} counts positions, not spans, and has no breakdown")
    signature = replace(
        sides.signature,
        corpus=corpus or sides.signature.corpus,
        by=by,
        schemas=(name,),
        resampling=resampling,
    )
    tally = tallies_of(task, names, [name], errors=False, items=False)[name]
    return result_by_group(regrouped(tally, groups), signature, sides.told(resampling))


def curves(
    gold: Any,
    predicted: Any,
    *,
    schema: str = "strict",
    labels: Labels = None,
) -> Curves:
    """Curves of predictions that carry a ``score``, by one matching of all of them.

    The inputs are those of :func:`wortlaut.score`. Of duplicates the one with the highest score is the
    right one. Raises DataError without scores or without gold, and for schemas that count positions.
    """
    metric, _ = counter(schema)
    if metric.positions or metric.name == "partial":
        what = f"under {metric.name} a prediction is not simply right or wrong"
        raise DataError(what, hint="Use strict or type.")
    sides = _read(gold, predicted, projection(labels), None)
    left, right, units, names = join(sides.gold, sides.predicted, documents=sides.documents)
    task = Task(_ordered(left), _ordered(right), units, len(names))
    if task.predicted.score is None:
        raise DataError(
            "the predictions have no score", hint="Give each span a score, such as a probability."
        )
    if not len(task.gold):
        raise DataError("there is no gold span, so recall is undefined")
    return curves_of(task, schema)


@dataclass(frozen=True)
class _Sides:
    gold: Side
    predicted: Side
    documents: Sequence[Hashable] | None
    #: Without schema and intervals.
    signature: Signature
    notes: tuple[str, ...]
    texts: tuple[Batch, Batch] | None = None
    #: Whether answers are words without offsets.
    said: bool = False

    def told(self, resampling: Resampling) -> tuple[str, ...]:
        """The notes, those of intervals only where there are any."""
        return tuple(note for note in self.notes if resampling.wanted or note != SENTENCES)


def _by_words(sides: _Sides, schemas: Sequence[str], signature: Signature, *, allow_empty: bool) -> Results:
    """Where answers are words without offsets, or words are what is compared. Raises DataError."""
    if sides.texts is None:
        what = (
            f"{', '.join(one for one in schemas if one in WORDS)}: words are compared, and one side has none"
        )
        raise DataError(what, hint="Give documents or names of files on both sides, or words as predictions.")
    source = Source.of(signature.corpus or "spans", True, sides.texts[0], allow_empty=allow_empty)
    number = {id: i for i, id in enumerate(sides.texts[0].ids)}
    order = np.asarray([number[id] for id in source.gold.ids], np.int64)
    gold, found = (side.take(order) for side in sides.texts)
    whole = replace(source.gold, units=document_units(len(gold)))
    scoring = Scoring(whole, schemas, signature.projection, signature.resampling, items=False)
    part = scoring.part(0, gold, found, None, ["entities"])
    scored = scoring.scored(System("predicted"), Found([part], ["entities"]))
    told = dict.fromkeys([*sides.told(signature.resampling), *scored.notes])
    return Results(
        (
            key.schema,
            replace(
                result,
                signature=replace(signature, schemas=(key.schema,), average=result.signature.average),
                notes=(*told, *result.notes),
            ),
        )
        for key, result in scored.results.items()
    )


def _read(
    gold: Any,
    predicted: Any,
    chosen: Projection | None,
    scheme: str | None,
    column: str | None = None,
) -> _Sides:
    sides = given(gold, predicted, scheme, column)
    left, right = sides.gold, sides.predicted
    counts = [
        {side.labels[i]: many for i, many in enumerate(np.bincount(side.spans.label).tolist()) if many}
        for side in (left, right)
    ]
    said = sides.texts is not None and any(one.unplaced for one in sides.texts[1].whole.values())
    if sides.texts is not None and said:
        counts[1] = dict(sides.texts[1].labelled())
    check_only(chosen, *counts)
    notes = (*left.notes, *right.notes, *label_notes(chosen, counts[0]), *label_notes(chosen, *counts))
    notes += tuple(unused(chosen, *counts))
    if chosen is not None:
        left, right = _projected(left, chosen, "gold"), _projected(right, chosen, "predicted")
    if not len(left.spans) and len(right.spans):
        notes += ("The gold has no spans.",)
    if not len(right.spans) and len(left.spans) and not said:
        notes += ("No spans are predicted.",)
    signature = Signature(*sides.corpus, projection=chosen)
    if scheme is not None:
        tags = scheme not in SCHEMES
        signature = replace(signature, scheme=scheme) if tags else replace(signature, conventions=scheme)
    return _Sides(left, right, sides.documents, signature, notes, sides.texts, said)


def _ordered(spans: Spans) -> Spans:
    """Canonical order, without sorting what is sorted."""
    later = spans.document[1:] > spans.document[:-1]
    same = spans.document[1:] == spans.document[:-1]
    if spans.fragments is None and bool((later | (same & (spans.start[1:] > spans.start[:-1]))).all()):
        return spans
    return spans.sorted()


#: Spans of both sides in one block; more, and the documents are scored block by block.
_BLOCK = 500_000


def _blocks(
    left: Spans, right: Spans, units: int, names: Sequence[str], asked: Collection[str]
) -> Iterator[tuple[Task, int]]:
    """The corpus as tasks over runs of documents, each with the first: scoring needs memory for one.

    Labels that are ``asked`` for are known ones, whether the gold has them or not.
    """
    labels = len(names)
    known = np.bincount(left.label, minlength=labels)[:labels] > 0
    known |= np.asarray([name in asked for name in names], np.bool_)
    if len(left) + len(right) <= _BLOCK:
        yield Task(_ordered(left), _ordered(right), units, labels, given=(left, right), known=known), 0
        return
    sides = [
        side if rising(side.document) else side.take(np.argsort(side.document, kind="stable"))
        for side in (left, right)
    ]
    many = sum(np.bincount(spans.document, minlength=units) for spans in sides)
    block = np.cumsum(many) // _BLOCK
    edges = np.r_[0, np.flatnonzero(block[1:] != block[:-1]) + 1, units].tolist()
    for low, high in pairwise(edges):
        given = (_run(sides[0], low, high), _run(sides[1], low, high))
        ordered = (_ordered(given[0]), _ordered(given[1]))
        yield Task(*ordered, high - low, labels, given=given, known=known), low


def _run(spans: Spans, low: int, high: int) -> Spans:
    """The spans of the documents from ``low`` to below ``high``, numbered from 0."""
    first, last = np.searchsorted(spans.document, (low, high)).tolist()
    part = spans.take(np.arange(first, last, dtype=np.int64))
    return replace(part, document=part.document - low, unit=part.unit - low)


def _projected(side: Side, chosen: Projection, what: str) -> Side:
    to = [chosen(label, what) for label in side.labels]
    labels = tuple(sorted({label for label in to if label is not None}))
    code = np.asarray([-1 if label is None else labels.index(label) for label in to], np.int64)
    label = code[side.spans.label]
    kept = label >= 0
    spans = replace(side.spans, label=label).take(kept)
    return replace(side, spans=spans, labels=labels)
