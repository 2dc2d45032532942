"""CoNLL and IOB files: a token a line, its tag in a column, a blank line after a sentence.

Found by looking at the first lines of each file: the separator (tab, or spaces), the token's column (the
first, or the second after a column of numbers), the columns of tags (those of chunks apart) and the
scheme (IOB1, IOB2 also called BIO, BIOES, BILOU; IO where no tag has a prefix). Two columns parted by spaces
allow a token with spaces in it. CoNLL-2003, UNER's ``.iob2`` and Europeana's ``.bio`` are such files.

Several columns of tags are levels, the first of them level 1, as in corpora of nested names. Where two have
a name in common they may as well be gold and prediction: then it is an error, and the columns must be given,
as in ``conll?token=1&tag=3&tag=4:FILE``. An empty column at the end is none.

A document starts at ``-DOCSTART-``, ``# newdoc`` and ``# file:``; where a file has none, a sentence is a
document. Its id is the mark's, else the file's name and a number. Text: ``# text =`` where the sentence
has one, checked token by token; else the tokens with a space between, none after ``SpaceAfter=No``.
Sentences are parted by a line feed. Words of a multi-word token (``7-8``) each stand for all of it.

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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, combinations, islice, pairwise
from pathlib import Path

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats import files
from wortlaut.formats.columns import (
    SCHEMES,
    TokenView,
    comment_id,
    comments,
    decode,
    encode,
    lay_out,
    pack,
    taggable,
    write_views,
)
from wortlaut.formats.losses import Losses
from wortlaut.io.reading import lines, unpacked
from wortlaut.model import Annotations, Document, Entity, Span

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
_PREFIXED = re.compile(r"[BIESLU](?:-.*)?")
#: Labels of chunks (CoNLL-2000 and 2003): they stand beside names in tags of the same form.
_CHUNKS = frozenset("NP VP PP ADVP ADJP SBAR PRT CONJP INTJ LST UCP NC VC PC AC ADVC ADJC".split())
_GAP = re.compile("[ \t]+")
_INDEX = re.compile(r"[0-9]{1,18}(?:-[0-9]{1,18})?")
_COMMENT = re.compile(r"#\s*(?P<key>[^\s=:][^=:]*?)\s*[=:](?:\s+(?P<value>.*?))?\s*$")
_IO = "IO"
_MARK = "-DOCSTART-"
_MARKS = ("newdoc", "newdoc id", "file")
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

    def columns(self, line: str) -> list[str]:
        """Those of a line, without an empty one behind the last."""
        row = _columns(line, self.tabs)
        return row[:-1] if len(row) == self.width + 1 and not row[-1] else row

    def tagged(self, row: list[str]) -> bool:
        return len(row) == self.width and all(_TAG.fullmatch(row[column]) for column in self.tags)


@dataclass(slots=True)
class _Sentence:
    rows: list[tuple[int, list[str]]] = field(default_factory=list)  # line number, columns
    text: str | None = None


@dataclass(slots=True)
class _Part:
    """A document while its lines come in."""

    name: str | None = None
    comments: dict[str, str] = field(default_factory=dict)
    sentences: list[_Sentence] = field(default_factory=list)
    repaired: int = 0


def read(
    path: Path,
    *,
    scheme: str | None = None,
    token: str | None = None,
    tag: str | tuple[str, ...] = (),
) -> Iterator[Document]:
    """Every document of a file, or of a folder's files that end in .conll, .bio, .iob2, .tsv and the like.

    ``scheme`` is IO or one of :data:`wortlaut.formats.columns.SCHEMES`; ``token`` and ``tag`` are columns
    counted from 1, ``tag`` one a level. What is not given is found out.
    """
    if scheme is not None and scheme not in (*SCHEMES, _IO):
        raise unknown_name("tag scheme", scheme, (*SCHEMES, _IO))
    given = [_column(column) for column in ((tag,) if isinstance(tag, str) else tag)]
    for file in files.find(path, "conll", "conllu", "germeval", named=True):
        layout = _layout(file, scheme, None if token is None else _column(token), given)
        for count, part in enumerate(_parts(file, layout), 1):
            yield _document(file, layout, part, count)


def _column(number: str) -> int:
    if not number.isdecimal() or not int(number):
        raise DataError(f"{number!r} is no column", where="conll", hint="Count columns from 1: tag=3.")
    return int(number) - 1


def _columns(line: str, tabs: bool) -> list[str]:
    return line.split("\t") if tabs else _GAP.split(line.strip(" \t"))


def _is_aside(line: str) -> bool:
    """A comment or a mark, as far as that is known before the columns are: ``#`` can be a token, too."""
    _, tab, tag = line.rpartition("\t")
    return line.startswith(_MARK) or (line.startswith("#") and not (tab and _TAG.fullmatch(tag)))


