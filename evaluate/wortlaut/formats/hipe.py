"""HIPE 2020 and 2022: TSV of ten columns, names in historical newspapers with links, nesting and metonymy.

A document is what stands under one ``document_id``. Its text is the tokens with a space between, none
after ``NoSpaceAfter``, and a line feed after ``EndOfSentence`` (or ``PySBDSegment``, a sentence end found
by a program; whether no space followed there is not kept). Line ends of the print are spaces in the text;
``lines`` in ``meta`` holds their offsets. ``meta`` also holds ``tokens`` and every ``# key = value`` of
the document, without the corpus's name before the key, also where it stands before the ``document_id``;
a comment that is none is kept as ``comment``. The header may lack columns but for the first two; a cell that
is empty or not there is ``_``.

``NE-COARSE-LIT`` is level 1, with ``NEL-LIT`` as ``qid`` (``NIL`` kept) and ``NE-COARSE-METO`` as
``metonymy``; ``NE-NESTED`` is level 2, its label cut to the coarse class (a note says which). The rest is
in ``note``, as ``key=value`` parted by ``; ``: ``fine``, ``metonymy-fine``, ``metonymy-qid``, each
component with its offsets (``comp.name=12:20``), and ``partial=first:last`` where the name is only a part
of its last token (offsets relative to that token's start: ``0:7``). A span is always whole tokens, as the
corpus's own scorer reads it. What belongs to no name (a metonymy of nothing) is in ``unattached`` in
``meta``. A name that starts with I- is opened there and counted in ``repaired_tags``; S- is B-, E- is I-.
A name has the link of its first token, or several that a system ranks, as ``Q64|Q1055``; tokens with another
one or outside every name, and flags such as HIPE 2020's ``LED`` and AjMC's ``InPrimaryReference``, are
counted in ``not_read``. ``-`` is ``_``, and so is O where links are.

``hipe?column=NE-FINE-LIT:FILE`` reads one column of names alone: its labels as they are, on level 1, with the
links of NEL-LIT where it is one of ``LIT``, of NEL-METO where it is one of ``METO``.

As systems write it, a file may part no documents, which makes it one document named after the file, or
give them no ids: these are made of the file's name and the line.

Written: levels 1 and 2 with ``qid`` and ``metonymy``, and of a ``note`` what the reader puts there; every
other ``meta`` as a comment. Lost are other notes, white space other than one space, one line feed or
none, names that are not whole tokens, everything else beside a label, quotes, clusters.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

import numpy as np

from wortlaut.errors import DataError, counted, unknown_name
from wortlaut.formats import files
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.batch import letters, packed_tokens, phrases, spelled
from wortlaut.formats.columns import (
    TokenView,
    comment_id,
    comments,
    encode,
    lay_out,
    pack,
    taggable,
    unpack,
    write_views,
)
from wortlaut.formats.losses import NO_PLACE, NOT_READ, Losses, tolerated
from wortlaut.formats.table import Cells, Lines, blocks, cells
from wortlaut.model import Annotations, Document, Entity, Span
from wortlaut.model.batch import Batch, Meta
from wortlaut.model.columns import Bools, Ints, Spans, TokenTable

COLUMNS = (
    "TOKEN", "NE-COARSE-LIT", "NE-COARSE-METO", "NE-FINE-LIT", "NE-FINE-METO",
    "NE-FINE-COMP", "NE-NESTED", "NEL-LIT", "NEL-METO", "MISC",
)  # fmt: skip
#: Those with names.
_NAMES = COLUMNS[1:7]
_HEAD = "\t".join(COLUMNS) + "\n"
_COMMENT = re.compile(r"#\s*(?:[^\s:=]*:)?(?P<key>[^\s=]+)\s*=\s*(?P<value>.*?)\s*$")
#: What systems write where a column says nothing.
_NOTHING = ("", "-", "O")
#: Names may be tagged in IOBES.
_IOBES = {"S": "B", "E": "I"}
_SENTENCE_ENDS = frozenset(("EndOfSentence", "PySBDSegment"))
_FLAGS = _SENTENCE_ENDS | {"NoSpaceAfter", "EndOfLine"}
#: How far the print is from the name as it should be (HIPE 2020).
_DISTANCE = re.compile(r"LED[0-9]+(?:\.[0-9]+)?")
#: What is counted in ``not_read``.
_LED, _FURTHER, _OUTSIDE = "flag LED", "other link within a name", "link outside every name"
_PARTIAL = re.compile(r"Partial-(-?[0-9]+):(-?[0-9]+)")
_QID = re.compile(r"(Q[1-9][0-9]*|NIL)(\|(Q[1-9][0-9]*|NIL))*")
_Value = TypeVar("_Value", str, frozenset[str])
_ID = "document_id"
#: The first row of some tokens, and the one behind the last.
_Rows = tuple[int, int]


def batches(path: Path, column: str | None = None, *, losses: Losses | None = None) -> Iterator[Batch]:
    """Every document of a ``.tsv`` file or of a folder of them.

    ``column``: the one whose names are read, in place of NE-COARSE-LIT with what stands beside it.
    """
    if column not in (None, *_NAMES):
        raise unknown_name("column of names", str(column), _NAMES)
    for file in files.find(path, "hipe"):
        header: list[str] = []
        for part in blocks(file, _cut):
            yield from _batches(part, header, column, losses)


read = batch_documents(batches)


def _comment(line: str) -> tuple[str, str] | None:
    """Key and value of a comment; None for another line."""
    line = line.rstrip()  # a table has all its tabs there, too
    if not line.startswith("# ") or "\t" in line:
        return None
    found = _COMMENT.match(line)
    bare = line[1:].strip()
    return (found["key"], found["value"]) if found else (bare, "") if bare == _ID else ("comment", bare)


def _cut(data: bytes) -> int:
    """Where the comments above the last ``document_id`` begin, if another one stands before them."""

    def key(begin: int, end: int) -> str | None:
        """That of the comment; empty for an empty line, None for another."""
        try:
            line = data[begin:end].decode().rstrip("\r\n")
        except UnicodeDecodeError:
            return None
        return (_comment(line) or (None,))[0] if line else ""

    at, found = len(data), list[int]()
    while len(found) < 2 and (at := data.rfind(_ID.encode(), 0, at)) >= 0:
        stop, at = data.find(b"\n", at), data.rfind(b"\n", 0, at) + 1
        if key(at, max(stop, at)) == _ID:
            found.append(at)
    begin = found[0] if len(found) == 2 else 0
    while begin and key(above := data.rfind(b"\n", 0, begin - 1) + 1, begin) is not None:
        begin = above
    return begin


def _batches(lines: Lines, header: list[str], column: str | None, losses: Losses | None) -> Iterator[Batch]:
    """The documents of a block; ``header`` is filled where it stands there."""
    asides = {line: found for line in lines.starting(b"# ") if (found := _comment(lines.text(line)))}
    filled = ~lines.blank()
    filled[list(asides)] = False
    rows = np.flatnonzero(filled)
    faults = [] if lines.fault is None else [(len(lines), lines.fault)]
    if len(rows) and not header:
        header += lines.text(rows[0]).rstrip("\t").split("\t")
        if header[:2] != list(COLUMNS[:2]) or not set(header) <= set(COLUMNS) or len({*header}) < len(header):
            what = "does not begin with HIPE's header"
            hint = f"Expected {COLUMNS[0]}, {COLUMNS[1]}, and any of {' '.join(COLUMNS[2:])}, by tabs."
            faults.append((int(rows[0]), DataError(what, where=lines.where(rows[0]), hint=hint)))
            rows = rows[:0]
        rows = rows[1:]
    begins, comments = _comments(asides, rows)
    if len(rows) and not begins:  # a file that parts no documents is one
        begins = [int(rows[0])]
        comments = [{_ID: lines.file.stem}]
    for begin, own in zip(begins, comments, strict=True):
        own[_ID] = own[_ID] or f"{lines.file.stem}:{lines.first + begin}"
    if len(rows) and rows[0] < begins[0]:
        error = DataError("a token before any document_id", where=lines.where(rows[0]))
        faults.append((int(rows[0]), error))
    table = cells(lines, rows, max(len(header), 2), tabs=True)
    faults += _faults(table)
    line, fault = min(faults, key=itemgetter(0), default=(len(lines) + 1, None))
    # A document ends where the next one begins.
    ends = [*begins[1:], len(lines)][: len(begins)]
    if whole := bisect_left(ends, line):
        bounds = np.searchsorted(rows, [begins[0], *ends[:whole]])
        batch, errors = _batch(table.take(slice(bounds[-1])), bounds, comments, header, column, losses)
        yield batch
        for number in sorted(errors):
            with tolerated(losses, "document"):
                raise errors[number]
    if fault is not None:
        raise fault


def _comments(asides: Mapping[int, tuple[str, str]], rows: Ints) -> tuple[list[int], list[dict[str, str]]]:
    """The line that begins each document, and what its comments say."""
    begins: list[int] = []
    comments: list[dict[str, str]] = []
    ahead: dict[str, str] = {}  # of the document that goes on, or of the next one
    passed = 0
    before = np.searchsorted(rows, [*asides, rows[-1] + 1 if len(rows) else 0]).tolist()
    for number, (line, (key, value)) in zip(before, [*asides.items(), (0, ("", ""))], strict=True):
        if number > passed and begins:
            for name, text in ahead.items():
                _add(comments[-1], name, text)
            ahead = {}
        passed = number
        if key == _ID:
            begins.append(line)
            comments.append({**ahead, key: value})
            ahead = {}
        elif key:
            _add(ahead, key, value)
    if begins:
        comments[-1] |= ahead
    return begins, comments


def _add(meta: dict[str, str], key: str, value: str) -> None:
    meta[key] = f"{meta[key]}; {value}" if key in meta else value


def _faults(table: Cells) -> Iterator[tuple[int, DataError]]:
    """The line of the first row with too many or too few cells, and of the first without a token."""
    lines, width = table.lines, table.start.shape[1]
    for line in table.line[table.odd].tolist():
        fields = lines.text(line).split("\t")
        if len(fields) < 2 or any(fields[width:]):
            what = f"has {counted(len(fields), 'column')}, not {width}"
            yield line, DataError(what, where=lines.where(line))
            break
    for line in table.line[table.blank(0)[:1]].tolist():
        yield line, DataError("has no token", where=lines.where(line))


def _batch(
    table: Cells,
    bounds: Ints,
    comments: Sequence[dict[str, str]],
    header: Sequence[str],
    column: str | None,
    losses: Losses | None,
) -> tuple[Batch, dict[int, DataError]]:
    """The documents between the ``bounds`` of their rows, and what is wrong with those that are left out."""
    size = len(bounds) - 1
    of = np.repeat(np.arange(size), np.diff(bounds))
    document = of.tolist()
    errors: dict[int, DataError] = {}
    for number in np.flatnonzero(bounds[1:] == bounds[:-1]).tolist():
        what = f"document {comments[number][_ID]!r} has no tokens or no id"
        errors[number] = DataError(what, where=str(table.lines.file))

    columns_of = {name: _column(table, header, name) for name in COLUMNS[1:]}
    if column is not None:
        nothing = ["_"], np.zeros(len(table.line), np.int64)
        linked = columns_of.get(f"NEL-{column.rpartition('-')[2]}", nothing)
        chosen = {"NE-COARSE-LIT": columns_of[column], "NEL-LIT": linked, "MISC": columns_of["MISC"]}
        columns_of = dict.fromkeys(columns_of, nothing) | chosen
    found: list[list[tuple[int, int, str]]] = []
    repaired = np.zeros(size, np.int64)
    for of_names in _NAMES:
        tags, code = columns_of[of_names]
        # A column that a corpus does not use holds _ throughout.
        told = ["O" if tag == "_" else tag for tag in tags]
        told = [_IOBES[tag[0]] + tag[1:] if tag[:1] in _IOBES and tag[1:2] == "-" else tag for tag in told]
        parsed, wrong = letters(told, code, table.where)
        for row, error in wrong:
            errors.setdefault(document[row], error)
        marked = phrases(parsed, code, of, size, "IOB2")
        labels = [marked.labels[label] for label in marked.label.tolist()]
        found.append(list(zip(marked.first.tolist(), (marked.last + 1).tolist(), labels, strict=True)))
        repaired += np.bincount(marked.sentence, marked.broken, size).astype(np.int64)
    literal, metonymic, fine, fine_metonymic, components, nested = found
    names = {(first, last): label for first, last, label in literal}
    around = {token: name for name in names for token in range(*name)}
    metonymy = {(first, last): label for first, last, label in metonymic}

    unread = [Counter[str]() for _ in comments]
    links: list[dict[_Rows, str]] = []
    for of_links, named in (("NEL-LIT", names), ("NEL-METO", metonymy)):
        values, code = columns_of[of_links]
        strange = _chosen(values, code, lambda one: one != "_" and not _QID.fullmatch(one))
        for row in np.flatnonzero(strange).tolist():
            what = f"{values[code[row]]!r} is neither Wikidata ids, parted by |, nor NIL"
            errors.setdefault(document[row], DataError(what, where=table.where(row)))
        rows = np.flatnonzero(_chosen(values, code, lambda one: one != "_")).tolist()
        links.append(_links({row: values[code[row]] for row in rows}, named, document, unread))
    qids, metonymic_qids = links

    values, code = columns_of["MISC"]
    flags = [frozenset(value.split("|")) - {"_"} for value in values]
    after = np.asarray([ord(_after(flag) or "\0") for flag in flags], np.uint8)[code]
    text, start, end = spelled(table, 0, after)
    origin = np.append(start, 0)[bounds[:-1]]
    start, end = start - origin[of], end - origin[of]
    starts, ends = start.tolist(), end.tolist()
    partial: list[tuple[int, str]] = []
    for row in np.flatnonzero(_chosen(flags, code, lambda flag: not flag <= _FLAGS)).tolist():
        for item in sorted(flags[code[row]] - _FLAGS):
            if _PARTIAL.fullmatch(item):
                partial.append((row, item.removeprefix("Partial-")))
            else:
                unread[document[row]][_LED if _DISTANCE.fullmatch(item) else f"flag {item}"] += 1

    def at(first: int, last: int) -> tuple[int, int]:
        return starts[first], ends[last - 1]

    # Everything beyond class and link: (tokens it is about, key, value), each for the note of its name.
    parts = ((around.get(first, (first, last)), first, last, label) for first, last, label in components)
    remarks: list[tuple[_Rows, str, str]] = [
        *(((first, last), "fine", label) for first, last, label in fine),
        *((name, "metonymy", label) for name, label in metonymy.items() if name not in names),
        *(((first, last), "metonymy-fine", label) for first, last, label in fine_metonymic),
        *((name, "metonymy-qid", qid) for name, qid in metonymic_qids.items()),
        *(
            (whole if last <= whole[1] else (first, last), label, pack([at(first, last)]))
            for whole, first, last, label in parts
        ),
        *((around.get(row, (row, row + 1)), "partial", value) for row, value in partial),
    ]
    notes: dict[_Rows, list[str]] = {name: [] for name in names}
    unattached: list[list[str]] = [[] for _ in comments]
    for about, key, value in remarks:
        if about in notes:
            notes[about].append(f"{key}={value}")
        else:
            unattached[document[about[0]]].append(f"{key}={value} at {pack([at(*about)])}")
    # Names by document, the outer ones first; their objects where columns do not hold all of them.
    inner = {(first, last): f"fine={label}" for first, last, label in nested if "." in label}
    placed = [(*name, 1, label) for name, label in names.items()]
    placed += [(first, last, 2, label.partition(".")[0]) for first, last, label in nested]
    placed.sort(key=lambda row: (document[row[0]], row[2]))
    further = {name for name in names if notes[name]} | qids.keys() | metonymy.keys() & names.keys()
    entities: dict[int, list[Entity]] = {document[first]: [] for first, _ in further | inner.keys()}
    for first, last, level, label in placed:
        if (number := document[first]) in entities:
            name, span = (first, last), Span((at(first, last),))
            entities[number].append(
                Entity(span, label, 2, note=inner.get(name))
                if level == 2
                else Entity(
                    span,
                    label,
                    qid=qids.get(name),
                    metonymy=metonymy.get(name),
                    note="; ".join(notes[name]) or None,
                )
            )
    labels = list(dict.fromkeys(label for *_, label in placed))
    number_of = {label: number for number, label in enumerate(labels)}
    table_of = [(first, last - 1, level, number_of[label]) for first, last, level, label in placed]
    opens, closes, levels, codes = np.asarray(table_of, np.int64).reshape(-1, 4).T
    spans = Spans(of[opens], start[opens], end[closes], codes, of[opens], level=levels)

    lenient = losses is not None and losses.lenient
    kept = [n for n in range(size if lenient else min(errors, default=size)) if n not in errors]
    counts = [
        {
            "unattached": "; ".join(unattached[number]),
            "repaired_tags": str(repaired[number] or ""),
            "not_read": "; ".join(f"{kind} {count}" for kind, count in sorted(unread[number].items())),
        }
        for number in range(size)
    ]
    if losses is not None:
        for number in kept:
            for kind, count in unread[number].items():
                losses.include(kind, NOT_READ, count, (comments[number][_ID],))
    words = TokenTable(of, start, end)
    packed = packed_tokens(words, size)
    lines_end = _chosen(flags, code, lambda flag: "EndOfLine" in flag)

    def meta(number: int) -> Meta:
        own = slice(bounds[number], bounds[number + 1])
        known = {key: value for key, value in comments[number].items() if key != _ID}
        known |= {"tokens": packed(number), "lines": " ".join(map(str, end[own][lines_end[own]].tolist()))}
        return tuple((known | {key: value for key, value in counts[number].items() if value}).items())

    said = [{*comments[n], *(key for key, value in counts[n].items() if value)} for n in kept]
    keys = {"tokens", "lines"}.union(*said) - {_ID}
    stops = (origin + np.append(end, 0)[bounds[1:] - 1]).tolist()
    texts = [text[begin:stop] for begin, stop in zip(origin.tolist(), stops, strict=True)]
    whole = {number: Annotations(tuple(found)) for number, found in entities.items()}
    ids = [comments[number][_ID] for number in range(size)]
    batch = Batch(ids, texts, spans, labels, whole, words, frozenset(keys), meta)
    return batch.take(np.asarray(kept, np.int64)), errors


def _column(table: Cells, header: Sequence[str], name: str) -> tuple[list[str], Ints]:
    """The distinct values of a column, and which of them each row has; _ where there is none."""
    if name not in header:
        return ["_"], np.zeros(len(table.line), np.int64)
    values, code = table.column(header.index(name))
    return ["_" if value in _NOTHING else value for value in values], code


def _chosen(values: Sequence[_Value], code: Ints, holds: Callable[[_Value], bool]) -> Bools:
    """The rows whose value it holds for."""
    return np.asarray([holds(value) for value in values], np.bool_)[code]


def _after(flags: frozenset[str]) -> str:
    if flags & _SENTENCE_ENDS:
        return "\n"
    return "" if "NoSpaceAfter" in flags else " "


def _links(
    left: dict[int, str], names: Iterable[_Rows], document: Sequence[int], unread: Sequence[Counter[str]]
) -> dict[_Rows, str]:
    """The link of each name, which its first token carries; how many tokens have another one is counted."""
    links: dict[_Rows, str] = {}
    for first, last in names:
        link, *others = [left.pop(row, "_") for row in range(first, last)]
        if further := sum(other != link for other in others):
            unread[document[first]][_FURTHER] += further
        if link != "_":
            links[first, last] = link
    for row in left:
        unread[document[row]][_OUTSIDE] += 1
    return links


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one file."""
    return write_views(path, documents, Losses("hipe"), _written, head=_HEAD)


