"""CoNLL-U with entities in MISC: the ``Entity`` brackets of CorefUD and GUM.

``# global.Entity = eid-etype-other`` declares the fields (GUM calls the first one ``GRP``);
``Entity=(e1-PER-qid:Q1(e2-LOC-`` opens two mentions at a token, ``e2)e1)`` closes them, and a mention of one
token does both: ``(e3-ORG-)``. Parts of a discontinuous mention are ``e1[1/2]`` and ``e1[2/2]``. Fields are
percent-encoded where they hold ``-``, brackets and the like.

Text: tokens with what ``SpaceAfter=No``, ``SpacesAfter`` and ``SpacesBefore`` (UDPipe) say, else a space;
a sentence's ``# text`` must agree. Offsets are code points. A document starts at ``# newdoc``. Words of a
multi-word token each stand for all of it.

Read: an ``etype`` makes an entity, ``other`` holds its values; an ``eid`` that stands more than once, or
that a comment ``# cluster = {…}`` declares, is a cluster, and a mention without ``etype`` one of its
mentions. Further comments are ``meta``. Lost, and counted, are further fields of a mention, mentions of empty
nodes alone, bridging and split antecedents.

Written: all of that. Lost are quotes, entities that are labelled as quotes are, spans that are not whole
tokens of one sentence, and those that cannot be told from another of the same ``eid`` that they cross.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import (
    CROSSES,
    INSIDE,
    LAYOUT,
    TokenView,
    comment_id,
    comments,
    pack,
    write_views,
)
from wortlaut.formats.graph import (
    ENTITY_VALUES,
    MENTION,
    NUMBERS,
    QUOTE_LABELS,
    Graph,
    Node,
    to_document,
    to_graph,
)
from wortlaut.formats.losses import Losses, reason, tolerated
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import Annotations, Document, Span
from wortlaut.records.objects import loads

_FIELDS = ("eid", "etype", "other")
#: What is lost: keys in the last column that relate mentions.
_RELATIONS = {"Bridge": "bridging", "SplitAnte": "split antecedent"}
_COMMENT = re.compile(r"#\s*(?P<key>[^\s=][^=]*?)\s*(?:=(?:\s+(?P<value>.*?))?)?\s*$")
_INDEX = re.compile(r"(?P<first>[0-9]{1,18})(?:-(?P<last>[0-9]{1,18})|\.(?P<empty>[0-9]+))?")
#: An opening bracket with its fields, or a closing one; what opens and closes at once ends in a bracket.
_BRACKET = re.compile(r"\((?P<fields>[^()]*)(?P<closed>\)?)|(?P<eid>[^()]+)\)")
_PART = re.compile(r"(?P<eid>.*)\[(?P<part>[0-9]+)/(?P<parts>[0-9]+)\]")
_SPACES = {"\\s": " ", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\p": "|", "\\\\": "\\"}
_ESCAPE = {space: escape for escape, space in _SPACES.items()}
_OWN = (
    "newdoc",
    "newdoc id",
    "newpar",
    "newpar id",
    "sent_id",
    "text",
    "global.Entity",
    "cluster",
    "comment",
)


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a ``.conllu`` file or of a folder of them."""
    for file in files.find(path, "conllu", named=True):
        for number, part in enumerate(_parts(file), 1):
            with tolerated(losses, "document"):
                yield _document(part, file, number, losses)


@dataclass(slots=True)
class _Part:
    """A document while its lines come in: comments, and sentences of rows with their text, by line number."""

    name: str | None = None
    fields: tuple[str, ...] = ()
    comments: list[tuple[int, str, str]] = field(default_factory=list)
    sentences: list[tuple[list[tuple[int, list[str]]], str | None]] = field(default_factory=list)


