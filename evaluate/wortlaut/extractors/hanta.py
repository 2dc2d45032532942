"""``hanta``: names by HanTa's part-of-speech tags, typed by lists and by the words beside them.

HanTa (LGPL) brings a model of German; without it ``wortlaut[de]`` must be installed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wortlaut.extractors import names
from wortlaut.extractors.hanta_tagger import Tagger
from wortlaut.extractors.plain import view
from wortlaut.model import Annotations, Entity, Span, Text
from wortlaut.text.segments import sentences, tokens

_PARTICLE = re.compile(r"(von|van|de|del|della|di|da|dos|bin|ibn|al|zu)( (der|den|dem|la|und zu))?")
_LONGEST = 6
#: HanTa's time grows with the square of a word's length, and its sums run out in an endless sentence: of a
#: longer word it sees the first letter and the end, and a longer sentence in pieces.
_LONGEST_WORD, _LONGEST_SENTENCE = 48, 500
_STREET = re.compile(r"(straße|strasse|allee|gasse|platz|brücke)n?$")
_SETTLEMENT = re.compile(
    r"(heim|hausen|stadt|dorf|burg|kirchen|ingen|bach|berg|felde?|ien|istan|see|tal|furt|rode)s?$"
)
_POLITE = frozenset(("Sie", "Ihnen", "Ihr", "Ihre", "Ihren", "Ihrem", "Ihrer", "Ihres"))
_ROMAN = re.compile(r"[IVX]+\.?")
_NUMBER = re.compile(r"[IVX]*\.?")
_GENITIVE = re.compile(r"(?<=[^sxzß])s$|['’]$")


@dataclass(frozen=True, slots=True)
class _Name:
    """Tokens ``[start, end)`` of a sentence."""

    start: int
    end: int
    label: str
    #: Whether the list or the words beside it say so, rather than a guess.
    sure: bool = True


class Hanta:
    """Persons, places and organisations; a surname stands for its bearer through the text."""

    finds = ("entities",)

    def __init__(self) -> None:
        self._tagger = Tagger()
        self._names: dict[str, str] = {}
        #: The tokens of the longest listed name that begins with a word.
        self._longest: dict[str, int] = {}
        for name, label in names.names().items():
            pieces = _pieces(name)
            self._names[" ".join(pieces)] = label
            self._longest[pieces[0]] = min(max(self._longest.get(pieces[0], 0), len(pieces)), _LONGEST)
        self._first_names = names.words("first_names.txt")
        self._cues = names.cues()

    def __reduce__(self) -> tuple[object, ...]:
        return Hanta, ()

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        seen = [view(text) for text in texts]
        split = [list(_split(one.text)) for one in seen]
        # Words that are looked at together cost less.
        self._tagger.learn({word for each in split for *_, words in each for word in words})
        for one, each in zip(seen, split, strict=True):
            yield one.back(Annotations(tuple(self._entities(each))))

    def _entities(self, split: Sequence[_Split]) -> Iterator[Entity]:
        found: list[tuple[list[tuple[int, int]], list[str], list[_Name]]] = []
        surnames: set[str] = set()
        for places, forms, words in split:
            pieces = (words[i : i + _LONGEST_SENTENCE] for i in range(0, len(words), _LONGEST_SENTENCE))
            inside = self._sentence(forms, [tag for piece in pieces for tag in self._tagger.tags(piece)])
            found.append((places, forms, inside))
            surnames |= {
                _bare(_surname(forms[name.start : name.end]))
                for name in inside
                if name.label == "PER" and name.sure and name.end - name.start > 1
            }
        for places, forms, inside in found:
            for name in self._with_surnames(forms, inside, surnames):
                yield Entity(Span.of(places[name.start][0], places[name.end - 1][1]), name.label)

    def _sentence(self, forms: Sequence[str], tags: Sequence[str]) -> list[_Name]:
        found: list[_Name] = []
        firsts, heads, listed, end = self._first_names, self._cues["organisation head"], self._longest, 0
        for i, form in enumerate(forms):
            # Most words begin no name.
            may = form in listed or tags[i] == "NE" or form in firsts or form in heads or "-" in form
            if i >= end and may:
                name = (
                    self._person(forms, tags, i)
                    or self._headed(forms, tags, i)
                    or self._listed(forms, i)
                    or self._tagged(forms, tags, i)
                )
                if name:
                    found.append(name)
                    end = name.end
        return found

    def _headed(self, forms: Sequence[str], tags: Sequence[str], i: int) -> _Name | None:
        """An institution and where it is: ``Landgericht Berlin``."""
        if forms[i] not in self._cues["organisation head"] or i + 1 == len(forms):
            return None
        place = self._listed(forms, i + 1)
        if place is not None and place.label == "LOC":
            return _Name(i, place.end, "ORG")
        return _Name(i, i + 2, "ORG") if self._is_name(forms, tags, i + 1) else None

    def _listed(self, forms: Sequence[str], i: int) -> _Name | None:
        """The longest listed name, or a compound with one, from token ``i`` on."""
        form = forms[i]
        for end in range(min(len(forms), i + self._longest.get(form, 0)), i, -1):
            if label := self._names.get(" ".join(forms[i:end])):
                return _Name(i, end, label)
        label = names.compound(form, self._names) if "-" in form else None
        return _Name(i, i + 1, label) if label else None

    def _person(self, forms: Sequence[str], tags: Sequence[str], i: int) -> _Name | None:
        """A first name, then more names: ``Joe Biden``, ``Ursula von der Leyen``."""
        if forms[i] not in self._first_names:
            return None
        end = self._run(forms, tags, i)
        if not self._cues["organisation inside"].isdisjoint(forms[i:end]):
            return _Name(i, end, "ORG")
        single = end - i == 1
        return None if single and self._names.get(forms[i]) else _Name(i, end, "PER", sure=not single)

    def _tagged(self, forms: Sequence[str], tags: Sequence[str], i: int) -> _Name | None:
        """The run of proper nouns that begins at token ``i``."""
        if not self._is_name(forms, tags, i):
            return None
        end = self._run(forms, tags, i)
        label = self._label(forms, i, end)
        if label is None and self._is_doubtful(forms, i):
            return None
        return _Name(i, end, label or "PER", sure=label is not None)

    def _run(self, forms: Sequence[str], tags: Sequence[str], i: int) -> int:
        """The end of the run of name tokens from ``i`` on, particles and initials between them included."""
        first = forms[i] in self._first_names
        end = i + 1
        while end < len(forms):
            if _ROMAN.fullmatch(forms[end]):
                # The stop of the ordinal is a token; the last token of a sentence is the sentence's.
                return end + (2 if forms[end + 1 : end + 2] == ["."] and end + 2 < len(forms) else 1)
            # A second name may follow one or two particles: Ursula von der Leyen.
            particles = (n for n in (3, 2, 1) if _PARTICLE.fullmatch(" ".join(forms[end : end + n])))
            step = end + next(particles, 0)
            # A capital on what is no noun: Kim Jong Un, for the tagger a pronoun.
            others = ("ART", "KON") if step > end or end == i + 1 else ("NN", "ART", "KON")
            if step >= len(forms) or not (
                self._is_name(forms, tags, step)
                or (first and _capitalised(forms[step]) and tags[step] not in others)
                or re.fullmatch(r"[A-ZÄÖÜ]\.", forms[step])
            ):
                break
            end = step + 1
        return end

    def _is_name(self, forms: Sequence[str], tags: Sequence[str], i: int) -> bool:
        form = forms[i]
        named = tags[i] == "NE" and any(map(str.isalpha, form)) and _capitalised(form)
        return form in self._first_names or (named and self._names.get(form) != "LOCderiv")

    def _is_doubtful(self, forms: Sequence[str], i: int) -> bool:
        """A single proper noun that persons' names seldom look like, or stand like."""
        form, before = forms[i], forms[i - 1] if i else ""
        return (
            len(form) < 3
            or not re.search(r"[aeiouyäöü]", form)
            or any(map(str.isupper, form[1:]))
            or before in self._cues["no person before"]
        )

    def _label(self, forms: Sequence[str], start: int, end: int) -> str | None:
        """By the first sign that holds; None without any."""
        cues, run = self._cues, forms[start:end]
        before = forms[start - 1] if start else ""
        after = forms[end] if end < len(forms) else ""
        single = end - start == 1
        signs: tuple[tuple[object, str], ...] = (
            (not cues["organisation inside"].isdisjoint(run), "ORG"),
            (not cues["place inside"].isdisjoint(run), "LOC"),
            (_STREET.search(run[-1]), "LOC"),
            (before in cues["person before"], "PER"),
            (before in cues["organisation before"], "ORG"),
            (before in cues["place before"], "LOC"),
            (single and before in cues["place preposition"], "LOC"),
            (single and run[0].isupper() and len(run[0]) > 1, "ORG"),
            (single and _SETTLEMENT.search(run[0]), "LOC"),
            (not single and before in cues["article"] and run[0] not in self._first_names, "ORG"),
            (not single or after in cues["person after"], "PER"),
        )
        return next((label for holds, label in signs if holds), None)

    def _with_surnames(
        self, forms: Sequence[str], inside: Sequence[_Name], surnames: set[str]
    ) -> Iterator[_Name]:
        taken = {i for name in inside for i in range(name.start, name.end)}
        found = [
            *inside,
            *(
                _Name(i, i + 1, "PER")
                for i, form in enumerate(forms if surnames else ())
                if i not in taken and _bare(form) in surnames and self._names.get(form) is None
            ),
        ]
        for name in sorted(found, key=lambda name: name.start):
            single = name.end - name.start == 1 and _bare(forms[name.start]) in surnames
            yield _Name(name.start, name.end, "PER") if single else name


#: The tokens of a sentence: where they are, what they are, and what the tagger sees of them.
_Split = tuple[list[tuple[int, int]], list[str], list[str]]


def _split(text: str) -> Iterator[_Split]:
    offsets = tokens(text)
    starts = [start for start, _ in offsets]
    for start, end in sentences(text):
        places = offsets[bisect_left(starts, start) : bisect_left(starts, end)]
        forms = [text[a:b] for a, b in places]
        words = [form[0] + form[1 - _LONGEST_WORD :] if len(form) > _LONGEST_WORD else form for form in forms]
        yield places, forms, words


def _pieces(name: str) -> list[str]:
    if re.fullmatch(r"[\w -]+", name):
        return name.split()
    return [name[start:end] for start, end in tokens(name)]


def _surname(forms: Sequence[str]) -> str:
    """The last word of a person's name, without ``XVI.``."""
    return next(form for form in reversed(forms) if form == forms[0] or not _NUMBER.fullmatch(form))


def _bare(form: str) -> str:
    """The name without its genitive ending."""
    return _GENITIVE.sub("", form)


def _capitalised(form: str) -> bool:
    return form[:1].isupper() and form not in _POLITE
