"""LitBank's quotations with its coreference (Sims & Bamman 2020; Bamman, Lewke & Mansoor 2020). Read only.

The folder of the repository, or ``quotations/tsv`` in it: in each ``*_brat.ann`` rows ``QUOTE`` (id, sentence
and token of the first and of the last word, the words) and ``ATTRIB`` (id, speaker), separated by tabs. The
text lies beside it, a sentence a line, with a space between tokens. A quotation is direct, in one piece, with
its quotation marks. There are no spans of speakers, cues or addressees.

``coref/tsv`` of the repository is read where it is there. Mentions that are names (``PROP``) are entities,
with PER, FAC, LOC, GPE, VEH and ORG as labels; others are mentions of their cluster, which is called as its
first name, else its first mention. Lost are ``COP`` and ``APPOS``, and mentions that stand in these alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files
from wortlaut.formats.columns import pack
from wortlaut.formats.graph import nesting, not_read
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io.reading import read_text, unpacked
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span

#: Kind of row → how many columns it has.
_QUOTATIONS = {"QUOTE": 7, "ATTRIB": 3}
_COREFERENCE = {"MENTION": 9, "COREF": 3, "COP": 3, "APPOS": 3}


@dataclass(frozen=True, slots=True)
class Mention:
    """``kind``: PROP, NOM or PRON; ``cluster``: None where it is in none."""

    span: Span
    label: str
    kind: str
    cluster: str | None


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """A document of each ``*_brat.ann`` with quotations."""
    within = path / "quotations" / "tsv"
    for file in files.find(within if within.is_dir() else path, "litbank", named=True):
        with tolerated(losses, "document"):
            yield _document(file, losses)


def coreference(mentions: Iterable[Mention], text: str) -> tuple[tuple[Entity, ...], tuple[Cluster, ...]]:
    """Names as entities, and clusters with their other mentions."""
    known = sorted(mentions, key=lambda one: one.span)
    names = [one for one in known if one.kind == "PROP"]
    levels = nesting([one.span for one in names])
    found = zip(names, levels, strict=True)
    entities = tuple(Entity(one.span, one.label, level, one.cluster) for one, level in found)
    members: dict[str, list[Mention]] = defaultdict(list)
    for one in known:
        if one.cluster is not None:
            members[one.cluster].append(one)
    clusters = []
    for id, own in members.items():
        called = next((one for one in own if one.kind == "PROP"), own[0])
        name, named = " ".join(called.span.text(text).split()), called.kind == "PROP"
        others = tuple(dict.fromkeys(one.span for one in own if one.kind != "PROP"))
        clusters.append(Cluster(id, name, called.label, named, mentions=others))
    return entities, tuple(clusters)


def _document(file: Path, losses: Losses | None) -> Document:
    id = unpacked(file).stem.removesuffix("_brat")
    text = files.text_beside(file, f"{unpacked(file).stem}.txt")
    tokens: list[list[tuple[int, int]]] = []
    at = 0
    for line in text.split("\n"):
        tokens.append([(at + word.start(), at + word.end()) for word in re.finditer(r"\S+", line)])
        at += len(line) + 1
    quotes: dict[str, Span] = {}
    speakers: dict[str, str] = {}
    for where, row in _rows(file, _QUOTATIONS):
        if row[1] in (quotes if row[0] == "QUOTE" else speakers):
            raise DataError(f"a second {row[0]} of {row[1]!r}", where=where)
        if row[0] == "QUOTE":
            quotes[row[1]] = _span(row, tokens, text, where)
        elif row[1] not in quotes:
            raise DataError(f"a speaker of {row[1]!r}, which is no quotation above", where=where)
        else:
            speakers[row[1]] = row[2]
    said = (Quote(one, "direct", span, speaker_entity=speakers.get(one)) for one, span in quotes.items())
    beside = file.resolve().parents[2] / "coref" / "tsv" / file.name
    unread: Counter[str] = Counter()
    mentions = _mentions(beside, tokens, text, unread) if beside.exists() else ()
    entities, clusters = coreference(mentions, text)
    meta = ("tokens", pack([token for line in tokens for token in line]))
    annotations = Annotations(entities, tuple(said), clusters)
    return Document(id, text, annotations, (meta, *not_read(id, unread, losses)))


def _mentions(
    file: Path, tokens: list[list[tuple[int, int]]], text: str, unread: Counter[str]
) -> list[Mention]:
    places: dict[str, tuple[Span, str, str]] = {}
    clusters: dict[str, str] = {}
    for where, row in _rows(file, _COREFERENCE):
        if row[0] == "MENTION":
            if row[1] in places:
                raise DataError(f"a second mention {row[1]!r}", where=where)
            places[row[1]] = _span(row, tokens, text, where), row[7], row[8]
        elif row[0] == "COREF":
            clusters[row[1]] = row[2]
        else:
            unread[row[0]] += 1
    if strange := clusters.keys() - places.keys():
        raise DataError(f"COREF of {min(strange)!r}, which is no mention", where=str(file))
    found = [Mention(*own, clusters.get(id)) for id, own in places.items()]
    kept = [one for one in found if one.cluster is not None or one.kind == "PROP"]
    unread["mention of no cluster"] += len(found) - len(kept)
    unread += Counter()
    return kept


def _rows(file: Path, kinds: Mapping[str, int]) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(read_text(file).split("\n"), 1):
        row = line.rstrip("\r").split("\t")
        if row != [""]:
            if kinds.get(row[0]) != len(row):
                expected = " or ".join(f"{kind} with {count} columns" for kind, count in kinds.items())
                hint = f"Expected {expected}, separated by tabs. The files in …/brat are read with brat:"
                raise DataError("is no row of LitBank", where=f"{file}:{number}", hint=hint)
            yield f"{file}:{number}", row


def _span(row: list[str], tokens: list[list[tuple[int, int]]], text: str, where: str) -> Span:
    try:
        if not all(re.fullmatch(r"[0-9]{1,9}", cell) for cell in row[2:6]):
            raise IndexError
        first, start, last, stop = map(int, row[2:6])
        span = Span.of(tokens[first][start][0], tokens[last][stop][1])
    except (IndexError, ValueError):
        what = f"tokens {':'.join(row[2:4])[:40]} to {':'.join(row[4:6])[:40]} are not in the text"
        raise DataError(what, where=where, hint="Sentences and tokens in them count from 0.") from None
    if span.text(text).split() != row[6].split():
        shown = span.text(text)[:60]
        hint = "Is the .txt file of the same version?"
        raise DataError(f"its tokens are {shown!r}, not {row[6][:60]!r}", where=where, hint=hint)
    return span