def _parts(file: Path) -> Iterator[_Part]:
    part = _Part()
    rows: list[tuple[int, list[str]]] = []
    text: str | None = None
    fields: tuple[str, ...] = ()
    for number, line in chain(lines(file), [(0, "")]):  # the end of the file ends a sentence
        where = f"{file}:{number}"
        if line.startswith("#"):
            found = _COMMENT.match(line)
            key, value = (found["key"], found["value"] or "") if found else ("comment", line[1:].strip())
            if rows:
                raise DataError("a comment inside a sentence", where=where)
            if key in ("newdoc", "newdoc id"):
                if part.sentences:
                    yield part
                    part = _Part()
                part.name = value or None
            elif key == "global.Entity":
                fields = tuple("eid" if name == "GRP" else name for name in value.split("-"))
                if "eid" not in fields:
                    raise DataError("declares no eid", where=where)
            elif key == "text":
                text = value
            else:
                part.comments.append((number, key, value))
            part.fields = fields
        elif line.strip():
            row = line.split("\t")
            if len(row) != 10:
                raise DataError(f"has {len(row)} columns, not 10", where=where)
            rows.append((number, row))
        elif rows:
            part.sentences.append((rows, text))
            rows, text = [], None
    if part.sentences:
        yield part


def _document(part: _Part, file: Path, number: int, losses: Losses | None) -> Document:
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    sentences: list[tuple[int, int]] = []
    mentions, unread = _Mentions(), Counter[str]()
    position = 0
    for rows, shown in part.sentences:
        begin, piece = len(offsets), len(pieces)
        covered = 0
        for line, row in rows:
            where = f"{file}:{line}"
            index = _INDEX.fullmatch(row[0])
            if index is None:
                raise DataError(f"{row[0]!r} is not the number of a token", where=where)
            misc = dict(item.partition("=")[::2] for item in row[9].split("|"))
            unread.update(_RELATIONS[key] for key in _RELATIONS.keys() & misc.keys())
            if index["empty"]:
                # What was left out of the sentence is not in its text: a mention goes on around it.
                if "Entity" in misc:
                    mentions.take(misc["Entity"], part.fields, len(offsets), where, empty=True)
                continue
            if int(index["first"]) > covered:
                before = _unescape(misc.get("SpacesBefore", ""))
                position += len(before)
                offsets.append((position, position + len(row[1])))
                after = "" if misc.get("SpaceAfter") == "No" else _unescape(misc.get("SpacesAfter", "\\s"))
                pieces += (before, row[1], after)
                position += len(row[1]) + len(after)
            covered = max(covered, int(index["last"] or index["first"]))
            if "Entity" in misc:
                mentions.take(misc["Entity"], part.fields, len(offsets) - 1, where)
        if not offsets[begin:]:
            raise DataError("a sentence without tokens", where=f"{file}:{rows[0][0]}")
        sentences.append((offsets[begin][0], offsets[-1][1]))
        text = "".join(pieces[piece + 1 :]).rstrip()  # without what stands before its first token
        if shown is not None and text != shown.strip():
            raise DataError(
                f"the tokens make {text!r}, not the text above them",
                where=f"{file}:{rows[0][0]}",
                hint="Correct '# text', or SpaceAfter=No and SpacesAfter in the last column.",
            )
    line, row = part.sentences[-1][0][-1]
    if "SpacesAfter=" not in row[9]:
        pieces[-1] = ""
    mentions.finish(f"{file}:{line}")
    clusters = [loads(value, f"{file}:{line}") for line, key, value in part.comments if key == "cluster"]
    meta: dict[str, str] = {"tokens": pack(offsets), "sentences": pack(sentences)}
    for key, value in ((key, value) for _, key, value in part.comments if key not in _OWN):
        meta[key] = f"{meta[key]}; {value}" if key in meta and key not in LAYOUT else value
    text = "".join(pieces)
    declared = {str(cluster.get("id")) for cluster in clusters}
    nodes = mentions.nodes(offsets, declared, str(file))
    shared = dict.fromkeys(str(node.values["entity"]) for node in nodes if "entity" in node.values)
    clusters += [{"id": eid, "name": eid} for eid in shared if eid not in declared]
    name = part.name or f"{unpacked(file).stem}-{number:06d}"
    unread.update(mentions.unread)
    return to_document(name, text, Graph(nodes, (), clusters), str(file), meta.items(), unread, losses)


