"""Loads a corpus by its reference: the shipped gold, a folder of Parquet, or a file in a known format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from wortlaut.annotations.lines import around_span, format_lines, quoted
from wortlaut.corpus.schemes import shown
from wortlaut.errors import (
    DataError,
    MissingFileError,
    UnknownNameError,
    WortlautError,
    counted,
    unknown_name,
)
from wortlaut.formats import FORMATS, batch_reader, detect, lenience, names_format
from wortlaut.formats.columns import SCHEMES
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import exists
from wortlaut.model import LAYERS, ROLES, Annotations, Document, Span, sizes
from wortlaut.model.batch import Batch, in_batches
from wortlaut.records.frames import frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, repr=False)
class Corpus(Sequence[Document]):
    """Documents with gold annotations. ``hash`` is that of their content: ids, texts and annotations.

    The order of documents, and of annotations in a document, does not change it; nor does ``meta``.
    A sequence: ``corpus[0]`` and ``corpus["id"]`` are documents, ``corpus[:10]`` is a corpus.
    """

    name: str
    documents: tuple[Document, ...]
    hash: str

    @classmethod
    def of(cls, name: str, documents: Iterable[Document]) -> Corpus:
        documents = tuple(documents)
        return cls(name, documents, corpus_hash(documents))

    @classmethod
    def from_spans(
        cls, texts: Sequence[str] | Mapping[str, str], spans: Sequence[Any], name: str = "spans"
    ) -> Corpus:
        """Texts, by number or by id, with a list of ``(start, end, label)`` for each.

        A mapping ``{"start": …, "end": …, "label": …}`` is a span, too. Offsets are code points, half-open.
        Raises DataError where sizes differ or a span lies outside its text.
        """
        texts = [texts] if isinstance(texts, str) else texts
        named = texts if isinstance(texts, Mapping) else {str(i): text for i, text in enumerate(texts)}
        rows = [{"id": id, "text": text} for id, text in named.items()]
        return cls._from_columns(name, rows, {"spans": spans})

    @classmethod
    def from_tags(
        cls,
        sentences: Sequence[Sequence[str]],
        tags: Sequence[Sequence[str]],
        scheme: str = "IOB2",
        name: str = "tags",
    ) -> Corpus:
        """Sentences as tokens, each a document with its tags: ``[["Karl", "singt"]], [["B-PER", "O"]]``.

        The text is the tokens with a space between two. ``scheme``: IOB1, IOB2 (BIO), BIOES or BILOU.
        Raises DataError where sizes differ or a tag is none of the scheme.
        """
        if scheme not in SCHEMES:
            raise unknown_name("tag scheme", scheme, SCHEMES)
        rows = [{"id": str(i), "tokens": list(sentence)} for i, sentence in enumerate(sentences)]
        return cls._from_columns(name, rows, {"tags": tags}, scheme=scheme)

    @classmethod
    def from_dataset(cls, dataset: Any, columns: Mapping[str, Any] | None = None, name: str = "") -> Corpus:
        """The rows of a ``datasets.Dataset``, as ``hub:`` reads them; an IterableDataset, too.

        ``columns`` says which hold what, where they are not called as usual: ``{"text": "body", "spans":
        "ents"}`` or ``{"tokens": "words", "tags": "ner"}``. Raises DataError.
        """
        from wortlaut.corpus.hub import documents_of

        if not hasattr(dataset, "features"):
            raise DataError(
                f"{type(dataset).__name__} is no dataset of datasets", hint="Give one split of it."
            )
        name = name or str(dataset.info.dataset_name or "dataset")
        return cls._checked(name, documents_of(name, dataset, dataset.features or {}, columns))

    @classmethod
    def from_spacy(cls, docs: Iterable[Any], spans_key: str = "", name: str = "spacy") -> Corpus:
        """spaCy documents with their ``ents`` and the spans of the group ``spans_key``, such as ``sc``.

        Each is called by its number, from 0, unless this project wrote it. Raises DataError where a document
        has no such group, and where none is named, but nothing stands elsewhere.
        """
        from wortlaut.formats.docbin import from_doc

        docs = list(docs)
        made = [from_doc(doc, str(i), f"{name}: doc {i}", spans_key) for i, doc in enumerate(docs)]
        groups = sorted({key for doc in docs for key in doc.spans})
        if groups and not spans_key and not any(one.entities or one.quotes for one in made):
            hint = f'Say which one holds the entities: spans_key="{groups[0]}".'
            raise DataError(f"no ents, but span groups: {', '.join(groups)}", where=name, hint=hint)
        return cls._checked(name, made)

    @classmethod
    def _from_columns(
        cls, name: str, rows: list[dict[str, Any]], column: Mapping[str, Sequence[Any]], **more: str
    ) -> Corpus:
        from wortlaut.corpus.hub import documents_of

        ((key, values),) = column.items()
        if len(rows) != len(values):
            raise DataError(f"{len(rows)} documents, but {key} of {len(values)}", where=name)
        whole = [row | {key: list(value)} for row, value in zip(rows, values, strict=True)]
        kinds = {one: one for one in (*(rows[0] if rows else ()), key)}
        return cls._checked(name, documents_of(name, whole, {}, kinds | more))

    @classmethod
    def _checked(cls, name: str, documents: Iterable[Document]) -> Corpus:
        return cls.of(name, _unpacked(_checked(name, in_batches(documents))))

    def __len__(self) -> int:
        return len(self.documents)

    @overload
    def __getitem__(self, key: int | str) -> Document: ...
    @overload
    def __getitem__(self, key: slice) -> Corpus: ...
    def __getitem__(self, key: int | str | slice) -> Document | Corpus:
        """The document of that number or id, or those of a slice. Raises IndexError, and UnknownNameError."""
        if isinstance(key, slice):
            return Corpus.of(self.name, self.documents[key])
        if isinstance(key, int):
            return self.documents[key]
        found = next((document for document in self.documents if document.id == key), None)
        if found is None:
            hint = f"Ids look like {self.documents[0].id!r}." if self.documents else ""
            raise UnknownNameError(f"no document {key!r}", where=self.name, hint=hint)
        return found

    def __contains__(self, key: object) -> bool:
        """Whether it has a document, or one of that id."""
        return any(key in (document, document.id) for document in self.documents)

    def __repr__(self) -> str:
        held = sizes(document.annotations for document in self.documents)
        what = f"{counted(len(self), 'document')}, {held}" if self.documents else "no documents kept"
        return f"<Corpus {self.name!r}: {what}, {self.hash[:12]}>"

    def to_pandas(self, table: str = "entities") -> pd.DataFrame:
        """A data frame: a row for each of the ``entities``, ``quotes`` or ``documents``; needs pandas.

        The entities are a table that :func:`wortlaut.score` takes. Columns without any value are left out.
        """
        if table not in _TABLES:
            raise unknown_name("table", table, _TABLES)
        rows = [row for document in self.documents for row in _TABLES[table](document)]
        made: pd.DataFrame = frame(rows)
        return made.dropna(axis="columns", how="all")


def _entity_rows(document: Document) -> Iterator[dict[str, Any]]:
    """A row for each fragment; those of one entity share a number."""
    for number, entity in enumerate(document.entities):
        values = {field.name: getattr(entity, field.name) for field in fields(entity)[1:]}
        for start, end in entity.span:
            yield {"document": document.id, "start": start, "end": end, **values} | {
                "text": document.text[start:end],
                "fragment": number if entity.span.discontinuous else None,
            }


def _quote_rows(document: Document) -> Iterator[dict[str, Any]]:
    """What was said, and the roles, each with its words and extent."""
    for quote in document.quotes:
        row: dict[str, Any] = {"document": document.id}
        for field in fields(quote):
            value = getattr(quote, field.name)
            row[field.name] = value.text(document.text) if isinstance(value, Span) else value
            if field.name in ("content", *ROLES):
                row |= {f"{field.name}_{end}": value and getattr(value, end) for end in ("start", "end")}
        yield row


def _document_rows(document: Document) -> Iterator[dict[str, Any]]:
    held = {layer: len(getattr(document, layer)) for layer in LAYERS}
    yield {"document": document.id, "text": document.text, **held, **dict(document.meta)}


_TABLES = {"entities": _entity_rows, "quotes": _quote_rows, "documents": _document_rows}


def load_corpus(ref: str | Path = "gold", *, scheme: str | None = None) -> Corpus:
    """What ``ref`` names: ``gold``, ``probes``, a dataset folder, ``format:PATH`` or ``hub:NAME``.

    ``gold@VERSION`` and ``probes@VERSION`` are frozen; ``probes?seed=7&half=test`` is made afresh.

    Some formats have options, which stand behind their name: ``conll?token=1&tag=3&tag=4:PATH``. With a
    ``scheme`` (``germeval2014``, ``german-news-quotation``) it is annotated as that one annotates.

    A frozen version of the gold raises a :class:`DataError` where the gold that is here is another one.
    """
    return Corpus.of(str(ref), stream_corpus(ref, scheme=scheme))


def stream_corpus(
    ref: str | Path = "gold",
    losses: Losses | None = None,
    *,
    allow_empty: bool = False,
    scheme: str | None = None,
    changes: Losses | None = None,
) -> Iterator[Document]:
    """The documents of :func:`load_corpus`, one at a time; what is left out is added to ``losses``.

    What a ``scheme`` changes is added to ``changes``.

    An unknown reference raises at once; an empty corpus, unless allowed, an id that stands twice, and offsets
    outside the text raise a :class:`DataError` when they are reached.
    """
    batches = stream_batches(ref, losses, allow_empty=allow_empty)
    return _unpacked(batches if scheme is None else shown(scheme, str(ref), batches, changes))


def stream_batches(
    ref: str | Path = "gold", losses: Losses | None = None, *, allow_empty: bool = False
) -> Iterator[Batch]:
    """The same in columns."""
    return _checked(str(ref), _batches(ref, losses), allow_empty=allow_empty)


def annotated_batches(
    ref: str,
    texts: Mapping[str, str] | None = None,
    losses: Losses | None = None,
    *,
    allow_empty: bool = False,
    words: bool = False,
) -> Iterator[Batch]:
    """The documents of one annotated file or folder: ``FORMAT:PATH``, or a path whose format shows.

    A predictions file need not hold texts: its documents are checked against ``texts`` (document id → text)
    or, without, their own; else they have an empty one. With ``words`` its answers may have no offsets.
    """
    spec, colon, path = ref.partition(":")
    name, losses = lenience(spec, losses) if names_format(ref) else (spec, losses)
    own = bool(colon) and name in ("predictions", "pipeline")
    if needs_no_path(ref) or (names_format(ref) and not own):
        return stream_batches(ref, losses, allow_empty=allow_empty)
    path = path if own else ref
    if not exists(Path(path)):
        raise MissingFileError("no such file or folder", where=path, hint="Check the path.")
    found = name if own else detect(Path(path))
    if found == "predictions":
        from wortlaut.formats.predictions import checked_batches

        return checked_batches(path, texts, losses, words=words)
    if found == "pipeline":
        from wortlaut.formats import pipeline

        return in_batches(pipeline.read_predictions(Path(path), losses))
    named = path if found == "dataset" else f"{found}:{path}"
    return stream_batches(named, losses, allow_empty=allow_empty)


def needs_no_path(ref: str) -> bool:
    """Whether it names a corpus that is no file or folder: the gold, the probes, one of the Hub."""
    return ref.startswith(("gold@", "hub:")) or ref == "gold" or _PROBES.fullmatch(ref) is not None


def gold_root() -> Path:
    """The folder with ``seeds`` and ``annotations/gold``: in the installed package, else the checkout."""
    from importlib.resources import files

    package = Path(str(files("wortlaut")))
    for folder in (package / "_data", *package.parents):
        if (folder / "seeds").is_dir() and (folder / "annotations" / "gold").is_dir():
            return folder
    raise MissingFileError(
        "the gold is not here",
        where=str(package),
        hint="Install the wheel, or work in a checkout with seeds/ and annotations/gold/.",
    )


#: The probes, perhaps with a version or options, which :mod:`wortlaut.corpus.probes` reads.
_PROBES = re.compile(r"probes(?:[@?].*)?")
#: A length, in eight bytes.
_LENGTH = Struct(">Q").pack
#: Documents whose lines are in memory at a time.
_HASHED = 4096


def corpus_hash(documents: Iterable[Document]) -> str:
    """SHA-256 over the sorted digests of the documents, in hexadecimal."""
    return digest_of(b"".join(map(digest, documents)))


def digest(document: Document) -> bytes:
    """SHA-256 over id, text and annotations; the order of these does not change it."""
    return sha256(framed(document.id, document.text, *_lines(document.annotations, document.text))).digest()


def _lines(annotations: Annotations, text: str) -> list[str]:
    return [*format_lines(annotations, text), *sorted(map(repr, annotations.heads))]


def digest_of(digests: bytes | bytearray) -> str:
    """The hash of a corpus from the digests of its documents, in whatever order they stand."""
    return sha256(np.sort(np.frombuffer(digests, "S32")).tobytes()).hexdigest()


def digests(batch: Batch) -> bytes:
    """The :func:`digest` of each document, one behind the other."""
    if len(batch) > _HASHED:
        firsts = range(0, len(batch), _HASHED)
        return b"".join(digests(batch.take(np.arange(a, min(a + _HASHED, len(batch))))) for a in firsts)
    found, labels = batch.entities, batch.labels
    whole = batch.whole
    if found.fragments is not None or found.score is not None:
        whole = dict(enumerate(one.annotations for one in batch.documents()))
    level = np.ones(len(found), np.int64) if found.level is None else found.level
    rank = np.argsort(np.argsort(labels)) if len(labels) else np.zeros(0, np.int64)
    order = np.lexsort((rank[found.label], level, -found.end, found.start, found.document))
    around: dict[tuple[int, int], tuple[str, str]] = {}
    columns = (found.start, found.end, found.label, level)
    rows = list(zip(*(column[order].tolist() for column in columns), strict=True))
    strings, bounds = list[str](), [0]
    for i, (id, text, (a, b)) in enumerate(
        zip(batch.ids, batch.texts, pairwise(batch.bounds.tolist()), strict=True)
    ):
        strings += (id, text)
        if i in whole:
            strings += _lines(whole[i], text)
        else:
            for start, end, label, depth in rows[a:b]:
                if (parts := around.get((label, depth))) is None:
                    parts = around[label, depth] = around_span(labels[label], depth)
                strings.append(f"{parts[0]}[[{start}, {end}, {quoted(text[start:end])}]]{parts[1]}")
        bounds.append(len(strings))
    framed, ends = _framed(strings)
    view, places = memoryview(framed), [ends[bound] for bound in bounds]
    return b"".join([sha256(view[a:b]).digest() for a, b in pairwise(places)])


def framed(*strings: str) -> bytes:
    """The strings, each behind its length, which keeps apart what would otherwise run together."""
    return _framed(strings)[0]


def _framed(strings: Sequence[str]) -> tuple[bytes, list[int]]:
    """The same, and where each begins, and all end."""
    encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
    sizes = [*map(len, encoded)]
    parts = [b""] * (2 * len(sizes))
    parts[::2], parts[1::2] = map(_LENGTH, sizes), encoded
    return b"".join(parts), [0, *accumulate(size + 8 for size in sizes)]


def _unpacked(batches: Iterable[Batch]) -> Iterator[Document]:
    return (document for batch in batches for document in batch.documents())


def _batches(ref: str | Path, losses: Losses | None = None) -> Iterator[Batch]:
    if ref == "gold":
        return batch_reader("native")(gold_root() / "annotations" / "gold")
    if isinstance(ref, str) and ref.startswith("gold@"):
        from wortlaut.corpus.frozen import check_version

        gold = list(_batches("gold"))
        check_version(ref, corpus_hash(_unpacked(gold)))
        return iter(gold)
    if isinstance(ref, str) and _PROBES.fullmatch(ref):
        from wortlaut.corpus.probes import documents as items
        from wortlaut.corpus.probes import frozen_hash

        made, (name, _, _) = items(ref), ref.partition("?")
        if "@" in name:
            from wortlaut.corpus.frozen import check_version

            check_version(name, frozen_hash())
        return in_batches(made)
    if isinstance(ref, str) and ref.startswith("hub:"):
        from wortlaut.corpus.hub import documents as rows

        return in_batches(rows(ref))
    if str(ref) and Path(ref).is_dir():
        return batch_reader("dataset")(Path(ref))
    name, colon, path = str(ref).partition(":")
    if colon and not isinstance(ref, Path):
        read = batch_reader(name, losses)
        if not path or not exists(Path(path)):
            raise MissingFileError("no such file or folder", where=str(ref), hint="Check the path.")
        return read(Path(path))
    if str(ref) and exists(Path(ref)):
        try:
            hint = f"Write {detect(Path(ref))}:{ref}."
        except WortlautError:
            known = " ".join(f"{name}:" for name in sorted(FORMATS))
            hint = f"Say in which format, one of: {known}"
        raise DataError("a file is named with its format", where=str(ref), hint=hint)
    error = unknown_name(
        "corpus", str(ref), ["gold", "probes", "hub:NAME", *(f"{name}:PATH" for name in FORMATS)]
    )
    error.hint += " There is no file or folder of this name, either."
    raise error


def _checked(name: str, batches: Iterable[Batch], *, allow_empty: bool = False) -> Iterator[Batch]:
    seen: set[str] = set()
    for batch in batches:
        fault = _fault(name, batch, seen)
        if fault is not None:
            place, error = fault
            yield batch.take(np.arange(place))
            raise error
        yield batch
    if not seen and not allow_empty:
        raise DataError("the corpus has no documents", where=name, hint="Is it the right file, and whole?")


def _fault(name: str, batch: Batch, seen: set[str]) -> tuple[int, DataError] | None:
    """The first document whose id stands among those ``seen``, or with a span outside its text, and why."""
    lengths = np.fromiter(map(len, batch.texts), np.int64, len(batch))
    beyond = batch.entities.end > lengths[batch.entities.document]
    suspects = {*(() if batch.checked else batch.whole), *batch.entities.document[beyond].tolist()}
    if not suspects and seen.isdisjoint(batch.ids) and len(set(batch.ids)) == len(batch):
        seen.update(batch.ids)
        return None
    for i, document in enumerate(batch.documents()):
        if document.id in seen:
            return i, DataError(f"the document {document.id!r} stands twice in the corpus", where=name)
        seen.add(document.id)
        for place, span in document.annotations.spans() if i in suspects else ():
            if span.end > len(document.text):
                what = f"[{span.start}, {span.end}) ends outside the text ({len(document.text)} characters)"
                return i, DataError(what, where=f"{name}, document {document.id}, {place}")
    return None
