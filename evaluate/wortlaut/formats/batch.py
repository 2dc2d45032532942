"""How readers of tokens make documents in columns: texts of tokens, names of tags."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from itertools import pairwise
from operator import itemgetter
from typing import ParamSpec

import numpy as np

from wortlaut.errors import DataError
from wortlaut.formats.columns import CLOSED, IO, PREFIXED, SCHEMES, decode
from wortlaut.formats.table import Bytes, Cells, gathered
from wortlaut.formats.tags import Tags, chunks
from wortlaut.model import Document
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Ints, TokenTable, run_starts

P = ParamSpec("P")


def documents(batches: Callable[P, Iterator[Batch]]) -> Callable[P, Iterator[Document]]:
    """``read`` of a format that is read in columns: the documents of its ``batches``."""

    @wraps(batches)
    def read(*args: P.args, **options: P.kwargs) -> Iterator[Document]:
        for batch in batches(*args, **options):
            yield from batch.documents()

    return read


@dataclass(frozen=True, slots=True)
class Laid:
    """A sentence whose text is not its tokens with a space between, and the offsets of each row in it.

    ``dashed`` are rows of multi-word tokens, ``covered`` those of their words.
    """

    text: str
    offsets: list[tuple[int, int]]
    covered: list[int]
    dashed: list[int]


def packed(start: Ints, end: Ints, bounds: Ints) -> list[str]:
    """The offsets between each two of the bounds, as :func:`~wortlaut.formats.columns.pack` writes them."""
    numbers = np.column_stack([start, end]).reshape(-1).astype(np.uint32)
    digits = len(str(numbers.max(initial=0)))
    written = np.full((len(numbers), digits + 1), ord(" "), np.uint8)
    written[::2, -1] = ord(":")
    shown = np.ones(written.shape, np.bool_)
    size = np.full(len(numbers), 2, np.uint8)
    for place in range(digits):
        if place:
            shown[:, -2 - place] = numbers > 0
            size += numbers > 0
        written[:, -2 - place] = numbers % 10 + ord("0")
        numbers //= 10
    text = written[shown].tobytes().decode()
    places = np.append(0, np.cumsum(size, dtype=np.int64))[2 * bounds].tolist()
    return [text[begin : max(stop - 1, begin)] for begin, stop in pairwise(places)]


def packed_tokens(tokens: TokenTable, documents: int) -> Callable[[int], str]:
    """The packed tokens of each document, spelled out when they are first asked for."""

    @cache
    def every() -> list[str]:
        bounds = np.searchsorted(tokens.document, np.arange(documents + 1))
        return packed(tokens.start, tokens.end, bounds)

    return lambda document: every()[document]


def spelled(table: Cells, column: int, after: Bytes) -> tuple[str, Ints, Ints]:
    """Cells of a column as one text, each with the character ``after`` it (0: none), and their offsets."""
    ranges = table.start[:, column], table.end[:, column] + 1  # with what stands behind it
    data, behind = gathered(table.lines.array, *ranges)
    data[behind - 1] = after
    begun = data.view(np.int8) >= -64  # the first byte of each character
    narrow = np.int32 if len(data) < 1 << 31 else np.int64  # three times as fast
    count = np.cumsum(begun, dtype=narrow)[behind - 1].astype(np.int64)
    start, end = np.concatenate([[0], count[:-1]]), count - 1
    if len(none := np.flatnonzero(after == 0)):
        gone = np.cumsum(after == 0)
        start[1:] -= gone[:-1]
        end -= gone
        end[none] += 1
        data = np.delete(data, behind[none] - 1)
    return data.tobytes().decode(), start, end


def texts_of(
    table: Cells, column: int, of: Ints, first: Ints, document: Ints, laid: dict[int, Laid]
) -> tuple[list[str], Ints, Ints]:
    """The text of each document, and the offsets of each row in it.

    ``of`` is the sentence of each row, ``first`` and ``document`` the first row and the document of each
    sentence; tokens stand in ``column``. Sentences are parted by a line feed.
    """
    size, last = len(first), np.append(first[1:], len(of))[: len(first)] - 1
    after = np.full(len(of), ord(" "), np.uint8)
    after[last] = ord("\n")
    text, start, end = spelled(table, column, after)
    begin, stop = start[first], end[last]
    length = stop - begin
    length[list(laid)] = [len(one.text) for one in laid.values()]
    new = np.flatnonzero(run_starts(document))
    position = np.cumsum(length + 1) - length - 1
    position -= np.repeat(position[new], np.diff(new, append=size))
    shift = (position - begin)[of]
    start, end = start + shift, end + shift
    for sentence, one in laid.items():
        rows = slice(first[sentence], last[sentence] + 1)
        start[rows], end[rows] = np.asarray(one.offsets).T + position[sentence]
    bounds = [*new.tolist(), size]
    if not laid:
        froms, tos = begin.tolist(), stop.tolist()
        return [text[froms[a] : tos[b - 1]] for a, b in pairwise(bounds)], start, end
    parts = [text[a:b] for a, b in zip(begin.tolist(), stop.tolist(), strict=True)]
    for sentence, one in laid.items():
        parts[sentence] = one.text
    return ["\n".join(parts[a:b]) for a, b in pairwise(bounds)], start, end


def letters(
    tags: Sequence[str], code: Ints, where: Callable[[int], str], scheme: str = "IOB2"
) -> tuple[list[tuple[str, str | None]], list[tuple[int, DataError]]]:
    """Letter and label of each distinct tag; and the rows of those that are none of the scheme."""
    parsed: list[tuple[str, str | None]] = []
    wrong = []
    for number, tag in enumerate(tags):
        try:
            parsed.append(_letter(tag, scheme))
        except DataError as error:
            parsed.append(("O", None))
            wrong += [
                (row, DataError(error.what, where=where(row), hint=error.hint))
                for row in np.flatnonzero(code == number).tolist()
            ]
    return parsed, sorted(wrong, key=itemgetter(0))


def _letter(tag: str, scheme: str) -> tuple[str, str | None]:
    """Letter and label. Raises DataError."""
    if scheme == IO:
        if PREFIXED.fullmatch(tag):
            raise DataError(f"{tag!r} has a prefix, and other tags have none")
        # In IOB1, too, neighbours of one label are one name unless B- parts them.
        tag, scheme = tag if tag == "O" else f"I-{tag}", "IOB1"
    decode([tag], str, scheme)
    letter, _, label = tag.partition("-")
    return letter, label or None


@dataclass(frozen=True)
class Phrases:
    """Phrases of words: their sentence, first and last word, and ``label``, which indexes ``labels``.

    ``broken``: how many of the tags of each break the scheme, as :func:`~wortlaut.formats.columns.decode`
    counts it. ``lost``: the sentence of each phrase that a strict reading leaves out.
    """

    sentence: Ints
    first: Ints
    last: Ints
    label: Ints
    labels: Sequence[str]
    broken: Ints
    lost: Ints


def phrases(
    parsed: Sequence[tuple[str, str | None]],
    code: Ints,
    of: Ints,
    size: int,
    scheme: str,
    *,
    strict: bool = False,
) -> Phrases:
    """What the tags of words ``of`` so many sentences mark, by conlleval's reading or by the scheme's own.

    ``code`` indexes ``parsed``, the letter and the label of each distinct tag.
    """
    full = np.full(len(code) + size, len(parsed), np.int64)
    full[np.arange(len(code)) + of] = code
    tags = Tags((), full, np.bincount(of, minlength=size))
    mapped = [({"L": "E", "U": "S"}.get(letter, letter), kind) for letter, kind in (*parsed, ("O", None))]
    first, stop, label, labels = chunks(tags, mapped, None)
    lost = first[:0]
    if strict:
        own = chunks(tags, [*parsed, ("O", None)], "IOBES" if scheme == "BIOES" else scheme)
        keys = [(a * (len(full) + 1) + b) * len(labels) + c for a, b, c in ((first, stop, label), own[:3])]
        lost = tags.sentence[first[~np.isin(keys[0], keys[1])]]
        first, stop, label, labels = own
    sentence = tags.sentence[first]
    letters = np.asarray([letter for letter, _ in mapped])
    opened = np.isin(letters, ["B", "S"])[full[first]] | (scheme == "IOB1" or "B" not in SCHEMES[scheme])
    closed = np.isin(letters, ["E", "S"])[full[stop - 1]] | (scheme not in CLOSED)
    broken = (~opened).astype(np.int64) + ~closed
    return Phrases(sentence, first - sentence, stop - 1 - sentence, label, labels, broken, lost)