class _Mentions:
    """Brackets of one document, matched as they come in."""

    def __init__(self) -> None:
        self._open: dict[str, list[_Mention]] = defaultdict(list)
        self._broken: dict[str, _Mention] = {}
        self._found: list[_Mention] = []
        self.unread = Counter[str]()

    def take(
        self, brackets: str, fields: Sequence[str], index: int, where: str, *, empty: bool = False
    ) -> None:
        """Brackets at a token; at an ``empty`` one, which is no token, at the next one."""
        last = 0
        for bracket in _BRACKET.finditer(brackets):
            if bracket.start() != last:
                break
            last = bracket.end()
            name = bracket["eid"] or self._begin(bracket["fields"], fields or ("eid", "etype"), index)
            if bracket["eid"] or bracket["closed"]:
                self._close(name, index - empty, where)
        if last != len(brackets):
            raise DataError(f"{brackets!r} are no brackets", where=where)

    def _begin(self, content: str, fields: Sequence[str], index: int) -> str:
        values = dict(zip(fields, content.split("-"), strict=False))
        name = values["eid"]
        part = _PART.fullmatch(name)
        eid = part["eid"] if part else name
        if part and part["part"] != "1" and eid in self._broken:
            mention = self._broken.pop(eid)
        else:
            mention = _Mention(eid, values)
            self._found.append(mention)
        mention.start = index
        mention.rest = part is not None and part["part"] != part["parts"]
        self._open[name].append(mention)
        return name

    def _close(self, name: str, index: int, where: str) -> None:
        if not self._open[name]:
            raise DataError(f"{name}) closes what was not opened", where=where)
        mention = self._open[name].pop()
        if mention.start <= index:
            mention.ranges.append((mention.start, index))
        if mention.rest:
            self._broken[mention.eid] = mention

    def finish(self, where: str) -> None:
        if left := [name for name, mentions in self._open.items() if mentions]:
            raise DataError(f"({left[0]} is never closed", where=where)

    def nodes(self, offsets: Sequence[tuple[int, int]], declared: set[str], where: str) -> list[Node]:
        """An entity or a mention of each."""
        counts = Counter(mention.eid for mention in self._found)
        nodes = []
        for number, mention in enumerate(self._found, 1):
            if not mention.ranges:
                self.unread["mention of what is not in the text"] += 1
                continue
            others = ((name, value) for name, value in mention.values.items() if name not in _FIELDS)
            self.unread.update(f"{name} of a mention" for name, value in others if value not in ("", "_"))
            span = Span.joined((offsets[first][0], offsets[last][1]) for first, last in mention.ranges)
            eid = unquote(mention.eid)
            shared = eid in declared or counts[mention.eid] > 1
            label = unquote(mention.values.get("etype", ""))
            values: dict[str, Any] = {"cluster": eid}
            if label not in ("", "_"):
                values = _values(mention.values.get("other", ""), where) | ({"entity": eid} if shared else {})
            nodes.append(Node(str(number), label if label not in ("", "_") else MENTION, span, values))
        return nodes


@dataclass(slots=True)
class _Mention:
    eid: str
    values: dict[str, str]
    ranges: list[tuple[int, int]] = field(default_factory=list)
    start: int = 0
    rest: bool = False  # whether a further part is to come


def _values(other: str, where: str) -> dict[str, Any]:
    """``key:value`` pairs that an export wrote; what else a corpus has there is passed over."""
    found: dict[str, Any] = {}
    for pair in other.split(","):
        key, colon, value = pair.partition(":")
        if colon and key in ENTITY_VALUES and key != "entity":
            try:
                found[key] = NUMBERS[key](value) if key in NUMBERS else unquote(value)
            except ValueError:
                raise DataError(f"the {key} of an entity cannot be {value!r}", where=where) from None
    return found


