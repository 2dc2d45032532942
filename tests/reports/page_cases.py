"""Evaluations whose errors are known, for the tests of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span, Text

TEXT = (
    "Der Sprecher Karl Renner reiste am Montag nach Wien.\n"
    "„Die Verhandlungen der Donaudampfschifffahrtsgesellschaft“, sagte Anna Sacher, „gehen weiter.“ "
    "Die Universität Wien kündigte laut Karl Renner eine Untersuchung an.\n"
)


def at(part: str, text: str = TEXT, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = text.index(part, start + 1)
    return Span.of(start, start + len(part))


def gold(text: str = TEXT) -> Annotations:
    """Five names, one in another; a split quote, and one with a split cue."""
    entities = (
        Entity(at("Karl Renner", text), "PER", entity="renner"),
        Entity(at("Wien", text), "LOC"),
        Entity(at("Anna Sacher", text), "PER", entity="sacher"),
        Entity(at("Universität Wien", text), "ORG"),
        Entity(at("Wien", text, 1), "LOC", level=2),
    )
    split = Span.joined(
        [
            *at("„Die Verhandlungen der Donaudampfschifffahrtsgesellschaft“", text),
            *at("„gehen weiter.“", text),
        ]
    )
    quotes = (
        Quote(
            "q1",
            "direct",
            split,
            cue=at("sagte", text),
            speaker=at("Anna Sacher", text),
            speaker_entity="sacher",
        ),
        Quote(
            "q2",
            "indirect",
            Span.joined([*at("Die Universität Wien", text), *at("eine Untersuchung", text)]),
            cue=Span.joined([*at("kündigte", text), *at("an.", text)]),
            speaker=at("Karl Renner", text, 1),
            speaker_entity="renner",
        ),
    )
    clusters = (Cluster("renner", "Karl Renner", "PER"), Cluster("sacher", "Anna Sacher", "PER"))
    return Annotations(entities, quotes, clusters)


def first(text: str) -> Annotations:
    """Karl Renner is missed, the university too short, „Montag“ spurious, and Sacher's quote is Renner's."""
    right = gold(text)
    _, wien, anna, university, inner = right.entities
    entities = (
        wien,
        anna,
        replace(university, span=at("Universität", text)),
        inner,
        Entity(at("Montag", text), "OTH"),
    )
    scored = tuple(replace(entity, score=0.5 + i / 10) for i, entity in enumerate(entities))
    anna_said, karl_said = right.quotes
    return Annotations(scored, (replace(anna_said, speaker=None, speaker_entity="Karl Renner"), karl_said))


def second(text: str) -> Annotations:
    """A wrong label; the second quote is missed and the first has one fragment only."""
    right = gold(text)
    karl, wien, anna, university, inner = right.entities
    only = replace(right.quotes[0], content=at("„gehen weiter.“", text), cue=None)
    return Annotations((karl, replace(wien, label="ORG"), anna, university, inner), (only,))


def chained(text: str) -> Annotations:
    """Renner's second mention is Sacher's, the place a person of its own, and the university spurious."""
    right = gold(text)
    one, two = right.clusters
    extra = Cluster("x", "Wien", mentions=(at("Wien", text),))
    hers = replace(two, id="s", mentions=(at("Karl Renner", text, 1), at("Universität Wien", text)))
    anna = replace(right.entities[2], entity="s")
    return Annotations((right.entities[0], anna), (), (one, hers, extra))


def spoken_of(text: str) -> Annotations:
    """The gold, with a second mention of Renner and one of Sacher that nobody finds."""
    one, two = gold(text).clusters
    his, hers = (at("Karl Renner", text, 1),), (at("Der Sprecher", text),)
    return replace(gold(text), clusters=(replace(one, mentions=his), replace(two, mentions=hers)))


@dataclass
class Answering:
    """An extractor that gives each text what a function says of it."""

    spec: str
    answer: Callable[[str], Annotations]
    finds: Sequence[str] = ("entities", "quotes")

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            yield self.answer(text)


def documents(texts: Mapping[str, str], annotated: Callable[[str], Annotations] = gold) -> Corpus:
    return Corpus.of("made", [Document(id, text, annotated(text)) for id, text in texts.items()])


def two_systems(count: int = 12, samples: int = 20) -> Evaluation:
    corpus = documents({f"d{i:02}": TEXT for i in range(count)})
    return evaluate([Answering("first", first), Answering("second", second)], corpus, samples=samples)


@cache
def on_two_corpora() -> list[Evaluation]:
    """Three systems on two corpora; the second has no quotes, and the third system fails on it."""

    def fails(text: str) -> Annotations:
        raise RuntimeError("no such model")

    def names(text: str) -> Annotations:
        return replace(gold(text), quotes=(), clusters=())

    made = []
    for name, count, answer, annotated in (("conll:a.conll", 24, second, gold), ("b", 10, fails, names)):
        corpus = documents({f"{name[-1]}{i:02}": f"{TEXT}{name}{i}" for i in range(count)}, annotated)
        systems = {
            "first": Answering("first", first),
            "second": Answering("second", second),
            "third": Answering("third", answer),
        }
        made.append(evaluate(systems, replace(corpus, name=name), schema="strict", on_error="keep"))
    return made
