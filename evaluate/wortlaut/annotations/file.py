"""The project's own annotation files: JSON Lines, one annotation a line, sorted, with the text it covers.

``annotations/gold/<document>.jsonl`` and ``annotations/layers/<layer>/<document>.jsonl`` annotate
``seeds/<document>.txt``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import is_normalized

from wortlaut.annotations.checks import (
    check_text,
    decision_problems,
    label_problems,
    record_problems,
    reference_problems,
)
from wortlaut.annotations.labels import Labels, read_labels
from wortlaut.annotations.lines import (
    FORMAT,
    KINDS,
    Decision,
    Header,
    Line,
    Mention,
    Parsed,
    assemble,
    canonical,
    dump,
    format_lines,
    keys_of,
    order,
    to_json,
    to_record,
)
from wortlaut.annotations.rules import Problem
from wortlaut.errors import DataError, MissingFileError
from wortlaut.io.files import write_whole
from wortlaut.io.reading import read_bytes
from wortlaut.model import Annotations, Document, Span
from wortlaut.text.digests import text_hash

#: What the reader forgives and `wortlaut validate` does not: a byte order mark, CRLF, the order of lines, the
#: spelling of JSON.
_FORGIVEN = ("F02", "F03", "F13", "F14")
_BEGIN = f'Begin with {{"kind": "document", "format": "{FORMAT}", …}}.'


@dataclass(frozen=True, slots=True)
class AnnotationFile:
    """A file without problems."""

    header: Header
    annotations: Annotations = field(default_factory=Annotations)


def read_documents(path: Path) -> Iterator[Document]:
    """The documents of an annotation file or folder, with their texts from the nearest ``seeds`` folder.

    A folder that holds ``annotations`` or ``gold`` stands for its gold.
    """
    return (read() for read in document_readers(path))


def document_readers(path: Path) -> Iterator[Callable[[], Document]]:
    """For each document of :func:`read_documents` the function that reads it."""
    for inner in ("annotations", "gold"):
        if (path / inner).is_dir():
            path = path / inner
    if not path.exists():
        raise MissingFileError("no such file or folder", where=str(path), hint="Check the path.")
    provenance, declared = cache(read_provenance), cache(read_labels)
    for file in sorted(path.rglob("*.jsonl")) if path.is_dir() else [path]:
        yield partial(_document, file, provenance, declared)


def _document(
    file: Path, provenance: Callable[[Path], dict[str, dict[str, str]]], declared: Callable[[Path], Labels]
) -> Document:
    parsed = parse(file)
    accepted = _accept(file, parsed)
    header = accepted.header
    source = text_path(file, header.document)
    text = read_text(source)
    labels = declared(source.parent.parent)
    _refuse(file, [*check_text(parsed, text), *label_problems(parsed.lines, labels)])
    meta = {"layer": header.layer, "annotator": header.annotator}
    meta |= provenance(source.parent).get(header.document, {})
    return Document(
        header.document,
        text,
        accepted.annotations,
        tuple((key, meta[key]) for key in meta if key not in ("id", "sha256", "characters")),
    )


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
    if not path.exists():
        return {}
    found: dict[str, dict[str, str]] = {}
    for number, raw in enumerate(read_text(path).removesuffix("\n").split("\n"), 1):
        record = _record(number, raw)
        if isinstance(record, Problem):
            raise refusal(path, [record])
        if not isinstance(record.get("id"), str) or record["id"] in found:
            raise DataError(
                "the line has no id of its own", where=f"{path}:{number}", hint='Write {"id": …}.'
            )
        found[record["id"]] = {key: str(value) for key, value in record.items()}
    return found


def read_text(path: Path) -> str:
    """A text: UTF-8 and NFC, a :class:`DataError` otherwise; without byte order mark, CRLF as LF."""
    text, problems = decode(read_bytes(path).replace(b"\r\n", b"\n"))
    _refuse(path, problems)
    return text


def read_annotations(path: Path, text: str | None = None, labels: Labels | None = None) -> AnnotationFile:
    """One annotation file; a :class:`DataError` with file and line at its first problem.

    With the ``text``, the checksum, the offsets and every surface are checked too, with ``labels`` those.
    """
    parsed = parse(path)
    file = _accept(path, parsed)
    _refuse(path, [] if text is None else [*check_text(parsed, text)])
    _refuse(path, [] if labels is None else [*label_problems(parsed.lines, labels)])
    return file


def parse(path: Path) -> Parsed:
    """Reads as much of an annotation file as can be read, and collects what is wrong with the rest."""
    content, problems = decode(read_bytes(path, mark=True))
    lines: list[Line] = []
    raw_lines = content.replace("\r\n", "\n").split("\n")
    if raw_lines[-1] == "":
        raw_lines.pop()
    else:
        problems.append(Problem("F14", len(raw_lines), "the last line does not end", "Add a line end."))
    for number, raw in enumerate(raw_lines, 1):
        line, found = _line(number, raw)
        problems += found
        if line is not None:
            lines.append(line)
    header = next((line.value for line in lines if isinstance(line.value, Header)), None)
    if header is None and not any(problem.line == 1 for problem in problems):
        problems.append(Problem("F07", 1, "the header line is missing", _BEGIN))
    problems += [
        Problem(
            "F13",
            line.number,
            f"the line is out of order: it belongs before line {before.number}",
            "Order: header, clusters, mentions, entities, quotes; within each by place in the text or id.",
        )
        for before, line in pairwise(lines)
        if order(line.value) < order(before.value)
    ]
    problems += [*reference_problems(lines), *decision_problems(lines)]
    return Parsed(header, tuple(lines), tuple(sorted(problems, key=lambda problem: problem.line)))


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """The text of a file and what is wrong with it as a file: encoding, BOM, line ends, normal form."""
    problems = []
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        try:
            text = data.decode("utf-8", "surrogatepass")
            what = ("F05", line, "half a surrogate pair, which is no character", "Remove it.")
        except UnicodeDecodeError:
            text = data.decode("utf-8", "replace")
            what = (
                "F01",
                line,
                f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8",
                "Save the file as UTF-8.",
            )
        problems.append(Problem(*what))
    if text.startswith("\ufeff"):
        text = text[1:]
        problems.append(Problem("F02", 1, "the file begins with a byte order mark", "Save without BOM."))
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        problems.append(Problem("F03", line, "a carriage return; lines must end in LF", "Save with LF."))
    if not is_normalized("NFC", text):
        problems.append(
            Problem(
                "F04",
                next(n for n, line in enumerate(text.split("\n"), 1) if not is_normalized("NFC", line)),
                "the text is not in Unicode normal form NFC",
                "Normalise it (unicodedata.normalize('NFC', …)) and mind that offsets move.",
            )
        )
    return text, problems


def write_annotations(
    path: Path, annotations: Annotations, text: str, *, document: str, layer: str, annotator: str
) -> None:
    """Writes one canonical file, whole or not at all; the inverse of :func:`read_annotations`."""
    content = format_annotations(annotations, text, document=document, layer=layer, annotator=annotator)
    if not is_normalized("NFC", content):
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
    lines = (
        dump(to_json(Header(document, layer, annotator, text_hash(text), len(text)), text)),
        *format_lines(annotations, text, beside),
    )
    return "".join(line + "\n" for line in lines)


def _record(number: int, raw: str) -> dict[str, Any] | Problem:
    """The JSON object of a line, or why there is none."""
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(sorted(key for key, count in Counter(key for key, _ in pairs).items() if count > 1))
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        record = json.loads(raw, object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        what = f"the line is not JSON: {why}" if raw.strip() else "the line is empty"
        return Problem("F06", number, what, "Write one JSON object a line.")
    if not isinstance(record, dict):
        return Problem("F06", number, "the line is not a JSON object", "Write {…}.")
    if twice:
        return Problem("F16", number, f"the key {twice[0]!r} stands twice", "Keep one.")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in dump(record)):
        return Problem("F05", number, "half a surrogate pair, which is no character", "Remove it.")
    return record


def _line(number: int, raw: str) -> tuple[Line | None, list[Problem]]:
    """The annotation of a line, None where it cannot be understood, and what is wrong with it."""
    record = _record(number, raw)
    if isinstance(record, Problem):
        return None, [record]
    kind = record.get("kind")
    found = []
    if number == 1 and kind != "document":
        found.append(Problem("F07", number, "the first line is not the header", _BEGIN))
    if not isinstance(kind, str) or kind not in KINDS:
        rule, what = (
            ("F09", f"the kind {kind!r} is unknown")
            if "kind" in record
            else ("F11", "the key 'kind' is missing")
        )
        return None, [*found, Problem(rule, number, what, f"Kinds: {', '.join(KINDS)}.")]
    if kind == "document" and number > 1:
        return None, [Problem("F07", number, "a header line below the first line", "Move or remove it.")]
    if kind == "document" and record.get("format") != FORMAT:
        what = f"the format is {record.get('format')!r}"
        return None, [Problem("F08", number, what, f'This program reads "{FORMAT}".')]
    broken = record_problems(number, kind, record)
    found += broken
    # A wrong word still leaves a span to check; a wrong shape leaves nothing.
    if any(problem.rule[0] in "FO" for problem in broken):
        return None, found
    line = _build(number, kind, record)
    spelling = dump(to_record(line.value, iter(line.surfaces)))
    if raw != spelling:
        found.append(
            Problem("F14", number, "the line is not in canonical spelling", f"Write it as: {spelling}")
        )
    return line, found


def _build(number: int, kind: str, record: dict[str, Any]) -> Line:
    values = {key: value for key, value in record.items() if key not in ("kind", "format")}
    surfaces: list[tuple[int, int, str]] = []
    for key, own, value in [(key, own, values[key]) for key, own in keys_of(kind).items() if key in values]:
        if own.kind == "span":
            surfaces += [(start, end, surface) for start, end, surface in value]
            values[key] = Span(tuple((start, end) for start, end, _ in value))
        elif own.kind == "number":
            values[key] = float(value)
        elif own.kind == "names":
            values[key] = tuple(value)
        elif own.kind == "readings":
            read = {layer: one and _build(number, one["kind"], one) for layer, one in value.items()}
            surfaces += [surface for line in read.values() if line for surface in line.surfaces]
            values[key] = tuple((layer, line.value if line else None) for layer, line in read.items())
    return Line(number, KINDS[kind](**values), tuple(surfaces))


def _accept(path: Path, parsed: Parsed) -> AnnotationFile:
    _refuse(path, [problem for problem in parsed.problems if problem.rule not in _FORGIVEN])
    assert parsed.header is not None  # its absence is a problem
    return AnnotationFile(parsed.header, canonical(assemble(line.value for line in parsed.lines)))


def _refuse(path: Path, problems: Sequence[Problem]) -> None:
    if problems:
        raise refusal(path, problems)


def refusal(path: Path, problems: Sequence[Problem]) -> DataError:
    """The first problem as an error, and how many more there are."""
    problem, others = problems[0], len(problems) - 1
    return DataError(
        f"{problem.what} ({problem.rule})" + (f", and {others} more" if others else ""),
        where=f"{path}:{problem.line}" if problem.line else str(path),
        hint=problem.fix,
    )
