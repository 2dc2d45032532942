"""``transformers:MODEL_OR_PATH``: a token classification model of the transformers library.

A word has the tag of its first piece, which is what such models are trained on (Devlin et al. 2019,
section 5.3); hyphens and apostrophes do not end a word (``US-Präsident``). Tags are read as BIO, IOB1,
IO, BIOES or BILOU. The score of a name is the mean over its words of the probability of their tags.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wortlaut.errors import DataError, ExtractorError, raised_as
from wortlaut.extractors.labels import LABELS, LEFT_OUT, pairs
from wortlaut.model import Annotations, Entity, Span, Text

#: Pieces a window has at most where neither the tokenizer nor the model says.
WINDOW = 512
#: What the weights may be computed in.
DTYPES = ("float32", "bfloat16")
#: Batches whose windows are sorted by length together, and characters that a piece has about.
_BATCHES, _LETTERS = 16, 4
_WORD = re.compile(r"\w+(?:[-‐‑'’]\w+)*|[^\w\s]")
_TAG = re.compile(r"([BIESLU])[-_](.+)")


class TokenClassifier:
    """A loaded model with its tokenizer, on one device.

    ``labels``: ``PRS:PER,TME:-`` renames a label, and leaves one out. ``batch_size``: windows at once.
    ``device``: ``auto`` (a GPU where there is one), ``cpu``, ``cuda:1``. ``stride``: pieces that two
    neighbouring windows of a long text share; a quarter of a window by default. ``dtype``: ``float32`` or
    ``bfloat16``, which is faster on a GPU and rounds: a tag that is hardly likelier than another may change.
    """

    finds = ("entities",)

    def __init__(
        self,
        name: str,
        labels: str = "",
        batch_size: int = 16,
        device: str = "auto",
        stride: int | None = None,
        dtype: str = "float32",
    ) -> None:
        self.name = f"transformers:{name}"
        self._labels = {**LABELS, **pairs(labels, self.name)}
        if batch_size < 1:
            raise DataError(f"a batch of {batch_size} windows", where=f"{self.name}, option batch_size")
        self._batch_size = batch_size
        self._device = _device(device, self.name)
        self._tokenizer, self._model = _load(name, self.name)
        self._model.to(self._device, dtype=_dtype(dtype, self.name)).eval()
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
        backend = self._tokenizer.backend_tokenizer
        backend.no_padding()
        backend.enable_truncation(self._window, stride=self._stride)
        #: Input of the model → what it is padded with.
        self._inputs = {
            name: value
            for name, value in (
                ("input_ids", self._tokenizer.pad_token_id or 0),
                ("token_type_ids", self._tokenizer.pad_token_type_id),
                ("attention_mask", 0),
            )
            if name in self._tokenizer.model_input_names
        }
        self._outside = np.array([self._tags.get(tag) == "O" for tag in range(max(self._tags) + 1)])

    @property
    def texts_at_once(self) -> int:
        """A GPU is kept busy over many texts; without one the answers come in small portions."""
        return 32 if self._device.type == "cpu" else 1024

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        # While the device is at a group of texts, the next one is tokenized and the one before is read.
        launched = map(self._launched, self._tokenized_ahead(texts))
        for group, _ in pairwise(chain(launched, (None,))):
            assert group is not None
            yield from self._read(group)

    def _tokenized_ahead(self, texts: Sequence[Text]) -> Iterator[_Group]:
        with ThreadPoolExecutor(1) as thread:
            coming: deque[Future[_Group]] = deque()
            for group in self._groups(texts):
                coming.append(thread.submit(self._tokenized, group))
                if len(coming) > 1:
                    yield coming.popleft().result()
            yield from (group.result() for group in coming)

    def _groups(self, texts: Sequence[Text]) -> Iterator[Sequence[Text]]:
        """Texts in a row that make some batches of windows, enough to sort them by length."""
        most = _BATCHES * self._batch_size
        first, size = 0, 0
        for number, text in enumerate(texts):
            if number > first and (number - first == most or size > most * self._window * _LETTERS):
                yield texts[first:number]
                first, size = number, 0
            size += len(text)
        yield texts[first:]

    def _tokenized(self, texts: Sequence[Text]) -> _Group:
        found = self._tokenizer.backend_tokenizer.encode_batch([str(text) for text in texts])
        return _Group(
            texts, [[self._window_of(one) for one in (first, *first.overflowing)] for first in found]
        )

    def _window_of(self, encoding: Any) -> _Window:
        values = {
            "input_ids": encoding.ids,
            "token_type_ids": encoding.type_ids,
            "attention_mask": encoding.attention_mask,
        }
        return _Window(
            len(encoding),
            {name: np.array(values[name], np.int64) for name in self._inputs},
            np.fromiter(chain.from_iterable(encoding.offsets), np.int64, 2 * len(encoding)).reshape(-1, 2),
            np.array(encoding.special_tokens_mask, bool),
        )

    def _launched(self, group: _Group) -> _Group:
        """The group, the likeliest tags of its pieces and their probabilities on the way from the device."""
        import torch

        # Windows of one length share a batch, so that little is computed on padding.
        windows = sorted(chain.from_iterable(group.windows), key=lambda window: window.size)
        for start in range(0, len(windows), self._batch_size):
            batch = windows[start : start + self._batch_size]
            inputs = {name: self._padded(name, batch) for name in self._inputs}
            with torch.inference_mode():
                best = self._model(**inputs).logits.float().softmax(-1).max(-1)
            indices, values = (one.to("cpu", non_blocking=True) for one in (best.indices, best.values))
            for row, window in enumerate(batch):
                window.best = indices[row], values[row]
        if self._device.type == "cuda":
            group.computed = torch.cuda.Event()
            group.computed.record(torch.cuda.current_stream(self._device))
        return group

    def _padded(self, name: str, batch: Sequence[_Window]) -> Any:
        import torch

        shape = len(batch), max(window.size for window in batch)
        pinned = self._device.type == "cuda"
        padded = torch.full(shape, self._inputs[name], dtype=torch.long, pin_memory=pinned)
        for row, window in zip(padded.numpy(), batch, strict=True):
            row[self._place(window, len(row))] = window.inputs[name]
        return padded.to(self._device, non_blocking=True)

    def _place(self, window: _Window, width: int) -> slice:
        """Where the window is in its padded row."""
        start = width - window.size if self._tokenizer.padding_side == "left" else 0
        return slice(start, start + window.size)

    def _read(self, group: _Group) -> Iterator[Annotations]:
        if group.computed is not None:
            group.computed.synchronize()
        for text, windows in zip(group.texts, group.windows, strict=True):
            seen = [
                (
                    window.offsets,
                    window.special,
                    *(one[self._place(window, len(one))].numpy() for one in window.best),
                )
                for window in windows
            ]
            yield Annotations(tuple(self._entities(text, *_pieces(seen, self._stride))))

    def _entities(self, text: Text, offsets: _Array, tags: _Array, values: _Array) -> Iterator[Entity]:
        words, pieces = _words(text, offsets)
        tags, values = tags[pieces], values[pieces]
        inside = np.flatnonzero(~self._outside[tags])
        for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1) if len(inside) else ():
            places, scores = words[run].tolist(), values[run].tolist()
            for first, last, label in decode([self._tags[tag] for tag in tags[run].tolist()]):
                label = self._labels.get(label, label)
                if label != LEFT_OUT:
                    span = Span.of(places[first][0], places[last][1])
                    yield Entity(span, label, score=sum(scores[first : last + 1]) / (last + 1 - first))


_Array = NDArray[Any]


@dataclass(slots=True)
class _Window:
    """A row for each piece: where it is in the text, and whether it is none of it."""

    size: int
    inputs: dict[str, _Array]
    offsets: _Array
    special: _Array
    #: Numbers of tags and their probabilities, with padding.
    best: tuple[Any, ...] = ()


@dataclass(slots=True)
class _Group:
    """Texts, and the windows of each. ``computed`` tells when a GPU is done with them."""

    texts: Sequence[Text]
    windows: list[list[_Window]]
    computed: Any = None


def decode(tags: Iterable[str]) -> Iterator[tuple[int, int, str]]:
    """First word, last word and label of each name that the tags of the words spell.

    >>> list(decode(["B-PER", "I-PER", "O", "I-LOC", "B-LOC", "S-ORG"]))
    [(0, 1, 'PER'), (3, 3, 'LOC'), (4, 4, 'LOC'), (5, 5, 'ORG')]
    """
    start, open_label, number = 0, "", -1
    for number, tag in enumerate(tags):
        kind, label = _kind(tag)
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


@lru_cache
def _kind(tag: str) -> tuple[str, str]:
    match = _TAG.fullmatch(tag)
    return (match[1], match[2]) if match else ("I", "" if tag == "O" else tag)


def _pieces(
    windows: Sequence[tuple[_Array, _Array, _Array, _Array]], stride: int
) -> tuple[_Array, _Array, _Array]:
    """The pieces of one text, each as the window sees it that has most context around it.

    A window has offsets, whether a piece is special, tags, and probabilities; special pieces are left out.
    """
    inside = [[column[~special] for column in (offsets, *best)] for offsets, special, *best in windows]
    if len(inside) == 1:
        offsets, tags, values = inside[0]
        return offsets, tags, values
    starts = np.cumsum([0, *(len(offsets) - stride for offsets, *_ in inside)])
    total = starts[-1] + stride
    context = np.full(total, -1)
    found = [np.zeros((total, *column.shape[1:]), column.dtype) for column in inside[0]]
    for number, columns in enumerate(inside):
        size = len(columns[0])
        before = np.arange(size) if number else np.full(size, size)
        after = np.arange(size)[::-1] if number + 1 < len(inside) else np.full(size, size)
        here = slice(starts[number], starts[number] + size)
        better = np.minimum(before, after) > context[here]
        context[here][better] = np.minimum(before, after)[better]
        for column, new in zip(found, columns, strict=True):
            column[here][better] = new[better]
    offsets, tags, values = found
    return offsets, tags, values


def _words(text: str, offsets: _Array) -> tuple[_Array, _Array]:
    """Start and end of each word, and its piece: the first one that covers some of it."""
    words = np.array([word.span() for word in _WORD.finditer(text)], np.int64).reshape(-1, 2)
    (covering,) = np.nonzero(offsets[:, 0] < offsets[:, 1])
    at = np.searchsorted(offsets[covering, 1], words[:, 0], side="right")
    words, at = words[at < len(covering)], at[at < len(covering)]
    # A tokenizer may drop characters, such as control characters: they have no tag.
    covered = offsets[covering[at], 0] < words[:, 1]
    return words[covered], covering[at[covered]]


def _dtype(name: str, where: str) -> Any:
    import torch

    if name not in DTYPES:
        raise DataError(
            f"no dtype {name!r}", where=f"{where}, option dtype", hint=f"It is {' or '.join(DTYPES)}."
        )
    return getattr(torch, name)


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
