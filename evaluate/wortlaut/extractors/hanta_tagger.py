"""The tags that HanTa's model gives to a sentence: those of its own ``tag_sent``, in a fraction of the time.

Both of HanTa's searches (Wartena 2019, A Probabilistic Morphology Model for German Lemmatization) run here
on tables laid out for them: first over the stretches of letters in a word, for many words side by side, then
over the words of a sentence, where only the tags are tried that a word can have. Probabilities are sums of
the same numbers; the ways to a part of speech are added in another order (the fifteenth digit).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What the tagger knows of so many words is kept: about 1 kB each.
_WORDS = 1 << 15
#: Words that are looked at together.
_TOGETHER = 512
#: A path is none from this log probability down.
_LEAST = -1e6
#: HanTa goes on from so many of the states it has reached, and from those that come near the next one.
_STATES_OF_WORD, _STATES_OF_SENTENCE, _NEAR = 3, 5, 1
#: A tag that is so much less likely than the likeliest one of an unlisted word is none of its tags.
_CUTOFF = 5
#: By so much less likely is a stretch outside the lexicon if it is the whole word.
_WHOLE = 4.6
#: Letters of a word from which on a stretch outside the lexicon has a shortest length, and that length.
_SHORT_WORD, _SHORTEST = 4, 3
#: Letters of the longest ending in the model, and of the longest stretch that it tells from longer ones.
_ENDING, _LONG = 4, 24

#: No tag has a higher number.
_TAGS = 1 << 10
#: The kind before, and the kind of the last stretch.
_State = tuple[int, int]
#: Part of speech, and log probability.
_Reading = tuple[int, float]
_Array = NDArray[Any]


class Tagger:
    """HanTa's model of German."""

    def __init__(self) -> None:
        from HanTa.HanoverTagger import EMPTY, END, START, HanoverTagger

        self._model = model = HanoverTagger("morphmodel_ger.pgz")
        self._end = END
        #: The last two tags as one number → the chances of the next one.
        self._follows = {a * _TAGS + b: chances for (a, b), chances in model.LP_trans_word.items()}
        self._start = EMPTY * _TAGS + START
        tags = next(iter(model.LP_trans_word.values()))
        self._order = {tag: number for number, tag in enumerate(tags) if tag != END}
        self._search = _Search(model, (EMPTY, START))
        #: Unlisted word as HanTa looks it up → what it can be by its letters.
        self._readings: dict[str, list[_Reading]] = {}
        self._word = lru_cache(_WORDS)(self._compute_word)

    def learn(self, words: Iterable[str]) -> None:
        """Look at many words together, which takes less time than one by one."""
        forms = {self._model.normalize(word) for word in words} - self._model.cache.keys()
        if len(forms | self._readings.keys()) > _WORDS:
            self._readings = {}
        self._readings |= self._search.readings(forms - self._readings.keys())

    def tags(self, words: Sequence[str]) -> list[str]:
        """One tag of HanTa's (``NE``, ``NN``, …) for each word of a sentence."""
        follows = self._follows
        row: dict[int, float] = {self._start: 0.0}
        came_from: list[dict[int, int]] = []
        for number, word in enumerate(words):
            candidates = self._word(word, number > 0)
            best, row, back = _best(row), {}, {}
            known = row.get
            for state, so_far in best:
                chances, last = follows[state], state % _TAGS * _TAGS
                for tag, chance in candidates:
                    reached = so_far + chances[tag] + chance
                    new = last + tag
                    if reached > known(new, _LEAST):
                        row[new] = reached
                        back[new] = state
            came_from.append(back)
        state = max(row, key=lambda state: row[state] + follows[state][self._end])
        found = []
        for back in reversed(came_from):
            found.append(str(self._model.int2tag[state % _TAGS]))
            state = back[state]
        return found[::-1]

    def _compute_word(self, word: str, cased: bool) -> list[_Reading]:
        """The tags that a word can have, and the log probability of the word given each."""
        model = self._model
        form, upper = model.normalize(word), word[0].isupper()
        listed = model.cache.get(form)
        if listed is None and form not in self._readings:
            self.learn([word])
        found: dict[int, float] = {}
        for tag, chance in self._readings[form] if listed is None else listed:
            case = model.LP_case_t[tag][upper] if cased else 0.0
            found[tag] = chance + case - model.LP_wtag[tag]
        least = max(found.values(), default=0.0) - _CUTOFF if listed is None else -math.inf
        # A word that can be nothing can be anything.
        found = found or dict.fromkeys(self._order, 0.0)
        likely = [tag for tag, chance in found.items() if chance >= least and tag in self._order]
        return [(tag, found[tag]) for tag in sorted(likely, key=self._order.__getitem__)]


