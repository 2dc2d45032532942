"""What ``wortlaut.score`` is given as gold and as predicted: documents, names of files, or columns, mixed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wortlaut.corpus.load import Corpus, annotated_batches, digest_of, digests
from wortlaut.corpus.schemes import SCHEMES, follows, shown
from wortlaut.corpus.schemes import notes as scheme_notes
from wortlaut.errors import DataError, MissingFileError, counted, unknown_name
from wortlaut.evaluation.scorer import SENTENCES, of_one_sentence
from wortlaut.extractors.matching import Matched
from wortlaut.formats import plain
from wortlaut.formats.losses import Losses
from wortlaut.formats.tags import STRICT
from wortlaut.model import Document, Entity
from wortlaut.model.batch import Batch
from wortlaut.model.columns import first_row
from wortlaut.records.annotations import parse
from wortlaut.scoring.inputs import COLUMNS, TAGS, Side, group_notes, near, read_side, tags_of
from wortlaut.scoring.tally import items_of


@dataclass(frozen=True)
class Given:
    """Both sides, and all documents where one side knows them: those without spans count, too.

    ``texts`` are both sides as documents, one for one, where both have texts or the predictions are words.
    """

    gold: Side
    predicted: Side
    documents: Sequence[Hashable] | None = None
    texts: tuple[Batch, Batch] | None = None
    #: Name of the gold and hash of its content, where it holds texts.
    corpus: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class _Texts:
    """Documents, and what errors call them; ``corpus`` is the name of theirs, if they have one."""

    name: str
    batch: Batch
    corpus: str = ""

    @classmethod
    def of(cls, corpus: Corpus) -> _Texts:
        return cls(corpus.name, Batch.of(corpus.documents), corpus.name)


def given(gold: Any, predicted: Any, scheme: str | None = None, column: str | None = None) -> Given:
    """Columns of both sides; ``column`` is a further one, kept as the group of each span.

    Where both sides hold texts, their documents are matched by id, else by text, else in order, and each text
    is checked. Where one does, the other names its documents by id, or has an item for each of them, and its
    offsets are characters. ``scheme`` is one of tags, or an annotation scheme in which both sides are shown.
    Raises DataError and UnknownNameError.
    """
    if scheme not in (None, *STRICT, *SCHEMES):
        raise unknown_name("scheme", str(scheme), (*STRICT, *SCHEMES))
    if predicted is None:
        gold, predicted = _examples(gold)
    lost, missed = Losses(""), Losses("")
    left = _taken(gold, lost)
    texts = dict(zip(left.batch.ids, left.batch.texts, strict=True)) if _documents(left) else {}
    right = _taken(predicted, missed, texts, words=True)
    if _documents(left) or _documents(right):
        notes = [*lost.notes("gold"), *_notes(left, "gold")]
        notes += [*missed.notes("predicted"), *_notes(right, "predicted")]
        left, right = _as_documents(left, "gold"), _as_documents(right, "predicted")
    if scheme in SCHEMES:
        if not _documents(left) or not _documents(right):
            hint = "Give documents or names of files on both sides: its rules look at the words."
            raise DataError(f"only texts are shown in the scheme {scheme}", hint=hint)
        left, right = _in_scheme(scheme, left, "gold", notes), _in_scheme(scheme, right, "predicted", notes)
    if _documents(left) and _documents(right):
        return replace(_matched(left, right, column, notes), corpus=_corpus(left))
    if (words := _in_words(right)) is not None:
        return replace(_said(left, words, column), corpus=_corpus(left))
    if not _documents(left) and not _documents(right):
        first = read_side(_table(left, column), "gold", scheme=scheme, column=column)
        second = read_side(_table(right, column), "predicted", scheme=scheme, column=column, gold=first)
        return Given(first, second)
    what, other = ("gold", "predicted") if _documents(left) else ("predicted", "gold")
    documents, data = (left, right) if _documents(left) else (right, left)
    own = _side(documents.batch, column)
    further = None if column == "text" else column
    side = read_side(_table(data, further), other, scheme=scheme, column=further)
    if side.lengths is not None and side.lengths.any():
        raise tags_of(other)
    _check_ends(side, documents.batch, other)
    if column == "text":
        side = _with_texts(side, documents.batch)
    names = None if side.documents is None else own.documents
    own = replace(own, documents=names, notes=tuple(notes))
    if what == "predicted":
        return Given(side, own, names)
    return Given(own, side, names, corpus=_corpus(documents))


def _in_scheme(name: str, side: _Texts, what: str, notes: list[str]) -> _Texts:
    """The documents as the scheme annotates them; what that changes is told in ``notes``."""
    changes = None if follows(name, side.corpus) else Losses(name)
    batch = Batch.joined([*shown(name, side.corpus, [side.batch], changes)])
    notes += scheme_notes(name, what, changes)
    return replace(side, batch=batch)


def _corpus(gold: _Texts) -> tuple[str, str]:
    return gold.corpus, digest_of(digests(gold.batch))


def _examples(gold: Any) -> tuple[list[Any], list[Any]]:
    examples = list(gold) if isinstance(gold, Iterable) else [gold]
    if not all(hasattr(example, "reference") and hasattr(example, "predicted") for example in examples):
        raise DataError("predicted is missing", hint="Only spaCy Example objects hold both sides.")
    return [example.reference for example in examples], [example.predicted for example in examples]


def _documents(data: Any) -> bool:
    """Whether it has been read as documents."""
    return isinstance(data, _Texts)


def _taken(data: Any, losses: Losses, texts: Mapping[str, str] | None = None, *, words: bool = False) -> Any:
    """The documents that objects and names of files stand for; else the data, for the reader of columns."""
    if isinstance(data, Corpus):
        return _Texts.of(data)
    if isinstance(data, Path) or (isinstance(data, str) and data):
        if str(data).endswith(".parquet"):
            return Path(data)
        batches = [*annotated_batches(str(data), texts, losses, allow_empty=True, words=words)]
        return _Texts(str(data), Batch.joined(batches), plain(str(data)))
    if isinstance(data, Document):
        data = [data]
    elif hasattr(data, "ents") and hasattr(data, "text"):
        return [data]
    elif _texts(data, *TAGS):
        return _Texts.of(Corpus.from_dataset(data))
    if isinstance(data, list | tuple) and data and all(isinstance(one, Document) for one in data):
        return _Texts("documents", Batch.of(data))
    return data


def _notes(data: Any, what: str) -> Iterator[str]:
    """What is annotated and not scored, and of what the intervals are."""
    if _documents(data):
        sizes = data.batch.sizes()
        beside = {name: sizes[name] for name in ("quotes", "clusters")}
        if any(beside.values()):
            told = " and ".join(counted(many, name[:-1]) for name, many in beside.items() if many)
            yield f"{what}: not scored here are {told}; wortlaut.evaluate scores all layers"
        batch = data.batch
        if what == "gold" and "tokens" in batch.columns and of_one_sentence(batch) and len(batch) > 1:
            yield SENTENCES
    elif _spacy(data):
        yield from group_notes(data, what)


def _spacy(data: Any) -> bool:
    return isinstance(data, list | tuple) and bool(data) and all(hasattr(one, "ents") for one in data)


def _texts(data: Any, *others: str) -> bool:
    """Whether it is a dataset, and none of spans in columns or of one of the ``others``."""
    if type(data).__module__.partition(".")[0] != "datasets":
        return False
    names = {*(data.column_names or ())}
    return not {*COLUMNS[:4]} <= names and names.isdisjoint(others)


def _as_documents(data: Any, what: str) -> Any:
    """spaCy documents and datasets that hold texts, beside documents; else the data as it is."""
    if _texts(data):
        return _Texts.of(Corpus.from_dataset(data, name=what))
    if _spacy(data):
        return _Texts("spaCy", Batch.of(Corpus.from_spacy(data, name=what).documents))
    return data


def _table(data: Any, column: str | None) -> Any:
    """The columns of a file of spans that a score needs, and no others: one side at a time is in memory."""
    if not isinstance(data, Path):
        return data
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not data.is_file():
        raise MissingFileError("no such file", where=str(data))
    try:
        names = pq.read_schema(data).names
        table = pq.read_table(data, columns=[name for name in (*COLUMNS, column) if name in names])
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"is not a Parquet file: {error}", where=str(data)) from error
    return dict(zip(table.column_names, table.columns, strict=True))


def _matched(gold: _Texts, predicted: _Texts, column: str | None, notes: Sequence[str]) -> Given:
    matched = Matched(predicted.name, predicted.batch)
    found = matched.answers(gold.batch)
    matched.finish()
    left = replace(_side(gold.batch, column), notes=tuple(notes))
    right = replace(_side(found, column), documents=left.documents)
    return Given(left, right, left.documents, (gold.batch, found))


def _in_words(data: Any) -> list[list[tuple[Any, Any]]] | None:
    """Words and label of each answer, where predictions are lists of these, one for each document."""
    if not isinstance(data, list | tuple) or not all(isinstance(row, list | tuple) for row in data):
        return None
    items = [item for row in data for item in row]
    pairs = all(isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str) for item in items)
    named = all(isinstance(item, Mapping) and item.keys() == {"text", "label"} for item in items)
    if not items or not (pairs or named):
        return None
    return [[item if pairs else (item["text"], item["label"]) for item in row] for row in data]


def _said(gold: Any, rows: Sequence[Sequence[tuple[Any, Any]]], column: str | None) -> Given:
    """Raises DataError where the gold has no texts or not as many documents, and for words that are none."""
    if not _documents(gold):
        hint = "Give the gold as a Corpus, documents, or the name of a file that holds them."
        raise DataError("predicted are words without offsets, and the gold has no texts", hint=hint)
    batch = gold.batch
    if len(rows) != len(batch):
        raise DataError(f"predicted has {len(rows)} items, gold {counted(len(batch), 'document')}")
    found = [
        parse(
            {"id": id, "entities": [{"text": words, "label": label} for words, label in row]},
            where=f"predicted, document {id}",
            text=text,
            words=True,
        )[1]
        for id, text, row in zip(batch.ids, batch.texts, rows, strict=True)
    ]
    left, answers = _side(batch, column), batch.answered(found)
    return Given(left, _side(answers, column), left.documents, (batch, answers))


def _side(batch: Batch, column: str | None) -> Side:
    """The entities of the documents."""
    names = sorted(batch.labelled())
    code = np.searchsorted(names, batch.labels) if names else np.zeros(0, np.int64)
    spans = replace(batch.entities, label=code[batch.entities.label])
    side = Side(spans, tuple(names), batch.ids, len(batch))
    if column is None:
        return side
    pairs = ((entity, document.text) for document in batch.documents() for entity in document.entities)
    return _grouped(side, [_value(entity, text, column) for entity, text in pairs])


def _grouped(side: Side, values: Sequence[str]) -> Side:
    groups = tuple(sorted(set(values)))
    code = {name: i for i, name in enumerate(groups)}
    group = np.asarray([code[value] for value in values], np.int64)
    return replace(side, spans=replace(side.spans, group=group), groups=groups)


def _with_texts(side: Side, documents: Batch) -> Side:
    """Spans beside documents, grouped by the words that they cover there."""
    texts = dict(zip(documents.ids, documents.texts, strict=True))
    names = list(texts) if side.documents is None else side.documents
    items = items_of(side.spans, [""] * len(side.labels))
    return _grouped(side, [span.text(texts.get(str(names[i]), "")) for i, span, _ in items])


def _value(entity: Entity, text: str, column: str) -> str:
    if column == "text":
        return entity.span.text(text)
    if column not in Entity.__dataclass_fields__:
        raise DataError(f"entities have no {column!r}", hint=near(column, *Entity.__dataclass_fields__))
    return str(getattr(entity, column))


def _check_ends(side: Side, documents: Batch, what: str) -> None:
    """Raises DataError for a span outside the text that it is about; predictions may come without texts."""
    pairs = zip(documents.ids, documents.texts, strict=True)
    ends = {id: len(text) or np.iinfo(np.int64).max for id, text in pairs}
    names = list(ends) if side.documents is None else side.documents
    longest = np.asarray([ends.get(str(name), np.iinfo(np.int64).max) for name in names], np.int64)
    numbers = side.spans.document
    inside = numbers < len(longest)
    if (row := first_row(side.spans.end[inside] > longest[numbers[inside]])) is not None:
        at = int(np.flatnonzero(inside)[row])
        start, end, name = side.spans.start[at], side.spans.end[at], names[numbers[at]]
        raise DataError(
            f"[{start}, {end}) ends outside the text, which has {ends[str(name)]} characters",
            where=f"{what}, document {name}",
            hint="Beside documents, offsets count characters (Unicode code points).",
        )
