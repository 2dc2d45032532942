"""WebAnno TSV 3, as WebAnno and INCEpTION export it: spans over tokens and parts of tokens. Read only.

Offsets are UTF-16 code units. The text is that of ``#Text=`` lines, at the offset of the sentence's first
token; what stands between two sentences is not in the file, and is a line feed and spaces here. Each token
is checked.

``#T_SP=LAYER|FEATURE|…`` declares columns. ``_`` is nothing, ``*`` a span without a label, ``PER[1]`` the
same span as the other ``[1]``, ``|`` parts spans on one token, ``\\`` escapes. Names are read from DKPro's
``NamedEntity`` (``value``; ``identifier`` is a link if it is a Wikidata id), else from the one layer of
spans with one feature; ``webanno-tsv?layer=Person&feature=kind:FILE`` says which, by the end of the
layer's name. Lost are other layers of spans, chains and relations, other features (slots are two), spans
without a label, and of no character. Versions 1 and 2 are not read. A document is called as its file, less
the suffix.

Described in INCEpTION's user guide, appendix "WebAnno TSV 3.3 File format" (inception-project.github.io).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from wortlaut.errors import DataError
from wortlaut.formats import files, jsonl
from wortlaut.formats.columns import pack
from wortlaut.formats.graph import Graph, Node, to_document
from wortlaut.formats.losses import NOT_READ, Losses, tolerated
from wortlaut.io import memory
from wortlaut.io.reading import read_text, unpacked
from wortlaut.model import Document
from wortlaut.text.utf16 import code_point, code_points

HEAD = "#FORMAT=WebAnno TSV 3"
_NAMED = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
_ROW = re.compile(r"[0-9]{1,9}-[0-9]{1,9}(\.[0-9]{1,9})?")
_PLACE = re.compile(r"([0-9]{1,15})-([0-9]{1,15})")
_STACKED = re.compile(r"(?:\\.|[^\\|])+")
_UNIT = re.compile(r"((?:\\.|[^\\])*?)(?:\[([0-9]+)\])?")
_QID = re.compile(r"(?:.*/)?(Q[1-9][0-9]*)")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(slots=True)
class _Layer:
    """A layer, its columns, and the spans found: by id, else by row and place, values by column."""

    name: str
    kind: str
    features: list[str]
    first: int
    found: dict[object, list[list[str | None]]] = field(default_factory=dict)
    places: dict[object, list[tuple[int, int, str]]] = field(default_factory=dict)


def read(
    path: Path, *, layer: str = "", feature: str = "", losses: Losses | None = None
) -> Iterator[Document]:
    """Every document of a folder of ``.tsv`` files, or the one of a file."""
    for file in files.find(path, "webanno-tsv", named=True):
        with tolerated(losses, "document"):
            yield document(read_text(file), unpacked(file).stem, str(file), layer, feature, losses)


def document(
    content: str, name: str, where: str, layer: str = "", feature: str = "", losses: Losses | None = None
) -> Document:
    """The document of one file's content."""
    lines = content.replace("\r\n", "\n").split("\n")
    if not lines[0].startswith(HEAD):
        hint = f"Its first line is {HEAD}.3 (or another 3). Export as WebAnno TSV v3.x."
        raise DataError("is no WebAnno TSV 3", where=f"{where}:1", hint=hint)
    layers: list[_Layer] = []
    columns = 3
    pieces: list[str] = []
    size = 0
    sentence: list[str] = []
    rows: list[tuple[int, int, str, int]] = []
    sentences: list[int] = []
    for number, line in enumerate(lines[1:], 2):
        at = f"{where}:{number}"
        if line[:6] in ("#T_SP=", "#T_RL=", "#T_CH="):
            kind, (called, *features) = line[1:5], line[6:].split("|")
            layers.append(_Layer(called, kind, features or [""], columns))
            columns += len(features) or 1
        elif line.startswith("#Text="):
            sentence.append(_plain(line[6:]))
        elif line and not line.startswith("#"):
            cells = line.split("\t")
            row, place = _ROW.fullmatch(cells[0]), _PLACE.fullmatch(cells[1]) if len(cells) > 2 else None
            if row is None or place is None or len(cells) < columns:
                hint = f"Expected SENTENCE-TOKEN, BEGIN-END, the token, and {columns - 3} columns of layers."
                raise DataError(f"is no row of {columns} columns", where=at, hint=hint)
            begin, end = int(place[1]), int(place[2])
            if sentence:
                text = "\n".join(sentence)
                if begin < size:
                    raise DataError(f"the sentence begins at {begin}, before the last one ends", where=at)
                memory.check(begin - size, at)
                pieces += (("\n" + " " * (begin - size))[: begin - size], text)
                size, sentence = begin + len(text.encode("utf-16-le")) // 2, []
                sentences.append(sum(not part for *_, part in rows))
            rows.append((begin, end, _plain(cells[2]), bool(row[1])))
            for one in layers:
                _add(one, cells, (begin, end, at), number)
    if not pieces:
        raise DataError("holds no sentence", where=where, hint="It may be cut short: export it anew.")
    return _made(name, "".join(pieces), rows, sentences, layers, (layer, feature), where, losses)


