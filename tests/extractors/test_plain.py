"""Texts that read the same: the built-in extractors find the same in them, where it stands."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import texts

from wortlaut.corpus.load import load_corpus
from wortlaut.extractors import resolve, run
from wortlaut.extractors.plain import view
from wortlaut.extractors.quotes_de import create
from wortlaut.extractors.registry import Loaded
from wortlaut.model import ROLES, Annotations, Document, Quote, Span, Text
from wortlaut.stress import transform

PATH = Path(__file__).parents[1] / "cases" / "same_text.jsonl"
CASES = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
BUILT_IN = ("gazetteer", "hanta", "quotes-de")

# One paragraph a line, and whatever else ends lines on purpose.
AS_THEY_ARE = [
    "Deich hält der Flut stand\nDer Deich hat gehalten. Das sagte Ute Harms.\nDie Helfer sind müde.",
    "Zutaten\nmehl\nzucker\neier und butter\nmilch\nsalz",
    "Fische und Vögel ziehen fort\nund kehren wieder, jedes Jahr\nzum Ort\nder immer ihrer war",
    "Die Ein-\nund die Ausfuhr steigen.",
    "Harms:\nDer Deich hält.\nPetersen:\nDas glaube ich nicht.",
    "der deich in der stadt hat gehalten.\ndas sagte ute harms am montag.\ndie helfer sind noch sehr müde.",
    "Zeile ohne Punkt\n\nund noch eine\n\nund die dritte",
    "",
    "\n \n",
]
# The same paragraph twice, wrapped: under a headline, and behind a blank line.
BODY = (
    "Am Montag hat der Deich in der Hauptstadt gehalten, wie\n"
    "die Bürgermeisterin und ihre Helfer mit großer Freude in\n"
    "der Nacht berichteten. Das Wasser stand an diesem Morgen\n"
    "so hoch wie lange nicht."
)


def annotated(name: str, text: str) -> Annotations:
    (found,) = run(EXTRACTORS[name], [Document("t", text)])
    return found


EXTRACTORS: dict[str, Loaded] = {}


@pytest.fixture(scope="module", autouse=True)
def _extractors() -> None:
    EXTRACTORS.update({name: resolve(name) for name in BUILT_IN})


def readable(text: str) -> str:
    """The covered text without what the cases change, as any of them may change it."""
    text = re.sub(r"[\s\-\u2010\u2011]", "", "".join(c for c in text if unicodedata.category(c) != "Cf"))
    return unicodedata.normalize("NFC", text)


def spans(quote: Quote) -> list[Span]:
    return [span for role in ("content", *ROLES) if (span := quote.role(role))]


def told(found: Annotations, text: str) -> list[tuple[object, ...]]:
    entities = [(readable(entity.span.text(text)), entity.label) for entity in found.entities]
    quotes = [
        (quote.type, quote.rule, quote.speaker_entity, *(readable(span.text(text)) for span in spans(quote)))
        for quote in found.quotes
    ]
    mentions = [readable(span.text(text)) for cluster in found.clusters for span in cluster.mentions]
    return [*entities, *quotes, *[(cluster.id, cluster.name) for cluster in found.clusters], tuple(mentions)]


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_what_reads_the_same_is_read_the_same(name: str, case: dict[str, str]) -> None:
    plain, text = case["plain"], case["text"]
    assert view(plain).text == plain
    assert view(text).text == plain
    found = annotated(name, text)
    assert told(found, text) == told(annotated(name, plain), plain)
    for _, span in found.spans():
        for start, end in span:
            assert text[start:end] == text[start:end].strip("\u00ad\u200b\u2060\ufeff\u00a0 \n")


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_every_case_finds_something(case: dict[str, str]) -> None:
    assert annotated("quotes-de", case["text"]).quotes
    assert annotated("hanta", case["text"]).entities


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_line_ends_that_stay(text: str) -> None:
    assert view(text).text == text
    assert view(text).maps == ()


def test_headlines_and_paragraphs_of_wrapped_text_stay_apart() -> None:
    text = f"Deich hält der Flut stand\n{BODY}\nHelfer sind müde\n{BODY}\n\n{BODY}"
    joined = BODY.replace("\n", " ")
    expected = f"Deich hält der Flut stand\n{joined}\nHelfer sind müde\n{joined}\n\n{joined}"
    assert view(text).text == expected


@pytest.mark.parametrize("spec", ["line-breaks", "hyphenation?width=40", "soft-hyphens", "nfd", "nbsp+nfd"])
@pytest.mark.parametrize("name", BUILT_IN)
def test_the_gold_article_changed(name: str, spec: str) -> None:
    (document,) = load_corpus("gold").documents
    changed = transform(document, spec)
    assert changed.document.text != document.text
    before = {(e.span, e.label) for e in annotated(name, document.text).entities}
    before |= {(q.content, q.type) for q in annotated(name, document.text).quotes}
    after = annotated(name, changed.document.text)
    found = {(e.span, e.label) for e in after.entities} | {(q.content, q.type) for q in after.quotes}
    assert found == {(changed.span(span), label) for span, label in before}


def test_the_gold_article_is_plain() -> None:
    (document,) = load_corpus("gold").documents
    assert view(document.text).maps == ()
    assert view(document.text).text is document.text


PIECES = [
    *"aäÜß-.!, \n",
    *("\u00ad", "\u200b", "\u0308", "\u0301", "\u00a0", "\u2009", "\ufeff", "\u1112\u1161\u11ab", "각"),
    *("\r\n", "-\n", "\u00ad\n", "ein Wort ", "der Lage\nund ", "u\u0308ber ", "🙂"),
]


@given(st.one_of(texts(), st.lists(st.sampled_from(PIECES)).map("".join)))
@example("a\xad\u0308")  # the mark is on the letter once the soft hyphen is gone
def test_the_map_is_exact_and_monotone(text: str) -> None:
    seen = view(text)
    assert all(one.monotone for one in seen.maps)
    assert readable(seen.text) == readable(text)
    last = -1
    for at in range(len(seen.text)):
        (quote,) = seen.back(Annotations(quotes=(Quote("q", "direct", Span.of(at, at + 1)),))).quotes
        back = quote.content
        assert last <= back.start < back.end <= len(text)
        assert readable(seen.text[at]) in readable(back.text(text))
        assert seen.seen(back) is not None
        last = back.start


@given(
    st.lists(st.sampled_from([*PIECES, "„Der Deich hält“, sagte Ute Harms. ", "laut Harms "])).map("".join)
)
def test_any_text_is_safe(text: str) -> None:
    (found,) = create().extract([Text(text, "t")])
    for _, span in found.spans():
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_given_quotations_get_their_speaker(case: dict[str, str]) -> None:
    extractor = create()
    answers = []
    for text in (case["plain"], case["text"]):
        (found,) = extractor.extract([Text(text, "t")])
        given_ = [Quote(q.id, q.type, q.content) for q in found.quotes]
        (answer,) = extractor.attribute([Text(text, "t")], [given_])
        assert [Quote(q.id, q.type, q.content) for q in answer] == given_
        answers.append(told(Annotations(quotes=tuple(answer)), text))
    assert answers[0] == answers[1]


def test_a_given_quotation_of_nothing_visible_is_given_back() -> None:
    text = "\u200b\u200b „Der Deich hält“, sagte Ute Harms."
    hidden, shown = Quote("a", "direct", Span.of(0, 2)), Quote("b", "direct", Span.of(3, 19))
    (answer,) = create().attribute([Text(text, "t")], [[hidden, shown]])
    assert answer[0] == hidden
    assert answer[1].speaker is not None
    assert answer[1].speaker.text(text) == "Ute Harms"
