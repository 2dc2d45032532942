"""Files of a token a line as columns: their lines and cells, found by NumPy in a block of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wortlaut.errors import DataError
from wortlaut.io.reading import decoded, opened
from wortlaut.model.columns import Bools, Ints

Bytes = NDArray[np.uint8]
#: Bytes that are read at a time; a document that is longer is in memory as a whole.
_BLOCK = 1 << 19
_MANY = 1 << 22
#: Masks of the first bytes of a word.
_LOWEST = np.asarray([(1 << 8 * size) - 1 for size in range(8)], np.uint64)
_SPACE, _TAB, _LINE_FEED, _RETURN = b" \t\n\r"
#: First bytes, in UTF-8, of what Python takes for white space, and of a byte order mark.
WHITE = np.isin(np.arange(256), [*range(9, 14), *range(28, 33), 0xC2, 0xE1, 0xE2, 0xE3, 0xEF])


@dataclass(frozen=True)
class Lines:
    """Lines of a file: ``start`` and ``end`` of each in ``data``, without its line end.

    ``first`` is the number of the first line. ``fault``: a line behind them is no UTF-8.
    """

    file: Path
    data: bytes
    first: int
    start: Ints
    end: Ints
    fault: DataError | None = None

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def array(self) -> Bytes:
        return np.frombuffer(self.data, np.uint8)

    @cached_property
    def head(self) -> Bytes:
        """The first byte of each line; a line feed where it is empty."""
        head = self.array[self.start]
        head[self.start == self.end] = _LINE_FEED
        return head

    def text(self, line: int) -> str:
        return self.data[self.start[line] : self.end[line]].decode()

    def texts(self, lines: Ints) -> list[str]:
        places = zip(self.start[lines].tolist(), self.end[lines].tolist(), strict=True)
        return [self.data[start:end].decode() for start, end in places]

    def where(self, line: int) -> str:
        return f"{self.file}:{self.first + line}"

    def blank(self, mark: str = "") -> Bools:
        """Which hold white space only, or the ``mark``."""
        blank: Bools = self.head == _LINE_FEED
        for line in np.flatnonzero(WHITE[self.head] & ~blank).tolist():
            blank[line] = not self.text(line).strip().strip(mark)
        return blank

    def starting(self, prefix: bytes) -> list[int]:
        """Those that start with the prefix."""
        lines = np.flatnonzero(self.head == prefix[0]).tolist()
        return [line for line in lines if self.data.startswith(prefix, int(self.start[line]))]


def blocks(file: Path, cut: Callable[[bytes], int]) -> Iterator[Lines]:
    """The lines of a file, a block at a time.

    ``cut(data)`` says where the last document that may not be whole begins: 0 where there is no other.
    """
    rest, number = b"", 1
    with opened(file) as stream:
        while True:
            size = max(_BLOCK, len(rest))  # a long document is not looked through again for each block of it
            more = stream.read(size)
            data = rest + more
            last = len(more) < size
            stop = len(data) if last else cut(data)
            if stop:
                lines = _lines(file, data[:stop], number)
                yield lines
                if lines.fault is not None:
                    return
                number += len(lines)
                rest = data[stop:]
            else:
                rest = data
            if last:
                return


def _lines(file: Path, data: bytes, first: int) -> Lines:
    fault = None
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.rfind(b"\n", 0, error.start) + 1
        try:
            stop = data.find(b"\n", line) + 1 or len(data)
            decoded(data[line:stop], file, first + data.count(b"\n", 0, line))
        except DataError as told:
            fault = told
        data = data[:line]
    if data and not data.endswith(b"\n"):
        data += b"\n"
    array = np.frombuffer(data, np.uint8)
    end = np.flatnonzero(array == _LINE_FEED)
    start = np.concatenate([[0], end + 1])[:-1]
    while (returns := (end > start) & (array[end - 1] == _RETURN)).any():
        end = end - returns
    return Lines(file, data, first, start, end, fault)


@dataclass(frozen=True)
class Cells:
    """Where cells begin and end in the data of ``lines``, shape ``(rows, columns)``; ``line`` of each row.

    ``count``: how many cells a row has. Those that it lacks are empty, at the end of its line; further ones
    are passed over.
    """

    lines: Lines
    line: Ints
    start: Ints
    end: Ints
    count: Ints

    @property
    def odd(self) -> Ints:
        """Rows whose cells are not as many as there are columns."""
        return np.flatnonzero(self.count != self.start.shape[1])

    def take(self, rows: Ints | Bools | slice) -> Cells:
        return Cells(self.lines, self.line[rows], self.start[rows], self.end[rows], self.count[rows])

    def where(self, row: int) -> str:
        return self.lines.where(int(self.line[row]))

    def text(self, row: int, column: int) -> str:
        return self.lines.data[self.start[row, column] : self.end[row, column]].decode()

    def row(self, row: int) -> list[str]:
        return [self.text(row, column) for column in range(self.start.shape[1])]

    def blank(self, column: int) -> list[int]:
        """The rows whose cell in the column holds white space only."""
        start, end = self.start[:, column], self.end[:, column]
        rows = np.flatnonzero((start == end) | WHITE[self.lines.array[start]]).tolist()
        return [row for row in rows if not self.text(row, column).strip()]

    def put(self, row: int, cells: Sequence[str]) -> None:
        """What an odd row holds: parts of its line, in their order."""
        line = self.line[row]
        place = int(self.lines.start[line])
        for column, cell in enumerate(map(str.encode, cells)):
            place = self.lines.data.index(cell, place) if cell else int(self.lines.end[line])
            self.start[row, column], self.end[row, column] = place, place + len(cell)
            place += len(cell)

    def column(self, column: int) -> tuple[list[str], Ints]:
        """The distinct values of a column, and which of them each row has."""
        array, start, end = self.lines.array, self.start[:, column], self.end[:, column]
        # Most cells are O or _.
        byte, single = np.where(start == end, np.uint8(_LINE_FEED), array[start]), end - start <= 1
        singles = np.flatnonzero(np.bincount(byte[single], minlength=256))
        number_of = np.zeros(256, np.int64)
        number_of[singles] = np.arange(len(singles))
        code = number_of[byte]
        rows = np.flatnonzero(~single)
        number, first = distinct(array, start[rows], end[rows])
        code[rows] = number + len(singles)
        longer = [self.text(row, column) for row in rows[first].tolist()]
        shorter = [chr(one).strip("\n") for one in singles.tolist()]
        return [*shorter, *longer], code


def distinct(array: Bytes, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """A number for each range, the same where the bytes are the same; and the first range of each number."""
    number, rows, done = np.zeros(len(start), np.int64), np.arange(len(start)), 0
    # Eight bytes from each place on, as a number.
    words = np.ndarray(len(array), "<u8", np.append(array, np.zeros(8, np.uint8)), strides=(1,))
    while len(rows):
        # Seven bytes, and how many are left: eight say that it goes on.
        place = start[rows] + done
        left = np.minimum(end[rows] - place, 8)
        word = words[place] & _LOWEST[np.minimum(left, 7)] | left.astype(np.uint64) << np.uint64(56)
        code = _numbered(word)
        most = int(number.max(initial=0)) + 1
        # Those that end here keep their numbers; further ones follow upon all that there are.
        number[rows] = code if not done else most + _numbered(number[rows] * (int(code.max()) + 1) + code)
        done += 7
        rows = rows[left == 8]
    return (number := _numbered(number)), _first(number)


def _numbered(keys: NDArray[Any]) -> Ints:
    """For each key its place among the distinct ones, of which there are few."""
    values = np.unique(keys[:: len(keys) // 1000 + 1])
    place = np.minimum(np.searchsorted(values, keys), len(values) - 1)
    if (missed := values[place] != keys).any():
        place = np.searchsorted(np.union1d(values, keys[missed]), keys)
    return place


def _first(numbers: Ints) -> Ints:
    """Where each number stands first."""
    first = np.zeros(int(numbers.max(initial=-1)) + 1, np.int64)
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return first


def gathered(array: Bytes, start: Ints, end: Ints) -> tuple[Bytes, Ints]:
    """What stands in the ranges as one, and where each ends in it. They rise, apart; none is empty."""
    size = end - start
    ends = np.cumsum(size)
    if not len(ends):
        return array[:0].copy(), ends
    if ends[-1] < _MANY:  # each byte by its place: faster, and takes more memory
        steps = np.ones(ends[-1], np.int64)
        steps[0], steps[ends[:-1]] = start[0], start[1:] - end[:-1] + 1
        return array[np.cumsum(steps, out=steps)], ends
    inside = np.zeros(len(array) + 1, np.int8)
    inside[start] += 1
    inside[end] -= 1
    return array[np.cumsum(inside[:-1], dtype=np.int8).view(np.bool_)], ends


def cells(lines: Lines, rows: Ints, width: int, *, tabs: bool) -> Cells:
    """The cells of the lines ``rows``, parted by tabs, or by spaces and tabs. An empty one behind is none."""
    array = lines.array
    start, end = lines.start[rows], lines.end[rows]
    starts, ends = np.empty((2, width, len(rows)), np.int64).transpose(0, 2, 1)
    if tabs:
        stops = np.flatnonzero((array == _TAB) | (array == _LINE_FEED))
        last = np.flatnonzero(array[stops] == _LINE_FEED)
        first = np.append(0, last + 1)[rows]
        count = last[rows] - first
        more = (count == width) & (array[np.maximum(end, 1) - 1] == _TAB)
        end, count = end - more, count - more + 1
        for column in range(width):
            np.minimum(stops.take(first + column, mode="clip"), end, out=ends[:, column])
        starts[:, 0] = start
        np.minimum(ends[:, :-1] + 1, end[:, None], out=starts[:, 1:])
    else:
        gap = (array == _SPACE) | (array == _TAB) | (array == _LINE_FEED)
        for line in np.flatnonzero(array[lines.end] == _RETURN).tolist():
            gap[lines.end[line] : lines.data.index(b"\n", lines.end[line])] = True
        # Words begin and stop in turn; the last byte is a line feed.
        places = np.append(np.flatnonzero(np.not_equal(gap, np.concatenate([[True], gap[:-1]]))), len(array))
        first, count = _within(places[:-1:2], places[1::2], start, end, width)
        for column in range(width):
            np.minimum(places.take(2 * (first + column), mode="clip"), end, out=starts[:, column])
            np.minimum(places.take(2 * (first + column) + 1, mode="clip"), end, out=ends[:, column])
    return Cells(lines, rows, starts, ends, count)


def _within(begin: Ints, stop: Ints, start: Ints, end: Ints, width: int) -> tuple[Ints, Ints]:
    """The first word of each row from ``start`` to ``end``, and how many it has."""
    even = len(begin) == width * len(start)  # then mostly each row has its own
    if even and (begin[::width] >= start).all() and (stop[width - 1 :: width] <= end).all():
        return np.arange(0, len(begin), width), np.full(len(start), width)
    first = np.searchsorted(begin, start)
    return first, np.searchsorted(begin, end) - first
