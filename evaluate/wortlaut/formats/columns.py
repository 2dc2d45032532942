"""What the token-per-line formats share: text from tokens, spans from tags."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, islice, pairwise
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats.losses import NO_PLACE, Losses, reason
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.text import segments

#: Tag schemes and the prefixes that each one uses.
SCHEMES = {
    "IOB1": "BI", "IOB2": "BI", "IOE1": "IE", "IOE2": "IE", "BIOES": "BIES", "IOBES": "BIES", "BILOU": "BILU",
}  # fmt: skip
#: Those whose phrases end in a tag that says so.
CLOSED = frozenset(("IOE2", "BIOES", "IOBES", "BILOU"))
#: The scheme of tags without a prefix: neighbours of one label are one name.
IO = "IO"
#: A tag with a prefix, whether it is whole or not.
PREFIXED = re.compile(r"[BIESLU](?:-.*)?")
_OPENS = frozenset("BSU")
_CLOSES = frozenset("ESLU")


def lay_out(tokens: Iterable[tuple[str, str]]) -> tuple[str, list[tuple[int, int]]]:
    """The text of ``(token, what follows it)`` pairs, without the last follower, and each token's offsets.

    >>> lay_out([("Guten", " "), ("Tag", ""), (".", "\\n")])
    ('Guten Tag.', [(0, 5), (6, 9), (9, 10)])
    """
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    position = 0
    for token, after in tokens:
        pieces += (token, after)
        offsets.append((position, position + len(token)))
        position += len(token) + len(after)
    return "".join(pieces[:-1]), offsets


def decode(
    tags: Sequence[str], place: Callable[[int], str], scheme: str = "IOB2"
) -> tuple[list[tuple[int, int, str]], int]:
    """Phrases ``(first token, token after the last, label)``, and how many tags broke the scheme.

    conlleval's convention, which reads every scheme: a phrase starts at a tag that opens one, and at
    an inside or last tag that has no phrase of its label before it; it ends before the next tag that
    is not inside it. In IOB1, IOE1 and IOE2 an inside tag may open a phrase; elsewhere it is counted as
    broken, like a phrase of IOE2, BIOES or BILOU that nothing closes. ``place(index)`` names the tag in an
    error.

    >>> decode(["B-PER", "I-PER", "O", "I-LOC"], str)
    ([(0, 2, 'PER'), (3, 4, 'LOC')], 1)
    """
    prefixes = SCHEMES[scheme]
    must_close = scheme in CLOSED
    phrases: list[tuple[int, int, str]] = []
    broken = 0
    start, label = -1, ""  # the open phrase; start is -1 when there is none
    for index, tag in enumerate(tags):
        if tag == "O":
            if start >= 0:
                phrases.append((start, index, label))
                start, broken = -1, broken + must_close
            continue
        prefix, _, kind = tag.partition("-")
        if len(prefix) != 1 or prefix not in prefixes or not kind:
            raise DataError(
                f"{tag!r} is no tag of {scheme}",
                where=place(index),
                hint=f"A tag is O, or one of {', '.join(prefixes)} with a hyphen and a label, such as B-PER.",
            )
        if prefix in _OPENS or start < 0 or kind != label:
            if start >= 0:
                phrases.append((start, index, label))
                broken += must_close
            broken += prefix not in _OPENS and "B" in prefixes and scheme != "IOB1"
            start, label = index, kind
        if prefix in _CLOSES:
            phrases.append((start, index + 1, label))
            start = -1
    if start >= 0:
        phrases.append((start, len(tags), label))
        broken += must_close
    return phrases, broken


def pack(offsets: Iterable[tuple[int, int]]) -> str:
    """Offsets as a string column: ``0:5 6:9``."""
    return " ".join([f"{start}:{end}" for start, end in offsets])


def unpack(packed: str) -> tuple[tuple[int, int], ...]:
    """The offsets that :func:`pack` wrote."""
    pairs = (pair.partition(":") for pair in packed.split())
    return tuple((int(start), int(end)) for start, _, end in pairs)


def joined(documents: Iterable[Document], size: int | None) -> Iterator[Document]:
    """So many documents of tokens (None: all) as one under the id of the first, parted by a line feed."""
    stream = iter(documents)
    while group := list(islice(stream, size)):
        starts = list(accumulate((len(one.text) + 1 for one in group[:-1]), initial=0))
        meta: dict[str, list[str]] = {}
        for at, one in zip(starts, group, strict=True):
            for key, value in one.meta:
                meta.setdefault(key, []).append(
                    pack((start + at, end + at) for start, end in unpack(value)) if key == "tokens" else value
                )
        moved = (
            replace(entity, span=entity.span.shifted(at))
            for at, one in zip(starts, group, strict=True)
            for entity in one.entities
        )
        text = "\n".join(one.text for one in group)
        values = tuple((key, _together(key, every)) for key, every in meta.items())
        yield Document(group[0].id, text, Annotations(tuple(moved)), values)


def _together(key: str, values: list[str]) -> str:
    if key == "repaired_tags":
        return str(sum(map(int, values)))
    return " ".join(values) if key == "tokens" else "; ".join(dict.fromkeys(values))


def tokens(document: Document) -> tuple[tuple[int, int], ...] | None:
    """The corpus's own tokens ``[start, end)``; None where the source had none."""
    packed = dict(document.meta).get("tokens")
    return None if packed is None else unpack(packed)


