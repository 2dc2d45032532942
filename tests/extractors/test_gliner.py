"""gliner:MODEL against a module with the interface of gliner 0.2.29, whose weights cannot be had here."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import re
import sys
import types
from itertools import pairwise
from typing import Any, ClassVar

import pytest

from wortlaut.errors import DataError, ExtractorError, MissingExtraError
from wortlaut.extractors import resolve, run
from wortlaut.extractors.gliner import windows
from wortlaut.model import Document

KINDS = {"Seoul": "location", "Angela Merkel": "person", "Rhein": "river", "UN": "organization"}


class GLiNER:
    """Finds the names of KINDS, if asked for their kind; cuts after max_len words, as the real one does."""

    loaded: tuple[Any, ...] = ()
    asked: ClassVar[list[Any]] = []
    shift = 0

    def __init__(self) -> None:
        self.config = types.SimpleNamespace(max_len=12)

    @classmethod
    def from_pretrained(cls, model_id: str, map_location: str = "cpu") -> GLiNER:
        if "/" not in model_id:
            raise FileNotFoundError(f"No config file found in {model_id}")
        GLiNER.loaded = model_id, map_location
        return cls()

    def inference(
        self,
        texts: list[str],
        labels: list[str],
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        batch_size: int = 8,
    ) -> list[list[dict[str, Any]]]:
        assert all(type(text) is str for text in texts)
        GLiNER.asked.append((texts, labels, threshold, batch_size))
        return [self._answer(text, labels, threshold) for text in texts]

    def _answer(self, text: str, labels: list[str], threshold: float) -> list[dict[str, Any]]:
        words = [match.end() for match in re.finditer(r"\w+(?:[-_]\w+)*|\S", text)]
        seen = text[: words[min(len(words), self.config.max_len) - 1]]
        return [
            {
                "start": match.start() + self.shift,
                "end": match.end() + self.shift,
                "text": match.group(),
                "label": KINDS[match.group()],
                "score": 0.75,
            }
            for match in re.finditer("|".join(KINDS), seen)
            if KINDS[match.group()] in labels and threshold <= 0.75
        ]


@pytest.fixture(autouse=True)
def module(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "without" in request.node.name:
        return
    for name, content in (
        ("gliner", {"GLiNER": GLiNER}),
        ("torch", {"cuda": types.SimpleNamespace(is_available=lambda: False)}),
    ):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(GLiNER, "asked", [])


def names(spec: str, *texts: str) -> list[list[tuple[str, str, float | None]]]:
    documents = [Document(str(number), text) for number, text in enumerate(texts)]
    found = run(resolve(spec), documents)
    return [
        [(e.span.text(text), e.label, e.score) for e in one.entities]
        for one, text in zip(found, texts, strict=True)
    ]


@pytest.mark.skipif(importlib.util.find_spec("gliner") is not None, reason="gliner is installed")
def test_without_the_extra_it_says_how_to_install_it() -> None:
    with pytest.raises(MissingExtraError, match=r"gliner is not installed[\s\S]*wortlaut\[gliner\]"):
        resolve("gliner:urchade/gliner_multi-v2.1")


def test_names_get_the_labels_of_the_corpus() -> None:
    text = "Angela Merkel am Rhein, in Seoul"
    assert names("gliner:a/b", text) == [[("Angela Merkel", "PER", 0.75), ("Seoul", "LOC", 0.75)]]
    assert GLiNER.loaded == ("a/b", "cpu")
    assert GLiNER.asked == [
        ([text], ["person", "location", "organization", "event", "product", "work of art"], 0.5, 8)
    ]


def test_options_reach_the_model() -> None:
    spec = "gliner:a/b?labels=river:LOC,person:-,location:LOCderiv&threshold=0.7&batch_size=3&device=cuda"
    assert names(spec, "Angela Merkel am Rhein, in Seoul") == [
        [("Rhein", "LOC", 0.75), ("Seoul", "LOCderiv", 0.75)]
    ]
    assert GLiNER.loaded == ("a/b", "cuda")
    assert GLiNER.asked[0][1:] == (["river", "person", "location"], 0.7, 3)
    assert names("gliner:a/b?threshold=0.8", "Seoul") == [[]]


def test_long_texts_lose_nothing() -> None:
    text = "Die UN in Seoul tagt. Am Montag kam Angela Merkel.\nSie ging. " * 20
    expected = [("UN", "ORG", 0.75), ("Seoul", "LOC", 0.75), ("Angela Merkel", "PER", 0.75)]
    assert names("gliner:a/b", "", text, "  ", text) == [[], expected * 20, [], expected * 20]


def test_windows_are_whole_sentences_and_cover_all() -> None:
    text = "Eins zwei drei. „Vier fünf.“ Sechs sieben acht neun zehn elf zwölf. \n\nDreizehn z. B. vierzehn"
    cut = [text[start:end] for start, end in windows(text, 9)]
    assert cut == [
        "Eins zwei drei. „Vier fünf.“ ",
        "Sechs sieben acht neun zehn elf zwölf. \n\n",
        "Dreizehn z. B. vierzehn",
    ]
    assert list(windows("a b c d e", 2)) == [(0, 4), (4, 8), (8, 9)]
    assert list(windows(" \n", 2)) == []
    for words in range(1, 40):
        places = list(windows(text, words))
        assert places[0][0] == 0 and places[-1][1] == len(text)
        assert all(left[1] == right[0] for left, right in pairwise(places))
        assert all(len(re.findall(r"\w+(?:[-_]\w+)*|\S", text[a:b])) <= words for a, b in places)


def test_offsets_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GLiNER, "shift", 1)
    with pytest.raises(ExtractorError, match=r"document 0: it found 'UN' where 'N ' stands"):
        names("gliner:a/b", "UN in Seoul")


@pytest.mark.parametrize(
    "options, message",
    [
        ("threshold=1.5", "a threshold of 1.5"),
        ("batch_size=0", "a batch of 0 windows"),
        ("labels=person", "'person' renames no label"),
        ("labels=", "no labels to ask for"),
    ],
)
def test_wrong_options_are_refused(options: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        resolve(f"gliner:a/b?{options}")


def test_a_model_that_is_not_there() -> None:
    with pytest.raises(ExtractorError, match=r"gliner cannot load it: FileNotFoundError: No config"):
        resolve("gliner:nowhere")
