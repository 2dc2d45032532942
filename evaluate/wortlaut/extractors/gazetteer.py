"""``gazetteer``: names from lists, found among the tokens of spaCy's German tokenizer."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import accumulate, chain

from wortlaut.extractors import names
from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Entity, Span, Text

#: No name holds such a run of marks; spaCy would strip them one by one, looking at the others each time.
_MARKS = re.compile(r"(?:[^\w\s]|_){20,}")
#: What it gets by itself: marks, and 1,000 characters without white space: its patterns go back and forth.
_ALONE = re.compile(rf"({_MARKS.pattern}|\S{{1000}})")
#: spaCy splits at white space first, and looks at each word alone; a space behind it is no token.
_WORD = re.compile(r"\S+ ?|\s+")
#: Words recur: of so many it is kept what is in them.
_KEPT = 2**16


class Gazetteer:
    """Places, their adjectives and inhabitants, organisations, and compounds with them. No persons."""

    finds = ("entities",)

    def __init__(self) -> None:
        from spacy.lang.de import German

        self._names = names.names()
        self._first_names = names.words("first_names.txt")
        self._tokenizer = German().tokenizer
        # In order, so that one look says whether a name begins with some letters.
        self._by_letters = defaultdict[str, list[str]](list)
        for name in self._names:
            self._by_letters[name.replace(" ", "")].append(name)
        self._letters = sorted(self._by_letters)
        self._begins_name = lru_cache(_KEPT)(self._is_beginning)
        self._in_word = lru_cache(_KEPT)(self._look_at)
        self._in_name = cache(lambda name: [token.text for token in self._tokenizer(name)])

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            seen = view(text)
            yield seen.back(Annotations(tuple(self._entities(seen.text))))

    def _entities(self, text: str) -> Iterator[Entity]:
        words = [
            word
            for part in _ALONE.split(text)
            for word in ((part,) if _MARKS.fullmatch(part) else _WORD.findall(part))
        ]
        if words:
            inside, lengths, looks = zip(*map(self._in_word, words), strict=True)
            tokens, starts = list(chain(*inside)), list(accumulate(chain(*lengths), initial=0))
            firsts = accumulate(map(len, inside), initial=0)
            places = {
                first + i: label for first, look in zip(firsts, looks, strict=False) for i, label in look
            }
            for begin, end, label in self._labelled(tokens, places):
                yield Entity(Span.of(starts[begin], starts[end - 1] + len(tokens[end - 1])), label)

    def _labelled(self, tokens: list[str], places: Mapping[int, str]) -> Iterator[tuple[int, int, str]]:
        """The names and compounds at these places: of names that overlap the longest, then the first."""
        names_there = (name for place in places for name in self._listed(tokens, place))
        taken = dict[int, tuple[int, str]]()
        for begin, end, label in sorted(names_there, key=lambda name: (name[0] - name[1], name[0])):
            if begin not in taken and end - 1 not in taken:
                taken |= dict.fromkeys(range(begin, end), (end, ""))
                if not (label == "LOC" and begin and tokens[begin - 1] in self._first_names):  # Jack London
                    taken[begin] = end, label
        for begin, compound in places.items():
            end, label = taken.get(begin) or (begin + 1, compound)
            if label:
                yield begin, end, label

    def _listed(self, tokens: list[str], begin: int) -> Iterator[tuple[int, int, str]]:
        """The listed names whose tokens stand there, whatever white space is between them."""
        letters = ""
        for end in range(begin + 1, len(tokens) + 1):
            letters += tokens[end - 1]
            if not self._begins_name(letters):
                break
            for name in self._by_letters.get(letters, ()):
                if self._in_name(name) == tokens[begin:end]:
                    yield begin, end, self._names[name]

    def _is_beginning(self, letters: str) -> bool:
        place = bisect_left(self._letters, letters)
        return place < len(self._letters) and self._letters[place].startswith(letters)

    def _look_at(self, word: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[tuple[int, str], ...]]:
        """The tokens of a word, their lengths with the space behind them, and which ones to look up.

        These are compounds, with their label, and what may begin a name.
        """
        token = word.rstrip(" ")
        # spaCy's patterns find nothing in letters alone.
        whole = token.isalpha() or _MARKS.fullmatch(word)
        pairs = [(token, word)] if whole else [(one.text, one.text_with_ws) for one in self._tokenizer(word)]
        labels = [names.compound(token, self._names) or "" for token, _ in pairs]
        looks = [
            (i, label)
            for i, ((token, _), label) in enumerate(zip(pairs, labels, strict=True))
            if label or self._begins_name(token)
        ]
        return tuple(token for token, _ in pairs), tuple(len(spaced) for _, spaced in pairs), tuple(looks)