def _unescape(spaces: str) -> str:
    return re.sub(r"\\.", lambda escape: _SPACES.get(escape[0], escape[0]), spaces)


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one file."""
    return write_views(path, documents, Losses("conllu"), _written)


join = files.concatenate


def _written(view: TokenView, losses: Losses) -> Iterator[str]:
    document = view.document
    yield f"# newdoc id = {comment_id(document, losses)}"
    yield f"# global.Entity = {'-'.join(_FIELDS)}"
    yield from (f"# {key} = {value}" for key, value in comments(document, losses, _OWN, _is_comment))
    losses.add_all(document, quotes=document.quotes)
    for cluster in to_graph(Annotations(clusters=document.clusters)).clusters:
        yield f"# cluster = {json.dumps(cluster, ensure_ascii=False)}"
    brackets = _brackets(view, losses)
    for number, (start, end) in enumerate(view.sentences, 1):
        yield f"# sent_id = {number}"
        text = document.text[view.words[start][0] : view.words[end - 1][1]]
        if "\n" not in text and "\r" not in text:
            yield f"# text = {text}"
        for index in range(start, end):
            after, last = view.after(index), index + 1 == len(view.words)
            misc = {
                "Entity": brackets.get(index, ""),
                "SpacesBefore": "" if index else _escape(document.text[: view.words[0][0]]),
                "SpaceAfter": "" if after else "No",
                "SpacesAfter": _escape(after) if after != " " or last else "",
            }
            shown = "|".join(f"{key}={value}" for key, value in misc.items() if value) or "_"
            yield "\t".join((str(index - start + 1), view.surface(index), *"_" * 7, shown))
        yield ""


def _is_comment(key: str, value: str) -> bool:
    found = _COMMENT.match(f"# {key} = {value}")
    return found is not None and (found["key"], found["value"]) == (key, value) and "\n" not in value


def _escape(spaces: str) -> str:
    return "".join(_ESCAPE.get(space, space) for space in spaces)


def _encoded(value: object) -> str:
    shown = repr(value) if isinstance(value, int | float) else str(value)
    return quote(shown, safe="").replace("-", "%2D").replace("_", "%5F")


def _brackets(view: TokenView, losses: Losses) -> dict[int, str]:
    """Token → its brackets: what closes, last opened first; then what opens, longest first."""
    document = view.document
    declared = {cluster.id for cluster in document.clusters}
    taken: dict[str, list[list[tuple[int, int]]]] = defaultdict(list)
    opened: dict[int, list[tuple[int, str]]] = defaultdict(list)
    closed: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for item, eid, etype, other in _mentions(document, declared, losses):
        places = [view.find(Span.of(*fragment)) for fragment in item.fragments]
        ranges = [place for place in places if place is not None]
        faults = {
            INSIDE: None in places,
            CROSSES: ranges and not view.within_sentence(ranges[0][0], ranges[-1][1]),
            "crosses another mention of its cluster": ranges
            and any(_confused(ranges, o) for o in taken[eid]),
        }
        if why := reason(faults):
            losses.add("entity" if etype else "mention", document, why, etype or eid, item)
            continue
        taken[eid].append(ranges)
        for part, (first, last) in enumerate(ranges, 1):
            name = f"{eid}[{part}/{len(ranges)}]" if len(ranges) > 1 else eid
            whole = f"({name}-{etype}-{other}"
            alone = last == first + 1
            opened[first].append((0, f"{whole})") if alone else (first - last, whole))
            if not alone:
                closed[last - 1].append((-first, f"{name})"))
    # What closes comes first: behind an opening bracket its name would run into the fields.
    return {
        index: "".join(
            bracket
            for _, bracket in (*sorted(closed[index]), *sorted(opened[index], key=lambda bracket: bracket[0]))
        )
        for index in {*opened, *closed}
    }


def _confused(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> bool:
    """Whether brackets of the same name could be matched the wrong way."""
    (start, end), (begin, stop) = (one[0][0], one[-1][1]), (other[0][0], other[-1][1])
    if end <= begin or stop <= start:
        return False
    nested = (start <= begin and stop <= end) or (begin <= start and end <= stop)
    return not nested or len(one) > 1 or len(other) > 1


def _mentions(document: Document, declared: set[str], losses: Losses) -> Iterator[tuple[Span, str, str, str]]:
    """Span, ``eid``, ``etype`` and ``other`` of each entity, then of each mention."""
    free = (name for number in range(1, 10**9) if (name := f"e{number}") not in declared)
    for entity in document.entities:
        means = "none" if entity.label == "_" else "a quote" if entity.label in QUOTE_LABELS else ""
        if means:
            losses.add("entity", document, f"its label means {means} here", entity.label, entity.span)
            continue
        known = entity.entity in declared
        if entity.entity is not None and not known:
            losses.add("entity.entity", document, "there is no such cluster", entity.entity, entity.span)
        other = ",".join(
            f"{name}:{_encoded(getattr(entity, name))}"
            for name in ENTITY_VALUES
            if name != "entity" and getattr(entity, name) is not None
        )
        eid = _encoded(entity.entity) if known else next(free)
        yield entity.span, eid, _encoded(entity.label), other
    for cluster in document.clusters:
        yield from ((span, _encoded(cluster.id), "", "") for span in cluster.mentions)