def _best(row: Mapping[int, float]) -> list[tuple[int, float]]:
    """The states of a sentence that HanTa goes on from, in the order they were reached."""
    if len(row) <= _STATES_OF_SENTENCE:
        return list(row.items())
    least = sorted(row.values(), reverse=True)[_STATES_OF_SENTENCE] - _NEAR
    return [(state, chance) for state, chance in row.items() if chance >= least]


class _Search:
    """Parts of speech by the letters, of many words side by side; those that begin alike share it.

    A node is the beginning of some words, or a whole word: what can end there is reached from every shorter
    beginning by a stretch of letters. States and kinds are numbered, kinds of unlisted stretches first.
    """

    def __init__(self, model: Any, start: _State) -> None:
        outside = [kind for kind in model.LP_hapax_t if kind in model.LP_s_t]
        kinds = dict.fromkeys([*outside, *model.LP_m_t])
        for following in model.LP_trans_nonfinal.values():
            kinds |= dict.fromkeys(kind for kind, _ in following)
        number = {kind: n for n, kind in enumerate(kinds)}
        self._kinds, self._outside = len(kinds), len(outside)
        states = {start: 0}
        steps = [
            (states.setdefault(state, len(states)), number[kind], new, chance)
            for state, following in model.LP_trans_nonfinal.items()
            for kind, chance in following
            for new in [states.setdefault((state[1], kind), len(states))]
        ]
        self._states = len(states)
        #: State → kind that follows, state that it leads to.
        self._steps = _Table(steps, self._states)
        #: State → part of speech, and the last kind, of which only the best way counts.
        self._ends = _Table(
            [
                (states[state], -kind, number.get(state[1], 0), chance)
                for state, following in model.LP_trans_final.items()
                if state in states
                for kind, chance in following
            ],
            self._states,
        )
        lengths = [
            [model.Int_t + model.LP_hapax_t[kind] + model.LP_len_t[kind][length] for kind in outside]
            for length in range(_LONG + 1)
        ]
        endings = model.LP_s_t[outside[0]].keys()
        self._endings = {ending: n for n, ending in enumerate(endings)}
        #: Outside the lexicon: ending, number of letters, kind → log probability.
        self._chances = np.array(lengths) + np.array(
            [[[model.LP_s_t[kind][ending] for kind in outside]] for ending in endings]
        )
        self._lexicon: dict[str, int] = {}
        known = [
            (self._lexicon.setdefault(stretch, len(self._lexicon)), number[kind], 0, chance)
            for kind, stretches in model.LP_m_t.items()
            for stretch, chance in stretches.items()
        ]
        #: Stretch in the lexicon → kind.
        self._known = _Table(known, len(self._lexicon))

    def readings(self, words: Iterable[str]) -> dict[str, list[_Reading]]:
        """The parts of speech that each word can be."""
        found: dict[str, list[_Reading]] = {}
        by_length: tuple[list[str], list[str]] = [], []
        for word in sorted(words):
            by_length[len(word) < _SHORT_WORD].append(word)
        for short, some in enumerate(by_length):
            for start in range(0, len(some), _TOGETHER):
                found |= self._together(some[start : start + _TOGETHER], bool(short))
        return found

    def _together(self, words: Sequence[str], short: bool) -> dict[str, list[_Reading]]:
        beginnings = {word[:size] for word in words for size in range(1, len(word))}
        by_size: dict[int, tuple[list[str], list[str]]] = {}
        for which, each in enumerate((sorted(beginnings), words)):
            for node in each:
                by_size.setdefault(len(node), ([], []))[which].append(node)
        onward = _Onward(len(beginnings) + 1, self._kinds)
        self._add(onward, np.array([0]), np.array([0]), np.array([0.0]))
        found: dict[str, list[_Reading]] = {}
        #: The beginnings of the size before, and for each the numbers of all shorter ones and its own.
        before, chains = {"": 0}, np.zeros((1, 1), np.int64)
        for _, (proper, whole) in sorted(by_size.items()):
            rows = chains[[before[node[:-1]] for node in (*proper, *whole)]]
            nodes, states, chances = self._reached([*proper, *whole], len(proper), rows, short, onward)
            inside = nodes < len(proper)
            numbers = onward.rows + np.arange(len(proper))
            owners, *best = _best_of_each(nodes[inside], states[inside], chances[inside])
            self._add(onward, numbers[owners], *best)
            onward.rows += len(proper)
            before = {node: n for n, node in enumerate(proper)}
            chains = np.column_stack([rows[: len(proper)], numbers])
            rest = nodes[~inside] - len(proper), states[~inside], chances[~inside]
            ended = self._ended(*rest, len(whole))
            found |= dict(zip(whole, ended, strict=True))
        return found

    def _add(self, onward: _Onward, rows: _Array, states: _Array, chances: _Array) -> None:
        """Let the beginnings of these numbers go on from these states."""
        at, steps = self._steps.of(states)
        onward.add(
            rows[at],
            self._steps.kind[steps],
            self._steps.leads[steps],
            chances[at] + self._steps.chance[steps],
        )

    def _reached(
        self, nodes: Sequence[str], proper: int, rows: _Array, short: bool, onward: _Onward
    ) -> tuple[_Array, _Array, _Array]:
        """Node, state and log probability of all that can end at a node; from ``proper`` on they are words.

        ``rows`` holds for each node the numbers of its beginnings, the shortest first.
        """
        size = rows.shape[1]
        endings = np.zeros((len(nodes), _ENDING + 1), np.int64)
        pairs, known = [], []
        look_up, ends_in, empty = self._lexicon.get, self._endings.get, self._endings[""]
        for n, node in enumerate(nodes):
            longest = [empty]
            for letters in range(1, _ENDING + 1):
                longest.append(ends_in(node[-letters:], longest[-1]))
            endings[n] = longest
            for begin in range(size):
                stretch = look_up(node[begin:])
                if stretch is not None:
                    pairs.append(n * size + begin)
                    known.append(stretch)
        lengths = np.arange(size, 0, -1)
        chances = self._chances[endings[:, np.minimum(lengths - 1, _ENDING)], np.minimum(lengths, _LONG)]
        chances[proper:, 0] -= _WHOLE
        if not short:
            chances[:, lengths < _SHORTEST] = -np.inf
        chances = chances.reshape(-1, self._outside)
        # What the lexicon says of a kind goes before what the ending says.
        at, entries = self._known.of(np.array(known, np.int64))
        pair, kind, chance = (
            np.array(pairs, np.int64)[at],
            self._known.kind[entries],
            self._known.chance[entries],
        )
        also = kind < self._outside
        chances[pair[also], kind[also]] = chance[also]
        outside = np.nonzero(chances > _LEAST)
        pair = np.concatenate([outside[0], pair[~also]])
        kind = np.concatenate([outside[1], kind[~also]])
        chance = np.concatenate([chances[outside], chance[~also]])
        at, entries = onward.of(rows.ravel()[pair], kind)
        sums = np.full(len(nodes) * self._states, -np.inf)
        np.maximum.at(
            sums, pair[at] // size * self._states + onward.leads[entries], onward.chance[entries] + chance[at]
        )
        (places,) = np.nonzero(sums > _LEAST)
        return places // self._states, places % self._states, sums[places]

    def _ended(self, words: _Array, states: _Array, chances: _Array, count: int) -> list[list[_Reading]]:
        """What each of ``count`` words can be, of the states behind them."""
        at, ends = self._ends.of(states)
        chance = chances[at] + self._ends.chance[ends]
        speech, kind = self._ends.kind[ends], self._ends.leads[ends]
        order = np.lexsort((-chance, kind, speech, words[at]))
        place = np.column_stack([words[at], speech, kind])[order]
        changes = np.diff(place, axis=0, prepend=-1) != 0
        best = changes.any(axis=1)
        place, chance = place[best], chance[order][best]
        (starts,) = np.nonzero((np.diff(place[:, :2], axis=0, prepend=-1) != 0).any(axis=1))
        sums = np.logaddexp.reduceat(chance, starts).tolist() if len(starts) else []
        found: list[list[_Reading]] = [[] for _ in range(count)]
        for (word, tag), one in zip(place[starts, :2].tolist(), sums, strict=True):
            found[word].append((tag, one))
        return found


