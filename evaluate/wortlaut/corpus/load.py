"""Loads a corpus by its reference: the shipped gold, a folder of Parquet, or a file in a known format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wortlaut.annotations.lines import format_lines
from wortlaut.errors import DataError, MissingFileError, WortlautError, unknown_name
from wortlaut.formats import FORMATS, detect, names_format, reader
from wortlaut.formats.losses import Losses
from wortlaut.model import Document


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents with gold annotations. ``hash`` is that of their content: ids, texts and annotations.

    The order of documents, and of annotations in a document, does not change it; nor does ``meta``.
    """

    name: str
    documents: tuple[Document, ...]
    hash: str

    @classmethod
    def of(cls, name: str, documents: Iterable[Document]) -> Corpus:
        documents = tuple(documents)
        return cls(name, documents, corpus_hash(documents))


def load_corpus(ref: str | Path = "gold") -> Corpus:
    """What ``ref`` names: ``gold``, ``gold@VERSION``, a dataset folder, ``format:PATH`` or ``hub:NAME``.

    Some formats have options, which stand behind their name: ``conll?token=1&tag=3&tag=4:PATH``.

    A frozen version of the gold raises a :class:`DataError` where the gold that is here is another one.
    """
    return Corpus.of(str(ref), stream_corpus(ref))


def stream_corpus(ref: str | Path = "gold", losses: Losses | None = None) -> Iterator[Document]:
    """The documents of :func:`load_corpus`, one at a time; what is left out is added to ``losses``.

    An unknown reference raises at once; an empty corpus, an id that stands twice, and offsets outside
    the text raise a :class:`DataError` when they are reached.
    """
    return _checked(str(ref), _documents(ref, losses))


def read_annotated(ref: str, texts: Mapping[str, str] | None = None) -> list[Document]:
    """The documents of one annotated file or folder: ``FORMAT:PATH``, or a path whose format shows.

    A predictions file need not hold texts: its documents are checked against ``texts`` (document id → text)
    or, without, their own; else they have an empty one.
    """
    name, colon, path = ref.partition(":")
    own = bool(colon) and name == "predictions"
    if ref == "gold" or ref.startswith(("gold@", "hub:")) or (names_format(ref) and not own):
        return list(stream_corpus(ref))
    path = path if own else ref
    if not Path(path).exists():
        raise MissingFileError("no such file or folder", where=path, hint="Check the path.")
    if own or detect(Path(path)) == "predictions":
        from wortlaut.formats.predictions import read_predictions

        return read_predictions(path, texts)
    found = detect(Path(path))
    return list(stream_corpus(path if found == "dataset" else f"{found}:{path}"))


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


def corpus_hash(documents: Iterable[Document]) -> str:
    """SHA-256 over the sorted digests of the documents, in hexadecimal."""
    return sha256(b"".join(sorted(map(digest, documents)))).hexdigest()


def digest(document: Document) -> bytes:
    """SHA-256 over id, text and annotations; the order of these does not change it."""
    return sha256(
        framed(document.id, document.text, *format_lines(document.annotations, document.text))
    ).digest()


def framed(*strings: str) -> bytes:
    """The strings, each behind its length, which keeps apart what would otherwise run together."""
    encoded = [string.encode("utf-8", "surrogatepass") for string in strings]
    return b"".join(len(data).to_bytes(8, "big") + data for data in encoded)


def _documents(ref: str | Path, losses: Losses | None = None) -> Iterator[Document]:
    if ref == "gold":
        return reader("native")(gold_root() / "annotations" / "gold")
    if isinstance(ref, str) and ref.startswith("gold@"):
        from wortlaut.corpus.frozen import check_version

        documents = tuple(_documents("gold"))
        check_version(ref, corpus_hash(documents))
        return iter(documents)
    if isinstance(ref, str) and ref.startswith("hub:"):
        from wortlaut.corpus.hub import documents as rows

        return rows(ref)
    if str(ref) and Path(ref).is_dir():
        return reader("dataset")(Path(ref))
    name, colon, path = str(ref).partition(":")
    if colon and not isinstance(ref, Path):
        read = reader(name, losses)
        if not path or not Path(path).exists():
            raise MissingFileError("no such file or folder", where=str(ref), hint="Check the path.")
        return read(Path(path))
    if str(ref) and Path(ref).exists():
        try:
            hint = f"Write {detect(Path(ref))}:{ref}."
        except WortlautError:
            known = " ".join(f"{name}:" for name in sorted(FORMATS))
            hint = f"Say in which format, one of: {known}"
        raise DataError("a file is named with its format", where=str(ref), hint=hint)
    error = unknown_name("corpus", str(ref), ["gold", "hub:NAME", *(f"{name}:PATH" for name in FORMATS)])
    error.hint += " There is no file or folder of this name, either."
    raise error


def _checked(name: str, documents: Iterator[Document]) -> Iterator[Document]:
    seen: set[str] = set()
    for document in documents:
        if document.id in seen:
            raise DataError(f"the document {document.id!r} stands twice in the corpus", where=name)
        seen.add(document.id)
        for place, span in document.annotations.spans():
            if span.end > len(document.text):
                raise DataError(
                    f"[{span.start}, {span.end}) ends outside the text ({len(document.text)} characters)",
                    where=f"{name}, document {document.id}, {place}",
                )
        yield document
    if not seen:
        raise DataError("the corpus has no documents", where=name, hint="Is it the right file, and whole?")
