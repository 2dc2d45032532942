"""DirectQuote (Zhang and Liu 2022): English news, direct quotes tagged by where their speaker is. Read only.

*Unverified*: of github.com/THUNLP-MT/DirectQuote only the README could be fetched, no ``data/truecased.txt``.
By that README it is a CoNLL file in IOB1 of words parted by white space, with the labels ``LeftSpeaker``,
``RightSpeaker`` and ``Unknown`` (quotations whose speaker stands before, behind, nowhere) and ``Speaker``.

A paragraph is a document. A quote's speaker is the nearest ``Speaker`` on its side, which the README leaves
open; every quote is direct. Lost, and counted, are speakers of no quote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import conll
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Document, Quote, Span

_QUOTES, _SPEAKER = ("LeftSpeaker", "RightSpeaker", "Unknown"), "Speaker"


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every paragraph of a file."""
    for document in conll.read(path, scheme="IOB1", losses=losses):
        with tolerated(losses, "document"):
            yield _document(document, str(path), losses)


def _document(document: Document, path: str, losses: Losses | None) -> Document:
    for entity in document.entities:
        if entity.label not in (*_QUOTES, _SPEAKER):
            what = f"{entity.label!r} at {entity.span.start} is no label of DirectQuote"
            hint = f"Its labels are {', '.join((*_QUOTES, _SPEAKER))}; conll: reads any."
            raise DataError(what, where=f"{path}, document {document.id}", hint=hint)
    speakers = [entity.span for entity in document.entities if entity.label == _SPEAKER]
    quotes = tuple(
        Quote(f"q{number}", "direct", entity.span, speaker=_nearest(entity.label, entity.span, speakers))
        for number, entity in enumerate((one for one in document.entities if one.label in _QUOTES), 1)
    )
    alone = set(speakers).difference(quote.speaker for quote in quotes if quote.speaker)
    unread = +Counter({"speaker of no quote": len(alone)})
    meta = (*document.meta, *not_read(document.id, unread, losses))
    return replace(document, annotations=Annotations(quotes=quotes), meta=meta)


def _nearest(label: str, quote: Span, speakers: list[Span]) -> Span | None:
    if label == "LeftSpeaker":
        return max((span for span in speakers if span.end <= quote.start), default=None)
    behind = (span for span in speakers if span.start >= quote.end)
    return min(behind, default=None) if label == "RightSpeaker" else None
