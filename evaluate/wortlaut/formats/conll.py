"""CoNLL and IOB files: a token a line, its tag in a column, a blank line after a sentence.

Found by looking at the first lines of each file: the separator (tab, or spaces), the token's column (the
first, or the second after a column of numbers), the columns of tags (those of chunks apart) and the
scheme (IOB1, IOB2 also called BIO, IOE1, IOE2, BIOES also called IOBES, BILOU; IO where no tag has a prefix).
Two columns parted by spaces allow a token with spaces in it. CoNLL-2003, UNER's ``.iob2``, Europeana's
``.bio``, MultiNERD, WikiNEuRal and Few-NERD are such files. Tags are read as conlleval reads them, by
``?mode=strict`` as seqeval does in its mode of that name: a name whose tags break the scheme is lost.

Several columns of tags are levels, the first of them level 1, as in corpora of nested names. Where two have
a name in common they may as well be gold and prediction: then it is an error, and the columns must be given,
as in ``conll?token=1&tag=3&tag=4:FILE``. An empty column at the end is none.

A document starts at ``-DOCSTART-``, ``# newdoc`` and ``# file:``; where a file has none, a sentence is a
document, or as many as ``conll?documents=20:FILE`` says (``documents=file``: all of the file). Its id is the
mark's, else the file's name and the number of its first sentence. Text: ``# text =`` where the sentence has
one, checked token by token; else the tokens with a space between, none after ``SpaceAfter=No``. Sentences are
parted by a line feed. Words of a multi-word token (``7-8``) each stand for all of it.

``meta`` holds the ``scheme``, ``tokens``, each comment under its key (values of repeated ones parted by
``; ``), ``columns_not_read`` where the file has further columns (part of speech, annotator: the model has
no place for them), and ``repaired_tags``: how many tags broke the scheme (read as conlleval does, see
:func:`wortlaut.formats.columns.decode`) or stand in :data:`KNOWN_FAULTS`.

Written: token, tab, tag of the outer names; ``# newdoc id`` before a document, every ``meta`` as a
comment, ``# text`` before a sentence. Tokens and sentences are the corpus's own where it has them. Lost
are names below level 1, those that are not whole tokens of one sentence, everything beside a label,
quotes, clusters, and white space between sentences other than one line feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, combinations, islice, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from wortlaut.errors import DataError, counted, unknown_name
from wortlaut.formats import files
from wortlaut.formats.batch import Laid, letters, packed_tokens, phrases, texts_of
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.columns import (
    IO,
    SCHEMES,
    TokenView,
    comment_id,
    comments,
    encode,
    is_io,
    joined,
    lay_out,
    scheme_of,
    taggable,
    write_views,
)
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.formats.table import Cells, Lines, blocks, cells
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import Document
from wortlaut.model.batch import Batch, Meta, in_batches
from wortlaut.model.columns import Bools, Ints, Spans, TokenTable, run_starts

#: Misprints in published files, by file name: tag as printed → as meant. Elsewhere they are errors.
KNOWN_FAULTS = {
    # Europeana Newspapers, commit 6bf838d: 31 tokens have no tag, and one has a v.
    "enp_DE.sbb.bio": {
        "": "O", "v": "O", "B.PER": "B-PER", "B_PER": "B-PER", "B-PEr": "B-PER", "B-ER": "B-PER",
        "I-PEr": "I-PER", "B_LOC": "B-LOC", "B-LOCer": "B-LOC", "B-OLOC": "B-LOC", "B-ORg": "B-ORG",
        "I_ORG": "I-ORG",
    },
    "enp_DE.lft.bio": {"B-BER": "B-PER"},
}  # fmt: skip
_TAG = re.compile(r"O|[BIESLU]-\S+")
#: Labels of chunks (CoNLL-2000 and 2003): they stand beside names in tags of the same form.
_CHUNKS = frozenset("NP VP PP ADVP ADJP SBAR PRT CONJP INTJ LST UCP NC VC PC AC ADVC ADJC".split())
_GAP = re.compile("[ \t]+")
#: Digits of the number of a token.
_DIGITS = 18
_INDEX = re.compile(rf"[0-9]{{1,{_DIGITS}}}(?:-[0-9]{{1,{_DIGITS}}})?")
_NO_SPACE = re.compile(rb"SpaceAfter=No")
#: What a document may start with.
_START = re.compile(rb"^(?:-DOCSTART-|#[^\S\n]*(?:newdoc|file))", re.MULTILINE)
_COMMENT = re.compile(r"#\s*(?P<key>[^\s=:][^=:]*?)\s*[=:](?:\s+(?P<value>.*?))?\s*$")
_MARK = "-DOCSTART-"
_MARKS = ("newdoc", "newdoc id", "file")
_BROKEN = "its tags break the scheme"
_EXPECTED = "Expected lines such as 'Berlin B-LOC': the token first, its tag last."
#: Lines looked at to find the layout.
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where things stand in a file: columns from 0; ``numbered`` says that the first one counts tokens.

    ``tags``: the columns of levels 1, 2, ….
    """

    tabs: bool
    width: int
    numbered: bool
    token: int
    tags: tuple[int, ...]
    scheme: str
    strict: bool = False

    def columns(self, line: str) -> list[str]:
        """Those of a line, without an empty one behind the last."""
        return _without_empty(_columns(line, self.tabs), self.width)

    def tagged(self, row: list[str]) -> bool:
        return len(row) == self.width and all(_TAG.fullmatch(row[column]) for column in self.tags)