#: Keys of ``meta`` that say what a token format says by itself.
LAYOUT = ("tokens", "sentences", "scheme")
INSIDE = "begins or ends inside a token"
DISCONTINUOUS = "discontinuous"
CROSSES = "crosses the end of a sentence"
#: What stands beside the label of an entity.
VALUES = ("entity", "qid", "metonymy", "score", "note")
OVERLAPS = "overlaps another entity of its level"


@dataclass(frozen=True, slots=True)
class TokenView:
    """A document as sentences of tokens: what the token formats write.

    ``words`` are all tokens ``[start, end)``; ``sentences`` are ranges of their indices.
    """

    document: Document
    words: tuple[tuple[int, int], ...]
    sentences: tuple[tuple[int, int], ...]

    def surface(self, index: int) -> str:
        start, end = self.words[index]
        return self.document.text[start:end]

    def after(self, index: int) -> str:
        """The white space behind a token; behind the last one, all that is left."""
        end = self.words[index][1]
        following = self.words[index + 1][0] if index + 1 < len(self.words) else None
        return self.document.text[end:following]

    def find(self, span: Span) -> tuple[int, int] | None:
        """First token and the token after the last; None where the span is not whole tokens or has gaps."""
        first = bisect_left(self.words, (span.start, 0))
        last = bisect_left(self.words, (span.end, 0)) - 1
        if span.discontinuous or not first <= last < len(self.words):
            return None
        fits = self.words[first][0] == span.start and self.words[last][1] == span.end
        return (first, last + 1) if fits else None

    def within_sentence(self, first: int, last: int) -> bool:
        return any(start <= first and last <= end for start, end in self.sentences)


def token_view(document: Document, mark: str = "") -> TokenView:
    """The corpus's own tokens and sentences where it has them and they fit, else this project's.

    Where it has tokens but no sentences, a line is a sentence, as the token formats read here have it.
    No token begins with ``mark``, which means something else in the file: its first character stands alone.
    """
    text, meta = document.text, dict(document.meta)
    own = _fitting(meta.get("tokens", ""), text)
    words = tuple(segments.tokens(text)) if own is None else own
    if mark and mark in text:
        halves = (
            [(start, start + 1), (start + 1, end)] if text.startswith(mark, start, end) else [(start, end)]
            for start, end in words
        )
        words = tuple(word for half in halves for word in half)
    if own is None:
        starts = [start for start, _ in segments.sentences(text)]
    elif parts := _offsets(meta.get("sentences", "")):
        starts = [start for start, _ in parts]
    else:
        starts = [start for start, _ in words if "\n" in text[_gap(words, start) : start]]
    breaks = sorted({0, len(words), *(bisect_left(words, (start, 0)) for start in starts)})
    return TokenView(document, words, tuple(pairwise(breaks)))


def _gap(words: Sequence[tuple[int, int]], start: int) -> int:
    """Where the token before the one at ``start`` ends."""
    index = bisect_left(words, (start, 0))
    return words[index - 1][1] if index else start


def _offsets(packed: str) -> tuple[tuple[int, int], ...] | None:
    try:
        return unpack(packed)
    except ValueError:
        return None


def _fitting(packed: str, text: str) -> tuple[tuple[int, int], ...] | None:
    """The packed offsets, if they are tokens of this text and leave nothing out."""
    offsets = _offsets(packed)
    last = 0
    for start, end in offsets or ():
        token = text[start:end]
        in_order = last <= start < end <= len(text) and not text[last:start].strip()
        if not in_order or token != token.strip() or not {"\n", "\r", "\t"}.isdisjoint(token):
            return None
        last = end
    return offsets if offsets and not text[last:].strip() else None


