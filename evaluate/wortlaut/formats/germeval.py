"""GermEval 2014 (Benikova et al. 2014): TSV with the outer and the inner names in two BIO columns.

A sentence is a document: the corpus was sampled sentence by sentence. Its id is the file's name and its
number in it; the comment line before it gives ``source`` and ``date`` in ``meta``. The text is the tokens
joined by spaces, since the format does not say where none stood. ``meta`` also holds the ``tokens``. A
name that starts with I- is opened there, as conlleval does it; ``repaired_tags`` in ``meta`` counts
those. A column after the inner names, if there is one, is level 3.

Written: levels 1 and 2, ``source`` and ``date``; the file's name and the number make the ids. Lost are
the ids and bounds of documents of several sentences, white space other than a space between tokens, names
that are not whole tokens of one sentence or have other labels, everything beside a label, quotes,
clusters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count, islice
from operator import itemgetter
from pathlib import Path

import numpy as np

from wortlaut.errors import DataError, counted
from wortlaut.formats import files
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.batch import letters, packed_tokens, phrases, texts_of
from wortlaut.formats.columns import LAYOUT, TokenView, encode, taggable, write_views
from wortlaut.formats.losses import Losses
from wortlaut.formats.table import Cells, Lines, blocks, cells
from wortlaut.io.reading import unpacked
from wortlaut.model import ENTITY_LABELS, Document
from wortlaut.model.batch import Batch, Meta
from wortlaut.model.columns import Ints, Spans, TokenTable

_DATE = re.compile(r"\[([^\]]*)\]\s*$")


_KNOWN = ", ".join(ENTITY_LABELS)
#: How a file in this shape with labels of its own is read.
_OTHERS = "Other labels in this shape: conll?token=2&tag=3&tag=4:FILE"
_NUMBER = re.compile("[1-9][0-9]{0,8}")


def batches(path: Path) -> Iterator[Batch]:
    """Every sentence of a ``.tsv`` file or of a folder of them."""
    for file in files.find(path, "germeval", named=True):
        state = _State()
        for part in blocks(file, _cut):
            batch, fault = _batch(part, state)
            yield batch
            if fault is not None:
                raise fault
        if state.comment:
            raise DataError("ends with a comment line and no sentence: is it cut off?", where=str(file))


read = batch_documents(batches)


@dataclass(slots=True)
class _State:
    """What one block of a file hands to the next: the number of sentences so far, the comment of the next."""

    count: int = 0
    comment: str = ""


def _cut(data: bytes) -> int:
    """Where the last empty line ends."""
    ends = ((data.rfind(end), len(end)) for end in (b"\n\n", b"\n\r\n"))
    return max((at + length for at, length in ends if at >= 0), default=0)


def _batch(lines: Lines, state: _State) -> tuple[Batch, DataError | None]:
    """The sentences of a block before the first that is wrong, and what is wrong there."""
    aside = lines.head == ord("#")
    rows = np.flatnonzero((lines.start < lines.end) & ~aside)
    first = np.flatnonzero(np.diff(rows, prepend=-2) != 1)
    comments = {0: state.comment} if state.comment else {}
    faults = [] if lines.fault is None else [(len(lines), lines.fault)]
    asides = np.flatnonzero(aside)
    places = np.searchsorted(rows[first], asides).tolist()
    for line, place, text in zip(asides.tolist(), places, lines.texts(asides), strict=True):
        if place in comments:
            faults.append((line, DataError("a comment line follows another", where=lines.where(line))))
        comments[place] = text
    ahead = comments.pop(len(first), "")
    table = cells(lines, rows, 6, tabs=True)
    of = np.cumsum(np.diff(rows, prepend=-2) != 1) - 1
    faults += _faults(table, first, of)
    line, fault = min(faults, key=itemgetter(0), default=(len(lines) + 1, None))
    # A sentence ends at the line behind its last token.
    size = int(np.searchsorted(rows[np.append(first[1:], len(rows))[: len(first)] - 1] + 1, line))

    found: list[tuple[Ints, ...]] = []
    errors: dict[int, DataError] = {}
    repaired, labels = np.zeros(len(first), np.int64), dict[str, int]()
    for level in (1, 2, 3):
        tags, code = table.column(level + 1)
        if level == 3 and tags == [""]:
            continue
        # Not every sentence has a third level.
        parsed, wrong = letters([tag or "O" if level == 3 else tag for tag in tags], code, table.where)
        marked = phrases(parsed, code, of, len(first), "IOB2")
        names = np.asarray([labels.setdefault(name, len(labels)) for name in marked.labels], np.int64)
        unknown = [place for place, name in enumerate(marked.labels) if name not in ENTITY_LABELS]
        for at in np.flatnonzero(np.isin(marked.label, unknown)).tolist():
            what = f"unknown label {marked.labels[marked.label[at]]!r}"
            where = table.where(row := int(marked.first[at]))
            wrong.append((row, DataError(what, where=where, hint=f"GermEval 2014 has {_KNOWN}. {_OTHERS}")))
        for row, error in wrong:
            errors.setdefault(int(of[row]), error)
        repaired += np.bincount(marked.sentence, marked.broken, len(first)).astype(np.int64)
        levels = np.full(len(marked.first), level)
        found.append((marked.sentence, marked.first, marked.last, names[marked.label], levels))
    if (wrong_one := min(errors, default=size)) < size:
        size, fault = wrong_one, errors[wrong_one]
    own = slice(int(np.searchsorted(of, size)))
    table, of, first = table.take(own), of[own], first[:size]
    texts, start, end = texts_of(table, 1, of, first, np.arange(size), {})
    sentence, opens, closes, label, level_of = map(np.concatenate, zip(*found, strict=True))
    order = np.lexsort((opens, level_of, sentence))
    order = order[: np.searchsorted(sentence[order], size)]
    place = sentence[order]
    spans = Spans(place, start[opens[order]], end[closes[order]], label[order], place, level=level_of[order])
    stem = unpacked(lines.file).stem
    ids = [f"{stem}-{number:06d}" for number in range(state.count + 1, state.count + 1 + size)]
    state.count, state.comment = state.count + size, ahead

    tokens = TokenTable(of, start, end)
    broken, packed = repaired.tolist(), packed_tokens(tokens, size)
    said = [_said(comments[sentence]) if sentence in comments else {} for sentence in range(size)]

    def meta(sentence: int) -> Meta:
        own = {**said[sentence], "tokens": packed(sentence)}
        return tuple((own | {"repaired_tags": str(broken[sentence])} if broken[sentence] else own).items())

    keys = {"tokens", *chain.from_iterable(said)} | ({"repaired_tags"} if any(broken[:size]) else set())
    return Batch(ids, texts, spans, tuple(labels), {}, tokens, frozenset(keys), meta), fault


def _faults(table: Cells, first: Ints, of: Ints) -> Iterator[tuple[int, DataError]]:
    """The line of the first row with too many or too few cells, another number than its place, no token."""
    width = table.count - ((table.count == 5) & (table.start[:, 4] == table.end[:, 4]))
    odd = np.flatnonzero(((width != 4) & (width != 5)) | (width != width[first][of]))
    numbers, code = table.column(0)
    number = np.asarray([int(own) if _NUMBER.fullmatch(own) else 0 for own in numbers], np.int64)[code]
    place = np.arange(len(of)) - first[of] + 1
    hint = "Expected number, token, outer tag, inner tag (and at most one more), separated by tabs."
    for row in odd[:1].tolist():
        fields = table.lines.text(int(table.line[row])).count("\t") + 1
        what = f"has {counted(int(width[row]) if fields == 5 else fields, 'column')}"
        yield int(table.line[row]), DataError(what, where=table.where(row), hint=hint)
    for row in np.flatnonzero(number != place)[:1].tolist():
        what = f"is token {table.text(row, 0)!r} where {place[row]} should be"
        yield int(table.line[row]), DataError(what, where=table.where(row))
    for row in table.blank(1)[:1]:
        yield int(table.line[row]), DataError("has no token", where=table.where(row))


def _said(line: str) -> dict[str, str]:
    """Source and date, as far as a comment line has them."""
    date = _DATE.search(line)
    found = {"source": line[1 : date.start() if date else None].strip(), "date": date[1] if date else ""}
    return {key: value for key, value in found.items() if value}


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write one file; it gets the name that the ids are made from."""
    ids = (f"{unpacked(path).stem}-{number:06d}" for number in count(1))

    def lines(view: TokenView, losses: Losses) -> Iterator[str]:
        first, *_ = islice(ids, len(view.sentences))
        return _written(view, first, losses)

    return write_views(path, documents, Losses("germeval"), lines)


