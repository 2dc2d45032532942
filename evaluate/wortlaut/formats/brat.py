"""brat stand-off: a folder of ``.txt`` and ``.ann`` files; an ``.ann`` file makes a document.

Offsets are code points into the ``.txt`` as it is, so a CRLF is two characters, as brat itself counts
(``open_textfile`` in its ``server/src/annotation.py``), and the text of the document keeps it. A byte order
mark is one character there; other tools leave it out, so what fits all surfaces holds, and the text of the
document begins behind it. A surface in the ``.ann`` must be what stands there; fragments of
``0 5;12 17`` are joined by a space, and a line end inside a span is a space, since a line cannot hold
one.

Text-bound annotations are entities. ``level`` is derived: 1, and one more inside each entity that
strictly contains it. ``Equiv`` and relations called coreference or the like (:data:`COREFERENCE`) join
entities to clusters, named after the longest mention. A reference to Wikidata is the ``qid``. Every line
that is not text-bound is kept word for word in ``note``, of the cluster or of each entity it is about
(for an event, its trigger), after that entity's own id: ``T3; A1 Negation T3``. The ids of other entities
are not kept.

Written: the nodes and edges of :mod:`wortlaut.formats.graph` as text-bound annotations and relations, a
Wikidata id also as ``Reference``, everything else as JSON in notes of the type ``Wortlaut`` (of a
cluster: ``WortlautCluster``, on its first mention), which brat keeps; they are read back to the last
field. A level is written where it is not the derived one. ``annotation.conf`` names the
types that are there. ``meta`` is lost, a cluster without mention,
and a label with white space; an id that can be no file name is changed.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.graph import (
    MENTION,
    PARENT,
    QUOTE_LABELS,
    Edge,
    Graph,
    Node,
    carried,
    depths,
    nesting,
    to_document,
    to_graph,
)
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.formats.projects import brat_types, is_brat_type
from wortlaut.io.reading import lines, read_text, unpacked
from wortlaut.model import ROLES, Annotations, Cluster, Document, Entity, Span
from wortlaut.model.batch import Batch, batched
from wortlaut.model.columns import Spans
from wortlaut.records.objects import loads

#: Relations that say that two mentions are the same thing, in small letters without ``-`` and ``_``.
COREFERENCE = frozenset(("equiv", "coref", "coreference", "corefer", "corefers", "identity", "sameas"))
#: Labels of spans that another format reads as quotes → the label of a content, and the format.
_OTHERS = {
    ("Source", "Cue", "Content"): ("Content", "polnear"),
    ("Quotation", "Entity", "Cue"): ("Quotation", "riqua"),
}
_MARK = "\ufeff"
_BOUND = re.compile(
    r"([^\t]*)\t(\S+) ([0-9]{1,18}) ([0-9]{1,18})((?:;[0-9]{1,18} [0-9]{1,18})*)\t(.*)", re.DOTALL
)
#: A name in one piece.
_NAME = re.compile(r"^(T[^\t\n]*)\t(\S+) ([0-9]{1,18}) ([0-9]{1,18})\t(.*)$", re.MULTILINE)
_WIKIDATA = re.compile(r"(?i:wikidata):(?P<qid>Q[1-9][0-9]*)")
_OWN = re.compile(r"#\S*\t(?P<kind>Wortlaut|WortlautCluster) (?P<about>\S+)\t(?P<values>.*)")
_RELATION = re.compile(r"R\S*\t(?P<label>\S+) Arg1:(?P<source>\S+) Arg2:(?P<target>\S+)\s*")
_REFERENCE = re.compile(r"N\S*\tReference (?P<about>\S+) Wikidata:(?P<qid>\S+)\t.*")


@dataclass(frozen=True, slots=True)
class _Named:
    """A document of names in one piece, and of nothing else."""

    id: str
    text: str
    labels: Sequence[str]
    start: Sequence[int]
    end: Sequence[int]


def batches(path: Path, *, losses: Losses | None = None) -> Iterator[Batch]:
    """Every document of a folder, or the one of a ``.ann`` or ``.txt`` file."""
    return batched(_documents(path, losses), _batch)


read = batch_documents(batches)


def _documents(path: Path, losses: Losses | None) -> Iterator[_Named | Document]:
    start = path.with_suffix(".ann") if path.suffix == ".txt" else path
    for file in files.find(start, "brat", named=True):
        with tolerated(losses, "document"):
            document = _document(file)
            labels = document.labels if isinstance(document, _Named) else [e.label for e in document.entities]
            for theirs, (content, format) in _OTHERS.items():
                if losses is not None and {*theirs} <= {*labels}:
                    first, second, third = theirs
                    why = f"{first}, {second} and {third} are names here, which {format}:PATH reads as quotes"
                    losses.include("quote", why, labels.count(content), (document.id,))
            yield document


def _batch(part: Sequence[_Named | Document]) -> Batch:
    named = [one for one in part if isinstance(one, _Named)]
    others = [one for one in part if isinstance(one, Document)]
    document = np.repeat(np.arange(len(named)), [len(one.start) for one in named])
    start, end, level = (
        np.fromiter(chain.from_iterable(each), np.int64, len(document))
        for each in (
            (one.start for one in named),
            (one.end for one in named),
            (depths(one.start, one.end) for one in named),
        )
    )
    labels = dict.fromkeys(chain.from_iterable(one.labels for one in named))
    number = {label: i for i, label in enumerate(labels)}
    label = np.fromiter((number[own] for one in named for own in one.labels), np.int64, len(document))
    spans = Spans(document, start, end, label, document, level=level)
    batch = Batch([one.id for one in named], [one.text for one in named], spans, tuple(labels))
    if not others:
        return batch
    # Those of which columns do not hold everything, put back to where they were.
    place = np.argsort([isinstance(one, Document) for one in part], kind="stable").argsort()
    return Batch.joined([batch, Batch.of(others)]).take(place)


def _document(file: Path) -> _Named | Document:
    marked = files.text_beside(file, unpacked(file).stem + ".txt", mark=True)
    text = marked.removeprefix(_MARK)
    try:
        content = read_text(file)
    except DataError:
        content = None  # what is wrong before that line is told first
    if text != marked:
        with suppress(DataError):
            return _read(file, text, 0, content)
    elif content and (named := _names(unpacked(file).stem, text, content)):
        return named
    return _read(file, text, len(marked) - len(text), content)


def _names(id: str, text: str, content: str) -> _Named | None:
    """The document; None where a line is no name in one piece, or is wrong."""
    found = _NAME.findall(content)
    if len(found) != content.count("\n") + (content[-1] != "\n"):
        return None
    names, labels, first, last, surfaces = zip(*found, strict=True)
    start, end = list(map(int, first)), list(map(int, last))
    right = (
        [text[begin:stop] for begin, stop in zip(start, end, strict=True)] == [*surfaces]
        and "" not in surfaces
        and max(end) <= len(text)
        and len({*names}) == len(names)
        and QUOTE_LABELS.keys().isdisjoint(labels)
    )
    return _Named(id, text, labels, start, end) if right else None


def _read(file: Path, text: str, before: int, content: str | None) -> Document:
    """``before``: how many characters are counted before those of the text."""
    spans: dict[str, tuple[str, Span]] = {}
    others: list[tuple[str, str]] = []  # place, line
    rows = lines(file) if content is None else enumerate([one.rstrip("\r") for one in content.split("\n")], 1)
    for number, line in rows:
        if line.startswith("T"):
            hold(spans, line, text, f"{file}:{number}", before)
        elif line.strip():
            others.append((f"{file}:{number}", line))
    return _with_own(file, text, spans, others)


def _with_own(
    file: Path, text: str, spans: Mapping[str, tuple[str, Span]], others: Sequence[tuple[str, str]]
) -> Document:
    """The document, the annotations that :func:`write` wrote told from other people's lines."""
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    clusters: list[dict[str, Any]] = []
    edges: list[Edge] = []
    rest: list[tuple[str, str]] = []
    for where, line in others:
        own, relation = _OWN.fullmatch(line), _RELATION.fullmatch(line)
        if own:
            if own["about"] not in spans:
                raise DataError(f"there is no {own['about']}", where=where)
            found = loads(own["values"], where)
            if own["kind"] == "Wortlaut":
                values[own["about"]].update(found)
            else:
                clusters.append(found)
        elif (
            relation
            and relation["label"] in (*ROLES, PARENT)
            and spans.get(relation["source"], ("",))[0] in QUOTE_LABELS
        ):
            edges.append(Edge(*relation.groups()))
        else:
            rest.append((where, line))

    rest = [
        (where, line)
        for where, line in rest
        if not (
            (link := _REFERENCE.fullmatch(line)) and values.get(link["about"], {}).get("qid") == link["qid"]
        )
    ]
    theirs = _annotations(text, spans, rest)
    if not values and not any(label in QUOTE_LABELS for label, _ in spans.values()):
        return Document(unpacked(file).stem, text, theirs)
    nodes = []
    for (name, (label, span)), entity in zip(spans.items(), theirs.entities, strict=True):
        ours = label in QUOTE_LABELS or "cluster" in values.get(name, {})
        keys = ("note",) if ours else ("entity", "qid", "note")
        given = {key: value for key in keys if (value := getattr(entity, key)) is not None}
        nodes.append(Node(name, label, span, given | values.get(name, {})))
    known_clusters = [*to_graph(Annotations(clusters=theirs.clusters)).clusters, *clusters]
    return to_document(unpacked(file).stem, text, Graph(nodes, edges, known_clusters), str(file))


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there: a ``.txt`` and an ``.ann`` file a document.

    And an ``annotation.conf``, without which brat shows no type.
    """
    labels: set[str] = set()

    def seen() -> Iterator[Document]:
        for document in documents:
            labels.update(entity.label for entity in document.entities)
            yield document

    losses = files.write_folder(path, seen(), Losses("brat"), _contents)
    names = sorted(filter(is_brat_type, labels - {*QUOTE_LABELS, *ROLES}))
    (path / "annotation.conf").write_text(brat_types([*names, MENTION]), encoding="utf-8")
    return losses


def _contents(document: Document, name: str, losses: Losses) -> dict[str, str]:
    if name != document.id:
        losses.add("document.id", document, "it cannot be a file name", f"becomes {name}")
    losses.add_all(document, meta=document.meta)
    return {".txt": document.text, ".ann": "".join(f"{line}\n" for line in _lines(document, losses))}


def _lines(document: Document, losses: Losses) -> Iterator[str]:
    entities = tuple(entity for entity in document.entities if entity.label.split() == [entity.label])
    for entity in (entity for entity in document.entities if entity.label.split() != [entity.label]):
        losses.add("entity", document, "its label has white space", entity.label, entity.span)
    fitting = document.with_annotations(replace(document.annotations, entities=entities))
    annotations = carried(fitting, losses)
    graph = to_graph(annotations)
    depths = nesting([entity.span for entity in annotations.entities])
    levels = {node.id: depth for node, depth in zip(graph.nodes, depths, strict=False)}
    first: dict[object, str] = {}
    notes: list[str] = []
    links = 0
    for node in graph.nodes:
        offsets = ";".join(f"{start} {end}" for start, end in node.span)
        surface = _covered(node.span, document.text).replace("\n", " ").replace("\r", " ")
        yield f"T{node.id}\t{node.label} {offsets}\t{surface}"
        first.setdefault(node.values.get("entity", node.values.get("cluster")), node.id)
        values = {k: v for k, v in node.values.items() if (k, v) != ("level", levels.get(node.id))}
        if values:
            notes.append(f"Wortlaut T{node.id}\t{json.dumps(values, ensure_ascii=False)}")
        if "qid" in values and str(values["qid"])[:1] == "Q":
            links += 1
            yield f"N{links}\tReference T{node.id} Wikidata:{values['qid']}\t{surface}"
    yield from (
        f"R{number}\t{edge.label} Arg1:T{edge.source} Arg2:T{edge.target}"
        for number, edge in enumerate(graph.edges, 1)
    )
    for cluster in graph.clusters:
        if cluster["id"] in first:
            shown = json.dumps(cluster, ensure_ascii=False)
            notes.append(f"WortlautCluster T{first[cluster['id']]}\t{shown}")
        else:
            losses.add("cluster", document, "no mention to note it at", str(cluster["id"]))
    yield from (f"#{number}\t{note}" for number, note in enumerate(notes, 1))


def hold(
    spans: dict[str, tuple[str, Span]],
    line: str,
    text: str,
    where: str,
    before: int = 0,
    *,
    again: bool = False,
) -> None:
    """Put what a ``T`` line says into ``spans``: id → label and span. Raises DataError.

    ``before``: how many characters are counted before those of the text; ``again``: whether the same may be
    said twice.
    """
    try:
        id, label, span = _text_bound(line, text, before)
    except DataError as error:
        raise DataError(error.what, where=where, hint=error.hint) from None
    if id in spans and not (again and spans[id] == (label, span)):
        raise DataError(f"{id} is there twice", where=where)
    spans[id] = label, span


def _text_bound(line: str, text: str, before: int) -> tuple[str, str, Span]:
    """Id, label and span of a ``T`` line. Raises DataError, without its place."""
    match = _BOUND.fullmatch(line)
    if match is None:
        raise DataError(
            "is not a text-bound annotation",
            hint="Expected id, tab, label and offsets such as 'PER 0 5' or 'PER 0 5;12 17', tab, text.",
        )
    name, label, first, last, more, surface = match.groups()
    start, end = int(first), int(last)
    if not more and not before and start < end <= len(text) and text[start:end] == surface:
        return name, label, Span(((start, end),))
    offsets = f"{first} {last}{more}"
    ends = ([int(end) for end in fragment.split()] for fragment in offsets.split(";"))
    fragments = [(max(start - before, 0), end - before) for start, end in ends]
    surface = surface[before:] if surface.startswith(_MARK) else surface
    for start, end in fragments:
        if not start < end <= len(text):
            raise DataError(f"[{start}, {end}) is empty, reversed or past the end of the text at {len(text)}")
    if not _same(fragments, text, surface):
        unix = text.replace("\r\n", "\n")
        counted_as_one = unix != text and _same(fragments, unix, surface)
        raise DataError(
            f"the text at {offsets} is {_covered(fragments, text)!r}, not {surface!r}",
            hint="The offsets count a CRLF as one character: convert the .txt file to LF."
            if counted_as_one
            else "Offsets are code points into the .txt file, from 0, the end excluded.",
        )
    return name, label, Span.joined(fragments)


def _covered(fragments: Iterable[tuple[int, int]], text: str) -> str:
    return " ".join(text[start:end] for start, end in fragments)


def _same(fragments: Sequence[tuple[int, int]], text: str, surface: str) -> bool:
    covered = _covered(fragments, text)
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
    kind, trigger = kind.partition(":")[::2] if id[:1] == "E" else (kind, "")
    about = {"*": fields, "R": values, "E": [trigger]} | dict.fromkeys("AMN#", fields[:1])
    targets = about.get(id if id[:1] == "*" else id[:1], [])
    mentioned = [trigger, *values] if id[:1] == "E" else targets
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
    levels = nesting([span for _, span in spans.values()])
    if not others:
        named = zip(spans.values(), levels, strict=True)
        return Annotations(tuple(Entity(span, label, level) for (label, span), level in named))
    parsed = [_line(line, where) for where, line in others]
    about: dict[str, tuple[str, ...]] = dict.fromkeys(spans, ())
    for item in (item for item in parsed if item.id != "*"):
        if item.id in about:
            raise DataError(f"{item.id} is there twice", where=item.where)
        about[item.id] = item.targets
    group = {name: [name] for name in spans}  # every member of a group holds the same list
    notes: dict[str, list[str]] = {name: [] for name in spans}
    joins: list[_Line] = []
    qids: dict[str, str] = {}
    for item in parsed:
        if strange := [name for name in item.mentioned if name not in about]:
            raise DataError(f"there is no {strange[0]}", where=item.where)
        same = item.kind.casefold().replace("-", "").replace("_", "") in COREFERENCE
        if same and item.id[0] in "*R" and all(name in spans for name in item.targets):
            joins.append(item)
            members = group[item.targets[0]]
            for name in item.targets[1:]:
                if (joined := group[name]) is not members:  # a long chain grows by its new member alone
                    members += joined
                    group |= dict.fromkeys(joined, members)
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
