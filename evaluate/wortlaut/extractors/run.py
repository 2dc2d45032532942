"""Feed documents to an extractor in batches and check every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from wortlaut.errors import DataError, ExtractorError, counted, listed, raised_as
from wortlaut.extractors.protocol import Extractor
from wortlaut.model import Annotations, Document, Quote, Text
from wortlaut.records.annotations import check, parse

BATCH_SIZE = 32


def run(
    extractor: Extractor,
    documents: Iterable[Document],
    *,
    batch_size: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[Annotations]:
    """What the extractor says about each document, in order; it sees ids and texts only.

    It gets ``batch_size`` of them at a time: 32, or as many as it asks for. ``progress`` is called after each
    batch with the number of documents in it. Labels may be any
    non-empty string: what they are worth is the scorer's business. Raises ExtractorError for an
    extractor that raises or answers something that is not an annotation of the text.
    """
    documents = tuple(documents)
    try:
        found = answers(extractor, documents, batch_size=batch_size, progress=progress)
        finish(extractor, [document.id for document in documents])
    finally:
        close(extractor)
    return found


def answers(
    extractor: Extractor,
    documents: Iterable[Document],
    *,
    batch_size: int | None = None,
    progress: Callable[[int], object] | None = None,
    words: bool = False,
) -> list[Annotations]:
    """:func:`run` over a part of the documents: the extractor is neither asked to finish nor closed.

    ``words``: answers may be words without offsets, which can be scored.
    """
    size = texts_at_once(extractor) if batch_size is None else batch_size
    if size < 1:
        raise DataError(f"a batch of {size} documents", hint="The batch size is 1 or more.")
    found: list[Annotations] = []
    stream = iter(documents)
    while batch := [Text(document.text, document.id) for document in islice(stream, size)]:
        found += checked_batch(extractor, batch, words=words)
        if progress is not None:
            progress(len(batch))
    return found


def finish(extractor: Extractor, ids: Sequence[str], name: str = "") -> None:
    """Let the extractor raise if something is left over, where it can. Raises ExtractorError."""
    if ask := getattr(extractor, "finish", None):
        with raised_as(ExtractorError, "finish raised", name or named(extractor)):
            ask(ids)


def close(extractor: Extractor, name: str = "") -> None:
    """Let the extractor give back what it holds, where it can. Raises ExtractorError."""
    if ask := getattr(extractor, "close", None):
        with raised_as(ExtractorError, "close raised", name or named(extractor)):
            ask()


def texts_at_once(extractor: Extractor) -> int:
    """How many texts it is given at a time, where nobody says otherwise."""
    return max(BATCH_SIZE, int(getattr(extractor, "texts_at_once", BATCH_SIZE)))


def said(extractor: Extractor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The layers that it looks for, and its notes. Raises ExtractorError."""
    with raised_as(ExtractorError, "finds or notes raised", named(extractor)):
        return tuple(extractor.finds), tuple(map(str, getattr(extractor, "notes", ())))


def named(extractor: Extractor) -> str:
    """What errors call it."""
    return str(getattr(extractor, "spec", type(extractor).__name__))


def attribute(
    extractor: Extractor, documents: Iterable[Document], *, batch_size: int = BATCH_SIZE
) -> list[tuple[Quote, ...]] | None:
    """Who spoke the documents' own quotes, as the extractor sees it; ``None`` if it cannot say.

    It sees id, type and content of each quote and nothing else of the annotations. Raises ExtractorError.
    """
    ask = getattr(extractor, "attribute", None)
    if ask is None:
        return None
    name = named(extractor)
    attributed: list[tuple[Quote, ...]] = []
    stream = iter(documents)
    while batch := list(islice(stream, batch_size)):
        texts = [Text(document.text, document.id) for document in batch]
        given = [[Quote(quote.id, quote.type, quote.content) for quote in d.quotes] for d in batch]
        with raised_as(ExtractorError, "attribute raised", name):
            answers = [tuple(answer) for answer in ask(texts, given)]
        asked = [[(quote.id, quote.content) for quote in quotes] for quotes in given]
        if [[(quote.id, quote.content) for quote in answer] for answer in answers] != asked:
            raise ExtractorError(
                "attribute gave back other quotes than it got",
                where=f"{name}, documents {', '.join(text.id for text in texts)}",
                hint="Return one quote for each quote given, in order, with id and content unchanged.",
            )
        for text, answer in zip(texts, answers, strict=True):
            checked(Annotations(quotes=answer), text, f"{name}, document {text.id}")
        attributed += answers
    return attributed


def checked_batch(extractor: Extractor, batch: Sequence[Text], *, words: bool = False) -> list[Annotations]:
    """One checked answer for each text of one batch. Raises ExtractorError, as :func:`run` does."""
    name = named(extractor)
    ids = listed([text.id for text in batch], 5)
    with raised_as(ExtractorError, "raised", name, f"It was given {counted(len(batch), 'document')}: {ids}."):
        answers = list(islice(extractor.extract(batch), len(batch) + 1))
    if len(answers) != len(batch):
        count = f"more than {len(batch)}" if len(answers) > len(batch) else str(len(answers))
        raise ExtractorError(
            f"gave {count} answers for {len(batch)} documents ({ids})",
            where=name,
            hint="extract(texts) gives one answer for each text, in order.",
        )
    found = [
        checked(answer, text, f"{name}, document {text.id}")
        for answer, text in zip(answers, batch, strict=True)
    ]
    pairs = zip(batch, found, strict=True)
    bare = [text.id for text, one in pairs if any(said.place is None for said in one.unplaced)]
    if bare and not words:
        raise ExtractorError(
            f"answers in words without offsets ({listed(bare, 5)})",
            where=name,
            hint="These can be scored (wortlaut evaluate, wortlaut score); anything else needs offsets.",
        )
    return found


def checked(answer: object, text: Text, where: str) -> Annotations:
    """The answer as annotations of the text. Raises ExtractorError."""
    if isinstance(answer, Mapping):
        try:
            name, annotations = parse({"id": text.id, **answer}, where=where, text=text, words=True)
        except DataError as error:
            raise ExtractorError(error.what, where=where, hint=error.hint) from error
        if name != text.id:
            raise ExtractorError(f"answered for document {name!r}", where=where)
        return annotations
    if not isinstance(answer, Annotations):
        raise ExtractorError(
            f"answered {type(answer).__name__}",
            where=where,
            hint="An answer is Annotations, or a mapping in the predictions format.",
        )
    try:
        check(answer, text)
    except DataError as error:
        raise ExtractorError(error.what, where=where, hint=error.hint) from error
    return answer
