"""Texts that are made to take long, and what a program takes for them."""

from __future__ import annotations

import gc
import random
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from types import FrameType
from typing import Any

from shared import ROOT

MARKS = ".!?…,;:-–—_*=#+~/\\|<>@%&$^`´'\"„“”‟»«‚‘’›‹()[]{}°§•·"
#: Repeated to the length that is asked for.
PIECES = (
    *MARKS, "„“", "»«", "‚’", "!?", ".,", '?!" ', "„a“", '"a" ', '"a', "' a", "(a",
    ". ", "… ", "( ", "- ", "a", "A", "ß", "aA", "Donaudampfschifffahrt", "Ergeht,siekommt.Berlin,", "a,",
    "er, ",
    "sagte ", "sagte er, ", "und sagte ", "Er sagte: ", "Er sagte, dass ", "wie er sagte, ", "stellte mit ",
    "laut ", "nach Angaben von ", "X von ", "zufolge ", "habe ", "der ", "in der Stadt und ",
    "die Behauptung, dass er, ", "Harms sagte, der Deich sei „völlig sicher“. ", "„Ja, das ist so.“ Er kam. ",
    "Anna Krug ", "Berlin-", "a-", "a’", "a.", "a:", "a@", "www.", "http://a.", "z. B. ", "3. ", "am 3. ",
    "1", "1.", "1,", "😀", "👩\u200d👧", "a\u0301", "a\u00ad", "\u200b", "\u00a0", " ", "\n", "a\n", "„a\n",
    "a-\n", "a\r\n", "Kapitel . . . . . . . . . 7 ", "Kapitel ........ 7\n",
)  # fmt: skip
_MADE: dict[str, Callable[[int], str]] = {
    "base64": lambda length: b64encode(random.Random(7).randbytes(length)).decode(),
    "any marks": lambda length: "".join(random.Random(7).choices(MARKS, k=length)),
    "nested marks": lambda length: "„‚" * (length // 4) + "’“" * (length // 4),
    "nested brackets": lambda length: "(" * (length // 2) + ")" * (length // 2),
    "stops behind words": lambda length: "a " * (length // 4) + "." * (length // 2),
    "words in one pair of marks": lambda length: "„" + "er sagte " * (length // 9) + "“",
}
NAMES = (*PIECES, *_MADE)


def hostile(name: str, length: int) -> str:
    """The text of that name, cut to ``length`` characters."""
    made = _MADE[name](length) if name in _MADE else name * (length // len(name) + 1)
    return made[:length]


def ordinary(length: int) -> str:
    """A newspaper's article, again and again."""
    (path,) = (ROOT / "seeds").glob("*.txt")
    article = path.read_text(encoding="utf-8") + "\n\n"
    return (article * (length // len(article) + 1))[:length]


def seconds(run: Callable[[str], Any], text: str, rounds: int = 1) -> float:
    """CPU time, the best of the rounds; without collecting garbage, as pytest-benchmark measures here."""
    taken = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            start = time.process_time()
            run(text)
            taken.append(time.process_time() - start)
    finally:
        gc.enable()
    return min(taken)


def calls(run: Callable[[str], Any], text: str) -> int:
    """How many functions run for a text: the same number each time."""
    counted = 0

    def count(_frame: FrameType, event: str, _: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        run(text)
    finally:
        sys.setprofile(None)
    return counted


def programs() -> dict[str, Callable[[str], Any]]:
    """What must stay linear, by name."""
    from wortlaut.extractors.gazetteer import Gazetteer
    from wortlaut.extractors.hanta import Hanta
    from wortlaut.extractors.quotes_de import QuotesDe
    from wortlaut.model import Text
    from wortlaut.text.segments import sentences, tokens

    def program(extractor: Any) -> Callable[[str], Any]:
        return lambda text: list(extractor.extract([Text(text, "t")]))

    return {
        "tokens and sentences": lambda text: (tokens(text), sentences(text)),
        "quotes-de": program(QuotesDe()),
        "gazetteer": program(Gazetteer()),
        "hanta": program(Hanta()),
    }