def _layout(file: Path, scheme: str | None, token: int | None, given: list[int]) -> _Layout:
    head = ((number, line) for number, line in lines(file) if not _is_aside(line))
    sample = list(islice(head, _SAMPLE))
    filled = [(number, line) for number, line in sample if line.strip()]
    if not filled:
        raise DataError("holds no tokens", where=f"{file}:1", hint=_EXPECTED)
    tabs = "\t" in filled[0][1]
    split = [_columns(line, tabs) for _, line in filled]
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
    if not tagged and scheme in (None, _IO) and _is_io([row[-1] for row in rows]):
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
    table = [row if len(row := layout.columns(line)) == width else ["O"] * width for _, line in sample]
    tags = [row[column] for column in tagged for row in (*table, ["O"] * width)]
    return replace(layout, scheme=scheme or (_IO if _is_io(tags) else _scheme(tags)))


def _tagged(file: Path, rows: list[list[str]], width: int, token: int) -> list[int]:
    """The columns that hold tags of names: level 1, level 2, …."""
    tags_in = {
        column: sum(_TAG.fullmatch(row[column]) is not None for row in rows)
        for column in range(width)
        if column > token
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


def _is_io(tags: list[str]) -> bool:
    """Whether these are labels without a prefix, as IO has them."""
    labels = set(tags) - {"O", ""}
    return "O" in tags and bool(labels) and not any(map(_PREFIXED.fullmatch, labels))


def _scheme(tags: list[str]) -> str:
    prefixes = {tag[0] for tag in tags if tag[1:2] == "-"}
    if prefixes & {"S", "E"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    changes = [tag[0] for before, tag in pairwise(["O", *tags]) if tag[1:2] == "-" and before[2:] != tag[2:]]
    # IOB1 writes B- only between two neighbours of one label.
    return "IOB1" if "I" in changes and "B" not in changes else "IOB2"


def _parts(file: Path, layout: _Layout) -> Iterator[_Part]:
    faults = KNOWN_FAULTS.get(file.name, {})
    part, sentence, marked = _Part(), _Sentence(), False
    for number, line in chain(lines(file), [(0, "")]):  # the end of the file ends a sentence
        where = f"{file}:{number}"
        fields = layout.columns(line)
        comment = line.startswith("#") and not layout.tagged(fields)
        key, value = _comment(line) if comment else ("", "")
        start = line.startswith(_MARK) or key in _MARKS
        if (start or not line.strip()) and sentence.rows:
            part.sentences.append(sentence)
            sentence = _Sentence()
        if part.sentences and (start or not marked):
            yield part
            part = _Part()
        if start:
            marked, part.name = True, value or None
        elif key == "text":
            if sentence.rows or sentence.text is not None:
                raise DataError("a second text, or one after its tokens", where=where)
            sentence.text = value
        elif comment:
            part.comments[key] = f"{part.comments[key]}; {value}" if key in part.comments else value
        elif line.strip():
            if layout.width == 2 < len(fields):
                fields = [line.strip(" \t")[: -len(fields[-1])].rstrip(" \t"), fields[-1]]
            if len(fields) == 1 and "" in faults:
                fields.append("")
            if len(fields) != layout.width:
                raise DataError(f"has {len(fields)} columns, not {layout.width}", where=where)
            for column in layout.tags:
                if fields[column] in faults:
                    fields[column] = faults[fields[column]]
                    part.repaired += 1
            if not fields[layout.token].strip():
                raise DataError("has no token", where=where)
            sentence.rows.append((number, fields))
    if part.sentences:
        yield part


def _comment(line: str) -> tuple[str, str]:
    found = _COMMENT.match(line)
    if found is None:
        bare = line.lstrip("# \t").rstrip()
        return (bare, "") if bare in _MARKS else ("comment", bare)
    return found["key"], found["value"] or ""


def _document(file: Path, layout: _Layout, part: _Part, count: int) -> Document:
    texts: list[str] = []
    offsets: list[tuple[int, int]] = []
    entities: list[Entity] = []
    repaired, position = part.repaired, 0
    for sentence in part.sentences:
        units, words = _units(sentence, layout, file)
        if sentence.text is None:
            text, own = lay_out((unit[1], unit[2]) for unit in units)
        else:
            text, own = sentence.text, _aligned(sentence.text, units, file)
        own = [(start + position, end + position) for start, end in own]
        for level, column in enumerate(layout.tags, 1):
            phrases, broken = _phrases([row[column] for _, row, _ in words], layout, file, words)
            repaired += broken
            entities += (
                Entity(Span.of(own[words[first][2]][0], own[words[last - 1][2]][1]), label, level)
                for first, last, label in phrases
            )
        texts.append(text)
        offsets += own
        position += len(text) + 1
    read = {layout.numbered - 1, layout.token, *layout.tags}
    counted = {
        "columns_not_read": " ".join(str(column + 1) for column in range(layout.width) if column not in read),
        "repaired_tags": str(repaired or ""),
    }
    meta = {"scheme": layout.scheme, "tokens": pack(offsets), **part.comments}
    meta |= {key: value for key, value in counted.items() if value}
    return Document(
        part.name or f"{unpacked(file).stem}-{count:06d}",
        "\n".join(texts),
        Annotations(tuple(entities)),
        tuple(meta.items()),
    )


def _phrases(
    tags: list[str], layout: _Layout, file: Path, words: list[tuple[int, list[str], int]]
) -> tuple[list[tuple[int, int, str]], int]:
    def place(index: int) -> str:
        return f"{file}:{words[index][0]}"

    if layout.scheme != _IO:
        return decode(tags, place, layout.scheme)
    for index, tag in enumerate(tags):
        if _PREFIXED.fullmatch(tag):
            raise DataError(f"{tag!r} has a prefix, and other tags have none", where=place(index))
    # In IOB1, too, neighbours of one label are one name unless B- parts them.
    return decode([tag if tag == "O" else f"I-{tag}" for tag in tags], place, "IOB1")


def _units(
    sentence: _Sentence, layout: _Layout, file: Path
) -> tuple[list[tuple[int, str, str]], list[tuple[int, list[str], int]]]:
    """What stands in the text (line, surface, what follows it), and the words (line, columns, their unit)."""
    units: list[tuple[int, str, str]] = []
    words: list[tuple[int, list[str], int]] = []
    covered = -1  # the last word of the multi-word token that is open
    for number, row in sentence.rows:
        first, dash, last = row[0].partition("-") if layout.numbered else ("", "", "")
        if layout.numbered and not _INDEX.fullmatch(row[0]):
            raise DataError(f"{row[0]!r} is not the number of a token", where=f"{file}:{number}")
        if dash and not {row[column] for column in layout.tags} <= {"O", "_", "-"}:
            raise DataError(
                "a multi-word token has a tag beside those of its words", where=f"{file}:{number}"
            )
        if not first or int(first) > covered:
            after = "" if any("SpaceAfter=No" in column.split("|") for column in row[2:]) else " "
            units.append((number, row[layout.token], after))
        if dash:
            covered = int(last)
        else:
            words.append((number, row, len(units) - 1))
    return units, words


def _aligned(text: str, units: list[tuple[int, str, str]], file: Path) -> list[tuple[int, int]]:
    offsets: list[tuple[int, int]] = []
    position = 0
    for number, surface, _ in units:
        start = position + len(text[position:]) - len(text[position:].lstrip())
        if not text.startswith(surface, start):
            raise DataError(
                f"token {surface!r} is not what follows in the sentence's text: {text[start : start + 30]!r}",
                where=f"{file}:{number}",
                hint="Correct the token or the '# text =' line above it.",
            )
        position = start + len(surface)
        offsets.append((start, position))
    if rest := text[position:].strip():
        raise DataError(
            f"the sentence's text goes on after its last token: {rest!r}", where=f"{file}:{units[-1][0]}"
        )
    return offsets


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
