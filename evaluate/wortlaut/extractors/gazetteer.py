"""``gazetteer``: names from lists, matched by spaCy's EntityRuler on ``blank("de")``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from wortlaut.extractors import names
from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Entity, Span, Text

#: No name holds such a run of marks; spaCy would strip them one by one, looking at the others each time.
_MARKS = re.compile(r"(?:[^\w\s]|_){20,}")
#: What it gets by itself: marks, and 1,000 characters without white space: its patterns go back and forth.
_ALONE = re.compile(rf"({_MARKS.pattern}|\S{{1000}})")


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
        for doc, seen in zip(self._nlp.pipe(self._doc(one.text) for one in views), views, strict=True):
            yield seen.back(Annotations(tuple(self._entities(doc))))

    def _doc(self, text: str) -> Any:
        """The text in tokens, a long run of marks in one; the offsets of its parts add up."""
        from spacy.tokens import Doc

        docs = [
            Doc(self._nlp.vocab, words=[part], spaces=[False])
            if _MARKS.fullmatch(part)
            else self._nlp.make_doc(part)
            for part in _ALONE.split(text)
        ]
        return docs[0] if len(docs) == 1 else Doc.from_docs(docs, ensure_whitespace=False)

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