def join(path: Path, parts: Sequence[Path]) -> None:
    """Several of these files in one, under one header."""
    files.concatenate(path, parts, head=_HEAD.encode())


def _written(view: TokenView, losses: Losses) -> Iterator[str]:
    document, words = view.document, view.words
    yield f"# hipe2022:document_id = {comment_id(document, losses)}"
    # The line ends of the print that fall on the end of a token, as the reader has them.
    ends = {str(end) for _, end in words}
    breaks = [end for end in dict(document.meta).get("lines", "").split() if end in ends]
    own = ("lines", " ".join(breaks))
    rest = replace(document, meta=tuple(item for item in document.meta if item != own))
    yield from (
        f"# hipe2022:{key} = {value}"
        for key, value in comments(rest, losses, ("document_id", "lines"), _is_comment)
    )
    # No name of HIPE ends with a sentence.
    outer, inner = taggable(
        replace(view, sentences=((0, len(words)),)), losses, ("qid", "metonymy", "note"), ("note",)
    )
    columns = {number: ["_"] * len(words) for number in range(1, 10)}
    phrases: dict[int, list[tuple[int, int, str]]] = {number: [] for number in range(1, 7)}
    flags: list[list[str]] = [_flags(view, index, breaks) for index in range(len(words))]
    for first, last, entity in outer:
        phrases[1].append((first, last, entity.label))
        if entity.metonymy is not None and len(entity.metonymy.split()) == 1:
            phrases[2].append((first, last, entity.metonymy))
        elif entity.metonymy is not None:
            losses.add("entity.metonymy", document, "it has white space", entity.metonymy, entity.span)
        if entity.qid is not None and _QID.fullmatch(entity.qid):
            columns[7][first:last] = [entity.qid] * (last - first)
        elif entity.qid is not None:
            losses.add("entity.qid", document, "is neither a Wikidata id nor NIL", entity.qid, entity.span)
        if entity.note is not None and not _note(entity, (first, last), view, phrases, columns, flags):
            losses.add("entity.note", document, NO_PLACE, entity.label, entity.span)
    for first, last, entity in inner:
        fine = (entity.note or "").removeprefix("fine=")
        whole = (
            fine.startswith(f"{entity.label}.") and len(fine.split()) == 1 and entity.note == f"fine={fine}"
        )
        if entity.note is not None and not whole:
            losses.add("entity.note", document, NO_PLACE, entity.label, entity.span)
        phrases[6].append((first, last, fine if whole else entity.label))
    for number, tagged in phrases.items():
        columns[number] = encode(tagged, len(words))
    columns[9] = ["|".join(flag) or "_" for flag in flags]
    yield from map("\t".join, zip(map(view.surface, range(len(words))), *columns.values(), strict=True))
    text, _ = lay_out((view.surface(index), _after(frozenset(flags[index]))) for index in range(len(words)))
    if text != document.text:
        losses.add("text", document, "one space, one line feed or nothing stands between tokens")


