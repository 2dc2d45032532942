"""BioC, as XML and as JSON: documents of passages, annotations with locations, relations. Read only.

BioC's own DTD counts UTF-8 bytes, most programs count code points, those in Java UTF-16 units. Each
annotation holds the text that it covers: of these units, in this order code points, UTF-16 units, bytes,
the first is taken in which all of a document fit, white space apart; where none does, that is an error.
The text is that of the passages, or of their sentences, each at its ``offset``; what lies between is a
line feed and spaces.

An annotation is a name, with the infon ``type`` as its label (``bioc?label=KEY:FILE``: another one), over
one location or several; its infon ``identifier`` (``bioc?identifier=KEY:FILE``) names the cluster that it
belongs to, unless it is empty or ``-``. Lost are relations, other infons, and annotations without a label.
JSON is a collection, a list of them, ``{"PubTator3": […]}`` as PubTator's service answers, or a document a
line. Described at bioc.sourceforge.net and github.com/bionlplab/bioc.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.graph import Graph, Node, to_document
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io import memory
from wortlaut.io.reading import opened
from wortlaut.model import Document, Span

_WIKIDATA = re.compile(r"wikidata\.org/(?:wiki|entity)/(Q[1-9][0-9]*)")
#: What offsets may count: the size of a character in each.
_UNITS: dict[str, Callable[[str], int]] = {
    "code points": lambda _: 1,
    "UTF-16 units": lambda character: 1 + (character > "\uffff"),
    "bytes": lambda character: len(character.encode("utf-8", "surrogatepass")),
}


@dataclass(frozen=True, slots=True)
class Mention:
    """An annotation: where it stands in the file, its places ``(start, end)``, what it covers, its label."""

    where: str
    places: Sequence[tuple[int, int]]
    surface: str
    label: str
    identifier: str = ""


def read(
    path: Path, *, label: str = "type", identifier: str = "identifier", losses: Losses | None = None
) -> Iterator[Document]:
    """Every document of a file, or of a folder of them.

    ``label`` and ``identifier``: the infons that hold them.
    """
    for file in files.find(path, "bioc"):
        with opened(file) as stream:
            xml = stream.read(1 << 10).lstrip().startswith(b"<")
        for where, item in _from_xml(file) if xml else _from_json(file):
            with tolerated(losses, "document"):
                yield _document(item, label, identifier, where, losses)


def placed(
    name: str,
    pieces: Sequence[tuple[int | None, str]],
    mentions: Sequence[Mention],
    where: str,
    meta: Iterable[tuple[str, str]] = (),
    unread: Counter[str] | None = None,
    losses: Losses | None = None,
) -> Document:
    """The document of pieces of text, each at its offset or one behind the last one, and what stands in them.

    Raises DataError where the pieces overlap or the mentions cover other texts, in each unit.
    """
    faults: list[DataError] = []
    tried: list[tuple[str, list[Span | DataError]]] = []
    for width in _UNITS.values():
        try:
            text, points = _laid_out(pieces, width, where)
        except DataError as error:
            faults.append(error)
            continue
        tried.append((text, [_span(mention, text, points) for mention in mentions]))
        if not (wrong := [span for span in tried[-1][1] if isinstance(span, DataError)]):
            break
        faults.append(wrong[0])
    if not tried:
        raise faults[0]
    # Where nothing fits all, the first is told; those that are lenient take what fits most.
    by_fit = [sum(isinstance(span, Span) for span in spans) for _, spans in tried]
    lenient = losses is not None and losses.lenient
    text, spans = tried[by_fit.index(max(by_fit))] if lenient or by_fit[-1] == len(mentions) else tried[0]
    names: dict[str, Mapping[str, object]] = {}
    nodes: list[Node] = []
    for number, (mention, found) in enumerate(zip(mentions, spans, strict=True), 1):
        with tolerated(losses, "span"):
            if isinstance(found, DataError):
                found.hint = f"Offsets fit the text neither as {', nor as '.join(_UNITS)}."
                raise found
            span = found
        if isinstance(found, DataError):
            continue
        values: dict[str, object] = {}
        if link := _WIKIDATA.search(mention.identifier):
            values["qid"] = link[1]
        elif mention.identifier:
            values["entity"] = mention.identifier
        nodes.append(Node(str(number), mention.label, span, values))
        if "entity" in values:
            known = {
                "id": mention.identifier,
                "name": mention.surface or span.text(text),
                "type": mention.label,
            }
            names.setdefault(mention.identifier, known)
    return to_document(name, text, Graph(nodes, (), list(names.values())), where, meta, unread or {}, losses)


def _laid_out(
    pieces: Sequence[tuple[int | None, str]], width: Callable[[str], int], where: str
) -> tuple[str, dict[int, int]]:
    """The text, and the code point at each offset in the unit."""
    made: list[str] = []
    size = 0
    for offset, piece in pieces:
        at = size + 1 if offset is None else offset
        if at < size:
            raise DataError(f"the text at {at} begins before the one before it ends, at {size}", where=where)
        memory.check(at - size, where)
        made += (("\n" + " " * (at - size))[: at - size], piece)
        size = at + sum(map(width, piece))
    text = "".join(made)
    return text, {unit: point for point, unit in enumerate(accumulate(map(width, text), initial=0))}


def _span(mention: Mention, text: str, points: dict[int, int]) -> Span | DataError:
    """Where it stands, or why it cannot stand there."""
    fragments = []
    for start, end in mention.places:
        if start not in points or end not in points or start >= end:
            return DataError(f"[{start}, {end}) is empty or outside of the text", where=mention.where)
        fragments.append((points[start], points[end]))
    span = Span.joined(fragments)
    covered = "".join(text[start:end] for start, end in fragments)
    if mention.surface and "".join(covered.split()) != "".join(mention.surface.split()):
        place = f"[{mention.places[0][0]}, {mention.places[-1][1]})"
        return DataError(f"{place} is {covered!r} in the text, not {mention.surface!r}", where=mention.where)
    return span


def _document(item: Any, label: str, identifier: str, where: str, losses: Losses | None) -> Document:
    name = str(item.get("id") if isinstance(item, dict) else "")
    where = f"{where}, document {name}" if name else where
    pieces: list[tuple[int | None, str]] = []
    mentions: list[Mention] = []
    unread: Counter[str] = Counter(relation=len(jsonl.maybe(item, "relations", list, where)))
    passages = [*jsonl.items(item, "passages", "passage", where)]
    parts = [(where, {"annotations": item.get("annotations")})]
    for at, passage in passages:
        sentences = [*jsonl.items(passage, "sentences", "sentence", at)]
        parts += [(at, passage), *sentences]
        for place, part in [(at, passage)] if passage.get("text") else sentences:
            text = jsonl.maybe(part, "text", str, place)
            pieces += [(jsonl.get(part, "offset", int, place), text)] if text else []
    for at, part in parts:
        unread["relation"] += len(jsonl.maybe(part, "relations", list, at))
        for place, one in jsonl.items(part, "annotations", "annotation", at):
            infons = jsonl.maybe(one, "infons", dict, place)
            called = infons.get(label)
            unread.update(f"infon {key}" for key in infons if key not in (label, identifier))
            if not isinstance(called, str) or not called:
                unread["annotation without a label"] += 1
                continue
            found = [
                (start, start + jsonl.get(location, "length", int, here))
                for here, location in jsonl.items(one, "locations", "location", place)
                for start in [jsonl.get(location, "offset", int, here)]
            ]
            if not found:
                raise DataError("has no location", where=place)
            id = infons.get(identifier)
            linked = id if isinstance(id, str) and id != "-" else ""
            mentions.append(Mention(place, found, jsonl.maybe(one, "text", str, place), called, linked))
    infons = jsonl.maybe(item, "infons", dict, where)
    meta = [(key, value) for key, value in infons.items() if isinstance(value, str)]
    if not pieces:
        raise DataError("has no text", where=where, hint="Each document has passages with offset and text.")
    return placed(name, pieces, mentions, where, meta, +unread, losses)


def _from_json(path: Path) -> Iterator[tuple[str, Any]]:
    for where, item in jsonl.values(path):
        documents = [item]
        for key in ("documents", "PubTator3"):
            if isinstance(item, dict) and key in item:
                documents = jsonl.get(item, key, list, where)
        for document in documents:
            if not isinstance(document, dict) or not isinstance(document.get("passages"), list):
                hint = "Each document has passages: python -m pydoc wortlaut.formats.bioc"
                raise DataError("is no document of BioC", where=where, hint=hint)
            yield where, document


def _from_xml(path: Path) -> Iterator[tuple[str, Any]]:
    """Documents in the shape that they have in JSON."""
    with opened(path) as file:
        found = False
        try:
            for _, element in ElementTree.iterparse(file):
                if element.tag == "document":
                    found = True
                    yield str(path), {**_part(element, str(path)), "id": element.findtext("id", "")}
                    element.clear()
        except ElementTree.ParseError as error:
            raise DataError(f"is not XML: {error}", where=f"{path}:{error.position[0]}") from None
        except (LookupError, ValueError) as error:
            raise DataError(f"its encoding cannot be read: {error}", where=f"{path}:1") from None
    if not found:
        raise DataError(
            "holds no document of BioC", where=str(path), hint="Expected <collection><document>…."
        )


def _part(element: ElementTree.Element, where: str) -> dict[str, Any]:
    """A document, passage, sentence, annotation or relation."""
    found: dict[str, Any] = {"infons": {one.get("key"): one.text or "" for one in element.findall("infon")}}
    for one in ("passage", "sentence", "annotation", "relation"):
        found[f"{one}s"] = [_part(part, where) for part in element.findall(one)]
    found["text"] = element.findtext("text")
    if element.find("offset") is not None:
        found["offset"] = _number(element.findtext("offset"), where)
    found["locations"] = [
        {key: _number(one.get(key), where) for key in ("offset", "length")}
        for one in element.findall("location")
    ]
    return found


def _number(value: str | None, where: str) -> int:
    try:
        return int(value or "")
    except ValueError:
        raise DataError(f"{value!r:.40} is no offset or length", where=where) from None