def batches(
    path: Path,
    *,
    scheme: str | None = None,
    token: str | None = None,
    tag: str | tuple[str, ...] = (),
    mode: str = "default",
    documents: str | None = None,
    losses: Losses | None = None,
) -> Iterator[Batch]:
    """Every document of a file, or of a folder's files that end in .conll, .bio, .iob2, .tsv and the like.

    ``scheme`` is IO or one of :data:`wortlaut.formats.columns.SCHEMES`; ``token`` and ``tag`` are columns
    counted from 1, ``tag`` one a level. What is not given is found out. ``mode``: ``strict`` reads no name
    whose tags break the scheme, as seqeval does. ``documents``: how many sentences (documents, where the file
    marks them) are read as one, or ``file`` for all of a file.
    """
    if documents not in (None, "file") and not (documents.isdecimal() and int(documents)):
        raise DataError(
            f"documents={documents}", where="conll", hint="Write a number of sentences, or documents=file."
        )
    if scheme is not None and scheme not in (*SCHEMES, IO):
        raise unknown_name("tag scheme", scheme, (*SCHEMES, IO))
    if mode not in ("default", "strict"):
        raise unknown_name("mode", mode, ("default", "strict"))
    given = [_column(column) for column in ((tag,) if isinstance(tag, str) else tag)]
    for file in files.find(path, "conll", "conllu", "germeval", named=True):
        layout = _layout(file, scheme, None if token is None else _column(token), given)
        layout = replace(layout, strict=mode == "strict")
        found = _batches(file, layout, losses)
        if documents is None:
            yield from found
        else:
            every = chain.from_iterable(batch.documents() for batch in found)
            size = None if documents == "file" else int(documents)
            yield from in_batches(joined(every, size))


read = batch_documents(batches)


def _column(number: str) -> int:
    if not number.isdecimal() or not int(number):
        raise DataError(f"{number!r} is no column", where="conll", hint="Count columns from 1: tag=3.")
    return int(number) - 1


def _columns(line: str, tabs: bool) -> list[str]:
    return line.split("\t") if tabs else _GAP.split(line.strip(" \t"))


def _without_empty(row: list[str], width: int) -> list[str]:
    return row[:-1] if len(row) == width + 1 and not row[-1] else row


def _is_aside(line: str) -> bool:
    """A comment or a mark, as far as that is known before the columns are: ``#`` can be a token, too."""
    if not line.startswith("#"):
        return line.startswith(_MARK)
    _, tab, tag = line.rpartition("\t")
    return not (tab and _TAG.fullmatch(tag))


