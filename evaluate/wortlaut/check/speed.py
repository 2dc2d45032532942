"""Speed in units of a reference extractor that is timed in the same run, so that it travels."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

from wortlaut.document import Document, Text
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import resolve
from wortlaut.extractors.run import BATCH_SIZE, checked
from wortlaut.layers import TOKENS, tokens

#: What the unit is: one pass of our tokeniser over the same texts.
REFERENCE = TOKENS
ROUNDS = 5
#: A round repeats its pass until this many seconds are over.
_LEAST = 0.05


def relative_speed(spec: str | Extractor, documents: Sequence[Document], *, rounds: int = ROUNDS) -> float:
    """How many times as fast as the reference the extractor is: the median of rounds, each timing both.

    Wall time in this process; making the extractor, and a first pass over the texts, are not counted.
    Raises what the extractor raises.
    """
    extractor = resolve(spec) if isinstance(spec, str) else spec
    texts = [Text(document.text, document.id) for document in documents]

    def system() -> None:
        for begin in range(0, len(texts), BATCH_SIZE):
            batch = texts[begin : begin + BATCH_SIZE]
            for answer, text in zip(extractor.extract(batch), batch, strict=True):
                checked(answer, text, text.id)

    def reference() -> None:
        for text in texts:
            tokens(text)

    try:
        system()
        reference()
        return median(_seconds(reference) / _seconds(system) for _ in range(rounds))
    finally:
        if close := getattr(extractor, "close", None):
            close()


def _seconds(work: Callable[[], None]) -> float:
    """Seconds of one pass, from as many as fill the least time."""
    passes, begin = 0, time.perf_counter()
    while True:
        work()
        passes += 1
        spent = time.perf_counter() - begin
        if spent >= _LEAST:
            return spent / passes