def _add(layer: _Layer, cells: list[str], place: tuple[int, int, str], number: int) -> None:
    """What a row says of a layer."""
    stacks = [_STACKED.findall(cells[at]) for at in range(layer.first, layer.first + len(layer.features))]
    for index in range(max(map(len, stacks))):
        values: list[str | None] = []
        key: object = (number, index)
        for stack in stacks:
            unit = _UNIT.fullmatch(stack[index]) if index < len(stack) else None
            value = unit[1] if unit else "_"
            if unit and unit[2] and layer.kind == "T_SP":
                key = unit[2]
            values.append(None if value in ("_", "*", "") else _plain(value))
        if any(index < len(stack) and stack[index] != "_" for stack in stacks):
            layer.found.setdefault(key, []).append(values)
            layer.places.setdefault(key, []).append(place)


def _made(
    name: str,
    text: str,
    rows: list[tuple[int, int, str, int]],
    sentences: list[int],
    layers: list[_Layer],
    asked: tuple[str, str],
    where: str,
    losses: Losses | None,
) -> Document:
    points = code_points(text)
    tokens = []
    for begin, end, token, part in rows:
        span = code_point(points, begin, where), code_point(points, end, where)
        if token != text[slice(*span)]:
            raise DataError(
                f"[{begin}, {end}) is {text[slice(*span)]!r} in the text, not {token!r}", where=where
            )
        tokens += [] if part else [span]
    chosen, column = _chosen(layers, *asked, where)
    unread: Counter[str] = Counter()
    nodes: list[Node] = []
    for key, found in chosen.found.items():
        places = chosen.places[key]
        begin, end = min(place[0] for place in places), max(place[1] for place in places)
        at = places[0][2]
        label = found[0][column]
        values: dict[str, object] = {}
        for feature, value in zip(chosen.features, found[0], strict=True):
            if feature == "identifier" and value and (link := _QID.fullmatch(value)):
                values["qid"] = link[1]
            elif feature != chosen.features[column] and value:
                unread[f"feature {feature}"] += 1
        if label is None or begin == end:
            unread["span of no character" if label else "span without a label"] += 1
            continue
        with tolerated(losses, "span"):
            if any(other[column] != label for other in found):
                raise DataError(f"the span [{key}] has two labels", where=at)
            start, stop = code_point(points, begin, at), code_point(points, end, at)
            nodes.append(Node(str(len(nodes)), label, jsonl.span(start, stop, text, at), values))
    others = {one.name: len(one.found) for one in layers if one is not chosen and one.found}
    ends = [*sentences, len(tokens)]
    meta = [("tokens", pack(tokens)), ("sentences", pack(pairwise(ends)))]
    if others:
        meta.append(("layers_not_read", "; ".join(f"{one} {count}" for one, count in sorted(others.items()))))
    for one, count in others.items() if losses is not None else ():
        losses.include(f"layer {one}", NOT_READ, count, (name,))  # type: ignore[union-attr]
    return to_document(name, text, Graph(nodes), where, meta, +unread, losses)


def _chosen(layers: list[_Layer], asked: str, feature: str, where: str) -> tuple[_Layer, int]:
    """The layer whose spans are names, and the column of the feature that is their label."""
    spans = [one for one in layers if one.kind == "T_SP"]
    wanted = asked or _NAMED
    fitting = [one for one in spans if one.name == wanted or one.name.endswith(f".{wanted}")]
    if not asked and not fitting:
        fitting = spans if len(spans) == 1 and len(spans[0].features) == 1 else []
        if not spans:
            return _Layer("", "T_SP", [""], 0), 0
    known = "; ".join(f"layer={one.name} with feature={' or '.join(one.features)}" for one in spans)
    if not fitting:
        what = f"there is no layer {asked!r}" if asked else "it does not show which layer holds the names"
        raise DataError(what, where=where, hint=f"Say which: webanno-tsv?layer=…&feature=…:FILE. {known}")
    named = fitting[0].features
    label = feature or ("value" if "value" in named else named[0] if len(named) == 1 else "")
    if label not in named:
        what = (
            f"the layer has no feature {feature!r}"
            if feature
            else "it does not show which feature is the label"
        )
        raise DataError(what, where=where, hint=f"Say which: webanno-tsv?layer=…&feature=…:FILE. {known}")
    return fitting[0], named.index(label)


def _plain(escaped: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), escaped)