def _layout(file: Path, scheme: str | None, token: int | None, given: list[int]) -> _Layout:
    head = ((number, line) for number, line in lines(file) if not _is_aside(line))
    sample = list(islice(head, _SAMPLE))
    filled = [(number, line) for number, line in sample if line.strip()]
    if not filled:
        raise DataError("holds no tokens", where=f"{file}:1", hint=_EXPECTED)
    tabs = "\t" in filled[0][1]
    columns = {line: _columns(line, tabs) for line in {line for _, line in sample}}  # most stand there often
    split = [columns[line] for _, line in filled]
    width = Counter(map(len, split)).most_common(1)[0][0]
    if width > 1 and not any(row[-1] for row in split if len(row) == width):
        width -= 1
    rows = [row[:width] for row in split if len(row) == width or (len(row) == width + 1 and not row[-1])]
    if beyond := [column + 1 for column in (*given, token or 0) if column >= width]:
        raise DataError(f"has {width} columns, and no column {beyond[0]}", where=f"{file}:{filled[0][0]}")
    # Nine in ten, so that a misprint does not hide the column: the line that has it is named later.
    numbered = width > 2 and sum(_INDEX.fullmatch(row[0]) is not None for row in rows) >= 0.9 * len(rows)
    numbered = numbered and token != 0
    first = int(numbered) if token is None else token
    tagged = given or _tagged(file, rows, width, first)
    if not tagged and scheme in (None, IO) and is_io([row[-1] for row in rows]):
        tagged = [width - 1]
    if not tagged:
        at = next((at for at, row in enumerate(split) if not _TAG.fullmatch(row[-1])), 0)
        shown = f"{split[at][-1]!r} is no tag" if width > 1 else "has no tag"
        raise DataError(f"{shown}, and no column holds tags", where=f"{file}:{filled[at][0]}", hint=_EXPECTED)
    if numbered and len(tagged) > 1 and not given:
        raise DataError(
            "has two columns of tags",
            where=str(file),
            hint="Outer and inner names, as in GermEval 2014? Read the file as germeval.",
        )
    layout = _Layout(tabs, width, numbered, first, tuple(tagged), scheme or "")
    own = {line: _without_empty(row, width) for line, row in columns.items()}
    table = [row if len(row := own[line]) == width else ["O"] * width for _, line in sample]
    tags = [row[column] for column in tagged for row in (*table, ["O"] * width)]
    return replace(layout, scheme=scheme or scheme_of(tags))


def _tagged(file: Path, rows: list[list[str]], width: int, token: int) -> list[int]:
    """The columns that hold tags of names: level 1, level 2, …."""
    values = {column: Counter(row[column] for row in rows) for column in range(width) if column > token}
    tags_in = {
        column: sum(count for value, count in counts.items() if _TAG.fullmatch(value))
        for column, counts in values.items()
    }
    tagged = [column for column, count in tags_in.items() if count >= 0.9 * len(rows)]
    # In a short file one misprint is more than one in ten.
    if not tagged and tags_in.get(width - 1, 0) >= 0.5 * len(rows):
        tagged = [width - 1]
    names = {column: _names([row[column] for row in rows]) for column in tagged}
    labels = {column: {label for _, _, label in found} for column, found in names.items()}
    levels = [c for c in tagged if c == tagged[-1] or not labels[c] or not labels[c] <= _CHUNKS]
    while len(levels) > 1 and not names[levels[0]]:
        del levels[0]
    for column, other in combinations(levels, 2):
        if both := names[column] & names[other]:
            raise DataError(
                f"columns {column + 1} and {other + 1} both have {min(both)[2]!r} at the same tokens",
                where=str(file),
                hint="Are they levels, or gold and prediction? Say which columns are meant: "
                f"conll?token={token + 1}&tag={column + 1}:FILE, with one more &tag= for each further level.",
            )
    return levels


def _names(tags: list[str]) -> set[tuple[int, int, str]]:
    """What a column of tags marks, in any scheme, as far as is needed to tell columns apart."""
    inside = [
        False,
        *(tag[:1] in ("I", "E", "L") and tag[1:] == before[1:] for before, tag in pairwise(tags)),
    ]
    ends = [index for index, goes_on in enumerate(inside) if not goes_on] + [len(tags)]
    return {(start, end, tags[start][2:]) for start, end in pairwise(ends) if tags[start] != "O"}


