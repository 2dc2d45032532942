"""The tags that HanTa's model gives to a sentence: those of its own ``tag_sent``, in a third of the time.

Both of HanTa's searches (Wartena 2019, A Probabilistic Morphology Model for German Lemmatization; first over
the stretches of letters in a word, then over the words) run here on tables laid out for them. What the
first letters of a word can be is kept for all the words that begin so; only those kinds are tried that a
stretch can have, and only those tags that a word can have. Sums are made in HanTa's order, so that the
probabilities are the same to the last bit and ties fall as they do there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

#: What the tagger knows of so many words, and of so many first letters of words, is kept: about 1 kB each.
_WORDS, _BEGINNINGS = 1 << 15, 1 << 14
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

#: The kind before, and the kind of the last stretch or word.
_State = tuple[int, int]
#: A kind that follows, its log probability with all that led there, and the state it leads to.
_Step = tuple[int, float, _State]


class Tagger:
    """HanTa's model of German."""

    def __init__(self) -> None:
        from HanTa.HanoverTagger import EMPTY, END, START, HanoverTagger

        self._model = model = HanoverTagger("morphmodel_ger.pgz")
        self._start, self._end = (EMPTY, START), END
        #: Stretch in the lexicon → kind → log probability.
        self._lexicon: dict[str, dict[int, float]] = {}
        for kind, stretches in model.LP_m_t.items():
            for stretch, chance in stretches.items():
                self._lexicon.setdefault(stretch, {})[kind] = chance
        #: The kinds of a stretch outside of it by its number of letters, and by its ending.
        self._lengths = [
            {
                kind: model.Int_t + chance + model.LP_len_t[kind][length]
                for kind, chance in model.LP_hapax_t.items()
                if kind in model.LP_s_t
            }
            for length in range(_LONG + 1)
        ]
        self._endings: dict[str, dict[int, float]] = {}
        for kind in self._lengths[0]:
            for ending, chance in model.LP_s_t[kind].items():
                self._endings.setdefault(ending, {})[kind] = chance
        self._outside = cache(self._compute_outside)
        self._steps = cache(self._compute_steps)
        self._reached = lru_cache(_BEGINNINGS)(self._compute_reached)
        self._word = lru_cache(_WORDS)(self._compute_word)

    def tags(self, words: Sequence[str]) -> list[str]:
        """One tag of HanTa's (``NE``, ``NN``, …) for each word of a sentence."""
        follows = self._model.LP_trans_word
        row: dict[_State, float] = {self._start: 0.0}
        came_from: list[dict[_State, _State]] = []
        for number, word in enumerate(words):
            candidates = self._word(word, number > 0)
            best, row, back = _best(row, _STATES_OF_SENTENCE), {}, {}
            for state, so_far in best:
                chances, last = follows[state], state[1]
                for tag, chance in candidates:
                    reached = so_far + chances[tag] + chance
                    new = last, tag
                    if reached > row.get(new, _LEAST):
                        row[new] = reached
                        back[new] = state
            came_from.append(back)
        state = max(row, key=lambda state: row[state] + follows[state][self._end])
        found = []
        for back in reversed(came_from):
            found.append(str(self._model.int2tag[state[1]]))
            state = back[state]
        return found[::-1]

    def _compute_word(self, word: str, cased: bool) -> list[tuple[int, float]]:
        """The tags that a word can have, and the log probability of the word given each."""
        model = self._model
        form, upper = model.normalize(word), word[0].isupper()
        listed = model.cache.get(form)
        found = {}
        for tag, chance in self._kinds(form) if listed is None else listed:
            case = model.LP_case_t[tag][upper] if cased else 0.0
            found[tag] = float(chance + case - model.LP_wtag[tag])
        least = max(found.values(), default=0.0) - _CUTOFF if listed is None else -math.inf
        tags = next(iter(model.LP_trans_word.values()))
        # A word that can be nothing can be anything.
        found = found or dict.fromkeys(tags, 0.0)
        return [
            (tag, found[tag]) for tag in tags if tag in found and tag != self._end and found[tag] >= least
        ]

    def _kinds(self, word: str) -> list[tuple[int, float]]:
        """The parts of speech that a word can be by its letters, with their log probability."""
        from numpy import logaddexp

        ends: dict[_State, float] = {}
        for state, so_far in self._row(word, len(word) < _SHORT_WORD, whole=True).items():
            for kind, chance in self._model.LP_trans_final.get(state, ()):
                if so_far + chance > ends.get((state[1], kind), _LEAST):
                    ends[state[1], kind] = so_far + chance
        found: dict[int, float] = {}
        for (_, kind), chance in ends.items():
            found[-kind] = logaddexp(found[-kind], chance) if -kind in found else chance
        return list(found.items())

    def _row(self, letters: str, short: bool, whole: bool) -> dict[_State, float]:
        """The states behind the first letters of a word, or the whole word, with their log probability."""
        size, row = len(letters), {} if letters else {self._start: 0.0}
        endings = [""]
        for begin in range(size - 1, max(size - _ENDING, 0) - 1, -1):
            endings.append(letters[begin:] if letters[begin:] in self._endings else endings[-1])
        for begin in range(size):
            best, onward = self._reached(letters[:begin], short)
            known, length = self._lexicon.get(letters[begin:]), size - begin
            options: Mapping[int, float] = {}
            if onward and (short or length >= _SHORTEST):
                options = self._outside(endings[min(length - 1, _ENDING)], min(length, _LONG))
                if whole and not begin:
                    options = {kind: chance - _WHOLE for kind, chance in options.items()}
            if known and best:
                options, onward = {**options, **known}, self._onward(best, tuple(known))
            for kind, so_far, new in onward if options else ():
                if kind in options:
                    reached = so_far + options[kind]
                    if reached > row.get(new, _LEAST):
                        row[new] = reached
        return row

    def _compute_reached(self, letters: str, short: bool) -> tuple[list[tuple[_State, float]], list[_Step]]:
        """The best states behind the first letters of a word, and what outside the lexicon may follow."""
        best = _best(self._row(letters, short, whole=False), _STATES_OF_WORD)
        return best, self._onward(best, ())

    def _onward(self, best: Sequence[tuple[_State, float]], kinds: tuple[int, ...]) -> list[_Step]:
        """All that may follow these states, of these kinds or outside the lexicon."""
        return [
            (kind, so_far + chance, new)
            for state, so_far in best
            for kind, chance, new in self._steps(state, kinds)
        ]

    def _compute_steps(self, state: _State, kinds: tuple[int, ...]) -> list[_Step]:
        following = self._model.LP_trans_nonfinal.get(state, ())
        among = self._lengths[0].keys() | kinds
        return [(kind, chance, (state[1], kind)) for kind, chance in following if kind in among]

    def _compute_outside(self, ending: str, length: int) -> dict[int, float]:
        """The kinds of a stretch outside the lexicon."""
        lengths = self._lengths[length]
        found = {kind: lengths[kind] + chance for kind, chance in self._endings[ending].items()}
        return {kind: chance for kind, chance in found.items() if chance > _LEAST}


def _best(row: Mapping[_State, float], most: int) -> list[tuple[_State, float]]:
    """The states that HanTa goes on from, in the order they were reached."""
    if len(row) <= most:
        return list(row.items())
    least = sorted(row.values(), reverse=True)[most] - _NEAR
    return [(state, chance) for state, chance in row.items() if chance >= least]
