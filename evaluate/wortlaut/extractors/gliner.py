"""``gliner:MODEL_OR_PATH``: names of the kinds that its labels describe, by GLiNER (Zaratiana et al. 2024).

The interface is that of gliner 0.2: ``GLiNER.from_pretrained`` and ``inference``, which gives for each
text a list of ``start``, ``end``, ``text``, ``label`` and ``score``. GLiNER cuts a text after its
model's ``max_len`` words; so a longer one is given to it in windows of whole sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wortlaut.errors import DataError, ExtractorError, raised_as
from wortlaut.extractors.labels import LEFT_OUT, pairs
from wortlaut.model import Annotations, Entity, Span, Text

#: What the model is asked for, and the corpus's label for it.
LABELS = "person:PER,location:LOC,organization:ORG,event:OTH,product:OTH,work of art:OTH"
#: Words a window has at most; its pieces must fit into the model's encoder beside the labels.
WORDS = 200
# GLiNER's own words: WhitespaceTokenSplitter.
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")
_SENTENCE_END = re.compile(r"[.!?…][\"“”»«’‘)\]]*\s+(?=[„\"»«‚(\[]*[A-ZÄÖÜ0-9])|\n\s*")


class Gliner:
    """A loaded model and the labels that it is asked for.

    ``labels``: what to ask for, each with the label it becomes: ``person:PER,river:LOC``. One that becomes
    ``-`` is asked for, so that its names get no other label, and left out. ``device``: ``auto`` (a GPU
    where there is one), ``cpu``, ``cuda``.
    """

    finds = ("entities",)

    def __init__(
        self,
        name: str,
        labels: str = LABELS,
        threshold: float = 0.5,
        batch_size: int = 8,
        device: str = "auto",
    ) -> None:
        self.name = f"gliner:{name}"
        self._labels = pairs(labels, self.name)
        if not self._labels:
            raise DataError("no labels to ask for", where=f"{self.name}, option labels")
        if not 0 <= threshold <= 1:
            raise DataError(f"a threshold of {threshold:g}", where=f"{self.name}, option threshold")
        if batch_size < 1:
            raise DataError(f"a batch of {batch_size} windows", where=f"{self.name}, option batch_size")
        self._threshold = threshold
        self._batch_size = batch_size
        self._model = _load(name, self.name, device)
        self._words = min(int(getattr(self._model.config, "max_len", WORDS)), WORDS)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        places = [(at, *window) for at, text in enumerate(texts) for window in windows(text, self._words)]
        answers = self._model.inference(
            [str(texts[at][start:end]) for at, start, end in places],
            list(self._labels),
            flat_ner=True,
            threshold=self._threshold,
            batch_size=self._batch_size,
        )
        found: list[list[Entity]] = [[] for _ in texts]
        for (at, start, _), answer in zip(places, answers, strict=True):
            found[at] += self._entities(texts[at], start, answer)
        return (Annotations(tuple(entities)) for entities in found)

    def _entities(self, text: Text, at: int, answer: Sequence[Mapping[str, Any]]) -> Iterator[Entity]:
        for item in sorted(answer, key=lambda item: (item["start"], item["end"])):
            span = Span.of(at + int(item["start"]), at + int(item["end"]))
            if span.text(text) != item["text"]:
                raise ExtractorError(
                    f"it found {item['text']!r} where {span.text(text)!r} stands",
                    where=f"{self.name}, document {text.id}",
                )
            label = self._labels[item["label"]]
            if label != LEFT_OUT:
                yield Entity(span, label, score=float(item["score"]))


def windows(text: str, words: int) -> Iterator[tuple[int, int]]:
    """Start and end of the windows that a text is given in; a text that fits is one window.

    Each is as many whole sentences as have at most ``words`` words together; a sentence that has more
    is cut between two words. Text without words is in no window.
    """
    starts = [word.start() for word in _WORD.finditer(text)]
    if not starts:
        return
    breaks = {match.end() for match in _SENTENCE_END.finditer(text)}
    first = 0
    while len(starts) - first > words:
        cut = next((at for at in range(first + words, first, -1) if starts[at] in breaks), first + words)
        yield starts[first], starts[cut]
        first = cut
    yield starts[first], len(text)


def _load(name: str, where: str, device: str) -> Any:
    from gliner import GLiNER

    if device == "auto":
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
    hint = "Give the name of a GLiNER model, or a folder with one."
    with raised_as(ExtractorError, "gliner cannot load it:", where, hint):
        return GLiNER.from_pretrained(name, map_location=device)