def write_views(
    path: Path,
    documents: Iterable[Document],
    losses: Losses,
    lines: Callable[[TokenView, Losses], Iterable[str]],
    *,
    head: str = "",
    mark: str = "",
) -> Losses:
    """Write one file: ``head``, then the ``lines`` of each document; one without tokens is lost."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(head)
        for document in documents:
            view = token_view(document, mark)
            if view.words:
                file.writelines(f"{line}\n" for line in lines(view, losses))
            else:
                losses.add("document", document, "it has no tokens")
    return losses


def comment_id(document: Document, losses: Losses) -> str:
    """The id as a comment holds it: on one line, without white space around it."""
    id = " ".join(document.id.split())
    if id != document.id:
        losses.add("document.id", document, "a comment holds no such white space", f"becomes {id!r}")
    return id


def comments(
    document: Document, losses: Losses, reserved: Iterable[str], fits: Callable[[str, str], bool]
) -> Iterator[tuple[str, str]]:
    """What comments can hold of ``meta``: keys not ``reserved``, once each, if it ``fits``."""
    seen = set(reserved)
    for key, value in ((key, value) for key, value in document.meta if key not in LAYOUT):
        if key in seen or not fits(key, value):
            losses.add("meta", document, "a comment cannot hold it", key)
        else:
            seen.add(key)
            yield key, value


def taggable(view: TokenView, losses: Losses, *carried: Iterable[str]) -> list[list[tuple[int, int, Entity]]]:
    """Per level the entities that a column of tags can show: first token, token after the last, entity.

    Those that it cannot are added to ``losses``, as are all quotes and clusters, and what stands beside the
    label of an entity and is not ``carried``, which says that for each level.
    """
    document, levels = view.document, len(carried)
    shown: list[list[tuple[int, int, Entity]]] = [[] for _ in carried]
    taken: set[tuple[int, int]] = set()
    for entity in document.entities:
        first, last = view.find(entity.span) or (0, 0)
        places = {(entity.level, index) for index in range(first, last)}
        faults = {
            DISCONTINUOUS: entity.span.discontinuous,
            f"its level is not {'1' if levels == 1 else f'1 to {levels}'}": not 1 <= entity.level <= levels,
            INSIDE: not places,
            CROSSES: not view.within_sentence(first, last),
            OVERLAPS: not taken.isdisjoint(places),
            "its label has white space": entity.label.split() != [entity.label],
        }
        if why := reason(faults):
            losses.add("entity", document, why, entity.label, entity.span)
        else:
            shown[entity.level - 1].append((first, last, entity))
            taken |= places
    losses.add_all(document, quotes=document.quotes, clusters=document.clusters)
    for level, kept in zip(shown, carried, strict=True):
        level.sort(key=lambda item: item[:2])
        for name in (name for name in VALUES if name not in kept):
            for entity in (entity for *_, entity in level if getattr(entity, name) is not None):
                losses.add(f"entity.{name}", document, NO_PLACE, f"{entity.label} {name}", entity.span)
    return shown


#: Prefixes of the first and the last token of a phrase, and of one that is alone.
_ENDS = {
    "IOB1": ("I", "I", "I"),
    "IOB2": ("B", "I", "B"),
    "IOE1": ("I", "I", "I"),
    "IOE2": ("I", "E", "E"),
    "IOBES": ("B", "E", "S"),
    "BIOES": ("B", "E", "S"),
    "BILOU": ("B", "L", "U"),
}


def encode(phrases: Iterable[tuple[int, int, str]], size: int, scheme: str = "IOB2") -> list[str]:
    """The tags of ``size`` tokens; the inverse of :func:`decode` for phrases that do not overlap.

    >>> encode([(0, 2, "PER"), (2, 3, "PER")], 4, "BILOU")
    ['B-PER', 'L-PER', 'U-PER', 'O']
    """
    first, last, alone = _ENDS[scheme]
    tags = ["O"] * size
    for start, end, label in phrases:
        tags[start:end] = [f"I-{label}"] * (end - start)
        tags[end - 1] = f"{last}-{label}"
        tags[start] = f"{first if end - start > 1 else alone}-{label}"
        if scheme == "IOB1" and start and tags[start - 1] == f"I-{label}":
            tags[start] = f"B-{label}"
        if scheme == "IOE1" and start and tags[start - 1] == f"I-{label}":
            tags[start - 1] = f"E-{label}"
    return tags


def is_io(tags: Iterable[str]) -> bool:
    """Whether these are labels without a prefix, as IO has them."""
    labels = set(tags) - {""}
    return "O" in labels and len(labels) > 1 and not any(map(PREFIXED.fullmatch, labels - {"O"}))


def scheme_of(tags: Sequence[str]) -> str:
    """The scheme of tags in a row, with an O behind each sentence: one of :data:`SCHEMES`, or IO."""
    if is_io(tags):
        return IO
    prefixes = {tag[0] for tag in tags if tag[1:2] == "-"}
    if "E" in prefixes and not prefixes & {"B", "S"}:
        # IOE1 writes E- only between two neighbours of one label.
        open_ends = (tag for tag, after in pairwise(tags) if tag[:1] == "I" and after[2:] != tag[2:])
        return "IOE1" if any(open_ends) else "IOE2"
    if prefixes & {"S", "E"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    changes = [tag[0] for before, tag in pairwise(["O", *tags]) if tag[1:2] == "-" and before[2:] != tag[2:]]
    # IOB1 writes B- only between two neighbours of one label.
    return "IOB1" if "I" in changes and "B" not in changes else "IOB2"
