"""The documents of an annotated file, found for the texts that are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from unicodedata import combining, normalize

import numpy as np

from wortlaut.errors import DataError, counted
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Document, Entity, Span, Text
from wortlaut.model.batch import Batch
from wortlaut.model.columns import empty_spans


class Matched:
    """Documents by id, else by their text, else in their order; each text is checked.

    White space may differ, as it does where a file holds tokens: spans are carried to the text that is asked
    for. A document without a text is taken by its id as it is.
    """

    def __init__(self, path: str, batch: Batch, losses: Losses | None = None) -> None:
        self._path, self._batch, self._losses = path, batch, losses
        self._by_id = {id: i for i, id in enumerate(batch.ids)}
        self._used: set[int] = set()
        self._asked, self._any_id = 0, False
        # Where some were left out, the order says nothing.
        lost = {loss.kind for loss in losses} if losses is not None and losses.lenient else set()
        self._ordered = not lost & {"line", "document", "task"}

    @cached_property
    def _letters(self) -> list[str]:
        return _letters(self._batch.texts)

    @cached_property
    def _by_text(self) -> dict[str, int]:
        often = Counter(self._letters)
        return {own: i for i, own in enumerate(self._letters) if own and often[own] == 1}

    @cached_property
    def _documents(self) -> list[Document]:
        return self._batch.documents()

    def answers(self, texts: Batch) -> Batch:
        """What the file says of each text. Raises DataError where no document fits, with both sides.

        Nothing, and a loss, where the file was read leniently.
        """
        own = self._batch
        if len(own) == 1 < len(texts) and (parted := self._parted(texts)) is not None:
            self._used.add(0)
            return Matched(self._path, parted, self._losses).answers(texts)
        if len(own) == len(texts) and self._alike(texts):
            self._used.update(range(len(own)))
            self._asked += len(own)
            return replace(own, ids=texts.ids, texts=texts.texts)
        places: list[int] = []
        carried: list[Annotations] = []
        changed: Annotations | None
        for id, text, letters in zip(texts.ids, texts.texts, _letters(texts.texts), strict=True):
            place, changed = -1, Annotations()
            with tolerated(self._losses, "document"):
                place, changed = self._found(id, text, letters)
            if changed is not None:
                place = len(self._batch) + len(carried)
                carried.append(changed)
            places.append(place)
        answers = self._batch
        if carried:
            bare = Batch([""] * len(carried), [""] * len(carried), empty_spans(), ())
            answers = Batch.joined([answers, bare.answered(carried)])
        return replace(answers.take(np.asarray(places, np.int64)), ids=texts.ids, texts=texts.texts)

    def _parted(self, texts: Batch) -> Batch | None:
        """The one document of the file taken apart, where it is all of the texts one after the other."""
        document, parts = self._documents[0], _letters(texts.texts)
        if not all(parts):
            return None
        order = sorted(range(len(parts)), key=[self._letters[0].find(part) for part in parts].__getitem__)
        if "".join(parts[i] for i in order) != self._letters[0] or document.quotes or document.clusters:
            return None
        places = [i for i, character in enumerate(document.text) if not character.isspace()]
        cuts = [places[at] for at in accumulate((len(parts[i]) for i in order[:-1]), initial=0)]
        ends = [*cuts[1:], len(document.text)]
        found: list[list[Entity]] = [[] for _ in cuts]
        for one in document.entities:
            at = bisect_right(cuts, one.span.start) - 1
            if one.span.end > ends[at]:
                what = f"{one.span.text(document.text)!r} goes on in the next document of the gold"
                raise DataError(what, where=self._path, hint=_SAME)
            found[at].append(replace(one, span=one.span.shifted(-cuts[at])))
        own = [document.text[start:end] for start, end in zip(cuts, ends, strict=True)]
        bare = Batch([texts.ids[i] for i in order], own, empty_spans(), ())
        return bare.answered([Annotations(tuple(entities)) for entities in found])

    def _alike(self, asked: Batch) -> bool:
        """Whether both have the same texts in one order, and all ids or none in common: each is its own."""
        if [*self._batch.texts] != [*asked.texts]:
            return False
        return [*self._batch.ids] == [*asked.ids] or self._by_id.keys().isdisjoint(asked.ids)

    def _found(self, id: str, text: str, letters: str) -> tuple[int, Annotations | None]:
        """The document; and its annotations, where they are not as they stand there."""
        place, self._asked = self._place(id, letters), self._asked + 1
        if place is None:
            raise DataError(f"lacks document {id!r}", where=self._path, hint=_SAME)
        self._used.add(place)
        own = self._batch.texts[place]
        if own == text or not own or not text:
            if not own and text:
                _check_surfaces(self._documents[place], Text(text, id), self._path)
            return place, None
        document = self._documents[place]
        if self._letters[place] != letters:
            how = "the text is not that of the gold" if id == document.id else _NO_ID
            said = difference(Text(text, id), document)
            raise DataError(f"{how}: {said}", where=self._path, hint=_SAME)
        return place, _carried(document, text)

    def finish(self) -> None:
        """Raises DataError where documents were not asked for."""
        if strange := [id for i, id in enumerate(self._batch.ids) if i not in self._used]:
            what = f"has {counted(len(strange), 'document')} not in the gold, such as {min(strange)!r}"
            with tolerated(self._losses, "document"):
                raise DataError(what, where=self._path, hint=_SAME)

    def _place(self, id: str, letters: str) -> int | None:
        place = self._by_id.get(id)
        by_text = self._by_text.get(letters)
        if place is not None:
            self._any_id = True
            # Numbers that a reader gives are alike by chance: the text decides, where both sides have one.
            differs = letters and self._letters[place] not in ("", letters)
            return by_text if differs and by_text is not None else place
        if by_text is not None:
            return by_text
        in_order = self._ordered and not self._any_id and self._asked < len(self._batch)
        return self._asked if in_order else None


#: What parts texts while their white space is taken out, all at once.
_BETWEEN = "\0"
_WHITE = [chr(code) for code in range(0x3001) if chr(code).isspace()]
_NO_ID = "the two share no document id, and differ"
_SAME = "Both sides hold the same documents, by id, by text, or in the same order."


def _check_surfaces(document: Document, text: Text, where: str) -> None:
    """Raises DataError where spans without a text, or their words, are not those of the text."""
    words = dict(document.meta).get("surfaces", "").split("\n")
    for number, (_, span) in enumerate(document.annotations.spans()):
        covered = span.text(text)
        word = words[number] if len(words) > number else ""
        if span.end > len(text) or (word and "[UNK]" not in word and _bare(word) != _bare(covered)):
            place = f"[{span.start}, {span.end})"
            raise DataError(
                f"is not of document {text.id!r}: {place} is {covered!r} there, {word!r} here",
                where=f"{where}, {document.id}",
                hint="Lists without an id or a text are taken in the order of the texts, one for each.",
            )


def _bare(word: str) -> str:
    """Without white space, case, accents, and the marks of word pieces."""
    parts = normalize("NFKD", word.casefold().replace("##", ""))
    return "".join(one for one in parts if not (one.isspace() or combining(one) or one in "▁Ġ"))


def _letters(texts: Sequence[str]) -> list[str]:
    """The texts without their white space."""
    whole = _BETWEEN.join(texts)
    if not texts or whole.count(_BETWEEN) >= len(texts):
        return ["".join(text.split()) for text in texts]
    for white in _WHITE:
        whole = whole.replace(white, "")
    return whole.split(_BETWEEN)


def _carried(document: Document, text: str) -> Annotations:
    """The annotations with the offsets of a text that has the same characters but for white space."""
    rank = [0]
    for character in document.text:
        rank.append(rank[-1] + (not character.isspace()))
    places = [i for i, character in enumerate(text) if not character.isspace()]

    def change(span: Span) -> Span:
        ranges = [(rank[start], rank[end]) for start, end in span]
        return Span.joined((places[start], places[end - 1] + 1) for start, end in ranges if start < end)

    return document.annotations.with_spans(change)


def difference(text: Text, other: Document) -> str:
    """Where two texts begin to differ in more than white space, with the words there."""
    both = (str(text), other.text)
    places = [[i for i, character in enumerate(one) if not character.isspace()] for one in both]
    pairs = zip(*places, strict=False)
    equal = next((n for n, (a, b) in enumerate(pairs) if text[a] != both[1][b]), min(map(len, places)))
    at, there = (own[equal - 1] + 1 if equal else 0 for own in places)
    while text[at : at + 1] == both[1][there : there + 1] != "":
        at, there = at + 1, there + 1
    ends = (at, there)
    begins = [
        max(one.rfind(white, 0, end) for white in " \n\t") + 1 for one, end in zip(both, ends, strict=True)
    ]
    words = [
        one[begin:].partition("\n")[0].partition(" ")[0] for one, begin in zip(both, begins, strict=True)
    ]
    if words[0] == words[1]:  # They part behind it.
        words = [one[end : end + 20] for one, end in zip(both, ends, strict=True)]
    line = text.count("\n", 0, at) + 1
    return f"document {text.id!r}, line {line}, character {at}: {words[0]!r} there, {words[1]!r} here"
