"""The documents of an annotated file, found for the texts that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from unicodedata import combining, normalize

from wortlaut.errors import DataError, counted
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Document, Span, Text


class Matched:
    """Documents by id, else by their text, else in their order; each text is checked.

    White space may differ, as it does where a file holds tokens: spans are carried to the text that is asked
    for. A document without a text is taken by its id as it is.
    """

    def __init__(self, path: str, documents: Sequence[Document], losses: Losses | None = None) -> None:
        self._path, self._documents, self._losses = path, documents, losses
        self._by_id = {document.id: i for i, document in enumerate(documents)}
        self._letters = [_letters(document.text) for document in documents]
        often = Counter(self._letters)
        self._by_text = {own: i for i, own in enumerate(self._letters) if own and often[own] == 1}
        self._used: set[int] = set()
        self._asked, self._any_id = 0, False
        # Where some were left out, the order says nothing.
        lost = {loss.kind for loss in losses} if losses is not None and losses.lenient else set()
        self._ordered = not lost & {"line", "document", "task"}

    def find(self, text: Text) -> Annotations:
        """What the file says of the text. Raises DataError where no document fits, with both sides.

        Nothing, and a loss, where the file was read leniently.
        """
        with tolerated(self._losses, "document"):
            return self._found(text)
        return Annotations()

    def _found(self, text: Text) -> Annotations:
        letters = _letters(text)
        place, self._asked = self._place(text.id, letters), self._asked + 1
        if place is None:
            raise DataError(f"lacks document {text.id!r}", where=self._path, hint=_SAME)
        document = self._documents[place]
        self._used.add(place)
        if document.text == text or not document.text or not text:
            if not document.text and text:
                _check_surfaces(document, text, self._path)
            return document.annotations
        if self._letters[place] != letters:
            shared = text.id == document.id
            how = "the text is not that of the gold" if shared else "the two share no document id, and differ"
            raise DataError(f"{how}: {difference(text, document)}", where=self._path, hint=_SAME)
        return _carried(document, text)

    def finish(self) -> None:
        """Raises DataError where documents were not asked for."""
        if strange := [one.id for i, one in enumerate(self._documents) if i not in self._used]:
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
        in_order = self._ordered and not self._any_id and self._asked < len(self._documents)
        return self._asked if in_order else None


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


def _letters(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


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
    """Where two texts begin to differ, with the words there."""
    shorter = min(len(text), len(other.text))
    at = next((i for i, (a, b) in enumerate(zip(text, other.text, strict=False)) if a != b), shorter)
    begin = max(text.rfind(white, 0, at) for white in " \n\t") + 1
    words = [one[begin:].partition("\n")[0].partition(" ")[0] for one in (text, other.text)]
    if words[0] == words[1]:  # They part behind it, perhaps in white space alone.
        words = [one[at : at + 20] for one in (text, other.text)]
    line = text.count("\n", 0, at) + 1
    return f"document {text.id!r}, line {line}, character {at}: {words[0]!r} there, {words[1]!r} here"