def _is_comment(key: str, value: str) -> bool:
    line = f"# hipe2022:{key} = {value}"
    found = _COMMENT.match(line)
    return found is not None and (found["key"], found["value"]) == (key, value) and "\t" not in line


def _flags(view: TokenView, index: int, breaks: Sequence[str]) -> list[str]:
    gap = view.after(index) if index + 1 < len(view.words) else " "
    flags = {
        "NoSpaceAfter": not gap,
        "EndOfSentence": "\n" in gap,
        "EndOfLine": str(view.words[index][1]) in breaks,
    }
    return [flag for flag, holds in flags.items() if holds]


def _note(
    entity: Entity,
    place: tuple[int, int],
    view: TokenView,
    phrases: dict[int, list[tuple[int, int, str]]],
    columns: dict[int, list[str]],
    flags: list[list[str]],
) -> bool:
    """Put what the reader wrote into a note back into its columns; False, and nothing, where it did not."""
    first, last = place
    found: dict[int, list[tuple[int, int, str]]] = {3: [], 4: [], 5: []}  # column → phrases
    link = partial = ""
    for item in (entity.note or "").split("; "):
        key, _, value = item.partition("=")
        if not value or len(item.split()) != 1:
            return False
        if key in ("fine", "metonymy-fine"):
            found[3 if key == "fine" else 4].append((first, last, value))
        elif key == "metonymy-qid" and entity.metonymy and _QID.fullmatch(value):
            link = value
        elif key == "partial" and _PARTIAL.fullmatch(f"Partial-{value}"):
            partial = value
        elif re.fullmatch("[0-9]+:[0-9]+", value):
            start, end = unpack(value)[0]
            tokens = view.find(Span.of(start, end)) if start < end else None
            if tokens is None or not first <= tokens[0] < tokens[1] <= last:
                return False
            found[5].append((*tokens, key))
        else:
            return False
    parts = sorted(found[5])
    again = [
        *(f"fine={label}" for *_, label in found[3]),
        *(f"metonymy-fine={label}" for *_, label in found[4]),
        *([f"metonymy-qid={link}"] if link else []),
        *(f"{key}={pack([(view.words[f][0], view.words[t - 1][1])])}" for f, t, key in parts),
        *([f"partial={partial}"] if partial else []),
    ]
    overlap = any(one[1] > two[0] for one, two in pairwise(parts))
    if "; ".join(again) != entity.note or overlap or max(len(found[3]), len(found[4])) > 1:
        return False
    for column, tagged in found.items():
        phrases[column] += tagged
    if link:
        columns[8][first:last] = [link] * (last - first)
    if partial:
        flags[last - 1].append(f"Partial-{partial}")
    return True
