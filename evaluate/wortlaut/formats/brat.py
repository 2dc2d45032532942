"""brat stand-off: a folder of ``.txt`` and ``.ann`` files; an ``.ann`` file makes a document.

Offsets are code points into the ``.txt`` as it is, so a CRLF is two characters, as brat itself counts,
and the text of the document keeps it. A surface in the ``.ann`` must be what stands there; fragments
of ``0 5;12 17`` are joined by a space, and a line end inside a span is a space, since a line cannot
hold one.

Text-bound annotations are entities. ``level`` is derived: 1, and one more inside each entity that
strictly contains it. ``Equiv`` and relations called coreference or the like (:data:`COREFERENCE`) join
entities to clusters, named after the longest mention. A reference to Wikidata is the ``qid``. Every
line that is not text-bound is kept word for word in ``note``, of the cluster or of each entity it is
about (for an event, its trigger), after that entity's own id: ``T3; A1 Negation T3``. The ids of other
entities are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wortlaut.document import Annotations, Cluster, Document, Entity, Span
from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.columns import files, lines, unique_stems

#: Relations that say that two mentions are the same thing, in small letters without ``-`` and ``_``.
COREFERENCE = frozenset(("equiv", "coref", "coreference", "corefer", "corefers", "identity", "sameas"))
_OFFSETS = re.compile(r"(?P<label>\S+) (?P<offsets>[0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)")
_WIKIDATA = re.compile(r"(?i:wikidata):(?P<qid>Q[1-9][0-9]*)")


def read(path: Path) -> Iterator[Document]:
    """Every document of a folder, or the one of a ``.ann`` or ``.txt`` file."""
    paths = files(path.with_suffix(".ann") if path.suffix == ".txt" else path, ".ann")
    unique_stems(paths)
    for file in paths:
        yield _document(file)


def _document(file: Path) -> Document:
    source = file.with_suffix(".txt")
    if not source.is_file():
        raise MissingFileError("the text of the annotations is not there", where=str(source))
    try:
        text = source.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not UTF-8: {error.reason}", where=str(source), hint="Convert it to UTF-8."
        ) from None
    spans: dict[str, tuple[str, Span]] = {}
    others: list[tuple[str, str]] = []  # place, line
    for number, line in lines(file):
        where = f"{file}:{number}"
        if line.startswith("T"):
            name, label, span = _text_bound(line, text, where)
            if name in spans:
                raise DataError(f"{name} is there twice", where=where)
            spans[name] = label, span
        elif line.strip():
            others.append((where, line))
    return Document(file.stem, text, _annotations(text, spans, others))


def _text_bound(line: str, text: str, where: str) -> tuple[str, str, Span]:
    name, _, rest = line.partition("\t")
    place, tab, surface = rest.partition("\t")
    match = _OFFSETS.fullmatch(place)
    if match is None or not tab:
        raise DataError(
            "is not a text-bound annotation",
            where=where,
            hint="Expected id, tab, label and offsets such as 'PER 0 5' or 'PER 0 5;12 17', tab, text.",
        )
    pairs = [pair.split(" ") for pair in match["offsets"].split(";")]
    fragments = [(int(start), int(end)) for start, end in pairs]
    for start, end in fragments:
        if not start < end <= len(text):
            raise DataError(
                f"[{start}, {end}) is empty, reversed or past the end of the text at {len(text)}", where=where
            )
    if not _same(fragments, text, surface):
        unix = text.replace("\r\n", "\n")
        counted_as_one = unix != text and _same(fragments, unix, surface)
        there = " ".join(text[start:end] for start, end in fragments)
        raise DataError(
            f"the text at {match['offsets']} is {there!r}, not {surface!r}",
            where=where,
            hint="The offsets count a CRLF as one character: convert the .txt file to LF."
            if counted_as_one
            else "Offsets are code points into the .txt file, from 0, the end excluded.",
        )
    return name, match["label"], Span.joined(fragments)


def _same(fragments: Sequence[tuple[int, int]], text: str, surface: str) -> bool:
    covered = " ".join(text[start:end] for start, end in fragments)
    return covered == surface or (("\n" in covered or "\r" in covered) and covered.split() == surface.split())


@dataclass(frozen=True, slots=True)
class _Line:
    """An annotation that is not text-bound: its id, what it is about, and the line with spaces for tabs."""

    where: str
    id: str
    kind: str
    targets: tuple[str, ...]
    mentioned: tuple[str, ...]
    words: str


def _line(line: str, where: str) -> _Line:
    id, _, rest = line.partition("\t")
    kind, *fields = rest.partition("\t")[0].split(" ")
    fields = [part for part in fields if part]
    values = [part.partition(":")[2] for part in fields]
    if id == "*":
        targets = mentioned = fields
    elif id[:1] == "R":
        targets = mentioned = values
    elif id[:1] == "E":
        kind, _, trigger = kind.partition(":")
        targets, mentioned = [trigger], [trigger, *values]
    elif id[:1] in ("A", "M", "N", "#"):
        targets = mentioned = fields[:1]
    else:
        targets = mentioned = []
    if not kind or not all(mentioned) or not targets:
        raise DataError(
            "is no annotation that brat writes",
            where=where,
            hint="Expected a T, R, E, A, M, N, # or * line, a tab after its id.",
        )
    return _Line(where, id, kind, tuple(targets), tuple(mentioned), line.rstrip().replace("\t", " "))


def _annotations(
    text: str, spans: Mapping[str, tuple[str, Span]], others: Sequence[tuple[str, str]]
) -> Annotations:
    parsed = [_line(line, where) for where, line in others]
    about: dict[str, tuple[str, ...]] = dict.fromkeys(spans, ())
    for item in parsed:
        if item.id != "*":
            if item.id in about:
                raise DataError(f"{item.id} is there twice", where=item.where)
            about[item.id] = item.targets
    group = {name: [name] for name in spans}  # every member of a group holds the same list
    notes: dict[str, list[str]] = {name: [] for name in spans}
    joins: list[_Line] = []
    qids: dict[str, str] = {}
    for item in parsed:
        for name in item.mentioned:
            if name not in about:
                raise DataError(f"there is no {name}", where=item.where)
        same = item.kind.casefold().replace("-", "").replace("_", "") in COREFERENCE
        if same and item.id[0] in "*R" and all(name in spans for name in item.targets):
            joins.append(item)
            for name in item.targets[1:]:
                _merge(group, item.targets[0], name)
            continue
        for name in _text_bounds(item, about, spans):
            notes[name].append(item.words)
            if item.id[0] == "N" and (link := _WIKIDATA.search(item.words)):
                qids.setdefault(name, link["qid"])
    place = {name: (span.start, -span.end, index) for index, (name, (_, span)) in enumerate(spans.items())}
    heads = {min(members, key=place.__getitem__) for members in group.values() if len(members) > 1}
    cluster_of: dict[str, str] = {}
    clusters: list[Cluster] = []
    for number, head in enumerate(sorted(heads, key=place.__getitem__), 1):
        members = group[head]
        cluster_of |= dict.fromkeys(members, f"e{number}")
        labels = {spans[name][0] for name in members}
        links = {qids[name] for name in members if name in qids}
        longest = max(sorted(members, key=place.__getitem__), key=lambda name: len(spans[name][1]))
        clusters.append(
            Cluster(
                f"e{number}",
                " ".join(spans[longest][1].text(text).split()),
                type=labels.pop() if len(labels) == 1 else None,
                qid=links.pop() if len(links) == 1 else None,
                note="; ".join(join.words for join in joins if join.targets[0] in members),
            )
        )
    levels = _levels([span for _, span in spans.values()])
    entities = [
        Entity(
            span,
            label,
            level,
            entity=cluster_of.get(name),
            qid=qids.get(name),
            note="; ".join((name, *notes[name])) if notes[name] or name in cluster_of else None,
        )
        for (name, (label, span)), level in zip(spans.items(), levels, strict=True)
    ]
    return Annotations(tuple(entities), clusters=tuple(clusters))


def _merge(group: dict[str, list[str]], one: str, other: str) -> None:
    into, gone = group[one], group[other]
    if into is not gone:
        into += gone
        group |= dict.fromkeys(gone, into)


def _text_bounds(item: _Line, about: Mapping[str, tuple[str, ...]], spans: Mapping[str, object]) -> list[str]:
    """The text-bound annotations that a line is about, through events, relations and attributes."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    left = list(reversed(item.targets))
    while left:
        name = left.pop()
        if name in spans:
            found[name] = None
        elif name not in seen:
            seen.add(name)
            left += reversed(about[name])
    if not found:
        raise DataError(f"{item.id} is about nothing in the text", where=item.where)
    return list(found)


def _levels(spans: Sequence[Span]) -> list[int]:
    """1 for each span, plus the depth of those that strictly contain it."""
    levels = [1] * len(spans)
    around: list[int] = []
    for index in sorted(range(len(spans)), key=lambda index: (spans[index].start, -spans[index].end)):
        span = spans[index]
        around = [other for other in around if spans[other].end > span.start]
        levels[index] += max(
            (levels[other] for other in around if spans[other] != span and spans[other].contains(span)),
            default=0,
        )
        around.append(index)
    return levels
