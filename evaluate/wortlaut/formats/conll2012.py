"""CoNLL-2012 and OntoNotes (Pradhan et al. 2012): names and coreference, a token a line. Read only.

``#begin document (bc/cctv/00/cctv_0001); part 000`` opens a document, ``#end document`` closes it, a blank
line ends a sentence. Columns are parted by spaces or tabs: document, part, number of the token, token, …, as
the eleventh the names (``(PERSON*``, ``*``, ``*)``, ``(ORG)``) where a line has twelve or more, and as the
last the chains (``(12``, ``12)``, ``(3)|(4``, ``-``). Files with fewer columns, as the reference scorer and
other corpora of coreference have them, hold chains only; where there are less than five, the first is the
token. ``conll2012?names=11:FILE`` gives the column of the names, counted from 1; ``names=0`` reads none.

The id is that of the document, with ``_`` and the number of a part other than 0. The text is the tokens with
a space between and a line feed after a sentence; ``meta`` holds ``tokens``. A chain is a cluster; a name that
is a mention of a chain carries it as ``entity``. Parts of speech, parses, lemmas, frames, senses, speakers
and arguments are lost; each is counted once a document that has it.

The format is described at conll.cemantix.org/2012/data.html.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import lay_out, pack
from wortlaut.formats.graph import MENTION, Graph, Node, to_document
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import lines
from wortlaut.model import Document, Span

_BEGIN = re.compile(r"#begin document\s+\(?(?P<name>[^\s();]+)\)?;?\s*(?:part\s+(?P<part>[0-9]{1,9}))?\s*$")
#: The columns of the token, from 0, and of the names, from 1.
_TOKEN, _NAMES = 3, 11
_NAME = re.compile(r"(?P<opens>(?:\([^\s()*]+)*)\*?(?P<closes>\)*)")
_CHAIN = re.compile(r"\((?P<alone>[^\s()|]+)\)|\((?P<opens>[^\s()|]+)|(?P<closes>[^\s()|]+)\)")
_EXPECTED = "Expected: #begin document (NAME); part 000"
_EMPTY = frozenset(("", "-", "_", "*"))
#: What stands in the columns from the fifth on, where there are names.
_OTHERS = ("part of speech", "parse", "lemma", "frameset", "word sense", "speaker")
#: A row: its line number and its columns.
_Row = tuple[int, list[str]]


def read(path: Path, *, names: str = "", losses: Losses | None = None) -> Iterator[Document]:
    """Every document of a file, or of a folder's files that end in ``.v4_gold_conll`` and the like."""
    if names and not names.isdecimal():
        raise DataError(f"{names!r} is no column", where="conll2012", hint="Count columns from 1: names=11.")
    for file in files.find(path, "conll2012"):
        yield from _documents(file, int(names) if names else None, losses)


def _documents(file: Path, names: int | None, losses: Losses | None) -> Iterator[Document]:
    name, some, fresh = "", False, True
    sentences: list[list[_Row]] = []
    for number, line in lines(file):
        where = f"{file}:{number}"
        if line.startswith("#begin document"):
            found = _BEGIN.match(line)
            if found is None or name:
                what = "begins a document inside another" if name else "does not name the document"
                raise DataError(what, where=where, hint=_EXPECTED)
            part = int(found["part"] or 0)
            name, sentences, fresh = found["name"] + (f"_{part}" if part else ""), [], True
        elif line.startswith("#end document"):
            if not any(sentences):
                raise DataError(f"document {name!r} holds no tokens", where=where)
            with tolerated(losses, "document"):
                yield _document(name, sentences, names, str(file), losses)
            name, some = "", True
        elif not line.strip():
            fresh = True
        elif not name:
            raise DataError("a line outside a document", where=where, hint=_EXPECTED)
        else:
            row = line.split()
            if len(row) < 2:
                raise DataError("has one column, and no chains", where=where)
            if len(row) < _TOKEN + 2:  # a token and its chains, as test files of the scorer have them
                row = ["", "", "", row[0], row[-1]]
            if fresh:
                sentences.append([])
                fresh = False
            sentences[-1].append((number, row))
    if name:
        raise DataError(f"document {name!r} does not end: is the file cut off?", where=str(file))
    if not some:
        raise DataError("holds no document", where=str(file), hint=_EXPECTED)