@dataclass(slots=True)
class _State:
    """What one block of a file hands to the next: the comments and the text of a sentence still to come."""

    count: int = 0
    marked: bool = False
    comments: dict[str, str] = field(default_factory=dict)
    text: str | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """Sentences of a block: ``first`` row and document of each, and the texts that stand above some.

    ``closed``: where each document ends, as a line. ``faults``: lines, rising, and what is wrong with them.
    """

    cells: Cells
    first: Ints
    document: Ints
    closed: Ints
    texts: dict[int, str]
    ids: list[str]
    comments: dict[int, dict[str, str]]
    faults: list[tuple[int, DataError]]

    def without(self, left_out: Collection[int]) -> _Block:
        """The same without some of its documents."""
        if not left_out:
            return self
        kept = ~np.isin(self.document, list(left_out))
        sizes = np.diff(self.first, append=len(self.cells.line))
        rows = np.flatnonzero(np.repeat(kept, sizes))
        documents = [number for number in range(len(self.ids)) if number not in left_out]
        sentences = {old: new for new, old in enumerate(np.flatnonzero(kept).tolist())}
        return _Block(
            self.cells.take(rows),
            np.cumsum(sizes[kept]) - sizes[kept],
            np.searchsorted(documents, self.document[kept]),
            self.closed[documents],
            {sentences[old]: text for old, text in self.texts.items() if old in sentences},
            [self.ids[number] for number in documents],
            {new: self.comments[old] for new, old in enumerate(documents) if old in self.comments},
            [],
        )


def _batches(file: Path, layout: _Layout, losses: Losses | None = None) -> Iterator[Batch]:
    state = _State()
    lenient = losses is not None and losses.lenient
    for part in blocks(file, partial(_cut, layout, state)):
        block = _block(part, layout, state)
        errors = dict[int, DataError]()
        for line, error in block.faults:
            errors.setdefault(int(np.searchsorted(block.closed, line)), error)
        block = block.without(
            errors if lenient else range(min(errors, default=len(block.ids)), len(block.ids))
        )
        batch, wrong = _batch(block, layout, losses)
        if wrong:
            block = block.without(wrong if lenient else range(min(wrong), len(block.ids)))
            batch, _ = _batch(block, layout, losses)
        assert batch is not None
        yield batch
        for _, error in (*sorted(wrong.items()), *sorted(errors.items())):
            with tolerated(None if error is part.fault else losses, "document"):
                raise error


def _cut(layout: _Layout, state: _State, data: bytes) -> int:
    """Where the last document of a block begins: at a mark, or where no mark was, behind an empty line."""
    hold = data.startswith(b"#") or b"\n#" in data or _MARK.encode() in data
    for found in reversed(list(_START.finditer(data)) if hold else []):
        line = data[found.start() : data.find(b"\n", found.start())].decode(errors="replace").rstrip("\r")
        if line.startswith(_MARK) or (
            not layout.tagged(layout.columns(line)) and _comment(line)[0] in _MARKS
        ):
            return found.start()
    ends = () if state.marked else ((data.rfind(end), len(end)) for end in (b"\n\n", b"\n\r\n"))
    return max((at + length for at, length in ends if at >= 0), default=0)


