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
``meta``. A name that starts with I- is opened there and counted in ``repaired_tags``. A name has the link of
its first token; tokens with another one or outside every name, and flags such as HIPE 2020's ``LED`` and
AjMC's ``InPrimaryReference``, are counted in ``not_read``.

Written: levels 1 and 2 with ``qid`` and ``metonymy``, and of a ``note`` what the reader puts there; every
other ``meta`` as a comment. Lost are other notes, white space other than one space, one line feed or
none, names that are not whole tokens, everything else beside a label, quotes, clusters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from wortlaut.errors import DataError, counted
from wortlaut.formats import files
from wortlaut.formats.columns import (
    TokenView,
    comment_id,
    comments,
    decode,
    encode,
    lay_out,
    pack,
    taggable,
    unpack,
    write_views,
)
from wortlaut.formats.losses import NO_PLACE, NOT_READ, Losses, tolerated
from wortlaut.io.reading import lines
from wortlaut.model import Annotations, Document, Entity, Span

COLUMNS = (
    "TOKEN", "NE-COARSE-LIT", "NE-COARSE-METO", "NE-FINE-LIT", "NE-FINE-METO",
    "NE-FINE-COMP", "NE-NESTED", "NEL-LIT", "NEL-METO", "MISC",
)  # fmt: skip
_HEAD = "\t".join(COLUMNS) + "\n"
_COMMENT = re.compile(r"#\s*(?:[^\s:=]*:)?(?P<key>[^\s=]+)\s*=\s*(?P<value>.*?)\s*$")
_SENTENCE_ENDS = frozenset(("EndOfSentence", "PySBDSegment"))
_FLAGS = _SENTENCE_ENDS | {"NoSpaceAfter", "EndOfLine"}
#: How far the print is from the name as it should be (HIPE 2020).
_DISTANCE = re.compile(r"LED[0-9]+(?:\.[0-9]+)?")
#: What is counted in ``not_read``.
_LED, _FURTHER, _OUTSIDE = "flag LED", "other link within a name", "link outside every name"
_PARTIAL = re.compile(r"Partial-(-?[0-9]+):(-?[0-9]+)")
_QID = re.compile(r"Q[1-9][0-9]*|NIL")
#: A row: its line number and the ten columns.
_Row = tuple[int, list[str]]


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a ``.tsv`` file or of a folder of them."""
    for file in files.find(path, "hipe"):
        yield from _documents(file, losses)


def _documents(file: Path, losses: Losses | None) -> Iterator[Document]:
    header: list[str] = []
    meta: dict[str, str] = {}
    ahead: dict[str, str] = {}  # comments of the document that goes on, or of the next one
    rows: list[_Row] = []
    for number, line in lines(file):
        where = f"{file}:{number}"
        if line.startswith("# ") and "\t" not in line:
            comment = _COMMENT.match(line)
            key, value = (comment["key"], comment["value"]) if comment else ("comment", line[1:].strip())
            if key == "document_id":
                if rows or meta:
                    with tolerated(losses, "document"):
                        yield _document(file, meta, rows, losses)
                meta, ahead, rows = {**ahead, key: value}, {}, []
            else:
                _add(ahead, key, value)
        elif line and not header:
            header = line.rstrip("\t").split("\t")
            if header[:2] != list(COLUMNS[:2]) or not set(header) <= set(COLUMNS):
                raise DataError(
                    "does not begin with HIPE's header",
                    where=where,
                    hint=f"Expected {COLUMNS[0]}, {COLUMNS[1]}, and any of {' '.join(COLUMNS[2:])}, by tabs.",
                )
        elif line:
            if "document_id" not in meta:
                raise DataError("a token before any document_id", where=where)
            for key, value in ahead.items():
                _add(meta, key, value)
            ahead = {}
            rows.append((number, _row(line, header, where)))
    if rows or meta:
        with tolerated(losses, "document"):
            yield _document(file, meta | ahead, rows, losses)


def _add(meta: dict[str, str], key: str, value: str) -> None:
    meta[key] = f"{meta[key]}; {value}" if key in meta else value


def _row(line: str, header: Sequence[str], where: str) -> list[str]:
    """The ten columns of a line; a cell that is empty or not there is ``_``."""
    cells = line.split("\t")
    if len(cells) < 2 or any(cells[len(header) :]):
        raise DataError(f"has {counted(len(cells), 'column')}, not {len(header)}", where=where)
    if not cells[0].strip():
        raise DataError("has no token", where=where)
    given = dict(zip(header, cells, strict=False))
    return [given.get(column) or "_" for column in COLUMNS]


def _document(file: Path, comments: dict[str, str], rows: Sequence[_Row], losses: Losses | None) -> Document:
    def place(index: int) -> str:
        return f"{file}:{rows[index][0]}"

    if "document_id" not in comments or not rows:
        raise DataError(
            f"document {comments.get('document_id', '')!r} has no tokens or no id", where=str(file)
        )
    flags = [frozenset(row[9].split("|")) - {"_"} for _, row in rows]
    unread = Counter(
        _LED if _DISTANCE.fullmatch(item) else f"flag {item}"
        for flag in flags
        for item in sorted(flag)
        if item not in _FLAGS and not _PARTIAL.fullmatch(item)
    )
    text, offsets = lay_out((row[0], _after(flag)) for (_, row), flag in zip(rows, flags, strict=True))
    # A column that a corpus does not use holds _ throughout.
    tagged = {
        column: decode(["O" if row[column] == "_" else row[column] for _, row in rows], place)
        for column in range(1, 7)
    }
    repaired = sum(broken for _, broken in tagged.values())
    phrases = {column: found for column, (found, _) in tagged.items()}
    names = {(first, last): label for first, last, label in phrases[1]}
    around = {token: name for name in names for token in range(*name)}
    metonymy = {(first, last): label for first, last, label in phrases[2]}

    def at(first: int, last: int) -> tuple[int, int]:
        return offsets[first][0], offsets[last - 1][1]

    links, further = _links(rows, 7, names, place)
    metonymic, more = _links(rows, 8, metonymy, place)
    unread += further + more
    # Everything beyond class and link: (tokens it is about, key, value), each for the note of its name.
    parts = ((around.get(first, (first, last)), first, last, label) for first, last, label in phrases[5])
    remarks: list[tuple[tuple[int, int], str, str]] = [
        *(((first, last), "fine", label) for first, last, label in phrases[3]),
        *((name, "metonymy", label) for name, label in metonymy.items() if name not in names),
        *(((first, last), "metonymy-fine", label) for first, last, label in phrases[4]),
        *((name, "metonymy-qid", qid) for name, qid in metonymic.items()),
        *(
            (whole if last <= whole[1] else (first, last), label, pack([at(first, last)]))
            for whole, first, last, label in parts
        ),
        *(
            (around.get(index, (index, index + 1)), "partial", item.removeprefix("Partial-"))
            for index, flag in enumerate(flags)
            for item in sorted(flag)
            if _PARTIAL.fullmatch(item)
        ),
    ]
    notes: dict[tuple[int, int], list[str]] = {name: [] for name in names}
    unattached: list[str] = []
    for about, key, value in remarks:
        if about in notes:
            notes[about].append(f"{key}={value}")
        else:
            unattached.append(f"{key}={value} at {pack([at(*about)])}")
    entities = [
        Entity(
            Span.of(*at(*name)),
            label,
            qid=links.get(name),
            metonymy=metonymy.get(name),
            note="; ".join(notes[name]) or None,
        )
        for name, label in names.items()
    ]
    entities += (
        Entity(
            Span.of(*at(first, last)),
            label.partition(".")[0],
            level=2,
            note=f"fine={label}" if "." in label else None,
        )
        for first, last, label in phrases[6]
    )
    meta = {key: value for key, value in comments.items() if key != "document_id"}
    ends = (str(end) for (_, end), flag in zip(offsets, flags, strict=True) if "EndOfLine" in flag)
    meta |= {"tokens": pack(offsets), "lines": " ".join(ends)}
    if losses is not None:
        for kind, count in unread.items():
            losses.include(kind, NOT_READ, count, (comments["document_id"],))
    counted = {
        "unattached": "; ".join(unattached),
        "repaired_tags": str(repaired or ""),
        "not_read": "; ".join(f"{kind} {count}" for kind, count in sorted(unread.items())),
    }
    meta |= {key: value for key, value in counted.items() if value}
    return Document(comments["document_id"], text, Annotations(tuple(entities)), tuple(meta.items()))


def _after(flags: frozenset[str]) -> str:
    if flags & _SENTENCE_ENDS:
        return "\n"
    return "" if "NoSpaceAfter" in flags else " "


def _links(
    rows: Sequence[_Row], column: int, names: Iterable[tuple[int, int]], place: Callable[[int], str]
) -> tuple[dict[tuple[int, int], str], Counter[str]]:
    """The link of each name, which its first token carries, and how many tokens have another one."""
    left = {index: row[column] for index, (_, row) in enumerate(rows) if row[column] != "_"}
    for index, link in left.items():
        if not _QID.fullmatch(link):
            raise DataError(f"{link!r} is neither a Wikidata id nor NIL", where=place(index))
    links: dict[tuple[int, int], str] = {}
    unread: Counter[str] = Counter()
    for first, last in names:
        link, *others = [left.pop(index, "_") for index in range(first, last)]
        unread[_FURTHER] += sum(other != link for other in others)
        if link != "_":
            links[first, last] = link
    unread[_OUTSIDE] += len(left)
    return links, +unread


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
