"""A plain function as an extractor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from wortlaut.errors import ExtractorError
from wortlaut.model import LAYERS, Annotations, Text


class Function:
    """A function from a text to what it holds, or from several texts to what each of them holds.

    If its first parameter is called ``text`` it gets one, if ``texts`` several; else ``single`` says which.
    What a text holds: an iterable of ``(start, end, label)``, of spaCy spans, or of mappings as in the
    predictions format or of a pipeline of Hugging Face or GLiNER; a spaCy document; :class:`Annotations`; or
    a whole mapping in that format. It finds the layers of what it has returned so far.
    """

    def __init__(self, function: Callable[..., Any], *, single: bool) -> None:
        self.spec = str(getattr(function, "__name__", type(function).__name__))
        self.name = getattr(function, "name", None)
        first = _first_parameter(function)
        self._function, self._single = function, first == "text" or (single and first != "texts")
        self._seen: set[str] = set()

    @property
    def finds(self) -> tuple[str, ...]:
        return tuple(layer for layer in LAYERS if layer in self._seen)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations | Mapping[str, object]]:
        # Not as Text: spaCy, and others that are written in C, take nothing but str.
        for answer in map(self._function, map(str, texts)) if self._single else self._function(texts):
            said = _said(answer)
            if isinstance(said, Mapping):
                self._seen.update(layer for layer in LAYERS if layer in said)
            else:
                self._seen.update(layer for layer in LAYERS if getattr(said, layer, ()))
            yield said


def takes_text(function: object) -> bool:
    """Whether a function is an extractor, by the name of its first parameter, and not what makes one."""
    return inspect.isfunction(function) and _first_parameter(function) in ("text", "texts")


def _first_parameter(function: Callable[..., Any]) -> str:
    try:
        return next(iter(inspect.signature(function).parameters), "")
    except (TypeError, ValueError):  # written in C
        return ""


def _said(answer: Any) -> Any:
    """Spans as a mapping in the predictions format; what is none is left to who checks answers."""
    if hasattr(answer, "ents"):
        from wortlaut.formats.docbin import from_doc

        return from_doc(answer, "", "").annotations
    if isinstance(answer, str | Mapping) or not isinstance(answer, Iterable):
        return answer
    spans = list(answer)
    if spans and all(isinstance(span, Mapping) and span.keys() == {"text", "label"} for span in spans):
        return {"entities": spans}  # words without offsets
    if any(isinstance(span, Mapping) and span.keys() & {"word", "text"} for span in spans):
        from wortlaut.formats.pipeline import of_text

        return of_text(spans)
    return {"entities": [_entity(span) for span in spans]}


def _entity(span: Any) -> Mapping[str, object]:
    if isinstance(span, Mapping):
        return span
    if hasattr(span, "start_char"):
        span = (span.start_char, span.end_char, span.label_)
    if not (isinstance(span, tuple | list) and len(span) == 3):
        hint = "A span is (start, end, label), or a mapping with start, end and label."
        raise ExtractorError(f"{span!r:.80} is no span", hint=hint)
    return dict(zip(("start", "end", "label"), span, strict=True))
