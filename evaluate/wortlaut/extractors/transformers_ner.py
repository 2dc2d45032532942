"""``transformers:MODEL_OR_PATH``: a token classification model of the transformers library.

A word has the tag of its first piece, which is what such models are trained on (Devlin et al. 2019,
section 5.3); hyphens and apostrophes do not end a word (``US-Präsident``). Tags are read as BIO, IOB1,
IO, BIOES or BILOU. The score of a name is the mean over its words of the probability of their tags.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wortlaut.errors import DataError, ExtractorError, raised_as
from wortlaut.extractors.labels import LABELS, LEFT_OUT, pairs
from wortlaut.model import Annotations, Entity, Span, Text

#: Pieces a window has at most where neither the tokenizer nor the model says.
WINDOW = 512
_WORD = re.compile(r"\w+(?:[-‐‑'’]\w+)*|[^\w\s]")
_TAG = re.compile(r"([BIESLU])[-_](.+)")


class TokenClassifier:
    """A loaded model with its tokenizer, on one device.

    ``labels``: ``PRS:PER,TME:-`` renames a label, and leaves one out. ``batch_size``: windows at once.
    ``device``: ``auto`` (a GPU where there is one), ``cpu``, ``cuda:1``. ``stride``: pieces that two
    neighbouring windows of a long text share; a quarter of a window by default.
    """

    finds = ("entities",)

    def __init__(
        self,
        name: str,
        labels: str = "",
        batch_size: int = 16,
        device: str = "auto",
        stride: int | None = None,
    ) -> None:
        self.name = f"transformers:{name}"
        self._labels = {**LABELS, **pairs(labels, self.name)}
        if batch_size < 1:
            raise DataError(f"a batch of {batch_size} windows", where=f"{self.name}, option batch_size")
        self._batch_size = batch_size
        self._device = _device(device, self.name)
        self._tokenizer, self._model = _load(name, self.name)
        self._model.to(self._device).eval()
        self._tags = {int(number): str(tag) for number, tag in self._model.config.id2label.items()}
        if "O" not in self._tags.values():
            raise ExtractorError(
                f"no tag of the model is O; it has {', '.join(sorted(self._tags.values()))}",
                where=self.name,
                hint="Name the tags in id2label of the model's config.json.",
            )
        self._window = _window(self._tokenizer, self._model)
        room = self._window - self._tokenizer.num_special_tokens_to_add()
        self._stride = room // 4 if stride is None else stride
        if not 0 <= self._stride < room:
            raise DataError(
                f"windows of {room} pieces cannot share {self._stride}",
                where=f"{self.name}, option stride",
                hint=f"The stride is 0 to {room - 1}.",
            )

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        encoded = self._tokenizer(
            [str(text) for text in texts],
            truncation=True,
            max_length=self._window,
            stride=self._stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        probabilities = self._probabilities(encoded)
        windows: dict[int, list[int]] = {}
        for window, text in enumerate(encoded["overflow_to_sample_mapping"]):
            windows.setdefault(int(text), []).append(window)
        for number, text in enumerate(texts):
            pieces = _pieces(
                [encoded["offset_mapping"][window] for window in windows[number]],
                [encoded["special_tokens_mask"][window] for window in windows[number]],
                [probabilities[window] for window in windows[number]],
                self._stride,
            )
            yield Annotations(tuple(self._entities(text, pieces)))

    def _probabilities(self, encoded: Any) -> list[list[tuple[int, float]]]:
        """For each window and piece the number of the likeliest tag, and its probability."""
        import torch

        inputs = [name for name in self._tokenizer.model_input_names if name in encoded]
        sizes = [len(ids) for ids in encoded["input_ids"]]
        found: list[list[tuple[int, float]]] = [[] for _ in sizes]
        # Windows of one length share a batch, so that little is computed on padding.
        order = sorted(range(len(sizes)), key=sizes.__getitem__)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            padded = self._tokenizer.pad(
                {name: [encoded[name][window] for window in batch] for name in inputs}, return_tensors="pt"
            ).to(self._device)
            with torch.inference_mode():
                best = self._model(**padded).logits.float().softmax(-1).max(-1)
            rows = zip(batch, best.indices.tolist(), best.values.tolist(), strict=True)
            left = self._tokenizer.padding_side == "left"
            for window, tags, values in rows:
                row = list(zip(tags, values, strict=True))
                found[window] = row[-sizes[window] :] if left else row[: sizes[window]]
        return found

    def _entities(self, text: Text, pieces: Sequence[_Piece]) -> Iterator[Entity]:
        words = list(_words(text, pieces))
        for first, last, label in decode([self._tags[tag] for _, _, tag, _ in words]):
            label = self._labels.get(label, label)
            if label != LEFT_OUT:
                scores = [score for *_, score in words[first : last + 1]]
                span = Span.of(words[first][0], words[last][1])
                yield Entity(span, label, score=sum(scores) / len(scores))


#: Start and end in the text, number of the tag, probability.
_Piece = tuple[int, int, int, float]


def decode(tags: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """First word, last word and label of each name that the tags of the words spell.

    >>> list(decode(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "S-ORG"]))
    [(0, 1, 'PER'), (3, 3, 'LOC'), (4, 4, 'LOC'), (5, 5, 'ORG')]
    """
    start, open_label, number = 0, "", -1
    for number, tag in enumerate(tags):
        match = _TAG.fullmatch(tag)
        kind, label = match.groups() if match else ("I", "" if tag == "O" else tag)
        if open_label and (label != open_label or kind in "BSU"):
            yield start, number - 1, open_label
            open_label = ""
        if label and not open_label:
            start, open_label = number, label
        if open_label and kind in "ELSU":
            yield start, number, open_label
            open_label = ""
    if open_label:
        yield start, number, open_label


def _pieces(
    offsets: Sequence[Sequence[tuple[int, int]]],
    special: Sequence[Sequence[int]],
    best: Sequence[Sequence[tuple[int, float]]],
    stride: int,
) -> list[_Piece]:
    """The pieces of one text, each as the window sees it that has most context around it."""
    found: dict[int, tuple[int, _Piece]] = {}
    first = 0
    for number, (places, masked, decided) in enumerate(zip(offsets, special, best, strict=True)):
        inside = [index for index, mask in enumerate(masked) if not mask]
        for index, at in enumerate(inside):
            before = index if number else len(inside)
            after = len(inside) - index - 1 if number + 1 < len(offsets) else len(inside)
            piece = (*places[at], *decided[at])
            context, _ = found.get(first + index, (-1, piece))
            if min(before, after) > context:
                found[first + index] = min(before, after), piece
        first += len(inside) - stride
    return [piece for _, (_, piece) in sorted(found.items())]


def _words(text: str, pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    """Each word with the tag of the first piece that covers some of it."""
    pieces = [piece for piece in pieces if piece[0] < piece[1]]
    ends = [end for _, end, _, _ in pieces]
    for word in _WORD.finditer(text):
        at = bisect_right(ends, word.start())
        # A tokenizer may drop characters, such as control characters: they have no tag.
        if at < len(pieces) and pieces[at][0] < word.end():
            yield word.start(), word.end(), *pieces[at][2:]


def _window(tokenizer: Any, model: Any) -> int:
    positions = getattr(model.config, "max_position_embeddings", 0) or WINDOW
    # The RoBERTa family counts positions from the one after that of the padding.
    padding = getattr(getattr(model.base_model, "embeddings", None), "padding_idx", None)
    return int(min(positions - (0 if padding is None else padding + 1), tokenizer.model_max_length))


def _device(name: str, where: str) -> Any:
    import torch

    try:
        return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
    except RuntimeError as error:
        raise DataError(
            f"no device {name!r}: {str(error).splitlines()[0]}", where=f"{where}, option device"
        ) from None


def _load(name: str, where: str) -> tuple[Any, Any]:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    hint = "Give the name of a token classification model, or a folder with one."
    with raised_as(ExtractorError, "transformers cannot load it:", where, hint):
        tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True)
        model, loading = AutoModelForTokenClassification.from_pretrained(name, output_loading_info=True)
    if not tokenizer.is_fast:
        raise ExtractorError(
            "its tokenizer has no offsets", where=where, hint="It needs a fast tokenizer (tokenizer.json)."
        )
    if loading["missing_keys"]:
        # The library fills them at random and only warns.
        raise ExtractorError(
            f"the model lacks the weights {', '.join(sorted(loading['missing_keys']))}",
            where=where,
            hint="Give a model that was trained for token classification.",
        )
    tokenizer.truncation_side = "right"
    return tokenizer, model
