"""Whether probes rank systems as corpora of others do.

``pytest tests/benchmarks/test_validity.py -s`` takes ten minutes and prints the tables of the docs.
Systems are the built-in ones, variants of them with rules or lists switched off, two regular expressions, and
small taggers that learn from one part of Europeana, which is scored nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from scipy.stats import kendalltau
from shared import shared_data

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.evaluation.evaluate import evaluate
from wortlaut.extractors import names
from wortlaut.extractors.gazetteer import Gazetteer
from wortlaut.extractors.quotes_de import pipeline
from wortlaut.model import Annotations, Entity, Quote, Span

CLASSES = ("PER", "LOC", "ORG")
SEED = 7


class Made:
    """An extractor made of a function from a text to its annotations."""

    def __init__(self, name: str, finds: Sequence[str], find: Callable[[str], Annotations]) -> None:
        self.name, self.finds, self.spec, self._find = name, tuple(finds), name, find

    def extract(self, texts):
        return (self._find(str(text)) for text in texts)


def without(lists: Sequence[str], name: str) -> Made:
    """The gazetteer without lists of its own; ``cities`` and ``territories`` are lists, too."""
    kept = names._lines

    def lines(file: str):
        return () if file in lists else kept(file)

    parts = [patch.object(names, "_lines", lines)]
    parts += [patch.object(names, f"_{one}", lambda: ()) for one in ("cities", "territories") if one in lists]
    names.names.cache_clear()
    for part in parts:
        part.start()
    gazetteer = Gazetteer()
    for part in parts:
        part.stop()
    names.names.cache_clear()
    return Made(name, ("entities",), lambda text: next(iter(gazetteer.extract([text]))))


def capitals(text: str) -> Annotations:
    """Two words with capitals are a person; what ends in *land* is a place; capitals alone are a body."""
    found = [
        *(
            (m.span(), "PER")
            for m in re.finditer(r"(?<![.“] )\b[A-ZÄÖÜ][a-zäöüß]+ [A-ZÄÖÜ][a-zäöüß-]+", text)
        ),
        *((m.span(), "LOC") for m in re.finditer(r"\b[A-ZÄÖÜ][a-zäöü]+(?:land|burg|stadt|reich)s?\b", text)),
        *((m.span(), "ORG") for m in re.finditer(r"\b[A-ZÄÖÜ]{2,5}\b", text)),
    ]
    taken: list[tuple[tuple[int, int], str]] = []
    for span, label in sorted(found):
        if not taken or span[0] >= taken[-1][0][1]:
            taken.append((span, label))
    return Annotations(tuple(Entity(Span.of(*span), label) for span, label in taken))


class Tagger:
    """Logistic regression over hashed features of a word and its neighbours, and the tag before it."""

    def __init__(self, sentences: Sequence[tuple[list[str], list[str]]], kinds: str) -> None:
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.linear_model import SGDClassifier

        self.kinds, self.hasher = kinds, FeatureHasher(2**18, input_type="string")
        rows, tags = [], []
        for words, own in sentences:
            before = "O"
            for i, tag in enumerate(own):
                rows.append(self._features(words, i, before))
                tags.append(tag)
                before = tag
        self.model = SGDClassifier(loss="log_loss", alpha=1e-6, random_state=SEED, max_iter=5, tol=None)
        self.model.fit(self.hasher.transform(rows), tags)

    def _features(self, words: list[str], i: int, before: str) -> list[str]:
        found = [f"b={before}"]
        for j in (-2, -1, 0, 1, 2):
            word = words[i + j] if 0 <= i + j < len(words) else "—"
            if "w" in self.kinds:
                found.append(f"w{j}={word}")
            if "s" in self.kinds:
                shape = re.sub(r"\d", "9", re.sub(r"[a-zäöüß]+", "a", re.sub(r"[A-ZÄÖÜ]", "A", word)))
                found += [f"s{j}={shape}", f"e{j}={word[-3:]}", f"p{j}={word[:3]}"]
        return found

    def __call__(self, text: str) -> Annotations:
        found = [(m.group(), *m.span()) for m in re.finditer(r"\w[\w’-]*|[^\w\s]", text)]
        words, before, spans = [word for word, _, _ in found], "O", list[list]()
        # The tag before a word is known only when that is tagged, so all that it could be are asked at once.
        tags = list(self.model.classes_)
        rows = [self._features(words, i, tag) for i in range(len(words)) for tag in tags]
        said = self.model.predict(self.hasher.transform(rows)).reshape(-1, len(tags)) if rows else []
        for (_, start, end), row in zip(found, said, strict=True):
            tag = row[tags.index(before)]
            if tag[0] == "B" or (tag[0] == "I" and (before == "O" or before[2:] != tag[2:])):
                spans.append([start, end, tag[2:]])
            elif tag[0] == "I":
                spans[-1][1] = end
            before = tag
        return Annotations(tuple(Entity(Span.of(a, b), label) for a, b, label in spans))


def sentences_of(corpus: Corpus) -> Iterator[tuple[list[str], list[str]]]:
    for document in corpus:
        words = [(m.group(), *m.span()) for m in re.finditer(r"\w[\w’-]*|[^\w\s]", document.text)]
        tags = []
        for _, start, end in words:
            own = next((e for e in document.entities if e.span.start <= start and end <= e.span.end), None)
            tags.append(f"{'B' if own.span.start == start else 'I'}-{own.label}" if own else "O")
        yield [word for word, _, _ in words], tags


def of_names() -> list[object]:
    europeana = shared_data("europeana-ner-de")
    learnt = [*sentences_of(load_corpus(f"conll:{europeana / 'enp_DE.onb.bio'}"))]
    return [
        "gazetteer",
        "hanta",
        without(("cities",), "gazetteer without cities"),
        without(("cities", "territories", "places.txt"), "gazetteer without places"),
        without(("organisations.txt",), "gazetteer without organisations"),
        Made("capitals", ("entities",), capitals),
        *(
            Made(f"tagger of {what}", ("entities",), Tagger(learnt, kinds))
            for kinds, what in (("ws", "words and shapes"), ("w", "words"), ("s", "shapes"))
        ),
    ]


def off(name: str, **changes: Callable) -> Made:
    """quotes-de with functions of its pipeline replaced."""

    def find(text: str) -> Annotations:
        with patch.multiple(pipeline, **changes):
            return pipeline.quotes_of(text)

    return Made(name, ("quotes",), find)


def marked(text: str) -> Annotations:
    """What stands in marks, and the two words with capitals behind it as who says it."""
    quotes = []
    for i, m in enumerate(re.finditer(r"[„»“][^„“»«”]+[“«”]", text)):
        who = re.match(r".{0,40}?([A-ZÄÖÜ]\w+ [A-ZÄÖÜ]\w+)", text[m.end() : m.end() + 80])
        speaker = Span.of(m.end() + who.start(1), m.end() + who.end(1)) if who else None
        cue = re.match(r", (\w+)", text[m.end() :])
        said = Span.of(m.end() + cue.start(1), m.end() + cue.end(1)) if cue else None
        quotes.append(Quote(f"q{i}", "direct", Span.of(*m.span()), cue=said, speaker=speaker))
    return Annotations((), tuple(quotes))


def of_quotes() -> list[object]:
    nothing = {"from_sources": lambda *a: [], "from_nouns": lambda *a: [], "reported": lambda *a: None}
    free, indirect = {"free_indirect": lambda *a: None}, {"from_cue": lambda *a: None}
    return [
        "quotes-de",
        off("quotes-de without sources", from_sources=nothing["from_sources"]),
        off("quotes-de without indirect", **indirect),
        off("quotes-de without reported", reported=nothing["reported"]),
        off("quotes-de without free", **free),
        off("quotes-de without sources and free", from_sources=nothing["from_sources"], **free),
        off("quotes-de direct alone", **nothing, **free, **indirect),
        off("quotes-de without direct", from_marks=lambda *a: []),
        Made("marks", ("quotes",), marked),
    ]


def scores(systems: list[object], corpus: Corpus, task: str) -> dict[str, float]:
    options = {"labels": "coarse", "only": CLASSES} if task == "entities" else {}
    result = evaluate(systems, corpus, schema="strict", samples=0, **options)
    return {system.name: system.scores[task]["strict"].f1 or 0.0 for system in result.systems}


def table(task: str, by_corpus: dict[str, dict[str, float]]) -> None:
    systems = [*by_corpus["probes"]]
    print(f"\n| {task} | {' | '.join(by_corpus)} |\n| --- |{' ---: |' * len(by_corpus)}")
    for system in systems:
        print(f"| {system} | {' | '.join(f'{by_corpus[name][system]:.3f}' for name in by_corpus)} |")
    taus = {
        pair: kendalltau(*([by_corpus[name][one] for one in systems] for name in pair)).statistic
        for pair in combinations(by_corpus, 2)
    }
    with_probes = {pair[1]: tau for pair, tau in taus.items() if pair[0] == "probes"}
    others = [tau for pair, tau in taus.items() if "probes" not in pair]
    said = ", ".join(f"{name} {tau:.2f}" for name, tau in with_probes.items())
    print(f"Kendall's τ of probes with each: {said}")
    if others:
        mean = float(np.mean([*with_probes.values()]))
        print(f"mean {mean:.2f}; among the other corpora {np.mean(others):.2f}")
    # Worth nothing would be 0.
    assert min(with_probes.values()) > 0


def test_names():
    data = {name: shared_data(name) for name in ("germeval2014", "uner-german-pud", "europeana-ner-de")}
    refs = {
        "probes": "probes",
        "GermEval dev": f"germeval:{data['germeval2014'] / 'NER-de-dev.tsv'}",
        "UNER PUD": f"conll:{data['uner-german-pud'] / 'de_pud-ud-test.iob2'}",
        "Europeana sbb": f"conll:{data['europeana-ner-de'] / 'enp_DE.sbb.bio'}",
        "Europeana lft": f"conll:{data['europeana-ner-de'] / 'enp_DE.lft.bio'}",
    }
    systems = of_names()
    assert len(systems) >= 8
    table("entities", {name: scores(systems, load_corpus(ref), "entities") for name, ref in refs.items()})


@pytest.mark.parametrize("task", ["quotes", "cues", "speakers"])
def test_quotes(task):
    dev = shared_data("german-news-quotation-2024") / "data/dev"
    refs = {"probes": "probes", "German news dev": f"german-news-quotation:{dev}"}
    systems = of_quotes()
    assert len(systems) >= 8
    table(task, {name: scores(systems, load_corpus(ref), task) for name, ref in refs.items()})