def _block(lines: Lines, layout: _Layout, state: _State) -> _Block:
    faults = [] if lines.fault is None else [(len(lines), lines.fault)]
    blank = lines.blank("\ufeff")
    asides = dict.fromkeys(lines.starting(_MARK.encode()), ("newdoc", ""))
    for line in lines.starting(b"#"):
        if not layout.tagged(layout.columns(text := lines.text(line))):
            asides[line] = _comment(text)
    marks = np.asarray(sorted(line for line, (key, _) in asides.items() if key in _MARKS), np.int64)
    filled = ~blank
    filled[list(asides)] = False
    rows = np.flatnonzero(filled)
    table, fault = _cells(lines, rows, layout)
    faults += fault

    blank[marks] = True
    breaks = np.flatnonzero(blank)
    before = np.cumsum(blank)[rows]
    first = np.flatnonzero(run_starts(before))
    stop = np.append(breaks, len(lines))[before[first]]
    behind = np.searchsorted(marks, rows[first])  # so many marks stand before the sentence
    alone = (behind == 0) & (not state.marked)
    opens = alone | run_starts(behind)
    document = np.cumsum(opens) - 1
    last = np.append(opens[1:], True)[: len(opens)]
    closed = np.where(alone, stop, np.append(marks, len(lines))[behind])[last]
    names = [asides[int(marks[n - 1])][1] if n else "" for n in behind[opens].tolist()]
    stem = unpacked(lines.file).stem
    ids = [name or f"{stem}-{number:06d}" for number, name in enumerate(names, state.count + 1)]

    comments = {0: state.comments} if state.comments else {}
    texts = {} if state.text is None else {0: state.text}
    for line, (key, value) in sorted(asides.items()):
        here, passed = int(np.searchsorted(stop, line)), int(np.searchsorted(marks, line))
        if key == "text":
            if here in texts or (here < len(first) and rows[first[here]] < line):
                faults.append(
                    (line, DataError("a second text, or one after its tokens", where=lines.where(line)))
                )
            texts[here] = value
        elif key not in _MARKS:
            at = here if not passed and not state.marked else int(np.searchsorted(behind, passed))
            own = comments.setdefault(int(document[at]) if at < len(first) else len(ids), {})
            own[key] = f"{own[key]}; {value}" if key in own else value
    state.count += len(ids)
    state.marked = state.marked or bool(len(marks))
    state.text, state.comments = texts.pop(len(first), None), comments.pop(len(ids), {})
    faults.sort(key=itemgetter(0))
    return _Block(table, first, document, closed, texts, ids, comments, faults)


def _cells(lines: Lines, rows: Ints, layout: _Layout) -> tuple[Cells, list[tuple[int, DataError]]]:
    """The cells of the rows, and those that have too many or too few, or no token."""
    table = cells(lines, rows, layout.width, tabs=layout.tabs)
    bare = "" in KNOWN_FAULTS.get(lines.file.name, {})
    faults = []
    for row in table.odd.tolist():
        line = int(rows[row])
        text = lines.text(line)
        fields = layout.columns(text)
        if layout.width == 2 < len(fields):
            fields = [text.strip(" \t")[: -len(fields[-1])].rstrip(" \t"), fields[-1]]
        if len(fields) == 1 and bare:
            fields.append("")
        if len(fields) == layout.width:
            table.put(row, fields)
        else:
            what = f"has {counted(len(fields), 'column')}, not {layout.width}"
            faults.append((line, DataError(what, where=lines.where(line))))
    told = {line for line, _ in faults}
    for row in table.blank(layout.token):
        if (line := int(rows[row])) not in told:
            faults.append((line, DataError("has no token", where=lines.where(line))))
    return table, faults


