"""Project Dialogism Novel Corpus (Vishnubhotla, Hammond & Hirst 2022): a folder for each novel. Read only.

``quotation_info.csv`` has a row for each quotation, ``character_info.csv`` one for each character, and
``novel_text.txt`` is the text; the folder's name is the document's id. A quotation is direct; its parts are
the fragments of its content, ``quoteByteSpans`` counted in characters (the texts are ASCII) and checked
against ``subQuotationList``. White space at the ends of a span is cut off, and counted in ``meta``
(``trimmed_spans``).

- ``quoteType`` is the attribution: explicit, anaphoric, implicit; empty or ``nan``: none.
- ``speaker`` is the ``speaker_entity``: a cluster by its ``Main Name``, with its ``Aliases``, gender
  and category (``note``). An alias of one character means that one; a name that is none in the list is a
  cluster of its own. ``_unknowable`` is nobody. The corpus says who speaks, not where that is said: there are
  no spans of speakers or addressees.
- ``addressees`` are in the quote's ``note``: there is no other place for people that no span names.
- ``referringExpression`` is words without a place. The ``frame`` is where they stand nearest to the content,
  at most :data:`NEAR` characters from it; what is not there is lost.
- Mentions within quotations are mentions of all the clusters that they name. Lost are those of
  ``_unknowable``, and those of a part in which places and names differ in number.

The tables of novels and authors are not read.
"""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats import files
from wortlaut.formats.graph import not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_text
from wortlaut.model import ATTRIBUTIONS, Annotations, Cluster, Document, Quote, Span

#: How far from its quotation a referring expression may stand.
NEAR = 20
#: Column → what is in it, as Python writes it; others are words.
_QUOTATION: dict[str, Any] = {
    "quoteID": str,
    "subQuotationList": list[str],
    "quoteByteSpans": list[tuple[int, int]],
    "speaker": str,
    "addressees": list[str],
    "quoteType": str,
    "referringExpression": str,
    "mentionTextsList": list[list[str]],
    "mentionSpansList": list[list[tuple[int, int]]],
    "mentionEntitiesList": list[list[list[str]]],
}
_CHARACTER: dict[str, Any] = {"Main Name": str, "Aliases": set[str], "Gender": str, "Category": str}
_NOBODY, _NONE = "_unknowable", ("", "nan")


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """A document of each ``quotation_info.csv``, with the files beside it."""
    for file in files.find(path, "pdnc"):
        with tolerated(losses, "document"):
            yield _document(file, losses)


@dataclass(frozen=True, slots=True)
class _Novel:
    """What rows are read against, and what is collected from them."""

    text: str
    clusters: dict[str, Cluster]
    called: Mapping[str, set[str]]
    mentions: dict[str, set[Span]] = field(default_factory=lambda: defaultdict(set))
    counts: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def who(self, name: str) -> str | None:
        """The id of the cluster that is called so."""
        name = name.strip()
        if name in (_NOBODY, *_NONE):
            return None
        known = self.called.get(name, set())
        if name not in self.clusters and len(known) == 1:
            name = next(iter(known))
        self.clusters.setdefault(name, Cluster(name, name))
        return name

    def span(self, place: tuple[int, int], words: str, where: str) -> tuple[int, int]:
        start, end = place
        if not 0 <= start < end <= len(self.text) or self.text[start:end].split() != words.split():
            shown = self.text[max(start, 0) : max(end, 0)]
            what = f"the text at [{start}, {end}) is {shown[:60]!r}, not {words[:60]!r}"
            raise DataError(what, where=where, hint="Is novel_text.txt of the same version?")
        if not words.strip():
            raise DataError(f"[{start}, {end}) holds white space alone", where=where)
        found = self.text[start:end]
        start, end = start + len(found) - len(found.lstrip()), end - len(found) + len(found.rstrip())
        self.counts["trimmed_spans"] += (start, end) != place
        return start, end


def _document(file: Path, losses: Losses | None) -> Document:
    text = read_text(file.parent / "novel_text.txt", "The text of a novel stands beside its quotations.")
    clusters: dict[str, Cluster] = {}
    called: dict[str, set[str]] = defaultdict(set)
    for where, row in _rows(file.parent / "character_info.csv", _CHARACTER):
        name = row["Main Name"]
        if not name or name in clusters:
            raise DataError(f"a second character {name!r}" if name else "has no Main Name", where=where)
        note = f"gender={row['Gender']}; category={row['Category']}"
        aliases = tuple(sorted(filter(None, row["Aliases"] - {name})))
        clusters[name] = Cluster(name, name, "PER", name[:1] != "_", aliases=aliases, note=note)
        for alias in aliases:
            called[alias].add(name)
    clusters.pop(_NOBODY, None)
    novel = _Novel(text, clusters, called)
    quotes: dict[str, Quote] = {}
    for where, row in _rows(file, _QUOTATION):
        with tolerated(losses, "quote"):
            quote = _quote(row, novel, where)
            if quotes.setdefault(quote.id, quote) is not quote:
                raise DataError(f"a second quotation {quote.id!r}", where=where)
    mentioned = [
        replace(cluster, mentions=tuple(sorted(novel.mentions.get(id, ()))))
        for id, cluster in clusters.items()
    ]
    id = file.resolve().parent.name
    meta = ((name, str(count)) for name, count in novel.counts.items() if count)
    annotations = Annotations(quotes=tuple(quotes.values()), clusters=tuple(mentioned))
    return Document(id, text, annotations, (*meta, *not_read(id, +novel.unread, losses)))


