"""``hub:NAME``: a dataset of the Hugging Face Hub, or any folder that datasets reads, row by row.

``hub:NAME?config=…&split=…&revision=…&columns=FILE.json``. The file says which columns hold what::

    {"id": "doc_id", "text": "body", "spans": "entities", "start": "begin", "end": "stop", "label": "type"}
    {"tokens": "words", "tags": "ner", "labels": ["O", "B-PER", "I-PER"], "scheme": "IOB2"}

Either a text with spans (code points, half-open), or tokens with tags, whose text is the tokens with a space
between two. Without the file, the layout of `wortlaut build` and the usual names are recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats import dataset
from wortlaut.formats.columns import SCHEMES, decode, lay_out, pack
from wortlaut.formats.graph import leveled
from wortlaut.io.reading import read_json
from wortlaut.model import Annotations, Document, Entity, Span

_OPTIONS = ("config", "split", "revision", "columns")
#: What a mapping can say; the last five are about what stands in a column.
_KEYS = ("id", "text", "tokens", "tags", "spans", "start", "end", "label", "labels", "scheme")
#: Names that are recognised without a mapping, in this order.
_USUAL = {
    "id": ("id", "doc_id", "document_id", "guid"),
    "text": ("text", "content", "document"),
    "tokens": ("tokens", "words"),
    "tags": ("ner_tags", "tags", "labels", "ner"),
    "spans": ("entities", "spans", "ents"),
}
_PARTS = {"start": "start", "end": "end", "label": "label"}


def documents(ref: str) -> Iterator[Document]:
    """The documents of ``ref``, one in memory at a time, split after split.

    Raises DataError where the dataset cannot be read, or the columns are not those that are named or known.
    """
    name, _, query = ref.removeprefix("hub:").partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for option in options:
        if option not in _OPTIONS:
            raise unknown_name("option of hub", option, _OPTIONS, where=ref)
    if not name:
        raise DataError("no dataset is named", where=ref, hint="Write hub:OWNER/NAME, or hub:FOLDER.")
    return _rows(ref, name, options, _mapping(Path(options["columns"])) if "columns" in options else None)


def _rows(
    ref: str, name: str, options: Mapping[str, str], mapping: Mapping[str, Any] | None
) -> Iterator[Document]:
    for split, rows in _splits(ref, name, options).items():
        yield from documents_of(ref, rows, rows.features or {}, mapping, split)


def documents_of(
    ref: str,
    rows: Iterable[Mapping[str, Any]],
    features: Mapping[str, Any],
    mapping: Mapping[str, Any] | None = None,
    split: str = "",
) -> Iterator[Document]:
    """A document of each row. ``mapping`` says which columns hold what; its keys are those of the file."""
    columns: dict[str, Any] | None = None
    for number, row in enumerate(_readable(ref, rows), int(bool(split))):
        columns = _columns(ref, tuple(row), mapping) if columns is None else columns
        where = f"{ref}, {split + ' ' if split else ''}row {number}"
        if columns:
            yield _document(where, f"{split}-{number}" if split else str(number), row, columns, features)
        else:
            yield dataset.from_row(ref, row)


def _readable(ref: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    try:
        yield from rows
    # Whatever a library of that size raises over broken or absent data: to the reader it cannot be read.
    except Exception as error:
        raise _unreadable(ref, error) from error


def _splits(ref: str, name: str, options: Mapping[str, str]) -> dict[str, Any]:
    from datasets import get_dataset_config_names, load_dataset

    place = str(Path(name).resolve()) if Path(name).is_dir() else name
    revision = options.get("revision")
    try:
        config = options.get("config")
        if config is None and "documents" in get_dataset_config_names(place, revision=revision):
            config = "documents"
        found: dict[str, Any] = load_dataset(place, config, revision=revision, streaming=True)
    except Exception as error:
        raise _unreadable(ref, error) from error
    wanted = options.get("split")
    if wanted is not None and wanted not in found:
        raise unknown_name("split", wanted, found, where=ref)
    return {split: rows for split, rows in found.items() if wanted in (None, split)}


def _unreadable(ref: str, error: Exception) -> DataError:
    said = str(error).strip().partition("\n")[0]
    return DataError(
        f"datasets cannot read it: {type(error).__name__}: {said}",
        where=ref,
        hint="Name it as on the Hub (hub:OWNER/NAME) or as a folder; a config goes behind it: ?config=NAME",
    )


def _mapping(path: Path) -> dict[str, Any]:
    hint = 'Write {"text": "…", "spans": "…"}.'
    mapping = read_json(path, hint)
    if not isinstance(mapping, dict):
        raise DataError("is not a JSON object", where=str(path), hint=hint)
    for key, value in mapping.items():
        if key not in _KEYS:
            raise unknown_name("key", key, _KEYS, where=str(path))
        listed = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if not (listed if key == "labels" else isinstance(value, str)):
            raise DataError(
                f"{key} must be a {'list of texts' if key == 'labels' else 'text'}", where=str(path)
            )
    if mapping.get("scheme", "IOB2") not in SCHEMES:
        raise unknown_name("scheme", mapping["scheme"], SCHEMES, where=str(path))
    if not ({"tokens", "tags"} <= mapping.keys() or "text" in mapping):
        raise DataError("names neither text nor tokens and tags", where=str(path))
    return mapping


def _columns(ref: str, names: Sequence[str], mapping: Mapping[str, Any] | None) -> dict[str, Any]:
    """Which column holds what; empty for the layout of `wortlaut build`."""
    there = f"The columns are {', '.join(names)}."
    if mapping is None:
        if set(dataset.documents_schema().names) <= set(names):
            return {}
        found = {key: next((name for name in usual if name in names), None) for key, usual in _USUAL.items()}
        known = {key: name for key, name in found.items() if name is not None}
        if {"tokens", "tags"} <= known.keys() or {"text", "spans"} <= known.keys():
            return known
        raise DataError(
            "the columns are none that are known",
            where=ref,
            hint=f"{there} Say in a file which hold what: "
            '?columns=FILE.json with {"text": "…", "spans": "…"}.',
        )
    for key in ("id", "text", "tokens", "tags", "spans"):
        if key in mapping and mapping[key] not in names:
            raise DataError(f"there is no column {mapping[key]!r} (for {key})", where=ref, hint=there)
    return dict(mapping)


def _document(
    where: str, number: str, row: Mapping[str, Any], columns: Mapping[str, Any], features: Mapping[str, Any]
) -> Document:
    id = str(row[columns["id"]]) if "id" in columns else number
    if "tokens" in columns and "tags" in columns:
        return _from_tags(where, id, row, columns, features)
    text = row[columns["text"]]
    if not isinstance(text, str):
        raise DataError(f"{columns['text']} is not a text", where=where)
    if "spans" not in columns:
        return Document(id, text)
    names = _names(features.get(columns["spans"]), columns)
    found = {_span(where, item, text, columns, names) for item in _items(row[columns["spans"]])}
    return Document(id, text, Annotations(tuple(leveled(found))))


def _from_tags(
    where: str, id: str, row: Mapping[str, Any], columns: Mapping[str, Any], features: Mapping[str, Any]
) -> Document:
    words, tags = row[columns["tokens"]], row[columns["tags"]]
    if not (isinstance(words, list) and isinstance(tags, list) and len(words) == len(tags)):
        raise DataError(
            f"{columns['tokens']} and {columns['tags']} are not as long as each other", where=where
        )
    if not all(isinstance(word, str) and word for word in words):
        raise DataError(f"{columns['tokens']} holds something that is not a word", where=where)
    names = _names(features.get(columns["tags"]), columns)
    text, offsets = lay_out((word, " ") for word in words) if words else ("", [])
    phrases, repaired = decode(
        [_name(where, tag, names) for tag in tags],
        lambda index: f"{where}, {columns['tags']}[{index}]",
        columns.get("scheme", "IOB2"),
    )
    entities = (
        Entity(Span.of(offsets[first][0], offsets[last - 1][1]), label) for first, last, label in phrases
    )
    meta = (("tokens", pack(offsets)), *((("repaired_tags", str(repaired)),) if repaired else ()))
    return Document(id, text, Annotations(tuple(entities)), meta)


def _names(feature: Any, columns: Mapping[str, Any]) -> Sequence[str]:
    """Labels by number: those of the mapping, else those that the dataset declares."""
    if "labels" in columns:
        return tuple(columns["labels"])
    while feature is not None:
        if hasattr(feature, "names"):
            return tuple(feature.names)
        if isinstance(feature, list):
            feature = feature[0]
        else:
            feature = (
                feature.get(columns.get("label", "label"))
                if isinstance(feature, dict)
                else getattr(feature, "feature", None)
            )
    return ()


def _name(where: str, value: object, names: Sequence[str]) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int and 0 <= value < len(names):
        return names[value]
    raise DataError(
        f"{value!r} is no label",
        where=where,
        hint='Name the labels by number in the mapping file: {"labels": ["O", "B-PER", …]}.',
    )


def _items(value: Any) -> list[Any]:
    """The spans of a row; what older versions of datasets turn into a dict of lists is turned back."""
    if isinstance(value, Mapping):
        return [dict(zip(value, items, strict=True)) for items in zip(*value.values(), strict=True)]
    return list(value or ())


def _span(
    where: str, item: Any, text: str, columns: Mapping[str, Any], names: Sequence[str]
) -> tuple[int, int, str]:
    keys = [columns.get(part, usual) for part, usual in _PARTS.items()]
    values = [item.get(key) for key in keys] if isinstance(item, Mapping) else item
    if not (isinstance(values, list | tuple) and len(values) == 3):
        raise DataError(
            f"{item!r} is no span", where=where, hint='Needed: {"start": 0, "end": 4, "label": "PER"}.'
        )
    start, end, label = values
    if type(start) is not int or type(end) is not int:
        told = f" It has {', '.join(item)}." if isinstance(item, Mapping) else ""
        raise DataError(
            f"{keys[0]} and {keys[1]} of a span are not offsets",
            where=where,
            hint=f'Say in the mapping file what its offsets are called: {{"start": "…", "end": "…"}}.{told}',
        )
    if not 0 <= start < end <= len(text):
        raise DataError(
            f"[{start}, {end}) is empty or outside the text, which has {len(text)} characters",
            where=where,
            hint="Offsets must count code points.",
        )
    return start, end, _name(where, label, names)
