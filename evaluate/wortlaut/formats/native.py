"""The project's own annotation files: JSON Lines, one annotation a line, sorted, with the text it covers.

``annotations/gold/<document>.jsonl`` and ``annotations/layers/<layer>/<document>.jsonl`` annotate
``seeds/<document>.txt``. The first line is the header; then clusters, their mentions, entities, quotes.
A fragment is ``[start, end, "surface"]``: code points into the text, half-open, and the text between them.
While two layers are being adjudicated, decisions stand at the end: what both say, what is kept, and why.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from wortlaut.errors import DataError, MissingFileError
from wortlaut.formats.folder import Names
from wortlaut.formats.losses import Losses
from wortlaut.io.files import write_whole
from wortlaut.model import (
    ATTRIBUTIONS,
    ENTITY_LABELS,
    MEDIA,
    QUOTE_TYPES,
    ROLES,
    Annotations,
    Cluster,
    Document,
    Entity,
    Quote,
    Span,
)
from wortlaut.text.digests import text_hash

FORMAT = "wortlaut-annotations/1"
#: What a cluster can be: a class of names, or a group of people without one.
CLUSTER_TYPES = ("PER", "LOC", "ORG", "OTH", "GROUP")
#: A medium is one of MEDIA, or several but ``none`` joined by a slash.
MEDIUM = re.compile(rf"none|(?:{'|'.join(MEDIA[:-1])})(?:/(?:{'|'.join(MEDIA[:-1])}))*")
QID = re.compile(r"Q[1-9][0-9]*|NIL")
ID = re.compile(r"[\w-][\w.-]*")
#: What the reader forgives and `wortlaut validate` does not: the order of lines and the spelling of JSON.
_FORGIVEN = ("F13", "F14")

#: Per kind of line, in canonical order: each key, how it is typed, and whether it must be there.
_KEYS: dict[str, dict[str, tuple[str, bool]]] = {
    "document": {
        "kind": ("text", True),
        "format": ("text", True),
        "document": ("text", True),
        "layer": ("text", True),
        "annotator": ("text", True),
        "sha256": ("text", True),
        "characters": ("integer", True),
    },
    "cluster": {
        "kind": ("text", True),
        "id": ("text", True),
        "name": ("text", True),
        "type": ("text", False),
        "named": ("boolean", False),
        "qid": ("text", False),
        "aliases": ("texts", False),
        "note": ("text", False),
    },
    "mention": {"kind": ("text", True), "cluster": ("text", True), "span": ("fragments", True)},
    "entity": {
        "kind": ("text", True),
        "span": ("fragments", True),
        "label": ("text", True),
        "level": ("integer", True),
        "entity": ("text", False),
        "qid": ("text", False),
        "metonymy": ("text", False),
        "score": ("number", False),
        "note": ("text", False),
    },
    "quote": {
        "kind": ("text", True),
        "id": ("text", True),
        "type": ("text", True),
        "medium": ("text", False),
        "content": ("fragments", True),
        "cue": ("fragments", False),
        "speaker": ("fragments", False),
        "addressee": ("fragments", False),
        "frame": ("fragments", False),
        "speaker_entity": ("text", False),
        "attribution": ("text", False),
        "parent": ("text", False),
        "score": ("number", False),
        "rule": ("text", False),
        "note": ("text", False),
    },
    # First what a person fills in.
    "decision": {
        "kind": ("text", True),
        "id": ("text", True),
        "keep": ("words", True),
        "reason": ("words", True),
        "differs": ("text", True),
        "readings": ("readings", True),
    },
}
#: What a decision keeps where neither layer is right.
NOTHING = "none"
_TYPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a string that is not empty", lambda value: isinstance(value, str) and value != ""),
    "texts": (
        "a list of strings, none empty",
        lambda value: isinstance(value, list) and all(isinstance(item, str) and item for item in value),
    ),
    "words": ("a string", lambda value: isinstance(value, str)),
    "readings": (
        'readings: {"LAYER": {…}, "LAYER": {…} or null}',
        lambda value: (
            isinstance(value, dict)
            and len(value) >= 2
            and all(reading is None or isinstance(reading, dict) for reading in value.values())
            and any(value.values())
        ),
    ),
    "integer": ("an integer", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) in (int, float)),
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "fragments": (
        'a list of [start, end, "text"]',
        lambda value: (
            isinstance(value, list)
            and value != []
            and all(
                isinstance(item, list)
                and len(item) == 3
                and type(item[0]) is type(item[1]) is int
                and isinstance(item[2], str)
                for item in value
            )
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: what is annotated, by whom. ``characters`` counts code points."""

    document: str
    layer: str
    annotator: str
    sha256: str
    characters: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A line of its own in the file; in the model a span of its cluster."""

    cluster: str
    span: Span


Annotation = Cluster | Mention | Entity | Quote


@dataclass(frozen=True, slots=True)
class Decision:
    """A disagreement of two layers: layer → what it says, ``None`` where it says nothing.

    ``keep`` is the layer that is right, or :data:`NOTHING`; empty as long as nobody decided.
    """

    id: str
    keep: str
    reason: str
    differs: str
    readings: tuple[tuple[str, Annotation | None], ...]

    @property
    def open(self) -> str:
        """What is missing for it to be decided; empty when it is."""
        if self.keep not in (NOTHING, *dict(self.readings)):
            known = ", ".join((*dict(self.readings), NOTHING))
            return f"keep is {self.keep!r}, and the readings are {known}" if self.keep else "keep is empty"
        return "" if self.reason.strip() else "the reason is missing"

    @property
    def kept(self) -> Annotation | None:
        return dict(self.readings).get(self.keep)


Value = Header | Annotation | Decision


@dataclass(frozen=True, slots=True)
class Line:
    """One annotation, the line it stands in, and each ``(start, end, surface)`` that it claims."""

    number: int
    value: Value
    surfaces: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule of the catalogue (``wortlaut.annotations.rules``); ``line`` 0 is the file as a whole."""

    rule: str
    line: int
    what: str
    fix: str = ""
    offsets: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything that could be understood of a file, and every problem with the rest."""

    header: Header | None
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class AnnotationFile:
    """A file without problems."""

    header: Header
    annotations: Annotations = field(default_factory=Annotations)


# ---------------------------------------------------------------- reading


def read(path: Path) -> Iterator[Document]:
    """The documents of an annotation file or folder, with their texts from the nearest ``seeds`` folder.

    A folder that holds ``annotations`` or ``gold`` stands for its gold.
    """
    for inner in ("annotations", "gold"):
        if (path / inner).is_dir():
            path = path / inner
    if not path.exists():
        raise MissingFileError("no such file or folder", where=str(path))
    provenance: dict[Path, dict[str, dict[str, str]]] = {}
    for file in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
        parsed = parse(file)
        accepted = _accept(file, parsed)
        header = accepted.header
        source = text_path(file, header.document)
        text = read_text(source)
        _refuse(file, check_text(parsed, text))
        seeds = source.parent
        if seeds not in provenance:
            provenance[seeds] = read_provenance(seeds)
        meta = {"layer": header.layer, "annotator": header.annotator}
        meta |= provenance[seeds].get(header.document, {})
        strings = ((key, value) for key, value in meta.items() if key not in ("id", "sha256", "characters"))
        yield Document(header.document, text, accepted.annotations, tuple(strings))


def text_path(annotation_file: Path, document: str) -> Path:
    """``<document>.txt`` in the ``seeds`` folder nearest above the annotation file."""
    for folder in annotation_file.resolve().parents:
        if (folder / "seeds").is_dir():
            return folder / "seeds" / f"{document}.txt"
    raise MissingFileError(
        f"no folder seeds above this file, so no text of {document}",
        where=str(annotation_file),
        hint=f"Put the text in seeds/{document}.txt beside the folder annotations.",
    )


def read_provenance(seeds: Path) -> dict[str, dict[str, str]]:
    """Where each text comes from: the lines of ``provenance.jsonl``, by id; empty without that file."""
    path = seeds / "provenance.jsonl"
    if not path.is_file():
        return {}
    found: dict[str, dict[str, str]] = {}
    for number, raw in enumerate(read_text(path).removesuffix("\n").split("\n"), 1):
        problems: list[Problem] = []
        record = _record(number, raw, problems)
        _refuse(path, problems)
        if record is None or not isinstance(record.get("id"), str) or record["id"] in found:
            raise DataError(
                "the line has no id of its own", where=f"{path}:{number}", hint='Write {"id": …}.'
            )
        found[record["id"]] = {key: str(value) for key, value in record.items()}
    return found


def read_text(path: Path) -> str:
    """A text: UTF-8, NFC, LF, no BOM; a :class:`DataError` otherwise."""
    text, problems = decode(_bytes(path))
    _refuse(path, problems)
    return text


def read_annotations(path: Path, text: str | None = None) -> AnnotationFile:
    """One annotation file; a :class:`DataError` with file and line at its first problem.

    With the ``text``, the checksum, the offsets and every surface are checked too.
    """
    parsed = parse(path)
    file = _accept(path, parsed)
    _refuse(path, [] if text is None else check_text(parsed, text))
    return file


def parse(path: Path) -> Parsed:
    """Reads as much of an annotation file as can be read, and collects what is wrong with the rest."""
    content, problems = decode(_bytes(path))
    lines: list[Line] = []
    header: Header | None = None
    raw_lines = content.replace("\r\n", "\n").split("\n")
    if raw_lines[-1] == "":
        raw_lines.pop()
    else:
        problems.append(Problem("F14", len(raw_lines), "the last line does not end", "Add a line end."))
    for number, raw in enumerate(raw_lines, 1):
        record = _record(number, raw, problems)
        if record is None:
            continue
        line = _line(number, record, problems)
        if line is None:
            continue
        if isinstance(line.value, Header):
            if header is not None:
                problems.append(Problem("F07", number, "a second header line", "Remove it."))
                continue
            header = line.value
        lines.append(line)
        if raw != _dump(_to_record(line)):
            fix = f"Write it as: {_dump(_to_record(line))}"
            problems.append(Problem("F14", number, "the line is not in canonical spelling", fix))
    if header is None and not any(problem.line == 1 for problem in problems):
        fix = f'Begin with {{"kind": "document", "format": "{FORMAT}", …}}.'
        problems.append(Problem("F07", 1, "the header line is missing", fix))
    for before, line in pairwise(lines):
        if _order(line.value) < _order(before.value):
            what = f"the line is out of order: it belongs before line {before.number}"
            fix = (
                "Order: header, clusters, mentions, entities, quotes; within each by place in the text or id."
            )
            problems.append(Problem("F13", line.number, what, fix))
    problems += _reference_problems(lines) + _decision_problems(lines)
    return Parsed(header, tuple(lines), tuple(sorted(problems, key=lambda problem: problem.line)))


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """The text of a file and what is wrong with it as a file: encoding, BOM, line ends, normal form."""
    problems = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = data.decode("utf-8", "surrogatepass" if _only_surrogates(data) else "replace")
        if _only_surrogates(data):
            problems.append(
                Problem("F05", line, "half a surrogate pair, which is no character", "Remove it.")
            )
        else:
            what = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
            problems.append(Problem("F01", line, what, "Save the file as UTF-8."))
    if text.startswith("\ufeff"):
        text = text[1:]
        problems.append(Problem("F02", 1, "the file begins with a byte order mark", "Save without BOM."))
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        problems.append(Problem("F03", line, "a carriage return; lines must end in LF", "Save with LF."))
    if not unicodedata.is_normalized("NFC", text):
        number = next(n for n, line in enumerate(text.split("\n"), 1) if not _is_nfc(line))
        fix = "Normalise it (unicodedata.normalize('NFC', …)) and mind that offsets move."
        problems.append(Problem("F04", number, "the text is not in Unicode normal form NFC", fix))
    return text, problems


def check_text(parsed: Parsed, text: str) -> list[Problem]:
    """What does not fit between an annotation file and its text."""
    problems = []
    if parsed.header is not None:
        header = parsed.header
        if header.sha256 != text_hash(text):
            what = "the checksum is that of another text"
            fix = "Restore the text, or correct the offsets and write the checksum of the new one."
            problems.append(Problem("R02", 1, what, fix))
        if header.characters != len(text):
            what = f"the header counts {header.characters} characters, the text has {len(text)}"
            problems.append(Problem("O06", 1, what, f'Write "characters": {len(text)}.'))
    for line in parsed.lines:
        for start, end, surface in line.surfaces:
            place = ((start, end),)
            if end > len(text):
                what = f"[{start}, {end}) ends outside the text, which has {len(text)} characters"
                problems.append(Problem("O02", line.number, what, _did_you_mean(text, surface, start), place))
            elif text[start:end] != surface:
                what = f"[{start}, {end}) is {_short(text[start:end])} in the text, not {_short(surface)}"
                problems.append(Problem("O04", line.number, what, _did_you_mean(text, surface, start), place))
            elif surface != surface.strip():
                shift = start + len(surface) - len(surface.lstrip())
                fix = f"Write [{shift}, {shift + len(surface.strip())}]." if surface.strip() else "Remove it."
                what = f"[{start}, {end}) begins or ends in white space"
                problems.append(Problem("O05", line.number, what, fix, place))
    return problems


# ---------------------------------------------------------------- writing


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there: ``seeds``, ``annotations/gold``, provenance.

    What breaks a rule of these files is left out and reported, as little as will do: a field, else the
    annotation, else the document (a text that is not NFC with LF). ``meta`` goes into
    ``seeds/provenance.jsonl``, ``layer`` and ``annotator`` into the header.
    """
    losses = Losses("native")
    names = Names(allowed=r"\w.\-")
    gold, seeds = path / "annotations" / "gold", path / "seeds"
    gold.mkdir(parents=True)
    seeds.mkdir()
    provenance: list[str] = []
    for document in documents:
        _, problems = decode(document.text.encode("utf-8"))
        if problems:
            losses.add("document", document, _broken(problems[0]))
            continue
        name = names.name(document.id)
        if name != document.id:
            losses.add("document.id", document, "it breaks rule S10", f"becomes {name}")
        head, rest = _meta(document, losses)
        annotations = _permitted(document, losses)
        (seeds / f"{name}.txt").write_bytes(document.text.encode("utf-8"))
        content = format_annotations(
            annotations, document.text, document=name, layer=head["layer"], annotator=head["annotator"]
        )
        (gold / f"{name}.jsonl").write_bytes(content.encode("utf-8"))
        digest = text_hash(document.text)
        record = {"id": name, "sha256": digest, "characters": len(document.text)} | rest
        provenance.append(_dump(record) + "\n")
    if provenance:
        (seeds / "provenance.jsonl").write_text("".join(provenance), encoding="utf-8", newline="\n")
    return losses


