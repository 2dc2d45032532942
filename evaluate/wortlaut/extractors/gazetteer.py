"""``gazetteer``: names from lists, matched by spaCy's EntityRuler on ``blank("de")``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wortlaut.extractors import names
from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Entity, Span, Text


class Gazetteer:
    """Places, their adjectives and inhabitants, organisations, and compounds with them. No persons."""

    finds = ("entities",)

    def __init__(self) -> None:
        import spacy

        self._names = names.names()
        self._first_names = names.words("first_names.txt")
        self._nlp = spacy.blank("de")
        ruler: Any = self._nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": label, "pattern": name} for name, label in self._names.items()])

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        views = [view(text) for text in texts]
        for doc, seen in zip(self._nlp.pipe(str(one.text) for one in views), views, strict=True):
            yield seen.back(Annotations(tuple(self._entities(doc))))

    def _entities(self, doc: Any) -> Iterator[Entity]:
        begins = {span.start: span for span in doc.ents}
        for token in doc:
            if token.ent_type_:
                if (span := begins.get(token.i)) and not self._is_surname(doc, span):
                    yield Entity(Span.of(span.start_char, span.end_char), span.label_)
            elif label := names.compound(token.text, self._names):
                yield Entity(Span.of(token.idx, token.idx + len(token)), label)

    def _is_surname(self, doc: Any, span: Any) -> bool:
        """``Jack London``: a place's name that a first name stands before."""
        return span.label_ == "LOC" and span.start > 0 and doc[span.start - 1].text in self._first_names
