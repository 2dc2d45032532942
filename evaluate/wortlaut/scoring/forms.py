"""What a speaker is called: by name, by role, by a pronoun. The rule is in ``docs/metrics-quotes.md``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from wortlaut.model import Document, Span
from wortlaut.text.words import LINKS, PRONOUNS

FORMS = ("name", "role", "pronoun", "name or role", "none")
_WORD = re.compile(r"\w+")
#: What ends a noun phrase inside of a mention: a comma and its like, or what stands in brackets.
_BREAK = re.compile(r"[,;:–—]|[(\[][^)\]]*[)\]]?")
_AND = frozenset(("und", "oder", "sowie"))
_EMPHASIS = frozenset(("selbst", "selber"))

Range = tuple[int, int]


def names_in(document: Document, entities: bool) -> list[Range] | None:
    """Where the gold of a text names somebody or something; ``None`` where it says nothing about names.

    By the entities that have a capital and are no part or derivation; in a corpus without ``entities`` by the
    last word of each name of a cluster and of a speaker.
    """
    if entities:
        kept = (entity.span for entity in document.entities if not entity.label.endswith(("deriv", "part")))
        return [(span.start, span.end) for span in kept if document.text[span.start].isupper()]
    ids = {cluster.id for cluster in document.clusters}
    names = [name for one in document.clusters if one.named for name in (one.name, *one.aliases)]
    names += [name for quote in document.quotes if (name := quote.speaker_entity) and name not in ids]
    last = {
        re.escape(words[-1]) for name in names if (words := _WORD.findall(name)) and words[-1][0].isupper()
    }
    if not last:
        return None
    return [match.span() for match in re.finditer(rf"\b(?:{'|'.join(sorted(last))})s?\b", document.text)]


def form(mention: Span | None, text: str, names: Sequence[Range] | None) -> str:
    """One of :data:`FORMS` for a speaker's span; ``names`` are those in the text, ``None`` if not known."""
    if mention is None:
        return "none"
    words = {word.casefold() for a, b in mention for word in _WORD.findall(text, a, b)} - _EMPHASIS
    if words and words <= PRONOUNS:
        return "pronoun"
    if names is None:
        return "name or role"
    phrases = [phrase for fragment in mention for phrase in _phrases(text, *fragment)]
    return "name" if any(_heads(text, phrase, names) for phrase in phrases) else "role"


def _phrases(text: str, start: int, end: int) -> Iterator[Range]:
    for match in _BREAK.finditer(text, start, end):
        yield start, match.start()
        start = match.end()
    yield start, end


def _heads(text: str, phrase: Range, names: Iterable[Range]) -> bool:
    """Whether some name is the head of the phrase, and not what is said about another noun."""
    low, high = phrase
    for start, end in names:
        if max(start, low) < min(end, high):
            before = [word.casefold() for word in _WORD.findall(text, low, max(start, low))]
            while before and before[0] in LINKS:
                del before[0]
            after = _WORD.findall(text, min(end, high), high)
            stop = next((i for i, word in enumerate(after) if word.casefold() in LINKS | _AND), len(after))
            if LINKS.isdisjoint(before) and not any(word[0].isupper() for word in after[:stop]):
                return True
    return False