def _written(view: TokenView, id: str, losses: Losses) -> Iterator[str]:
    document = view.document
    if document.id != id:
        losses.add("document.id", document, "ids are made from the file's name", f"becomes {id}")
    if len(view.sentences) > 1:
        losses.add("document.bounds", document, "each sentence is a document")
    comment = _source_line(document, losses)
    entities = tuple(entity for entity in document.entities if entity.label in ENTITY_LABELS)
    for entity in (entity for entity in document.entities if entity.label not in ENTITY_LABELS):
        losses.add("entity", document, "its label is none of GermEval 2014", entity.label, entity.span)
    known = document.with_annotations(replace(document.annotations, entities=entities))
    levels = taggable(replace(view, document=known), losses, (), ())
    texts = []
    for start, end in view.sentences:
        words = range(start, end)
        yield from comment
        columns = [
            encode([(f - start, t - start, e.label) for f, t, e in level if start <= f < end], len(words))
            for level in levels
        ]
        for number, (index, outer, inner) in enumerate(zip(words, *columns, strict=True), 1):
            yield f"{number}\t{view.surface(index)}\t{outer}\t{inner}"
        yield ""
        texts.append(" ".join(map(view.surface, words)))
    if len(texts) > 1 or texts[0] != document.text:
        losses.add("text", document, "one space stands between tokens, nothing else")


def _source_line(document: Document, losses: Losses) -> list[str]:
    """The comment line with source and date, as far as it gives them back; else no line."""
    meta = dict(document.meta)
    date = f" [{meta['date']}]" if "date" in meta else ""
    line = f"# {meta.get('source', '')}{date}".rstrip(" ")
    kept = {key: meta[key] for key in ("source", "date") if key in meta}
    fits = bool(kept) and _said(line) == kept and "\n" not in line and "\r" not in line
    gone = (item for item in document.meta if item[0] not in LAYOUT and not (fits and item[0] in kept))
    losses.add_all(document, meta=gone)
    return [line] if fits else []