class _Table:
    """Rows of number, kind, where it leads, and log probability; those of a number stand together."""

    def __init__(self, rows: Sequence[tuple[int, int, int, float]], size: int) -> None:
        numbers, self.kind, self.leads, self.chance = (
            np.array(column) for column in zip(*sorted(rows, key=lambda row: row[0]), strict=True)
        )
        self._first = np.searchsorted(numbers, np.arange(size))
        self._count = np.bincount(numbers, minlength=size)

    def of(self, numbers: _Array) -> tuple[_Array, _Array]:
        """For each row of each number the index of the number, and that of the row."""
        return _ranges(self._first[numbers], self._count[numbers])


class _Onward:
    """What the beginnings of words lead to: a growing table by the number of a beginning and a kind."""

    def __init__(self, rows: int, kinds: int) -> None:
        self.rows = 1
        self._first, self._count = np.zeros((2, rows * kinds), np.int32)
        self._kinds = kinds
        self.leads, self.chance = np.zeros(0, np.int64), np.zeros(0)

    def add(self, rows: _Array, kinds: _Array, leads: _Array, chances: _Array) -> None:
        places = rows * self._kinds + kinds
        order = np.argsort(places, kind="stable")
        places, first, count = np.unique(places[order], return_index=True, return_counts=True)
        self._first[places], self._count[places] = first + len(self.chance), count
        self.leads = np.concatenate([self.leads, leads[order]])
        self.chance = np.concatenate([self.chance, chances[order]])

    def of(self, rows: _Array, kinds: _Array) -> tuple[_Array, _Array]:
        """For each entry of each row and kind the index of these, and that of the entry."""
        places = rows * self._kinds + kinds
        return _ranges(self._first[places], self._count[places])


def _ranges(first: _Array, count: _Array) -> tuple[_Array, _Array]:
    """For each number in the ranges the index of its range, and the number."""
    at = np.repeat(np.arange(len(count)), count)
    return at, np.arange(len(at)) + (first - np.cumsum(count) + count)[at]


def _best_of_each(rows: _Array, states: _Array, chances: _Array) -> tuple[_Array, _Array, _Array]:
    """The states of each row that HanTa goes on from."""
    order = np.lexsort((-chances, rows))
    rows, states, chances = rows[order], states[order], chances[order]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(starts, append=len(rows)))
    least = np.full(rows.max(initial=-1) + 1, -np.inf)
    left_out = rank == _STATES_OF_WORD
    least[rows[left_out]] = chances[left_out] - _NEAR
    good = chances >= least[rows]
    return rows[good], states[good], chances[good]
