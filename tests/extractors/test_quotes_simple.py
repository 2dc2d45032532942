"""The baseline of quotes for any language on made-up sentences, and what must hold for any text."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hostile import seconds
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from wortlaut.extractors.quotes_simple import QuotesSimple, create, find_marked
from wortlaut.model import ROLES, Annotations, Quote, Span, Text

CASES = Path(__file__).parents[1] / "cases" / "quotes_simple"
ENGLISH = QuotesSimple("en")
#: File of examples → the extractor that they are about.
READ_BY = {"marks": QuotesSimple(), "english": ENGLISH}


def cases() -> list[Any]:
    return [
        pytest.param(READ_BY[path.stem], case, id=f"{path.stem}: {case['case']}")
        for path in sorted(CASES.glob("*.jsonl"))
        for case in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def extract(text: str, by: QuotesSimple = ENGLISH) -> Annotations:
    (found,) = by.extract([Text(text, "t")])
    return found


@pytest.mark.parametrize(("by", "case"), cases())
def test_case(by: QuotesSimple, case: dict[str, Any]) -> None:
    text = case["text"]
    quotes = extract(text, by).quotes
    assert [quote.content.text(text) for quote in quotes] == [one["content"] for one in case["quotes"]]
    for quote, wanted in zip(quotes, case["quotes"], strict=True):
        for name, value in wanted.items():
            span = quote.role(name) if name in ("content", *ROLES) else None
            assert (span.text(text) if span else getattr(quote, name)) == value, name


PIECES = [*"“”„‘’'\"«»「」 \n.,!aB", "said ", "Ann Lee ", "she ", "the ", "\n\n", "'s "]


@examples(15)
@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join)))
def test_any_text_is_safe(text: str) -> None:
    for by in READ_BY.values():
        found = extract(text, by)
        assert all(0 <= span.start < span.end <= len(text) for _, span in found.spans())
        marked = find_marked(text)
        assert all(end <= start for (_, end), (start, _) in pairwise(marked))
        (given_back,) = by.attribute([Text(text, "t")], [found.quotes])
        assert [quote.content for quote in given_back] == [quote.content for quote in found.quotes]


@pytest.mark.parametrize("piece", ['"', "“", "'", "“ a\n\n", "said ", "Ann ", "“a,” said Ann. "])
def test_time_grows_with_the_length(piece: str) -> None:
    assert seconds(extract, piece * (10_000 // len(piece))) < 1


def test_given_quotes_are_attributed() -> None:
    text = "I know, said Ann Lee, and more. And then?"
    quotes = [Quote("a", "direct", Span(((0, 6), (21, 30)))), Quote("b", "indirect", Span.of(32, 41))]
    (found,) = create("en").attribute([Text(text, "t")], [quotes])
    assert [(quote.id, quote.type, quote.content) for quote in found] == [
        (quote.id, quote.type, quote.content) for quote in quotes
    ]
    assert [quote.speaker_entity for quote in found] == ["Ann Lee", None]
