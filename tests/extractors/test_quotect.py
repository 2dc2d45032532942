"""quotect:MODEL against a module with the interface of quotect 1.1.5, whose weights cannot be had here.

The answers have the shape that quotect's convert_quotes.py writes.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import types
from typing import Any, ClassVar, NamedTuple

import pytest

from wortlaut.errors import ExtractorError, MissingExtraError
from wortlaut.extractors import resolve, run
from wortlaut.model import Document, Quote, Span

TEXT = "Sie fuhr fort: „Morgen scheint\ndie Sonne!“ Laut Amt 😀 regnet es, sagte er, bald."
MODEL = "quotect:fynnos/quotect-mt5-base?pipeline=blank"


class Token(NamedTuple):
    start: int
    end: int
    sent: int
    text: str


class Sentence(NamedTuple):
    start: int
    end: int
    text: str


class QuoteInput(NamedTuple):
    name: int
    tokens: list[Token]
    sentences: list[Sentence]
    text: str


class Quotect:
    made: tuple[Any, ...] = ()
    asked: ClassVar[list[QuoteInput]] = []
    #: For each quote its type and, role by role, what it covers; several strings for several spans.
    quotes: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, model_name_or_path: str, device: str | None = None) -> None:
        if model_name_or_path == "nowhere":
            raise OSError("nowhere is not a local folder")
        Quotect.made = model_name_or_path, device
        print("model is on device", device)

    def predict(self, inputs: list[QuoteInput]) -> list[dict[str, Any]]:
        Quotect.asked += inputs
        return [self._document(item) for item in inputs]

    def _document(self, item: QuoteInput) -> dict[str, Any]:
        annotations = []
        for quote in self.quotes:
            made: dict[str, Any] = {}
            for role, parts in quote.items():
                if role in ("type", "medium"):
                    made[role] = parts
                    continue
                spans = [self._span(item, part) for part in parts]
                made[role] = {
                    "spans": spans,
                    "text": " ".join(parts),
                    "tokenIds": [token for span in spans for token in range(span["begin"], span["end"])],
                }
            annotations.append(made)
        return [{"documentName": item.name, "originalText": item.text, "annotations": annotations}][0]

    def _span(self, item: QuoteInput, part: str) -> dict[str, int]:
        start = item.text.index(part)
        inside = [n for n, t in enumerate(item.tokens) if start <= t.start and t.end <= start + len(part)]
        return {
            "charBegin": item.tokens[inside[0]].start,
            "charEnd": item.tokens[inside[-1]].end,
            "begin": inside[0],
            "end": inside[-1] + 1,
        }


@pytest.fixture(autouse=True)
def module(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "without" in request.node.name:
        return
    module = types.ModuleType("quotect")
    module.__spec__ = importlib.machinery.ModuleSpec("quotect", None)
    vars(module).update(Quotect=Quotect, QuoteInput=QuoteInput, Token=Token, Span=Sentence)
    monkeypatch.setitem(sys.modules, "quotect", module)
    monkeypatch.setattr(Quotect, "asked", [])
    monkeypatch.setattr(Quotect, "quotes", [])


def found(text: str = TEXT, spec: str = MODEL) -> tuple[Quote, ...]:
    [annotations] = run(resolve(spec), [Document("d", text)])
    return annotations.quotes


def at(*parts: str) -> Span:
    return Span(tuple((TEXT.index(part), TEXT.index(part) + len(part)) for part in parts))


@pytest.mark.skipif(importlib.util.find_spec("quotect") is not None, reason="quotect is installed")
def test_without_the_extra_it_says_how_to_install_it() -> None:
    with pytest.raises(MissingExtraError, match=r"quotect is not installed[\s\S]*wortlaut\[quotect\]"):
        resolve(MODEL)


def test_quotes_have_their_roles_types_and_media() -> None:
    Quotect.quotes = [
        {
            "quote": ["„Morgen scheint", "die Sonne!“"],
            "type": "Direct",
            "medium": "Speech",
            "cue": ["fuhr fort"],
            "speaker": ["Sie"],
            "frame": ["Sie fuhr fort:"],
        },
        {"quote": ["regnet es", "bald"], "type": "IndirectFreeIndirect", "medium": "Speech", "cue": ["Laut"]},
    ]
    assert found() == (
        Quote(
            "q1",
            "direct",
            at("„Morgen scheint\ndie Sonne!“"),
            "speech",
            cue=at("fuhr fort"),
            speaker=at("Sie"),
            frame=at("Sie fuhr fort:"),
        ),
        Quote("q2", "indirect/free indirect", at("regnet es", "bald"), "speech", cue=at("Laut")),
    )


def test_the_question_holds_tokens_and_sentences() -> None:
    found()
    [item] = Quotect.asked
    assert item.text == TEXT and type(item.text) is str
    assert [TEXT[token.start : token.end] for token in item.tokens] == [token.text for token in item.tokens]
    for number, sentence in enumerate(item.sentences):
        assert {token.sent for token in item.tokens[sentence.start : sentence.end]} == {number}
    assert [s.end for s in item.sentences[:-1]] == [s.start for s in item.sentences[1:]]
    assert item.sentences[-1].end == len(item.tokens)


def test_options_and_empty_texts(capsys: pytest.CaptureFixture[str]) -> None:
    assert found("") == found(" \n") == ()
    assert Quotect.asked == []
    assert Quotect.made == ("fynnos/quotect-mt5-base", None)
    resolve(f"{MODEL}&device=cuda")
    assert Quotect.made == ("fynnos/quotect-mt5-base", "cuda")
    printed = capsys.readouterr()
    assert printed.out == "" and "model is on device cuda" in printed.err


@pytest.mark.parametrize(
    "quote",
    [
        {"quote": ["Sie"], "type": "Rumoured", "medium": "Speech"},
        {"quote": ["Sie"], "type": "Direct", "medium": "Song"},
        {"cue": ["Sie"], "type": "Direct", "medium": "Speech"},
        {"quote": ["Sie"]},
    ],
)
def test_answers_of_another_form_are_refused(quote: dict[str, Any]) -> None:
    Quotect.quotes = [quote]
    with pytest.raises(ExtractorError, match=r"document d: quote 1 is \{"):
        found()


def test_offsets_outside_of_the_text_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Quotect.quotes = [{"quote": ["Sie"], "type": "Direct", "medium": "Speech"}]
    wrong = {"charBegin": 80, "charEnd": 800, "begin": 0, "end": 1}
    monkeypatch.setattr(Quotect, "_span", lambda *_: wrong)
    with pytest.raises(ExtractorError, match=r"quote 1, quote: \[\(80, 800\)\] is no part of a text of 80 "):
        found()


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingExtraError, match=r"no spaCy pipeline 'xx_none'[\s\S]*\?pipeline=blank"):
        resolve("quotect:some/model?pipeline=xx_none")
    with pytest.raises(ExtractorError, match=r"below 4\.52"):
        resolve("quotect:nowhere?pipeline=blank")
