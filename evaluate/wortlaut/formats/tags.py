"""Chunks of tag sequences: as conlleval reads them, or strictly by a scheme, in columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, repeat
from typing import Any

import numpy as np

from wortlaut.model.columns import Bools, Ints, run_starts

_LETTERS = "OBIESLU.?"
#: What a pattern's letter stands for: itself, ``*`` for any, ``?`` for one that conlleval does not know.
_MEANT = {letter: [at] for at, letter in enumerate(_LETTERS)} | {"*": [*range(9)], "?": [5, 6, 8]}

#: Which pairs of tags open, continue and close a chunk. ``BI`` is an I after a B, ``BI=`` one of the same
#: label, ``BI!`` one of another. These are the readings of seqeval 1.2.2 (scheme.py), its gaps included:
#: IOE1 closes nothing at the end of a sentence but I, IOB1 opens nothing at a B after O or another label.
STRICT = {
    "IOB1": ("OI II! BI IB= BB=", "BI= II=", "II! IO IB BO BI! BB="),
    "IOB2": ("*B", "BI= II=", "IO II! IB BO BI! BB"),
    "IOE1": ("OI II! EI EE=", "II= IE=", "II! IO IE! EI= EE="),
    "IOE2": ("OI OE EI EE II! IE!", "IE= II=", "E*"),
    "IOBES": ("*B *S", "BI= BE= II= IE=", "S* E*"),
    "BILOU": ("*B *U", "BI= BL= II= IL=", "U* L*"),
}
#: conlleval (Tjong Kim Sang & Buchholz 2000), as seqeval's default mode extends it by E and S; it takes an
#: unknown letter for a tag that only a change of the label opens and closes.
_CONLLEVAL = (
    "*B *S OI OE EI EE SI SE *I! *E! *?!",
    "E* S* BB BS BO IB IS IO B*! I*! ?*!",
)


@dataclass(frozen=True)
class Tags:
    """Tags of sentences in a row, an O after each: ``code[i]`` indexes ``names``, the distinct ones."""

    names: Sequence[Any]
    code: Ints
    lengths: Ints

    @property
    def sentence(self) -> Ints:
        return np.repeat(np.arange(len(self.lengths), dtype=np.int64), self.lengths + 1)


def coded(rows: Sequence[Iterable[Any]]) -> Tags:
    """Numbers for the tags, in the order of their first appearance; TypeError for what cannot be one."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))  # type: ignore[arg-type]
    codes: dict[Any, int] = defaultdict(count().__next__)
    row = chain.from_iterable(chain.from_iterable(zip(rows, repeat(("O",)))))
    code = np.fromiter(map(codes.__getitem__, row), np.int64, int(lengths.sum()) + len(rows))
    return Tags(tuple(codes), code, lengths)


def chunks(
    tags: Tags, parsed: Sequence[tuple[str, str | None]], scheme: str | None
) -> tuple[Ints, Ints, Ints, tuple[str, ...]]:
    """Where chunks begin and stop, their labels, and what these index.

    ``parsed`` has the letter and the label of each of ``tags.names``. Positions count the O after each
    sentence. ``scheme`` is one of :data:`STRICT`, or None for conlleval's reading.
    """
    labels = tuple(sorted({label for _, label in parsed if label is not None}))
    number = {None: -1} | {label: at for at, label in enumerate(labels)}
    letters = np.asarray([at if (at := _LETTERS.find(letter)) >= 0 else 8 for letter, _ in parsed], np.int8)
    letter = letters[tags.code]
    label = np.asarray([number[label] for _, label in parsed], np.int64)[tags.code]
    # Before the first tag stands an O of no label.
    before, last_label = np.r_[np.int8(0), letter[:-1]], np.r_[-2, label[:-1]]
    pair = (before.astype(np.int64) * 9 + letter) * 2 + (label == last_label)
    if scheme is None:
        opens, closes = (_table(patterns)[pair] for patterns in _CONLLEVAL)
        # The last to open counts, and the first tag where none did.
        begins, stops = np.r_[0, np.flatnonzero(opens)], np.flatnonzero(closes)
        first = begins[np.searchsorted(begins, stops) - 1]
    else:
        opens, continues, closes = (_table(patterns)[pair] for patterns in STRICT[scheme])
        # A chunk runs to the next tag that continues nothing; what could open one within it does not.
        begins, heads = np.flatnonzero(opens), np.flatnonzero(~continues)
        run = np.searchsorted(heads, begins, side="right")
        new = run_starts(run)
        first, stops = begins[new], heads[run[new]]
        whole = closes[stops]
        first, stops = first[whole], stops[whole]
    return first, stops, label[stops - 1], labels


@cache
def _table(patterns: str) -> Bools:
    """For each letter, letter after it, and whether their labels are the same: does a pattern hold?"""
    table = np.zeros((9, 9, 2), np.bool_)
    for pattern in patterns.split():
        same = {"": [0, 1], "=": [1], "!": [0]}[pattern[2:]]
        table[np.ix_(_MEANT[pattern[0]], _MEANT[pattern[1]], same)] = True
    return table.reshape(-1)