def _batch(
    block: _Block, layout: _Layout, losses: Losses | None
) -> tuple[Batch | None, dict[int, DataError]]:
    """The documents in columns; or the first error of each that has one."""
    table, first, document, ids = block.cells, block.first, block.document, block.ids
    size, whole = len(first), len(ids)
    of = np.repeat(np.arange(size), np.diff(first, append=len(table.line)))
    laid, wrong = _all_laid_out(block, layout, of)
    word, unit = np.ones((2, len(of)), np.bool_)
    for sentence, one in laid.items():
        word[first[sentence] + np.asarray(one.dashed, np.int64)] = False
        unit[first[sentence] + np.asarray(one.covered, np.int64)] = False
    levels = []
    for column in layout.tags:
        level, strange = _level(table, column, layout, word)
        levels.append(level)
        wrong += [(int(of[row]), error) for row, error in strange]
    if wrong:
        errors = dict[int, DataError]()
        for sentence, error in sorted(wrong, key=itemgetter(0)):
            errors.setdefault(int(document[sentence]), error)
        return None, errors
    texts, start, end = texts_of(table, layout.token, of, first, document, laid)
    in_document = document[of]

    found: list[tuple[Ints, ...]] = []
    repaired, labels, lost = np.zeros(whole, np.int64), dict[str, int](), list[int]()
    words = np.flatnonzero(word)
    scheme = "IOB1" if layout.scheme == IO else layout.scheme
    for number, (names, code, misprinted) in enumerate(levels, 1):
        marked = phrases(names, code[words], of[words], size, scheme, strict=layout.strict)
        known = np.asarray([labels.setdefault(name, len(labels)) for name in marked.labels], np.int64)
        level_of = np.full(len(marked.first), number, np.int64)
        found.append(
            (marked.sentence, words[marked.first], words[marked.last], known[marked.label], level_of)
        )
        repaired += np.bincount(document[marked.sentence], marked.broken, whole).astype(np.int64)
        repaired += np.bincount(in_document, misprinted, whole).astype(np.int64)
        lost += [document[sentence] for sentence in marked.lost.tolist()]
    where, opens, closes, label, level_of = map(np.concatenate, zip(*found, strict=True))
    order = np.lexsort((opens, level_of, where))
    place, opens, closes = document[where[order]], opens[order], closes[order]
    spans = Spans(place, start[opens], end[closes], label[order], place, level=level_of[order])
    read = {layout.numbered - 1, layout.token, *layout.tags}
    unread = " ".join(str(column + 1) for column in range(layout.width) if column not in read)

    tokens = TokenTable(in_document[unit], start[unit], end[unit]).small()
    comments, packed = block.comments, packed_tokens(tokens, whole)

    def meta(document: int) -> Meta:
        known = {"scheme": layout.scheme, "tokens": packed(document), **comments.get(document, {})}
        counted = {"columns_not_read": unread, "repaired_tags": str(repaired[document] or "")}
        return tuple((known | {key: value for key, value in counted.items() if value}).items())

    if losses is not None and lost:
        losses.include("entity", _BROKEN, len(lost), [ids[number] for number in sorted(lost)])
    keys = {"scheme", "tokens", *chain.from_iterable(comments.values())}
    keys |= {"columns_not_read"} if unread else set()
    keys |= {"repaired_tags"} if repaired.any() else set()
    return Batch(ids, texts, spans, tuple(labels), {}, tokens, frozenset(keys), meta), {}


def _level(
    table: Cells, column: int, layout: _Layout, word: Bools
) -> tuple[tuple[list[tuple[str, str | None]], Ints, Bools], list[tuple[int, DataError]]]:
    """The distinct tags, that of each row, and which rows are misprinted; and the rows of wrong ones."""
    faults = KNOWN_FAULTS.get(table.lines.file.name, {})
    tags, code = table.column(column)
    parsed, wrong = letters([faults.get(tag, tag) for tag in tags], code, table.where, layout.scheme)
    misprinted = np.isin(code, [number for number, tag in enumerate(tags) if tag in faults])
    return (parsed, code, misprinted), [(row, error) for row, error in wrong if word[row]]


def _all_laid_out(
    block: _Block, layout: _Layout, of: Ints
) -> tuple[dict[int, Laid], list[tuple[int, DataError]]]:
    """The sentences whose text is not their tokens with a space between; and those that are wrong."""
    table, lines = block.cells, block.cells.lines
    special = set(block.texts)
    if layout.numbered:
        start, end = table.start[:, 0], table.end[:, 0]
        digits = np.concatenate([[0], np.cumsum((lines.array >= ord("0")) & (lines.array <= ord("9")))])
        plain = (digits[end] - digits[start] == end - start) & (start < end) & (end - start <= _DIGITS)
        special.update(of[~plain].tolist())
    if layout.width > 2:
        places = [found.start() for found in _NO_SPACE.finditer(lines.data)]
        rows = np.searchsorted(table.line, np.searchsorted(lines.start, places, side="right") - 1)
        special.update(of[rows[rows < len(of)]].tolist())
    laid: dict[int, Laid] = {}
    wrong = []
    faults = KNOWN_FAULTS.get(lines.file.name, {})
    for sentence in sorted(special):
        here = range(*np.searchsorted(of, [sentence, sentence + 1]))
        try:
            own = [(lines.where(int(table.line[row])), table.row(row)) for row in here]
            laid[sentence] = _laid_out(own, block.texts.get(sentence), layout, faults)
        except DataError as error:
            wrong.append((sentence, error))
    return laid, wrong


