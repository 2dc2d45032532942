"""Speed in units of a reference extractor that is timed in the same run, so that it travels."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median

from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.run import BATCH_SIZE, checked_batch, close
from wortlaut.model import Document, Text
from wortlaut.running.isolated import Isolated, isolated
from wortlaut.text.segments import TOKENS, tokens

#: What the unit is: one pass of our tokeniser over the same texts.
REFERENCE = TOKENS
ROUNDS = 5
#: A round repeats its pass until this many seconds are over.
_LEAST = 0.05


def relative_speed(
    spec: str | Extractor,
    documents: Sequence[Document],
    *,
    rounds: int = ROUNDS,
    timeout: float | None = None,
) -> float:
    """How many times as fast as the reference the extractor is: the median of rounds, each timing both.

    Wall time in a process of its own; making the extractor, and a first pass over the texts, are not counted.
    ``timeout``: seconds that a document may take. Raises ExtractorError.
    """
    pairs = [(document.id, document.text) for document in documents]
    extractor, _ = isolated(spec, timeout)
    if isinstance(extractor, Isolated):
        try:
            return float(extractor.call(_timed, pairs, rounds, times=len(pairs) * (rounds + 1)))
        finally:
            extractor.close()
    assert not isinstance(extractor, str)
    return _timed(extractor, pairs, rounds)


def _timed(extractor: Extractor, pairs: Sequence[tuple[str, str]], rounds: int) -> float:
    texts = [Text(text, name) for name, text in pairs]
    system, reference = partial(system_pass, extractor, texts), partial(reference_pass, texts)
    try:
        system()
        reference()
        return median(seconds(reference) / seconds(system) for _ in range(rounds))
    finally:
        close(extractor)


def system_pass(extractor: Extractor, texts: Sequence[Text], batch_size: int = BATCH_SIZE) -> None:
    """The extractor over all texts, every answer checked. Raises what the extractor raises."""
    for begin in range(0, len(texts), batch_size):
        checked_batch(extractor, texts[begin : begin + batch_size])


def reference_pass(texts: Sequence[Text]) -> None:
    """The reference over all texts."""
    for text in texts:
        tokens(text)


def seconds(work: Callable[[], None], least: float = _LEAST) -> float:
    """Seconds of one pass, from as many as fill the least time."""
    passes, begin = 0, time.perf_counter()
    while True:
        work()
        passes += 1
        spent = time.perf_counter() - begin
        if spent >= least:
            return spent / passes