def _rows(file: Path, columns: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where a row begins, and its values as their columns say."""
    rows = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    where = f"{file}:1"
    try:
        names = next(rows, [])
        if missing := [name for name in columns if name not in names]:
            hint = f"Expected {', '.join(columns)}."
            raise DataError(f"has no column {missing[0]!r}", where=where, hint=hint)
        where = f"{file}:{rows.line_num + 1}"
        for row in rows:
            if len(row) != len(names):
                raise DataError(f"has {len(row)} values for {len(names)} columns", where=where)
            cells = dict(zip(names, row, strict=True))
            yield where, {name: _value(cells[name], kind, name, where) for name, kind in columns.items()}
            where = f"{file}:{rows.line_num + 1}"
    except csv.Error as error:
        raise DataError(f"is no CSV: {error}", where=where) from None


def _value(cell: str, kind: Any, column: str, where: str) -> Any:
    if kind is str:
        return cell
    try:
        return msgspec.convert(ast.literal_eval(cell), kind)
    except (
        msgspec.ValidationError,
        ValueError,
        TypeError,
        SyntaxError,
        MemoryError,
        RecursionError,
    ) as error:
        said = str(error) if isinstance(error, msgspec.ValidationError) else "it is not as Python writes one"
        hint = "Such as [[6317, 6418]] for spans, ['Emma'] for names."
        raise DataError(f"{column} is no list of the kind: {said}", where=where, hint=hint) from None


def _quote(row: Mapping[str, Any], novel: _Novel, where: str) -> Quote:
    words, places = row["subQuotationList"], row["quoteByteSpans"]
    if not places or len(words) != len(places):
        raise DataError(f"has {len(words)} sub-quotations and {len(places)} spans", where=where)
    content = Span.joined([novel.span(place, own, where) for place, own in zip(places, words, strict=True)])
    kind = row["quoteType"].casefold()
    if kind not in (*ATTRIBUTIONS, *_NONE):
        raise unknown_name(
            "quoteType", row["quoteType"], [one.capitalize() for one in ATTRIBUTIONS], where=where
        )
    mentions = [row["mentionSpansList"], row["mentionTextsList"], row["mentionEntitiesList"]]
    if len({len(own) for own in mentions}) > 1:
        raise DataError("its lists of mentions are not as long as each other", where=where)
    for spans, texts, entities in zip(*mentions, strict=True):
        if not len(spans) == len(texts) == len(entities):
            novel.unread["mention whose names cannot be told"] += len(spans)
            continue
        for place, own, names in zip(spans, texts, entities, strict=True):
            span = Span.of(*novel.span(place, own, where))
            known = [id for id in map(novel.who, names) if id is not None]
            novel.unread["mention of nobody known"] += not known
            for id in known:
                novel.mentions[id].add(span)
    frame = None
    if row["referringExpression"] not in _NONE:
        frame = _nearest(row["referringExpression"], content, novel.text)
        novel.unread["referring expression that is not near"] += frame is None
    return Quote(
        row["quoteID"],
        "direct",
        content,
        frame=frame,
        speaker_entity=novel.who(row["speaker"]),
        attribution=None if kind in _NONE else kind,
        note=f"addressees={'; '.join(row['addressees'])}" if row["addressees"] else None,
    )


def _nearest(words: str, content: Span, text: str) -> Span | None:
    """Where the words stand nearest to a fragment, outside of all of them."""
    pattern = re.compile(r"\s+".join(map(re.escape, words.split())))
    reach = len(words) + NEAR
    found: list[tuple[int, int, int]] = []
    for start, end in content:
        before = pattern.finditer(text, max(start - reach, 0), start)
        found += ((start - match.end(), *match.span()) for match in before)
        found += ((match.start() - end, *match.span()) for match in pattern.finditer(text, end, end + reach))
    apart = [(start, end) for far, start, end in sorted(found)
             if far <= NEAR and start < end and not content.overlap(Span.of(start, end))]  # fmt: skip
    return Span.of(*apart[0]) if apart else None