def _document(
    name: str, sentences: Sequence[Sequence[_Row]], names: int | None, file: str, losses: Losses | None
) -> Document:
    rows = [row for sentence in sentences for row in sentence]
    ends = {id(sentence[-1]) for sentence in sentences}
    text, offsets = lay_out((row[1][_TOKEN], "\n" if id(row) in ends else " ") for row in rows)
    first, last = len(rows[0][1]), len(rows[-1][1])
    column = names if names is not None else _NAMES if min(first, last) > _NAMES else 0
    found = _names(sentences, column, file) if column else []
    chains = _chains(rows, file)
    of_chain = {span: chain for chain, spans in reversed(chains.items()) for span in spans}
    nodes, known = [], set()
    for start, end, label in found:
        known.add((start, end))
        values = {"entity": of_chain[start, end]} if (start, end) in of_chain else {}
        nodes.append((label, start, end, values))
    for chain, spans in chains.items():
        nodes += [
            (MENTION, start, end, {"cluster": chain})
            for start, end in spans
            if (start, end) not in known or of_chain[start, end] != chain
        ]
    graph = Graph(
        [
            Node(str(number), label, Span.of(offsets[start][0], offsets[end][1]), values)
            for number, (label, start, end, values) in enumerate(nodes)
        ],
        (),
        [{"id": chain, "name": chain} for chain in chains],
    )
    unread = {}
    if column == _NAMES:
        seen = [{row[at] for _, row in rows} - _EMPTY for at in range(4, 4 + len(_OTHERS))]
        unread = {what: 1 for what, values in zip(_OTHERS, seen, strict=True) if values}
        if any(set(row[_NAMES:-1]) - _EMPTY for _, row in rows):
            unread["argument"] = 1
    return to_document(name, text, graph, file, [("tokens", pack(offsets))], unread, losses)


def _names(sentences: Sequence[Sequence[_Row]], column: int, file: str) -> list[tuple[int, int, str]]:
    """First and last token and label of each name."""
    found, token = [], -1
    for sentence in sentences:
        opened: list[tuple[int, str]] = []
        for number, row in sentence:
            token += 1
            cell = row[column - 1] if column < len(row) else "*"
            brackets = _NAME.fullmatch("*" if cell in _EMPTY else cell)
            if brackets is None:
                hint = "Expected (LABEL*, * or *): name the column by conll2012?names=11:FILE."
                raise DataError(f"{cell!r} opens and closes no name", where=f"{file}:{number}", hint=hint)
            opened += [(token, label) for label in brackets["opens"].split("(")[1:]]
            for _ in brackets["closes"]:
                if not opened:
                    raise DataError(f"{cell!r} closes what was not opened", where=f"{file}:{number}")
                start, label = opened.pop()
                found.append((start, token, label))
        if opened:
            raise DataError(
                f"({opened[0][1]}* is not closed in its sentence", where=f"{file}:{sentence[0][0]}"
            )
    return sorted(found, key=lambda name: (name[0], -name[1]))


def _chains(rows: Sequence[_Row], file: str) -> dict[str, list[tuple[int, int]]]:
    """First and last token of each mention of each chain, in the order of the first one."""
    opened: dict[str, list[int]] = defaultdict(list)
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for token, (number, row) in enumerate(rows):
        for part in () if row[-1] in _EMPTY else row[-1].split("|"):
            bracket = _CHAIN.fullmatch(part)
            if bracket is None:
                raise DataError(f"{row[-1]!r} are no brackets of chains", where=f"{file}:{number}")
            if bracket["opens"]:
                opened[bracket["opens"]].append(token)
                continue
            chain = bracket["alone"] or bracket["closes"]
            if bracket["closes"] and not opened[chain]:
                raise DataError(f"{chain}) closes what was not opened", where=f"{file}:{number}")
            mention = (token if bracket["alone"] else opened[chain].pop(), token)
            if mention not in found[chain]:
                found[chain].append(mention)
    if left := [chain for chain, starts in opened.items() if starts]:
        raise DataError(f"({left[0]} is never closed", where=f"{file}:{rows[opened[left[0]][0]][0]}")
    return {chain: sorted(spans) for chain, spans in sorted(found.items(), key=lambda one: min(one[1]))}
