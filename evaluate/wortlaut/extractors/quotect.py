"""``quotect:MODEL_OR_PATH``: the German quotation model of Petersen-Frey and Biemann (KONVENS 2024).

The interface is that of the package quotect 1.1: ``Quotect(model_name_or_path, device).predict`` takes
``QuoteInput(name, tokens, sentences, text)`` and gives one object for each, in the form of the German
news quotation corpus: ``annotations``, each with ``type``, ``medium`` and, where found, ``quote``,
``cue``, ``speaker``, ``addressee`` and ``frame`` with ``spans`` of ``charBegin`` and ``charEnd``.

Tokens and sentences come from a spaCy pipeline; quotect's own choice, which it would download by
itself, is the default. Fragments with nothing but white space between them are joined, as in the corpus.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TextIO

from wortlaut.errors import ExtractorError, MissingExtraError, raised_as
from wortlaut.formats.german_news_quotation import MEDIA, TYPES
from wortlaut.model import ROLES, Annotations, Quote, Span, Text

PIPELINE = "de_dep_news_trf"


class Quotations:
    """The loaded model, with the pipeline that makes its tokens.

    ``device``: ``auto`` (a GPU where there is one), ``cpu``, ``cuda``. ``pipeline``: the spaCy pipeline for
    tokens and sentences; ``blank`` for spaCy's rules, which need no download but are not what the model was
    trained on.
    """

    finds = ("quotes",)

    def __init__(self, name: str, device: str = "auto", pipeline: str = PIPELINE) -> None:
        self.name = f"quotect:{name}"
        self._nlp = _pipeline(pipeline, self.name)
        self._model = _load(name, None if device == "auto" else device, self.name)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            yield Annotations(quotes=self._quotes(text)) if text.strip() else Annotations()

    def _quotes(self, text: Text) -> tuple[Quote, ...]:
        # One text at a time: quotect forgets parts of a long one that does not end in its batch.
        with _stdout_kept_clean():
            [answer] = self._model.predict([_question(self._nlp(str(text)))])
        where = f"{self.name}, document {text.id}"
        return tuple(
            _quote(number, item, text, where) for number, item in enumerate(answer["annotations"], 1)
        )


def _question(doc: Any) -> Any:
    from quotect import QuoteInput, Token
    from quotect import Span as Sentence

    sentences = list(doc.sents)
    number = {token.i: at for at, sentence in enumerate(sentences) for token in sentence}
    return QuoteInput(
        # quotect counts with the name: it must be a number.
        name=0,
        tokens=[Token(t.idx, t.idx + len(t), number[t.i], t.text) for t in doc],
        sentences=[Sentence(sentence.start, sentence.end, sentence.text) for sentence in sentences],
        text=doc.text,
    )


def _quote(number: int, item: Mapping[str, Any], text: str, where: str) -> Quote:
    roles: dict[str, Any] = {
        role: _span(item[role], text, f"{where}, quote {number}, {role}")
        for role in ("quote", *ROLES)
        if item.get(role, {}).get("spans")
    }
    if "quote" not in roles or item.get("type") not in TYPES or item.get("medium") not in MEDIA:
        raise ExtractorError(
            f"quote {number} is {dict(item)!r}",
            where=where,
            hint="It needs a quote with spans, a type and a medium of the German news quotation corpus.",
        )
    content = roles.pop("quote")
    return Quote(f"q{number}", TYPES[item["type"]], content, MEDIA[item["medium"]], **roles)


def _span(role: Mapping[str, Any], text: str, where: str) -> Span:
    fragments = sorted((int(span["charBegin"]), int(span["charEnd"])) for span in role["spans"])
    if any(not 0 <= start < end <= len(text) for start, end in fragments):
        raise ExtractorError(f"{fragments} is no part of a text of {len(text)} characters", where=where)
    gaps = [
        (left[1], right[0])
        for left, right in pairwise(fragments)
        if left[1] < right[0] and not text[left[1] : right[0]].strip()
    ]
    return Span.joined(fragments + gaps)


def _stdout_kept_clean() -> contextlib.redirect_stdout[TextIO]:
    """quotect prints what it does; results go to stdout."""
    return contextlib.redirect_stdout(sys.stderr)


def _pipeline(name: str, where: str) -> Any:
    import spacy

    if name == "blank":
        nlp = spacy.blank("de")
        nlp.add_pipe("sentencizer")
        return nlp
    try:
        return spacy.load(name)
    except OSError:
        raise MissingExtraError(
            f"no spaCy pipeline {name!r} for tokens and sentences",
            where=where,
            hint=f"Install it: python -m spacy download {name}; or use spaCy's rules: ?pipeline=blank",
        ) from None


def _load(name: str, device: str | None, where: str) -> Any:
    hint = "quotect 1.1 needs transformers below 4.52; its model is fynnos/quotect-mt5-base."
    with raised_as(ExtractorError, "quotect cannot load it:", where, hint), _stdout_kept_clean():
        from quotect import Quotect

        return Quotect(name, device=device)