def _laid_out(
    rows: list[tuple[str, list[str]]], text: str | None, layout: _Layout, faults: Mapping[str, str]
) -> Laid:
    units: list[tuple[str, str, str]] = []  # where, surface, what follows it
    place, covered, dashed = [], [], []
    until = -1  # the last word of the multi-word token that is open
    for row, (where, fields) in enumerate(rows):
        first, dash, last = fields[0].partition("-") if layout.numbered else ("", "", "")
        if layout.numbered and not _INDEX.fullmatch(fields[0]):
            raise DataError(f"{fields[0]!r} is not the number of a token", where=where)
        if dash and not {faults.get(fields[column], fields[column]) for column in layout.tags} <= {
            "O",
            "_",
            "-",
        }:
            raise DataError("a multi-word token has a tag beside those of its words", where=where)
        if not first or int(first) > until:
            after = "" if any("SpaceAfter=No" in column.split("|") for column in fields[2:]) else " "
            units.append((where, fields[layout.token], after))
        else:
            covered.append(row)
        if dash:
            until = int(last)
            dashed.append(row)
        place.append(len(units) - 1)
    if text is None:
        text, own = lay_out((surface, after) for _, surface, after in units)
    else:
        own = _aligned(text, units)
    return Laid(text, [own[at] for at in place], covered, dashed)


def _aligned(text: str, units: list[tuple[str, str, str]]) -> list[tuple[int, int]]:
    offsets: list[tuple[int, int]] = []
    position = 0
    for where, surface, _ in units:
        start = position + len(text[position:]) - len(text[position:].lstrip())
        if not text.startswith(surface, start):
            raise DataError(
                f"token {surface!r} is not what follows in the sentence's text: {text[start : start + 30]!r}",
                where=where,
                hint="Correct the token or the '# text =' line above it.",
            )
        position = start + len(surface)
        offsets.append((start, position))
    if rest := text[position:].strip():
        raise DataError(f"the sentence's text goes on after its last token: {rest!r}", where=units[-1][0])
    return offsets


def _comment(line: str) -> tuple[str, str]:
    found = _COMMENT.match(line)
    if found is None:
        bare = line.lstrip("# \t").rstrip()
        return (bare, "") if bare in _MARKS else ("comment", bare)
    return found["key"], found["value"] or ""


def write(path: Path, documents: Iterable[Document], scheme: str = "IOB2") -> Losses:
    """Write one file. ``scheme`` is one of :data:`wortlaut.formats.columns.SCHEMES`."""
    if scheme not in SCHEMES:
        raise unknown_name("tag scheme", scheme, SCHEMES)
    return write_views(path, documents, Losses("conll"), partial(_written, scheme), mark=_MARK)


join = files.concatenate


def _written(scheme: str, view: TokenView, losses: Losses) -> Iterator[str]:
    document = view.document
    yield f"# newdoc id = {comment_id(document, losses)}"
    # The text may be laid out anew, so offsets into it would be wrong.
    yield from (
        f"# {key} = {value}"
        for key, value in comments(document, losses, (*_MARKS, "text", "lines"), _is_comment)
    )
    (outer,) = taggable(view, losses, ())
    # A sentence is tagged by itself: no phrase of IOB1 touches one of the sentence before.
    texts = []
    for start, end in view.sentences:
        words = range(start, end)
        inner = [(first - start, last - start, e.label) for first, last, e in outer if start <= first < end]
        text = document.text[view.words[start][0] : view.words[end - 1][1]]
        if "\t" in text or "\n" in text:  # a comment holds neither
            text = " ".join(map(view.surface, words))
        else:
            yield f"# text = {text}"
        texts.append(text)
        for index, tag in zip(words, encode(inner, len(words), scheme), strict=True):
            yield f"{view.surface(index)}\t{tag}"
        yield ""
    if "\n".join(texts) != document.text:
        losses.add("text", document, "white space around sentences becomes one line feed")


def _is_comment(key: str, value: str) -> bool:
    return bool(value) and "\n" not in value and _comment(f"# {key} = {value}") == (key, value)