def write_annotations(
    path: Path, annotations: Annotations, text: str, *, document: str, layer: str, annotator: str
) -> None:
    """Writes one canonical file, whole or not at all; the inverse of :func:`read_annotations`."""
    content = format_annotations(annotations, text, document=document, layer=layer, annotator=annotator)
    if not _is_nfc(content):
        raise DataError("the annotations are not in Unicode normal form NFC", where=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_whole(path, content)
    except UnicodeEncodeError as error:
        raise DataError(
            "half a surrogate pair cannot be written", where=str(path), hint="Remove it from the text."
        ) from error


def format_annotations(
    annotations: Annotations,
    text: str,
    *,
    document: str,
    layer: str,
    annotator: str,
    beside: Sequence[Decision | Mention] = (),
) -> str:
    """The content of a canonical file.

    ``beside`` are lines of a file that is being adjudicated: decisions, and mentions of undecided clusters.
    """
    digest = text_hash(text)
    header = Header(document, layer, annotator, digest, len(text))
    lines = (_dump(_header_record(header)), *format_lines(annotations, text, beside))
    return "".join(line + "\n" for line in lines)


def format_lines(annotations: Annotations, text: str, beside: Sequence[Decision | Mention] = ()) -> list[str]:
    """The canonical lines below the header, in order: equal annotations give equal lines."""
    values: list[Value] = [*annotations.clusters, *annotations.entities, *annotations.quotes, *beside]
    values += [Mention(cluster.id, span) for cluster in annotations.clusters for span in cluster.mentions]
    records = [(_order(value), _dump(_to_record(Line(0, value, _surfaces(value, text))))) for value in values]
    return [line for _, line in sorted(records)]


def in_words(reading: Annotation | None, text: str, differs: str) -> str:
    """What a layer says, as the report of an open decision has it."""
    return _says(reading, iter(() if reading is None else _surfaces(reading, text)), differs)


def to_json(value: Annotation, text: str) -> dict[str, Any]:
    """The JSON object of one annotation, as a line of the file has it."""
    return _value_record(value, iter(_surfaces(value, text)))


def canonical(annotations: Annotations) -> Annotations:
    """The same annotations in the order of the file."""
    return Annotations(
        entities=_sorted(annotations.entities),
        quotes=_sorted(annotations.quotes),
        clusters=tuple(
            Cluster(
                **{f.name: getattr(c, f.name) for f in fields(c) if f.name != "mentions"},
                mentions=tuple(sorted(c.mentions)),
            )
            for c in _sorted(annotations.clusters)
        ),
    )


# ---------------------------------------------------------------- what an export must leave out


def _broken(problem: Problem) -> str:
    return f"it breaks rule {problem.rule}"


def _meta(document: Document, losses: Losses) -> tuple[dict[str, str], dict[str, str]]:
    """Layer and annotator for the header, and what goes into the provenance."""
    head = {"layer": "gold", "annotator": "unknown"}
    rest: dict[str, str] = {}
    for key, value in document.meta:
        good = _is_nfc(key) and _is_nfc(value) and value != ""
        if key == "layer":
            good = good and ID.fullmatch(value) is not None
        if not good or key in ("id", "sha256", "characters") or key in rest:
            losses.add("meta", document, "the provenance cannot hold it", key)
        elif key in head:
            head[key] = value
        else:
            rest[key] = value
    return head, rest


def _permitted(document: Document, losses: Losses) -> Annotations:
    """The annotations that break no rule; the rest is added to ``losses``."""
    text = document.text

    def kept(value: _Sortable, name: str) -> _Sortable | None:
        kind = type(value).__name__.lower()
        place = next(_spans(value), None)
        for key, (type_, required) in _KEYS[kind].items():
            found = getattr(value, key, None)
            if key == "kind" or found in (None, ()):
                continue
            reason = _forbidden(kind, key, type_, found, text)
            if reason and required:
                losses.add(kind, document, reason, name, place)
                return None
            if reason:
                losses.add(f"{kind}.{key}", document, reason, f"{key} of {name}", place)
                without: dict[str, Any] = {key: () if key == "aliases" else None}
                value = replace(value, **without)
        return value

    clusters = []
    for cluster in document.clusters:
        group = kept(cluster, cluster.id)
        if group is not None:
            for span in group.mentions:
                if _frayed(span, text):
                    losses.add("mention", document, _FRAYED, cluster.id, span)
            spans = tuple(span for span in group.mentions if not _frayed(span, text))
            clusters.append(replace(group, mentions=spans))
    known = {cluster.id for cluster in clusters}
    entities = [kept(entity, entity.label) for entity in document.entities]
    quotes = [kept(quote, quote.id) for quote in document.quotes]
    said = {quote.id for quote in quotes if quote is not None}
    whole: list[Entity] = []
    for entity in filter(None, entities):
        if entity.entity is not None and entity.entity not in known:
            losses.add("entity.entity", document, "it breaks rule R05", entity.entity, entity.span)
            entity = replace(entity, entity=None)
        whole.append(entity)
    spoken: list[Quote] = []
    for quote in filter(None, quotes):
        # A file without clusters names its speakers freely.
        if quote.speaker_entity is not None and known and quote.speaker_entity not in known:
            losses.add("quote.speaker_entity", document, "it breaks rule R05", quote.id, quote.content)
            quote = replace(quote, speaker_entity=None)
        if quote.parent is not None and quote.parent not in said:
            losses.add("quote.parent", document, "it breaks rule R06", quote.id, quote.content)
            quote = replace(quote, parent=None)
        spoken.append(quote)
    return Annotations(tuple(whole), tuple(spoken), tuple(clusters))


_FRAYED = "it breaks rule O05"


def _frayed(span: Span, text: str) -> bool:
    return any(text[start:end] != text[start:end].strip() for start, end in span)


def _forbidden(kind: str, key: str, type_: str, value: Any, text: str) -> str:
    """Why a field cannot be written; empty if it can."""
    if isinstance(value, Span):
        return _FRAYED if _frayed(value, text) else ""
    value = list(value) if isinstance(value, tuple) else value
    if not _TYPES[type_][1](value):
        return "it breaks rule F12"
    if not _is_nfc(_dump({key: value})):
        return "it breaks rule F04"
    # The rest of the record is what no rule refuses.
    neutral = {"level": 1, "label": "PER", "type": "direct"} if kind != "cluster" else {}
    problems = _value_problems(0, kind, neutral | {key: value})
    return _broken(problems[0]) if problems else ""


# ---------------------------------------------------------------- inside

_Sortable = TypeVar("_Sortable", Entity, Quote, Cluster)


def _sorted(values: Iterable[_Sortable]) -> tuple[_Sortable, ...]:
    # Ties are broken by the spelling of the line, as in the file.
    return tuple(sorted(values, key=lambda v: (_order(v), _dump(_to_record(Line(0, v, _surfaces(v, "")))))))


def _order(value: Value) -> tuple[Any, ...]:
    match value:
        case Header():
            return (0,)
        case Cluster():
            return (1, value.id)
        case Mention():
            return (2, value.cluster, value.span.fragments)
        case Entity():
            return (3, value.span.start, -value.span.end, value.level, value.label)
        case Quote():
            return (4, value.content.start, -value.content.end, value.id)
        case Decision():
            return (5, value.id)


def _spans(value: Value) -> Iterator[Span]:
    match value:
        case Mention() | Entity():
            yield value.span
        case Quote():
            yield from (span for role in ("content", *ROLES) if (span := value.role(role)) is not None)
        case Decision():
            for _, reading in value.readings:
                if reading is not None:
                    yield from _spans(reading)


def _surfaces(value: Value, text: str) -> tuple[tuple[int, int, str], ...]:
    return tuple((start, end, text[start:end]) for span in _spans(value) for start, end in span)


def _header_record(header: Header) -> dict[str, Any]:
    values = {f.name: getattr(header, f.name) for f in fields(header)}
    return {"kind": "document", "format": FORMAT} | values


def _to_record(line: Line) -> dict[str, Any]:
    """The JSON object of a line in canonical key order, without what is absent or the default."""
    value = line.value
    if isinstance(value, Header):
        return _header_record(value)
    return _value_record(value, iter(line.surfaces))


def _value_record(value: Annotation | Decision, surfaces: Iterator[tuple[int, int, str]]) -> dict[str, Any]:
    kind = type(value).__name__.lower()
    if isinstance(value, Decision):
        readings = {
            layer: None if reading is None else _value_record(reading, surfaces)
            for layer, reading in value.readings
        }
        plain = {key: getattr(value, key) for key in ("id", "keep", "reason", "differs")}
        return {"kind": kind, **plain, "readings": readings}
    record: dict[str, Any] = {"kind": kind}
    for key in list(_KEYS[kind])[1:]:
        item = getattr(value, key)
        if isinstance(item, Span):
            record[key] = [[start, end, next(surfaces)[2]] for start, end in item]
        elif key == "named":
            if not item:
                record[key] = False
        elif item is not None and item != () and item != "":
            record[key] = list(item) if isinstance(item, tuple) else item
    return record


def _dump(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


def _record(number: int, raw: str, problems: list[Problem]) -> dict[str, Any] | None:
    """The JSON object of a line, or None and a problem."""
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice.extend(sorted({key for key in keys if keys.count(key) > 1}))
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        record = json.loads(raw, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        what = f"the line is not JSON: {why}" if raw.strip() else "the line is empty"
        problems.append(Problem("F06", number, what, "Write one JSON object a line."))
        return None
    if not isinstance(record, dict):
        problems.append(Problem("F06", number, "the line is not a JSON object", "Write {…}."))
        return None
    if twice:
        problems.append(Problem("F16", number, f"the key {twice[0]!r} stands twice", "Keep one."))
        return None
    if any(0xD800 <= ord(character) <= 0xDFFF for character in _dump(record)):
        problems.append(Problem("F05", number, "half a surrogate pair, which is no character", "Remove it."))
        return None
    return record


def _line(number: int, record: dict[str, Any], problems: list[Problem]) -> Line | None:
    """The annotation of a line, or None and what is wrong with it."""
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in _KEYS:
        if number == 1:
            fix = f'Begin with {{"kind": "document", "format": "{FORMAT}", …}}.'
            problems.append(Problem("F07", number, "the first line is not the header", fix))
        what = f"the kind {kind!r} is unknown" if "kind" in record else "the key 'kind' is missing"
        rule = "F09" if "kind" in record else "F11"
        problems.append(Problem(rule, number, what, f"Kinds: {', '.join(_KEYS)}."))
        return None
    if number == 1 and kind != "document":
        fix = f'Begin with {{"kind": "document", "format": "{FORMAT}", …}}.'
        problems.append(Problem("F07", number, "the first line is not the header", fix))
    if number > 1 and kind == "document":
        problems.append(Problem("F07", number, "a header line below the first line", "Move or remove it."))
        return None
    if kind == "document" and record.get("format") != FORMAT:
        what = f"the format is {record.get('format')!r}"
        problems.append(Problem("F08", number, what, f'This program reads "{FORMAT}".'))
        return None
    found = _record_problems(number, kind, record)
    problems.extend(found)
    # A wrong word still leaves a span to check; a wrong shape leaves nothing.
    if any(problem.rule[0] in "FO" for problem in found):
        return None
    return _build(number, kind, record)


def _record_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    found = _key_problems(number, kind, record)
    if found:
        return found
    found = _fragment_problems(number, kind, record) + _value_problems(number, kind, record)
    for layer, reading in record["readings"].items() if kind == "decision" else ():
        if reading is None:
            continue
        inner = reading.get("kind")
        if inner not in ("cluster", "mention", "entity", "quote"):
            what = f"the reading of {layer} has the kind {inner!r}"
            found.append(Problem("F09", number, what, "Kinds: cluster, mention, entity, quote."))
        else:
            found += _record_problems(number, inner, reading)
    return found


def _key_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    known = _KEYS[kind]
    found = []
    for key, value in record.items():
        if key not in known:
            what = f"the key {key!r} is unknown in a line of kind {kind}"
            found.append(Problem("F10", number, what, _near(key, known)))
        elif not _TYPES[known[key][0]][1](value):
            fix = f"Write {_TYPES[known[key][0]][0]}, or leave {key} out." if not known[key][1] else ""
            what = f"{key} must be {_TYPES[known[key][0]][0]}"
            found.append(Problem("F12", number, what, fix or f"Write {_TYPES[known[key][0]][0]}."))
    for key, (_, required) in known.items():
        if required and key not in record:
            what = f"the key {key!r} is missing in a line of kind {kind}"
            found.append(Problem("F11", number, what, "Add it."))
    return found


def _fragment_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    found = []
    for key, (type_, _) in _KEYS[kind].items():
        if type_ != "fragments" or key not in record:
            continue
        last = -1
        for start, end, surface in record[key]:
            place = ((start, end),)
            if start < 0 or start >= end:
                what = f"{key} [{start}, {end}) is empty, reversed or negative"
                fix = f"{_short(surface)} has {len(surface)} characters: start < end, from 0 on."
                found.append(Problem("O01", number, what, fix, place))
            elif start <= last:
                what = f"{key} [{start}, {end}) overlaps, touches or precedes the fragment before it"
                found.append(
                    Problem("O03", number, what, "Sort the fragments and join those that touch.", place)
                )
            last = end
    return found


def _value_problems(number: int, kind: str, record: dict[str, Any]) -> list[Problem]:
    found: list[Problem] = []

    def check(rule: str, key: str, valid: bool, fix: str) -> None:
        if not valid:
            offsets = tuple((s, e) for s, e, _ in record.get("span", record.get("content", ())))
            what = f"{key} cannot be {record[key]!r}"
            found.append(Problem(rule, number, what, fix, offsets))

    def one_of(rule: str, key: str, values: Iterable[str]) -> None:
        values = tuple(values)
        check(rule, key, record.get(key, values[0]) in values, _near(str(record.get(key)), values))

    for key in ("id", "document", "layer"):
        if key in record:
            fix = "Use letters, digits, and - _ . (not first)."
            check("S10", key, ID.fullmatch(record[key]) is not None, fix)
    if "qid" in record:
        check("S06", "qid", QID.fullmatch(record["qid"]) is not None, "Write Q and digits, or NIL.")
    if "score" in record:
        check("S09", "score", 0 <= record["score"] <= 1, "Write a number from 0 to 1.")
    if kind == "entity":
        one_of("S01", "label", ENTITY_LABELS)
        check("S02", "level", record["level"] in (1, 2), "1 is the outer name, 2 the one inside.")
        one_of("S08", "metonymy", ENTITY_LABELS)
    elif kind == "cluster":
        one_of("S07", "type", CLUSTER_TYPES)
    elif kind == "quote":
        one_of("S03", "type", QUOTE_TYPES)
        if "medium" in record:
            fix = f"{', '.join(MEDIA)}; several joined by /."
            check("S04", "medium", MEDIUM.fullmatch(record["medium"]) is not None, fix)
        one_of("S05", "attribution", ATTRIBUTIONS)
    return found


def _reference_problems(lines: list[Line]) -> list[Problem]:
    """Ids that stand twice, and references to ids that do not stand in the file."""
    if any(isinstance(line.value, Decision) for line in lines):
        return []  # what is referred to may be among what is not decided yet
    found = []
    clusters: dict[str, int] = {}
    quotes: dict[str, int] = {}
    parents: dict[str, str] = {}
    for line in lines:
        if isinstance(line.value, Cluster | Quote):
            ids = clusters if isinstance(line.value, Cluster) else quotes
            if line.value.id in ids:
                what = f"the id {line.value.id!r} already stands in line {ids[line.value.id]}"
                found.append(Problem("R04", line.number, what, "Give it an id of its own."))
            ids.setdefault(line.value.id, line.number)
        if isinstance(line.value, Quote) and line.value.parent is not None:
            parents[line.value.id] = line.value.parent
    for line in lines:
        match line.value:
            case Mention(cluster=cluster) | Entity(entity=str(cluster)):
                known = cluster in clusters
            case Quote(speaker_entity=str(cluster)):
                # A file without clusters names its speakers freely.
                known = cluster in clusters or not clusters
            case _:
                continue
        if not known:
            what = f"{cluster!r} is no cluster of this file"
            found.append(Problem("R05", line.number, what, _near(cluster, clusters), _offsets(line.value)))
    for line in lines:
        if not isinstance(line.value, Quote) or line.value.parent is None:
            continue
        quote, seen = line.value, {line.value.id}
        if line.value.parent not in quotes:
            what = f"the parent {quote.parent!r} is no quote of this file"
            fix = _near(line.value.parent, quotes)
            found.append(Problem("R06", line.number, what, fix, _offsets(quote)))
            continue
        above: str | None = quote.parent
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == quote.id:
            what = f"quote {quote.id} is nested in itself by way of {quote.parent}"
            found.append(Problem("R07", line.number, what, "Remove one parent.", _offsets(quote)))
    return found


def _decision_problems(lines: list[Line]) -> list[Problem]:
    """Each decision is a problem as long as it stands in the file: open, or not yet carried out."""
    found = []
    for line in lines:
        decision = line.value
        if not isinstance(decision, Decision):
            continue
        if decision.open:
            surfaces = iter(line.surfaces)
            said = [
                f"{layer}: {_says(reading, surfaces, decision.differs)}"
                for layer, reading in decision.readings
            ]
            what = f"{decision.id} is open: {decision.open}; {decision.differs}. {'; '.join(said)}"
            names = " or ".join(repr(name) for name in (*dict(decision.readings), NOTHING))
            fix = f"Write {names} into keep (or the name of a reading that you add), and why into reason."
            found.append(Problem("S17", line.number, what, fix, _offsets(decision)))
        else:
            what = f"{decision.id} is decided ({decision.keep}), and not yet carried out"
            found.append(Problem("S18", line.number, what, "", _offsets(decision)))
    return found


def _says(reading: Annotation | None, surfaces: Iterator[tuple[int, int, str]], differs: str) -> str:
    """A reading in a few words: the keys that differ or, where all of it does, what it is."""
    if reading is None:
        return "nothing"
    record = _value_record(reading, surfaces)
    keys = [key for key in _KEYS[record["kind"]] if key in differs.split(", ")]
    words = [] if keys else [record["kind"]]
    for key in keys or ("cluster", "id", "name", "type", "label", "span", "content"):
        value = record.get(key)
        if key in record and isinstance(value, list):
            value = " + ".join(
                f"[{item[0]}, {item[1]}) {_short(item[2])}" if isinstance(item, list) else repr(item)
                for item in value
            )
        if key in record or keys:
            words.append(f"{key} {value if key in record else '–'}" if keys else str(value))
    return ", ".join(words)


def _offsets(value: Value) -> tuple[tuple[int, int], ...]:
    return next((span.fragments for span in _spans(value)), ())


def _build(number: int, kind: str, record: dict[str, Any]) -> Line:
    values = {key: value for key, value in record.items() if key not in ("kind", "format")}
    surfaces: list[tuple[int, int, str]] = []
    if kind == "decision":
        readings = []
        for layer, reading in record["readings"].items():
            line = None if reading is None else _build(number, reading["kind"], reading)
            readings.append((layer, None if line is None else line.value))
            surfaces += [] if line is None else line.surfaces
        return Line(number, Decision(**values | {"readings": tuple(readings)}), tuple(surfaces))
    for key, (type_, _) in _KEYS[kind].items():
        if type_ == "fragments" and key in values:
            surfaces += [(start, end, surface) for start, end, surface in values[key]]
            values[key] = Span(tuple((start, end) for start, end, _ in values[key]))
        elif type_ == "number" and key in values:
            values[key] = float(values[key])
        elif type_ == "texts" and key in values:
            values[key] = tuple(values[key])
    make: dict[str, Callable[..., Value]] = {
        "document": Header,
        "cluster": Cluster,
        "mention": Mention,
        "entity": Entity,
        "quote": Quote,
    }
    return Line(number, make[kind](**values), tuple(surfaces))


def _accept(path: Path, parsed: Parsed) -> AnnotationFile:
    _refuse(path, [problem for problem in parsed.problems if problem.rule not in _FORGIVEN])
    assert parsed.header is not None  # its absence is a problem
    return AnnotationFile(parsed.header, canonical(assemble(line.value for line in parsed.lines)))


def assemble(values: Iterable[Value]) -> Annotations:
    """The annotations of a file's lines, each mention with the cluster of its id."""
    values = tuple(values)
    mentions: dict[str, list[Span]] = {}
    for value in values:
        if isinstance(value, Mention):
            mentions.setdefault(value.cluster, []).append(value.span)
    clusters = (
        Cluster(v.id, v.name, v.type, v.named, v.qid, v.aliases, tuple(mentions.get(v.id, ())), v.note)
        for v in values
        if isinstance(v, Cluster)
    )
    return Annotations(
        entities=tuple(value for value in values if isinstance(value, Entity)),
        quotes=tuple(value for value in values if isinstance(value, Quote)),
        clusters=tuple(clusters),
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError("no such file", where=str(path)) from error
    except OSError as error:
        raise DataError(f"the file cannot be read: {error.strerror}", where=str(path)) from error


def _refuse(path: Path, problems: Sequence[Problem]) -> None:
    if problems:
        problem, others = problems[0], len(problems) - 1
        more = f", and {others} more" if others else ""
        where = f"{path}:{problem.line}" if problem.line else str(path)
        raise DataError(f"{problem.what} ({problem.rule}){more}", where=where, hint=problem.fix)


def _only_surrogates(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _is_nfc(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text)


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."


def _did_you_mean(text: str, surface: str, start: int) -> str:
    """Where the surface really stands, nearest to ``start``."""
    before, after = text.rfind(surface, 0, start + len(surface)), text.find(surface, start)
    places = [place for place in (before, after) if place >= 0]
    if not surface or not places:
        return f"{_short(surface)} is nowhere in the text: correct the surface or the offsets."
    nearest = min(places, key=lambda place: abs(place - start))
    return f"Did you mean [{nearest}, {nearest + len(surface)})?"


def _short(surface: str) -> str:
    return repr(surface if len(surface) <= 40 else f"{surface[:24]} … {surface[-12:]}")
