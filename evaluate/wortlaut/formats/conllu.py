"""CoNLL-U with entities in MISC: the ``Entity`` brackets of CorefUD and GUM.

``# global.Entity = eid-etype-other`` declares the fields (GUM calls the first one ``GRP``);
``Entity=(e1-PER-qid:Q1(e2-LOC-`` opens two mentions at a token, ``e2)e1)`` closes them, and a mention of one
token does both: ``(e3-ORG-)``. Parts of a discontinuous mention are ``e1[1/2]`` and ``e1[2/2]``. Fields are
percent-encoded where they hold ``-``, brackets and the like. ``eid-etype-head-other`` has the head of each
mention, too: which of its words it is, counted from 1.

Text: tokens with what ``SpaceAfter=No``, ``SpacesAfter`` and ``SpacesBefore`` (UDPipe) say, else a space;
a sentence's ``# text`` must agree. Offsets are code points. A document starts at ``# newdoc``. Words of a
multi-word token each stand for all of it.

Read: an ``etype`` makes an entity, ``other`` holds its values; an ``eid`` that stands more than once, or
that a comment ``# cluster = {…}`` declares, is a cluster, and a mention without ``etype`` one of its
mentions. Further comments are ``meta``. Lost, and counted, are further fields of a mention, mentions of empty
nodes alone, heads that are empty nodes, bridging and split antecedents.

Written: all of that; ``head`` is declared where a document has heads, and no field where it has no mention.
Lost are heads of what is no mention, or that are no token of it, quotes, entities that are labelled as quotes
are, spans that are not whole tokens of one sentence, and those that cannot be told from another of the same
``eid`` that they cross.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

from wortlaut.errors import DataError, counted
from wortlaut.formats import files
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.batch import packed_tokens
from wortlaut.formats.columns import (
    CROSSES,
    INSIDE,
    LAYOUT,
    TokenView,
    comment_id,
    comments,
    write_views,
)
from wortlaut.formats.graph import (
    ENTITY_VALUES,
    MENTION,
    NUMBERS,
    QUOTE_LABELS,
    Graph,
    Node,
    nesting,
    not_read,
    to_document,
    to_graph,
)
from wortlaut.formats.losses import Losses, reason, tolerated
from wortlaut.formats.table import Cells, Lines, blocks, cells
from wortlaut.io.reading import unpacked
from wortlaut.model import Annotations, Document, Entity, Head, Span
from wortlaut.model.batch import Batch, Meta
from wortlaut.model.columns import Bools, Ints, TokenTable, empty_spans, run_starts
from wortlaut.records.objects import loads

_FIELDS = ("eid", "etype", "other")
_WITH_HEADS = ("eid", "etype", "head", "other")
#: What is lost: keys in the last column that relate mentions.
_RELATIONS = {"Bridge": "bridging", "SplitAnte": "split antecedent"}
_INDEX = re.compile(r"(?P<first>[0-9]{1,18})(?:-(?P<last>[0-9]{1,18})|\.(?P<empty>[0-9]+))?")
#: An opening bracket with its fields, or a closing one; what opens and closes at once ends in a bracket.
_BRACKET = re.compile(r"\((?P<fields>[^()]*)(?P<closed>\)?)|(?P<eid>[^()]+)\)")
_PART = re.compile(r"(?P<eid>.*)\[(?P<part>[0-9]+)/(?P<parts>[0-9]+)\]")
_SPACES = {"\\s": " ", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\p": "|", "\\\\": "\\"}
_ESCAPE = {space: escape for escape, space in _SPACES.items()}
_NEWDOC = ("newdoc", "newdoc id")
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


def batches(path: Path, *, losses: Losses | None = None) -> Iterator[Batch]:
    """Every document of a ``.conllu`` file or of a folder of them."""
    for file in files.find(path, "conllu", named=True):
        state = _State()
        for lines in blocks(file, _cut):
            block = _block(lines, state)
            batch, errors = _batch(block, losses)
            yield batch
            for number in sorted(errors):
                with tolerated(losses, "document"):
                    raise errors[number]
            if block.fault is not None:
                raise block.fault


read = batch_documents(batches)


@dataclass(slots=True)
class _State:
    """What one block of a file hands to the next: what was said above a document or sentence to come."""

    count: int = 0
    comments: list[tuple[str, str, str]] = field(default_factory=list)
    fields: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """Sentences of a block: ``first`` row and document of each, and the texts that stand above some.

    Of each document its id, the fields of its mentions, and its comments, each behind where it stands.
    ``fault``: what is wrong behind the last one.
    """

    cells: Cells
    first: Ints
    document: Ints
    texts: dict[int, str]
    ids: list[str]
    fields: list[tuple[str, ...]]
    comments: list[list[tuple[str, str, str]]]
    fault: DataError | None


def _comment(line: str) -> tuple[str, str]:
    key, _, value = line[1:].partition("=")
    key, shown = key.strip(), value.strip()
    if not key or (shown and value[0] == shown[0]):
        return "comment", line[1:].strip()
    return key, shown


def _cut(data: bytes) -> int:
    """Where the last document that is marked begins, if it begins between two sentences."""
    at = len(data)
    while (at := data.rfind(b"newdoc", 0, at)) >= 0:
        stop, at = data.find(b"\n", at), data.rfind(b"\n", 0, at) + 1
        before = data[data.rfind(b"\n", 0, max(at - 1, 0)) + 1 : at]
        if data[at : at + 1] == b"#" and stop > 0 and (before[:1] == b"#" or not before.strip()):
            with suppress(UnicodeDecodeError):
                if _comment(data[at:stop].decode())[0] in _NEWDOC:
                    return at
    return 0


def _block(lines: Lines, state: _State) -> _Block:
    asides = np.flatnonzero(lines.head == ord("#"))
    rows = np.flatnonzero(~lines.blank() & (lines.head != ord("#")))
    said = [(line, *_comment(text)) for line, text in zip(asides.tolist(), lines.texts(asides), strict=True)]
    marks = np.asarray([line for line, key, _ in said if key in _NEWDOC], np.int64)
    first = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    behind = np.searchsorted(marks, rows[first])  # so many marks stand before the sentence
    opens = run_starts(behind)
    passed = behind[opens]
    size = len(passed)

    faults = [] if lines.fault is None else [(len(lines), lines.fault)]
    faults += (
        (line, DataError("a comment inside a sentence", where=lines.where(line)))
        for line in asides[np.isin(asides - 1, rows)][:1].tolist()
    )
    fields: list[tuple[str, ...]] = [()] * (size + 1)
    comments: list[list[tuple[str, str, str]]] = [[] for _ in fields]
    comments[0] += state.comments
    texts = {} if state.text is None else {0: state.text}
    of_document = np.searchsorted(passed, np.searchsorted(marks, asides, side="right")).tolist()
    of_sentence = np.searchsorted(rows[first], asides).tolist()
    for (line, key, value), number, sentence in zip(said, of_document, of_sentence, strict=True):
        if key == "global.Entity":
            state.fields = tuple("eid" if name == "GRP" else name for name in value.split("-"))
            if "eid" not in state.fields:
                faults.append((line, DataError("declares no eid", where=lines.where(line))))
        elif key == "text":
            texts[sentence] = value
        elif key == "cluster" or key not in _OWN:
            comments[number].append((lines.where(line), key, value))
        fields[number] = state.fields
    table = cells(lines, rows, 11, tabs=True)
    for row in np.flatnonzero(table.count != 10)[:1].tolist():
        columns = lines.text(int(rows[row])).count("\t") + 1
        what = f"has {columns} columns, not 10"
        faults.append((int(rows[row]), DataError(what, where=table.where(row))))
    line, fault = min(faults, key=itemgetter(0), default=(len(lines) + 1, None))
    # A document ends where the next one is marked.
    kept = int(np.searchsorted(np.append(marks, len(lines))[passed], line))
    document = np.cumsum(opens) - 1
    sentences = int(np.searchsorted(document, kept))
    named = {line: value for line, key, value in said if key in _NEWDOC}
    stem = unpacked(lines.file).stem
    ids = [
        (named[int(marks[n - 1])] if n else "") or f"{stem}-{number:06d}"
        for number, n in enumerate(passed[:kept].tolist(), state.count + 1)
    ]
    state.count, state.comments, state.text = state.count + size, comments[size], texts.get(len(first))
    table = table.take(slice(int(first[sentences]) if sentences < len(first) else len(rows)))
    return _Block(table, first[:sentences], document[:sentences], texts, ids, fields, comments, fault)


def _batch(block: _Block, losses: Losses | None) -> tuple[Batch, dict[int, DataError]]:
    """The documents in columns, and what is wrong with those that are left out."""
    table, file, size = block.cells, block.cells.lines.file, len(block.ids)
    of = np.repeat(np.arange(len(block.first)), np.diff(block.first, append=len(table.line)))
    last = np.append(block.first[1:], len(of))[: len(block.first)] - 1
    # The first thing that is wrong in each document, by row, and there by what is looked at first.
    wrong: dict[int, tuple[int, int, DataError]] = {}

    def note(row: int, rank: int, what: str, where: int, hint: str = "") -> None:
        number = int(block.document[of[row]])
        error = DataError(what, where=table.where(where), hint=hint)
        if number not in wrong or (row, rank) < wrong[number][:2]:
            wrong[number] = row, rank, error

    token, empty, word = _tokens(table, of, note)
    values, code = table.column(9)
    misc = [_misc(value) for value in values]
    text, start, end, after = _spelled(table, token, misc, code)
    in_sentence = np.searchsorted(of[token], np.arange(len(last) + 1))
    in_document = np.searchsorted(block.document[of[token]], np.arange(size + 1))
    for sentence in np.flatnonzero(in_sentence[1:] == in_sentence[:-1]).tolist():
        note(int(last[sentence]), 2, "a sentence without tokens", int(block.first[sentence]))
    begins, ends = in_sentence[:-1].tolist(), in_sentence[1:].tolist()
    for sentence, shown in block.texts.items():
        if sentence < len(last) and begins[sentence] < ends[sentence]:
            made = text[start[begins[sentence]] : after[ends[sentence] - 1]].rstrip()
            if made != shown.strip():
                what = f"the tokens make {made!r}, not the text above them"
                hint = "Correct '# text', or SpaceAfter=No and SpacesAfter in the last column."
                note(int(last[sentence]), 2, what, int(block.first[sentence]), hint)

    marks = np.flatnonzero(np.asarray([one.entity is not None for one in misc], np.bool_)[code])
    related = np.flatnonzero(np.asarray([bool(one.relations) for one in misc], np.bool_)[code])
    in_marked = np.searchsorted(block.document[of[marks]], np.arange(size + 1)).tolist()
    marked, codes, no_token = marks.tolist(), code.tolist(), empty.tolist()
    unread = [Counter[str]() for _ in block.ids]
    for row in related.tolist():
        unread[block.document[of[row]]].update(misc[code[row]].relations)
    origin = np.append(0, after)[in_document[:-1]]
    words = TokenTable(block.document[of[token]], start, end)
    shift = origin[words.document]
    words = replace(words, start=start - shift, end=end - shift)
    starts, stops = words.start.tolist(), words.end.tolist()
    # The rows of words and empty nodes, among which heads are counted.
    nodes = np.flatnonzero(word).tolist()
    # The token that each row is or belongs to; for an empty one, the next.
    place = (np.cumsum(token) - 1 + empty).tolist()
    bounds = np.append(block.first, len(of))[np.searchsorted(block.document, np.arange(size + 1))].tolist()

    def head_of(mention: _Mention) -> Span | None:
        """The token that is its head; none where an empty node is. Raises DataError."""
        pieces = [(bisect_left(nodes, a), bisect_right(nodes, b)) for a, b in mention.rows]
        own = [row for a, b in pieces for row in nodes[a:b]]
        shown = mention.values["head"]
        if not (shown.isdecimal() and 1 <= int(shown) <= len(own)):
            what = f"the head of {mention.eid} is {shown!r}, and it has {counted(len(own), 'word')}"
            hint = "The head is the number of one of its words, from 1."
            raise DataError(what, where=table.where(mention.rows[0][0]), hint=hint)
        row = own[int(shown) - 1]
        return None if no_token[row] else Span.of(starts[place[row]], stops[place[row]])

    def graph(number: int) -> tuple[Graph, tuple[Head, ...]]:
        mentions = _Mentions(head_of)
        for row in marked[in_marked[number] : in_marked[number + 1]]:
            try:
                shown, fields = misc[codes[row]].entity or "", block.fields[number] or _FIELDS[:2]
                mentions.take(shown, fields, place[row], row, empty=no_token[row])
            except DataError as error:
                note(row, 1, error.what, row, error.hint)
                break
        if number in wrong:
            raise wrong[number][2]
        mentions.finish(table.where(bounds[number + 1] - 1))
        clusters = [loads(value, where) for where, key, value in block.comments[number] if key == "cluster"]
        declared = {str(cluster.get("id")) for cluster in clusters}
        found = mentions.nodes(lambda first, last: (starts[first], stops[last]), declared, str(file))
        shared = dict.fromkeys(str(node.values["entity"]) for node in found if "entity" in node.values)
        clusters += [{"id": eid, "name": eid} for eid in shared if eid not in declared]
        unread[number].update(mentions.unread)
        return Graph(found, (), clusters), tuple(sorted(map(Head, mentions.heads, mentions.heads.values())))

    texts = []
    for number, (begin, stop) in enumerate(pairwise(in_document.tolist())):
        ends_of = after if misc[code[bounds[number + 1] - 1]].spaced else end
        texts.append(text[origin[number] : ends_of[stop - 1]] if begin < stop else "")

    found, left = [Annotations()] * size, [list[tuple[str, str]]()] * size
    errors, kept = dict[int, DataError](), list[int]()
    for number, id in enumerate(block.ids):
        try:
            own, heads = graph(number)
            if (plain := _plain(own)) is not None:
                found[number] = plain
                left[number] = not_read(id, unread[number], losses) if unread[number] else []
            else:
                whole = to_document(id, texts[number], own, str(file), (), unread[number], losses)
                found[number], left[number] = whole.annotations, list(whole.meta)
            if heads:
                found[number] = replace(found[number], heads=heads)
            kept.append(number)
        except DataError as error:
            errors[number] = error
            if losses is None or not losses.lenient:
                break

    sentences = TokenTable(
        block.document,
        np.append(words.start, 0)[in_sentence[:-1]],
        np.append(words.end, 0)[in_sentence[1:] - 1],
    )
    packed, packed_sentences = packed_tokens(words, size), packed_tokens(sentences, size)
    comments = [[(key, value) for _, key, value in own if key not in _OWN] for own in block.comments]

    def meta(number: int) -> Meta:
        known = {"tokens": packed(number), "sentences": packed_sentences(number)}
        for key, value in comments[number]:
            known[key] = f"{known[key]}; {value}" if key in known and key not in LAYOUT else value
        return (*known.items(), *left[number])

    said = {key for number in kept for key, _ in (*comments[number], *left[number])}
    batch = replace(
        Batch(block.ids, texts, empty_spans(), ()).answered(found),
        tokens=None if "tokens" in said else words,
        columns=frozenset({"tokens", "sentences"} | said),
        meta=meta,
    )
    return batch.take(np.asarray(kept, np.int64)), errors


def _plain(graph: Graph) -> Annotations | None:
    """Its annotations, where they are entities of which no more is said than their label and level."""
    entities = []
    for node, level in zip(graph.nodes, nesting([node.span for node in graph.nodes]), strict=True):
        given = node.values.get("level", level)
        if node.label in QUOTE_LABELS or not node.values.keys() <= {"level"}:
            return None
        if not isinstance(given, int) or given < 1:
            return None
        entities.append(Entity(node.span, node.label, given))
    return None if graph.clusters else Annotations(tuple(entities))


def _tokens(table: Cells, of: Ints, note: Callable[..., None]) -> tuple[Bools, Bools, Bools]:
    """The rows that are tokens, those of empty nodes, and those of words or empty nodes.

    Words of a multi-word token are neither of the first two.
    """
    values, code = table.column(0)
    found = [_INDEX.fullmatch(value) for value in values]
    for row in np.flatnonzero(np.asarray([one is None for one in found], np.bool_)[code]).tolist():
        note(row, 0, f"{values[code[row]]!r} is not the number of a token", row)
    bounds = [(int(one["first"]), int(one["last"] or one["first"])) if one else (0, 0) for one in found]
    rank = {number: at for at, number in enumerate(sorted({0, *chain.from_iterable(bounds)}))}
    ranks = np.asarray([(rank[first], rank[last]) for first, last in bounds], np.int64).reshape(-1, 2)
    first, last = ranks[code].T
    empty = np.asarray([one is not None and one["empty"] is not None for one in found], np.bool_)[code]
    word = np.asarray([one is not None and one["last"] is None for one in found], np.bool_)[code]
    # The highest number so far in the sentence.
    highest = np.maximum.accumulate(np.where(empty, 0, last) + of * len(rank))
    before = np.append(0, highest)[:-1] - of * len(rank)
    return ~empty & (first > np.maximum(before, 0)), empty, word


def _spelled(table: Cells, token: Bools, misc: Sequence[_Misc], code: Ints) -> tuple[str, Ints, Ints, Ints]:
    """The tokens with the spaces around them, one behind the other, and where each begins and ends in that.

    And where the space behind it ends.
    """
    spaces = [[one.before.encode(), one.after.encode()] for one in misc]
    size = np.asarray([[len(before), len(after)] for before, after in spaces], np.int64).reshape(-1, 2)
    stop = np.cumsum(size.reshape(-1)).reshape(-1, 2) + len(table.lines.array)
    rows = code[token]
    stops = np.column_stack([stop[rows, 0], table.end[token, 1], stop[rows, 1]]).reshape(-1)
    sizes = np.column_stack([size[rows, 0], (table.end - table.start)[token, 1], size[rows, 1]]).reshape(-1)
    buffer = np.frombuffer(table.lines.data + b"".join(chain.from_iterable(spaces)), np.uint8)
    ends = np.cumsum(sizes)
    data = buffer[np.repeat(stops - ends, sizes) + np.arange(sizes.sum())]
    before, end, after = np.append(0, np.cumsum((data & 0xC0) != 0x80))[ends].reshape(-1, 3).T
    return data.tobytes().decode(), before, end, after


@dataclass(frozen=True, slots=True)
class _Misc:
    """What the last column says: the space before and after a token, its brackets, what relates mentions."""

    before: str
    after: str
    entity: str | None
    relations: tuple[str, ...]
    spaced: bool


def _misc(value: str) -> _Misc:
    found = dict(item.partition("=")[::2] for item in value.split("|"))
    after = "" if found.get("SpaceAfter") == "No" else _unescape(found.get("SpacesAfter", "\\s"))
    relations = tuple(kind for key, kind in _RELATIONS.items() if key in found)
    before = _unescape(found.get("SpacesBefore", ""))
    return _Misc(before, after, found.get("Entity"), relations, "SpacesAfter=" in value)


class _Mentions:
    """Brackets of one document, matched as they come in."""

    def __init__(self, head_of: Callable[[_Mention], Span | None]) -> None:
        self._head_of = head_of
        self._open: dict[str, list[_Mention]] = defaultdict(list)
        self._broken: dict[str, _Mention] = {}
        self._found: list[_Mention] = []
        self.heads: dict[Span, Span] = {}
        self.unread = Counter[str]()

    def take(
        self, brackets: str, fields: Sequence[str], index: int, row: int, *, empty: bool = False
    ) -> None:
        """Brackets in a row at a token; at an ``empty`` one, which is no token, at the next one."""
        last = 0
        for bracket in _BRACKET.finditer(brackets):
            if bracket.start() != last:
                break
            last = bracket.end()
            name = bracket["eid"] or self._begin(bracket["fields"], fields, index, row)
            if bracket["eid"] or bracket["closed"]:
                self._close(name, index - empty, row)
        if last != len(brackets):
            raise DataError(f"{brackets!r} are no brackets")

    def _begin(self, content: str, fields: Sequence[str], index: int, row: int) -> str:
        values = dict(zip(fields, content.split("-"), strict=False))
        name = values.get("eid")
        if name is None:
            raise DataError(f"({content} has no eid")
        part = _PART.fullmatch(name) if name.endswith("]") else None
        eid = part["eid"] if part else name
        if part and part["part"] != "1" and eid in self._broken:
            mention = self._broken.pop(eid)
        else:
            mention = _Mention(eid, values)
            self._found.append(mention)
        mention.start, mention.row = index, row
        mention.rest = part is not None and part["part"] != part["parts"]
        self._open[name].append(mention)
        return name

    def _close(self, name: str, index: int, row: int) -> None:
        if not self._open[name]:
            raise DataError(f"{name}) closes what was not opened")
        mention = self._open[name].pop()
        if mention.start <= index:
            mention.ranges.append((mention.start, index))
        mention.rows.append((mention.row, row))
        if mention.rest:
            self._broken[mention.eid] = mention

    def finish(self, where: str) -> None:
        if left := [name for name, mentions in self._open.items() if mentions]:
            raise DataError(f"({left[0]} is never closed", where=where)

    def nodes(self, at: Callable[[int, int], tuple[int, int]], declared: set[str], where: str) -> list[Node]:
        """An entity or a mention of each, and their heads; ``at`` gives offsets from one token to another."""
        eids = [mention.eid for mention in self._found]
        counts = Counter(eids) if len({*eids}) < len(eids) else Counter[str]()
        nodes = []
        for number, mention in enumerate(self._found, 1):
            if not mention.ranges:
                self.unread["mention of what is not in the text"] += 1
                continue
            for name in mention.values.keys() - _WITH_HEADS:
                if mention.values[name] not in ("", "_"):
                    self.unread[f"{name} of a mention"] += 1
            places = [at(first, last) for first, last in mention.ranges]
            if any(start == end for start, end in places):
                raise DataError(f"{mention.eid} is a mention of no character", where=where)
            span = Span.joined(places)
            if mention.values.get("head", "") not in ("", "_"):
                self._add_head(mention, span)
            eid = unquote(mention.eid)
            label = unquote(mention.values.get("etype", ""))
            if label in ("", "_"):
                nodes.append(Node(str(number), MENTION, span, {"cluster": eid}))
                continue
            values = _values(mention.values.get("other", ""), where)
            if eid in declared or counts[mention.eid] > 1:
                values["entity"] = eid
            nodes.append(Node(str(number), label, span, values))
        return nodes

    def _add_head(self, mention: _Mention, span: Span) -> None:
        head = self._head_of(mention)
        if head is None:
            self.unread["head that is not in the text"] += 1
        elif self.heads.setdefault(span, head) != head:
            self.unread["second head of a mention"] += 1


@dataclass(slots=True)
class _Mention:
    eid: str
    values: dict[str, str]
    ranges: list[tuple[int, int]] = field(default_factory=list)
    rows: list[tuple[int, int]] = field(default_factory=list)  # with those of empty nodes
    start: int = 0
    row: int = 0
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
    brackets = _brackets(view, losses)
    id = comment_id(document, losses)
    yield f"# newdoc id = {id}"
    if brackets:  # the first declaration holds for all of a file, to readers of CorefUD
        yield f"# global.Entity = {'-'.join(_WITH_HEADS if document.annotations.heads else _FIELDS)}"
    yield from (f"# {key} = {value}" for key, value in comments(document, losses, _OWN, _is_comment))
    losses.add_all(document, quotes=document.quotes)
    for cluster in to_graph(Annotations(clusters=document.clusters)).clusters:
        yield f"# cluster = {json.dumps(cluster, ensure_ascii=False)}"
    for number, (start, end) in enumerate(view.sentences, 1):
        yield f"# sent_id = {quote(id, safe='')}-{number}"  # which no other of the file has
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
    return _comment(f"# {key} = {value}") == (key, value) and "\n" not in value


def _escape(spaces: str) -> str:
    return "".join(_ESCAPE.get(space, space) for space in spaces)


def _encoded(value: object) -> str:
    shown = repr(value) if isinstance(value, int | float) else str(value)
    return quote(shown, safe="").replace("-", "%2D").replace("_", "%5F")


def _brackets(view: TokenView, losses: Losses) -> dict[int, str]:
    """Token → its brackets: what closes, last opened first; then what opens, longest first."""
    document = view.document
    declared = {cluster.id for cluster in document.clusters}
    heads = {one.mention: one.head for one in document.annotations.heads}
    written: set[Span] = set()
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
        if heads:
            written.add(item)
            number = _place_of(view, heads[item], ranges) if item in heads else ""
            etype = f"{etype}-{number}"
        for part, (first, last) in enumerate(ranges, 1):
            name = f"{eid}[{part}/{len(ranges)}]" if len(ranges) > 1 else eid
            whole = f"({name}-{etype}-{other}"
            alone = last == first + 1
            opened[first].append((0, f"{whole})") if alone else (first - last, whole))
            if not alone:
                closed[last - 1].append((-first, f"{name})"))
    for mention, head in heads.items():
        faults = {
            "its mention is not written": mention not in written,
            "is no token of its mention": mention in written
            and not _place_of(view, head, [place for f in mention if (place := view.find(Span.of(*f)))]),
        }
        if why := reason(faults):
            losses.add("head", document, why, "", head)
    # What closes comes first: behind an opening bracket its name would run into the fields.
    return {
        index: "".join(
            bracket
            for _, bracket in (*sorted(closed[index]), *sorted(opened[index], key=lambda bracket: bracket[0]))
        )
        for index in {*opened, *closed}
    }


def _place_of(view: TokenView, head: Span, ranges: Sequence[tuple[int, int]]) -> str:
    """Which of the tokens of a mention the head is, counted from 1; nothing where it is none of them."""
    found = view.find(head)
    tokens = [index for first, last in ranges for index in range(first, last)]
    alone = found is not None and found[1] == found[0] + 1 and found[0] in tokens
    return str(tokens.index(found[0]) + 1) if found is not None and alone else ""


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
