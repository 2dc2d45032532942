"""A small corpus of probes and systems whose errors are chosen, for the tests of phenomena."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from wortlaut.corpus.load import Corpus
from wortlaut.model import Annotations, Document, Entity, Quote, Span, Text

#: Of each phenomenon so many documents.
EACH = 12
#: Phenomenon → the task that it tests, a text, and what is found in it, if anything.
SPECIMENS = {
    "after": ("quotes", "Der Bus fährt bald, sagte Meier zum {n}. Mal.", "Der Bus fährt bald"),
    "before": ("quotes", "Meier sagte zum {n}. Mal, er fahre.", "er fahre"),
    "verb": ("quotes", "Meier sagte zum {n}. Mal ab.", ""),
    "title": ("quotes", "Der Film „Heimat“ läuft zum {n}. Mal.", ""),
    "place": ("entities", "In Bonn regnet es zum {n}. Mal.", "Bonn"),
    "word": ("entities", "Ein Essen gibt es zum {n}. Mal.", ""),
}


def document(phenomenon: str, n: int) -> Document:
    """``before`` and ``verb`` are two sides of the pairs of one contrast, ``place`` has both of another."""
    tests, text, found = SPECIMENS[phenomenon]
    text = text.format(n=n)
    meta = {
        "phenomenon": phenomenon,
        "tests": tests,
        "template": f"{phenomenon}-{n // 2 % 3}",
        "half": "test",
        "seed": "0",
    }
    if phenomenon in ("before", "verb"):
        meta |= {"contrast": "absagen", "pair": f"p{n}", "side": "a" if phenomenon == "before" else "b"}
    elif phenomenon == "place":
        meta |= {"contrast": "orte", "pair": f"p{n // 2}", "side": "ab"[n % 2]}
    return Document(f"{phenomenon}-{n:02}", text, annotated(text, tests, found), tuple(sorted(meta.items())))


def annotated(text: str, tests: str, found: str) -> Annotations:
    if not found:
        return Annotations()
    start = text.index(found)
    span = Span.of(start, start + len(found))
    return Annotations((Entity(span, "LOC"),)) if tests == "entities" else Annotations(quotes=(_quote(span),))


def _quote(span: Span) -> Quote:
    return Quote("q1", "indirect", span)


def corpus(*phenomena: str) -> Corpus:
    """Of all of them, or of some."""
    chosen = phenomena or tuple(SPECIMENS)
    return Corpus.of("probed", [document(name, n) for name in chosen for n in range(EACH)])


@dataclass
class System:
    """Finds all of the gold, but in the documents of ``wrong`` nothing, or, where that is right, the text."""

    wrong: Collection[str] = ()
    name: str = "made"
    finds: Sequence[str] = ("entities", "quotes")

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            phenomenon, _, n = str(text.id).rpartition("-")
            gold = document(phenomenon, int(n)).annotations
            if text.id in self.wrong:
                whole = annotated(text, SPECIMENS[phenomenon][0], str(text))
                gold = Annotations() if gold != Annotations() else whole
            yield gold


def ids(phenomenon: str, *numbers: int) -> set[str]:
    return {f"{phenomenon}-{n:02}" for n in numbers}
