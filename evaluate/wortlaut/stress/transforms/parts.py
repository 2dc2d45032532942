"""Whole parts of a text: sentences in another order, cut off, put around it, joined to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from random import Random

from wortlaut.annotations.carry import Transformed, carried, edited
from wortlaut.errors import DataError
from wortlaut.model import ROLES, Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.stress.registry import Transformation
from wortlaut.text.edits import Edit, arranged
from wortlaut.text.segments import sentences


def shuffled(document: Document, random: Random) -> Transformed:
    """Sentences in another order; those that an annotation holds together stay together."""
    blocks = list(_blocks(document))
    order = list(range(len(blocks)))
    random.shuffle(order)
    # What stands between blocks stays where it is, so that paragraphs keep their number of sentences.
    ranges = [(0, blocks[0][0] if blocks else 0)]
    for place, number in enumerate(order):
        ranges.append(blocks[number])
        after = blocks[place + 1][0] if place + 1 < len(blocks) else len(document.text)
        ranges.append((blocks[place][1], after))
    text, offsets = arranged(document.text, ranges if blocks else [(0, len(document.text))])
    return carried(document, text, offsets)


def _blocks(document: Document) -> Iterator[tuple[int, int]]:
    """Runs of sentences that no annotation reaches over; a quote reaches as far as its roles."""
    reaches = [(span.start, span.end) for _, span in document.annotations.spans()]
    for quote in document.quotes:
        spans = [span for role in ("content", *ROLES) if (span := quote.role(role))]
        reaches.append((min(s.start for s in spans), max(s.end for s in spans)))
    reaches.sort()
    at = 0
    begin: int | None = None
    end = 0
    for start, stop in sentences(document.text):
        if begin is None:
            begin, end = start, stop
        elif start < end:  # an annotation reaches into this sentence
            end = max(end, stop)
        else:
            yield begin, end
            begin, end = start, stop
        # An annotation may begin in the white space before the sentence.
        while at < len(reaches) and reaches[at][0] < end:
            begin, end = min(begin, reaches[at][0]), max(end, reaches[at][1])
            at += 1
    if begin is not None:
        yield begin, max(end, *(stop for _, stop in reaches)) if reaches else end


def truncated(document: Document, random: Random, *, keep: float = 0.5) -> Transformed:
    """Only the first sentences, up to a share of the characters, at least one."""
    if not 0 < keep <= 1:
        raise DataError(f"a share of {keep} to keep", hint="The share lies above 0 and is at most 1.")
    ends = [end for _, end in sentences(document.text)]
    limit = keep * len(document.text)
    cut = max([end for end in ends if end <= limit], default=ends[0] if ends else len(document.text))
    return edited(document, [Edit(cut, len(document.text), "")] if cut < len(document.text) else [])


def with_boilerplate(document: Document, random: Random) -> Transformed:
    """Lines of a web page before and after the article."""
    before, after = _data("boilerplate.txt").split("\n\n")
    return edited(document, _around(document, f"{before}\n", f"\n{after.strip()}\n"))


def lengthened(document: Document, random: Random, *, characters: int = 100_000) -> Transformed:
    """Sentences about nothing before and after the article, until the text has so many characters."""
    if characters < 0:
        raise DataError(f"{characters} characters", hint="The number is 0 or more.")
    lines = _data("filler.txt").splitlines()
    paragraphs: list[str] = []
    length = len(document.text)
    while length < characters:
        paragraphs.append(" ".join(random.sample(lines, 5)))
        length += len(paragraphs[-1]) + 1
    before = "".join(f"{paragraph}\n" for paragraph in paragraphs[::2])
    return edited(document, _around(document, before, "".join(f"\n{p}" for p in paragraphs[1::2])))


def joined(document: Document, random: Random) -> Transformed:
    """An article of our own invention, with its gold, before or after this one."""
    other = _second()
    if not document.text:
        return edited(document, [])
    first = random.random() < 0.5
    before, after = (f"{other.text}\n\n", "") if first else ("", f"\n\n{other.text}")
    mine = edited(document, _around(document, before, after))
    shift = 0 if first else len(mine.document.text) - len(other.text)
    own, new = mine.document.annotations, _shifted(other.annotations, shift, _free_prefix(document))
    both = Annotations(own.entities + new.entities, own.quotes + new.quotes, own.clusters + new.clusters)
    place = Span.of(shift, shift + len(other.text))
    return replace(mine, document=replace(mine.document, annotations=both), added=(place,))


def _around(document: Document, before: str, after: str) -> list[Edit]:
    end = len(document.text)
    if end == 0:
        return [Edit(0, 0, before + after)]
    return [Edit(0, 0, before), Edit(end, end, after)]


def _free_prefix(document: Document) -> str:
    ids = {quote.id for quote in document.quotes} | {cluster.id for cluster in document.clusters}
    prefix = "second-"
    while any(id.startswith(prefix) for id in ids):
        prefix += "2-"
    return prefix


def _shifted(annotations: Annotations, by: int, prefix: str) -> Annotations:
    def named(id: str | None) -> str | None:
        return None if id is None else prefix + id

    def moved(span: Span | None) -> Span | None:
        return None if span is None else span.shifted(by)

    return Annotations(
        tuple(replace(e, span=e.span.shifted(by), entity=named(e.entity)) for e in annotations.entities),
        tuple(
            replace(
                q,
                id=prefix + q.id,
                content=q.content.shifted(by),
                **{role: moved(q.role(role)) for role in ROLES},  # type: ignore[arg-type]
                parent=named(q.parent),
                speaker_entity=named(q.speaker_entity),
            )
            for q in annotations.quotes
        ),
        tuple(
            replace(c, id=prefix + c.id, mentions=tuple(m.shifted(by) for m in c.mentions))
            for c in annotations.clusters
        ),
    )


@cache
def _data(name: str) -> str:
    text = (files("wortlaut.stress") / "data" / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@cache
def _second() -> Document:
    """A short article of our own with its gold."""
    text = "\n".join(_SECOND)
    return Document("second", text, _second_gold(text))


_SECOND = (
    "Die Stadtwerke Lindenau wollen das alte Hallenbad im Norden der Stadt schließen.",
    "„Das Dach ist nicht mehr zu retten“, sagte Geschäftsführerin Henrike Vossbrook.",
    "Der Förderverein kündigte an, dass er Unterschriften sammeln werde.",
)


def _second_gold(text: str) -> Annotations:
    def span(words: str) -> Span:
        return Span.of(text.index(words), text.index(words) + len(words))

    person = "Henrike Vossbrook"
    return Annotations(
        (
            Entity(span("Stadtwerke Lindenau"), "ORG", entity="works"),
            Entity(span("Lindenau"), "LOC", level=2, entity="town"),
            Entity(span(person), "PER", entity="manager"),
        ),
        (
            Quote(
                "a",
                "direct",
                span("„Das Dach ist nicht mehr zu retten“"),
                "speech",
                cue=span("sagte"),
                speaker=span(f"Geschäftsführerin {person}"),
                frame=span(f", sagte Geschäftsführerin {person}"),
                speaker_entity="manager",
                attribution="explicit",
            ),
            Quote(
                "b",
                "indirect",
                span("dass er Unterschriften sammeln werde"),
                "speech/writing",
                cue=span("kündigte an"),
                speaker=span("Der Förderverein"),
                frame=span("Der Förderverein kündigte an,"),
                speaker_entity="club",
                attribution="explicit",
            ),
        ),
        (
            Cluster("works", "Stadtwerke Lindenau", "ORG", mentions=(span("Die Stadtwerke Lindenau"),)),
            Cluster("town", "Lindenau", "LOC"),
            Cluster("manager", person, "PER", mentions=(span(f"Geschäftsführerin {person}"),)),
            Cluster("club", "Förderverein", "ORG", named=False, mentions=(span("Der Förderverein"),)),
        ),
    )


TRANSFORMATIONS = (
    Transformation("sentences-shuffled", "sentences in another order", "changed", shuffled),
    Transformation("truncated", "only the first part (keep=0.5)", "blurred", truncated),
    Transformation("boilerplate", "lines of a web page before and after", "same", with_boilerplate),
    Transformation("joined", "another article before or after", "same", joined),
    Transformation("long", "sentences about nothing around it (characters=100000)", "same", lengthened),
)
