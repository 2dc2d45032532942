"""What an export lost, found by comparing what went in with what is read back: not by asking the exporter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from wortlaut.formats import FORMATS, reader, writer
from wortlaut.formats.losses import Losses
from wortlaut.model import Annotations, Document, Head, Span

#: Keys of ``meta`` that readers make themselves, from what they read.
DERIVED = {"tokens", "sentences", "lines", "scheme", "split", "layer", "annotator"}
#: Formats that bring annotations into an order of their own.
SORTED = {"dataset", "native"}


def written(format: str, documents: Sequence[Document], **options: str) -> tuple[list[Document], Losses]:
    """The documents as they are read back, and the report of the writer."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out"
        losses = writer(format)(path, iter(documents), **options)
        # A reader refuses a file without documents.
        nothing = kinds(losses)["document"] == len(documents)
        return [] if nothing else list(reader(format)(path)), losses


def kinds(losses: Losses) -> Counter[str]:
    """How many losses of each kind were reported, over all reasons."""
    counts: Counter[str] = Counter()
    for loss in losses:
        counts[loss.kind] += loss.count
    return counts


def difference(before: Document, after: Document, in_order: bool = False) -> Counter[str]:
    """What ``after`` lacks or has otherwise, by kind; fails where it has something that was not there.

    ``in_order`` says that the format keeps the order: quotes that are equal but for their ids tell apart.
    """
    found: Counter[str] = Counter()
    found["document.id"] += before.id != after.id
    found["text"] += before.text != after.text
    found += _compare("entity", before.entities, after.entities, lambda e: (e.span, e.label))
    quotes = _parents_shown(before.quotes), _parents_shown(after.quotes)
    found += _compare("quote", *quotes, lambda q: (q.content, q.type), in_order=in_order)
    found += _compare("cluster", before.clusters, after.clusters, lambda c: c.id, skip=("mentions",))
    places = {cluster.id: cluster.mentions for cluster in before.clusters}
    for cluster in after.clusters:
        gone = Counter(places[cluster.id]) - Counter(cluster.mentions)
        assert not Counter(cluster.mentions) - Counter(places[cluster.id])
        found["mention"] += gone.total()
    heads = set(before.annotations.heads), set(after.annotations.heads)
    assert heads[1] <= heads[0]
    found["head"] += len(heads[0] - heads[1])
    keys = {key for key, _ in after.meta}
    for key, value in before.meta:
        # A token format says these by what it is; they differ where white space does.
        said = (key in ("tokens", "sentences", "scheme") and "tokens" in keys) or (key == "lines" in keys)
        found["meta"] += not said and (key, value) not in after.meta
    new = [pair for pair in after.meta if pair[0] not in DERIVED and pair not in before.meta]
    assert not new, new
    return +found


def _parents_shown(quotes):
    """A parent by its place, since a format without ids gives it another."""
    places = {quote.id: f"{quote.content} {quote.type}" for quote in quotes}
    return [replace(quote, parent=quote.parent and places[quote.parent]) for quote in quotes]


def _compare(kind, before, after, key, skip=(), in_order=False) -> Counter[str]:
    """Each item of ``after`` is matched with the item of ``before`` that is most like it, or its place."""
    found: Counter[str] = Counter()
    names = [field.name for field in fields(after[0]) if field.name not in skip] if after else []

    def unlike(one, other):
        return [name for name in names if getattr(one, name) != getattr(other, name)]

    # The surest first: with equal spans, an item must not take away the one that equals another.
    pairs = sorted(
        ((len(unlike(old, new)), abs(a - b), b, a) for a, new in enumerate(after)
         for b, old in enumerate(before) if key(old) == key(new))
    )  # fmt: skip
    keys = [key(item) for item in before], [key(item) for item in after]
    if in_order and keys[0] == keys[1]:
        pairs = [(0, 0, number, number) for number in range(len(after))]
    taken_before, taken_after = set(), set()
    for _, _, b, a in pairs:
        if b not in taken_before and a not in taken_after:
            taken_before.add(b)
            taken_after.add(a)
            found.update(f"{kind}.{name}" for name in unlike(before[b], after[a]))
    assert len(taken_after) == len(after), f"{kind}: what was not written is read"
    found[kind] += len(before) - len(taken_before)
    return found


def squeezed(document: Document) -> Document:
    """The same without white space: offsets count the other characters, whatever stands between tokens."""
    text = document.text
    place = [0, *accumulate(2 * (not character.isspace()) for character in text)]

    def moved(span: Span | None) -> Span | None:
        # White space alone, which no token format carries, lies behind the text: on nothing else's place.
        return span and Span.joined(
            (place[s], place[e]) if place[s] < place[e] else (place[-1] + 2 * s + 1, place[-1] + 2 * s + 2)
            for s, e in span
        )

    return replace(
        document,
        text="".join(text.split()),
        annotations=Annotations(
            tuple(replace(entity, span=moved(entity.span)) for entity in document.entities),
            tuple(
                replace(
                    quote,
                    content=moved(quote.content),
                    **{role: moved(quote.role(role)) for role in ("cue", "speaker", "addressee", "frame")},
                )
                for quote in document.quotes
            ),
            tuple(replace(c, mentions=tuple(map(moved, c.mentions))) for c in document.clusters),
            heads=tuple(Head(moved(one.mention), moved(one.head)) for one in document.annotations.heads),
        ),
    )


def assert_exact(
    format: str, documents: Sequence[Document], *, squeeze: bool = False, **options: str
) -> None:
    """What is read back is what was written less what was reported, to the last field."""
    after, losses = written(format, documents, **options)
    reported = kinds(losses)
    lost = reported["document"]
    assert len(after) == len(documents) - lost
    names = {_plain(document): document for document in documents}
    by_name = len(names) == len(documents) and all(_plain(document) in names for document in after)
    pairs = [(names[_plain(d)], d) for d in after] if by_name else list(zip(documents, after, strict=True))
    found: Counter[str] = Counter({"document": lost})
    for before, now in pairs:
        if squeeze:
            found["text"] += before.text != now.text
            before, now = squeezed(before), squeezed(now)
        found += difference(before, now, format not in SORTED)
    if not FORMATS[format].heads:  # those of documents that are lost are reported, too
        found["head"] = sum(len(document.annotations.heads) for document in documents)
    assert +found == +reported, f"{+found} lost, {+reported} reported: {list(losses)}"


def joined(documents: Sequence[Document]) -> Document:
    """One document of all, squeezed: what a format that parts them elsewhere still has to hold."""
    parts, entities, at = [], [], 0
    for document in map(squeezed, documents):
        parts.append(document.text)
        entities += (replace(entity, span=entity.span.shifted(at)) for entity in document.entities)
        at += 2 * len(document.text)  # squeezed offsets count two a character
    return Document("all", "".join(parts), Annotations(tuple(entities)))


def _plain(document: Document) -> str:
    """The id without what a file name may change in it."""
    return re.sub(r"[\W_]", "", document.id)
