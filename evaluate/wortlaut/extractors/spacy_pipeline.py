"""``spacy:PIPELINE_OR_PATH``: what a spaCy pipeline finds.

What a pipeline sets, and what becomes of it:

- ``doc.ents``: entities. ``doc.spans[KEY]``, with ``?spans_key=KEY``: nested entities.
- ``doc.spans["quotes"]``: quotes, with the span's label as their type.
- custom extensions of such a quote, where the pipeline has registered them with ``Span.set_extension``:
  ``cue``, ``speaker``, ``addressee``, ``frame``, and ``content`` where it is not the span itself, each a
  span, a token, or a list of these; ``medium``, ``speaker_entity`` and ``attribution``, each a string.
  ``None``, an empty string and an empty list stand for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from wortlaut.errors import ExtractorError, MissingExtraError, raised_as
from wortlaut.extractors.labels import LABELS, LEFT_OUT, pairs
from wortlaut.formats.graph import leveled
from wortlaut.model import QUOTE_TYPES, ROLES, Annotations, Entity, Quote, Span, Text

QUOTES = "quotes"


class Pipeline:
    """A loaded pipeline; finds quotes as soon as it has set the span group of that name.

    ``labels``: ``FAC:LOC,DATE:-`` renames a label, and leaves one out.
    """

    def __init__(self, name: str, labels: str = "", spans_key: str = "", batch_size: int = 64) -> None:
        self.name = f"spacy:{name}"
        self.finds: tuple[str, ...] = ("entities",)
        self._nlp = _load(name)
        self._labels = {**LABELS, **pairs(labels, self.name)}
        self._spans_key = spans_key
        self._batch_size = batch_size

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        docs = self._nlp.pipe(map(str, texts), batch_size=self._batch_size)
        for text, doc in zip(texts, docs, strict=True):
            if doc.text != text:
                raise ExtractorError(
                    f"the pipeline changed the text of document {text.id!r}",
                    where=self.name,
                    hint="Its tokenizer must keep every character, white space too.",
                )
            yield Annotations(self._entities(doc, text), self._quotes(doc, text))

    def _entities(self, doc: Any, text: Text) -> tuple[Entity, ...]:
        spans = list(doc.ents)
        if self._spans_key:
            if self._spans_key not in doc.spans:
                raise ExtractorError(
                    f"no span group {self._spans_key!r} in document {text.id!r}",
                    where=self.name,
                    hint=f"The pipeline sets {', '.join(doc.spans) or 'no span group'}.",
                )
            spans += doc.spans[self._spans_key]
        found: set[tuple[int, int, str]] = set()
        for span in spans:
            label = self._labels.get(span.label_, span.label_)
            if not label:
                raise ExtractorError(f"a span without a label in document {text.id!r}", where=self.name)
            if label != LEFT_OUT:
                found.add((span.start_char, span.end_char, label))
        return tuple(leveled(found))

    def _quotes(self, doc: Any, text: Text) -> tuple[Quote, ...]:
        if QUOTES not in doc.spans:
            return ()
        self.finds = ("entities", "quotes")
        quotes = []
        for number, span in enumerate(doc.spans[QUOTES], 1):
            if span.label_ not in QUOTE_TYPES:
                raise ExtractorError(
                    f"a quote of type {span.label_!r} in document {text.id!r}",
                    where=self.name,
                    hint=f"The label of a span in the group is one of {', '.join(QUOTE_TYPES)}.",
                )
            where = f"{self.name}, document {text.id}, quote {number}"
            quotes.append(
                Quote(
                    f"q{number}",
                    span.label_,
                    _role(span, "content", where) or Span.of(span.start_char, span.end_char),
                    _string(span, "medium", where),
                    **{role: _role(span, role, where) for role in ROLES},  # type: ignore[arg-type]
                    speaker_entity=_string(span, "speaker_entity", where),
                    attribution=_string(span, "attribution", where),
                )
            )
        return tuple(quotes)


def _load(name: str) -> Any:
    import spacy

    if not spacy.util.is_package(name) and not Path(name).exists():
        raise MissingExtraError(
            f"no spaCy pipeline {name!r}: neither an installed package nor a path",
            where=f"spacy:{name}",
            hint="Check the path." if "/" in name else f"Install it: python -m spacy download {name}",
        )
    with raised_as(ExtractorError, "spaCy cannot load it:", f"spacy:{name}"):
        return spacy.load(name)


def _role(quote: Any, name: str, where: str) -> Span | None:
    """What the extension of the quote covers; None without the extension, or where it is empty."""
    from spacy.tokens import Span as Tokens
    from spacy.tokens import Token

    value = getattr(quote._, name) if quote.has_extension(name) else None
    parts = list(value) if isinstance(value, list | tuple) else [value] if value is not None else []
    places = []
    for part in parts:
        if isinstance(part, Token):
            places.append((part.idx, part.idx + len(part)))
        elif isinstance(part, Tokens) and len(part):
            places.append((part.start_char, part.end_char))
        else:
            raise ExtractorError(
                f"the extension {name} holds {part!r}",
                where=where,
                hint="It holds a span or a token of the document, or a list of these.",
            )
    return Span.joined(places) if places else None


def _string(quote: Any, name: str, where: str) -> str | None:
    value = getattr(quote._, name) if quote.has_extension(name) else None
    if value is not None and not isinstance(value, str):
        raise ExtractorError(f"the extension {name} holds {value!r}, not a string", where=where)
    return value or None
