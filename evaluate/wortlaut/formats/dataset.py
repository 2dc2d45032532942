"""A dataset folder that datasets and ``load_dataset`` read: Parquet, and a card that declares the features.

The layout of ``corpus/``, of which an export writes the configuration ``documents``, split ``train``: a row
is a document with everything that the model holds, and the text beside every offset. Nothing is lost.
Offsets are code points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wortlaut.annotations.lines import canonical
from wortlaut.errors import DataError
from wortlaut.formats.batch import documents as batch_documents
from wortlaut.formats.files import link_or_copy
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.io import parquet
from wortlaut.io.files import file_hash
from wortlaut.io.reading import opened
from wortlaut.model import LAYERS, Document, Span
from wortlaut.model.batch import Batch, Meta
from wortlaut.model.columns import Bools, Ints, Spans
from wortlaut.records.annotations import check
from wortlaut.records.arrow import columns, from_columns, from_structs, to_columns
from wortlaut.text.digests import text_hash

if TYPE_CHECKING:
    import pyarrow as pa

_FILE = "data/documents/train-{:05}-of-{:05}.parquet"
#: What else is in a folder and means something to ``datasets``.
_FOR_DATASETS = ("dataset_infos.json", ".huggingface.yaml")
#: What a card says of a configuration's size.
_SIZES = {"splits", "download_size", "dataset_size"}
_DTYPES = ("string", "int32", "float64", "bool")
HOLDS = "one row per document: text, entities, quotes, clusters"
#: Rows in a row group, and in memory at a time where they are written.
_ROWS = 2000
#: Rows that are read at a time.
_BATCH = 512


def batches(folder: Path, *, losses: Losses | None = None) -> Iterator[Batch]:
    """The documents of the configuration ``documents``, every split."""
    if not (folder / "README.md").exists():
        hint = "Name a folder that `wortlaut build` or `convert` wrote, or say the format: native:PATH."
        raise DataError("the folder holds no dataset card", where=str(folder), hint=hint)
    if (folder / "documents.jsonl").is_file() and not (folder / "data" / "documents").exists():
        hint = f"Join it with your copy of the texts: wortlaut merge {folder} TEXTS -o OUT"
        raise DataError("a stand-off release has no texts", where=str(folder), hint=hint)
    for file in _files(folder):
        yield from table_batches(file, losses)


def table_batches(file: Path, losses: Losses | None = None) -> Iterator[Batch]:
    """The documents of one table of the configuration ``documents``."""
    with opened(file) as stream, parquet.opened(stream, str(file)) as table:
        for rows in table.iter_batches(_BATCH, use_threads=False):
            yield from _batches(str(file), rows, losses)


read = batch_documents(batches)


def _batches(place: str, rows: pa.RecordBatch, losses: Losses | None) -> Iterator[Batch]:
    """The documents of some rows, and the first error in them."""
    plain, kept, intact = _plain(rows)
    others: list[Document] = []
    places: list[int] = []
    fault = None
    rest = np.setdiff1d(np.arange(rows.num_rows), kept)
    sound = _rich(_taken(rows, rest)) if len(rest) and intact[rest].all() else None
    if sound is not None:
        others, places = sound, rest.tolist()
    for i in rest.tolist() if sound is None else ():
        try:
            with tolerated(losses, "document"):
                others.append(from_row(place, rows.slice(i, 1).to_pylist()[0]))
                places.append(i)
        except DataError as error:
            fault, kept = error, kept[kept < i]
            break
    plain = plain.take(np.arange(len(kept)))
    found = Batch.joined([plain, Batch.of(others)]).take(np.argsort([*kept.tolist(), *places]))
    yield replace(found, checked=True)
    if fault is not None:
        raise fault


def _plain(rows: pa.RecordBatch) -> tuple[Batch, Ints, Bools]:
    """The documents that columns hold, and their places: sound, with entities of one fragment and no more.

    Then of each row whether the text is the one of the checksum, as far as it was looked at.
    """
    nothing = Batch.of([]), np.zeros(0, np.int64), np.zeros(rows.num_rows, np.bool_)
    if not _declared(rows):
        return nothing
    ids, texts, digests = (rows.column(name).to_pylist() for name in ("id", "text", "sha256"))
    counts = {layer: np.diff(_numbers(rows.column(layer).offsets)) for layer in LAYERS}
    items = rows.column("entities").flatten()
    values = dict(zip((field.name for field in items.type), items.flatten(), strict=True))
    spans, label, level = (values.pop(name) for name in ("spans", "label", "level"))
    starts, ends, surfaces = spans.flatten().flatten()
    if any(column.null_count for column in (items, spans, label, level, starts, ends, surfaces)):
        return nothing
    size = np.diff(_numbers(spans.offsets))
    if len(items) and not len(starts):
        return nothing
    first = np.minimum(np.cumsum(size) - size, len(starts) - 1)
    start, end = (_numbers(column)[first] for column in (starts, ends))
    document = np.repeat(np.arange(len(ids)), counts["entities"])
    text = surfaces.to_pylist()
    covered = zip(document.tolist(), start.tolist(), end.tolist(), first.tolist(), strict=True)
    wrong = np.asarray([texts[i][a:b] != text[at] for i, a, b, at in covered], np.bool_)
    depth = _numbers(level)
    wrong |= (size != 1) | (start < 0) | (start >= end) | (depth < 1)
    for column in values.values():
        if column.null_count < len(column):
            wrong |= np.asarray([value is not None for value in column.to_pylist()], np.bool_)
    odd = (counts["quotes"] > 0) | (counts["clusters"] > 0)
    intact = np.asarray([*map(text_hash, texts)]) == np.asarray(digests)
    odd |= ~intact
    names = label.to_pylist()
    labels = sorted(set(names))
    if "" in labels:
        wrong |= np.asarray([not name for name in names])
    odd[document[wrong]] = True
    number = {name: i for i, name in enumerate(labels)}
    code = np.asarray([number[name] for name in names], np.int64)
    found = Spans(document, start, end, code, document, level=depth)
    pairs = rows.column("meta")
    keys, _ = pairs.flatten().flatten()
    batch = Batch(ids, texts, found, labels, columns=frozenset(keys.to_pylist()), meta=partial(_meta, pairs))
    kept = np.flatnonzero(~odd)
    return batch.take(kept), kept, intact


def _rich(rows: pa.RecordBatch) -> list[Document] | None:
    """The documents of rows with anything more, whose texts are intact; None where one may be unsound."""
    ids, texts = (rows.column(name).to_pylist() for name in ("id", "text"))
    try:
        found = from_columns({layer: rows.column(layer) for layer in LAYERS}, texts)
    except (ValueError, DataError):
        return None
    meta = map(partial(_meta, rows.column("meta")), range(len(ids)))
    return list(map(Document, ids, texts, found, meta))


def _declared(rows: pa.RecordBatch) -> bool:
    """Whether the columns are those of :func:`documents_schema`, none with a null, nor the metadata."""
    given = {field.name: field.type for field in rows.schema}
    if not all(given.get(field.name) == field.type for field in documents_schema()):
        return False
    pairs = rows.column("meta").flatten()
    found = [*map(rows.column, documents_schema().names), pairs, *pairs.flatten()]
    return not any(column.null_count for column in found)


def _taken(rows: pa.RecordBatch, places: Ints) -> pa.RecordBatch:
    """The rows at these places. To make an array of a list would import pandas."""
    import pyarrow as pa

    if len(places) == rows.num_rows:
        return rows
    return rows.take(pa.Array.from_buffers(pa.int64(), len(places), [None, pa.py_buffer(places)]))


def _numbers(column: pa.Array) -> Ints:
    """A column without nulls. Its own ``to_numpy`` would import pandas."""
    return np.from_dlpack(column).astype(np.int64)


def _meta(pairs: pa.ListArray, row: int) -> Meta:
    return tuple((pair["name"], pair["value"]) for pair in pairs[row].as_py())


def _files(folder: Path) -> list[Path]:
    """The tables of the configuration ``documents``, as the card declares it."""
    if written := _written(folder.resolve()):
        return written
    from datasets import get_dataset_config_names, load_dataset_builder

    place, hint = str(folder.resolve()), "Build it with `wortlaut build`."
    try:
        if "documents" not in get_dataset_config_names(place):
            raise DataError("the dataset has no configuration 'documents'", where=str(folder), hint=hint)
        found = load_dataset_builder(place, "documents").config.data_files
        return [Path(file) for files in found.values() for file in files]
    except DataError:
        raise
    # Whatever a library of that size raises over a broken folder: to the reader it is broken data.
    except Exception as error:
        said = str(error).partition("\n")[0][:300]
        what = f"datasets cannot read the folder: {said}"
        raise DataError(what, where=f"{folder}/README.md", hint=hint) from error


def _written(folder: Path) -> list[Path]:
    """The same where folder and card are as this package writes them, without the second of ``datasets``.

    None where they are not: what they mean then, and what is wrong with them, is for ``datasets`` to say.
    """
    import yaml

    readme, others = folder / "README.md", (*_FOR_DATASETS, f"{folder.name}.py")
    if not readme.is_file() or any((folder / name).exists() for name in others):
        return []
    try:
        before, text, _ = readme.read_text("utf-8").split("---\n", 2)
        card = yaml.safe_load(text)
        names = [config["config_name"] for config in card["configs"]]
        splits = [_splits(config, is_first=not number) for number, config in enumerate(card["configs"])]
        plain = not before and text == front_matter(card) and all(map(_is_written, card["dataset_info"]))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OSError, yaml.YAMLError):
        return []
    if not plain or not all(splits) or names[0] != "documents" or len(set(names)) < len(names):
        return []
    found = [sorted(folder.glob(one["path"])) for one in table_files("documents", splits[0])]
    return [file for files in found for file in files] if all(found) else []


def _splits(config: Mapping[str, Any], is_first: bool) -> list[str]:
    """The splits of a configuration that a card of this package declares; none of any other."""
    name, splits = config["config_name"], [one["split"] for one in config["data_files"]]
    declared = {"config_name": name, "data_files": table_files(name, splits)}
    if is_first and "default" in config:
        declared["default"] = True
    plain = len(set(splits)) == len(splits) and all(re.fullmatch(r"\w+", one) for one in (name, *splits))
    return splits if plain and config == declared else []


def _is_written(info: Mapping[str, Any]) -> bool:
    """Whether a card of this package describes a configuration like this."""
    said = isinstance(info["config_name"], str) and isinstance(info["description"], str)
    sized = info.keys() - {"config_name", "description", "features"}
    return said and sized in (set(), _SIZES) and _is_feature(info["features"])


def _is_feature(declared: Any) -> bool:
    match declared:
        case str():
            return declared in _DTYPES
        case [*fields]:
            return all(
                isinstance(field["name"], str)
                and _is_feature({key: value for key, value in field.items() if key != "name"})
                for field in fields
            )
        case {"class_label": {"names": dict() as names}}:
            numbered = list(names) == [str(number) for number in range(len(names))]
            return numbered and len({str(name) for name in names.values()}) == len(names)
        case {"dtype": inner} | {"list": inner} | {"struct": inner}:
            return len(declared) == 1 and _is_feature(inner)
    return False


def table_files(config: str, splits: Iterable[str]) -> list[dict[str, str]]:
    """Where the tables of a configuration are, as a card declares it."""
    return [{"split": split, "path": f"data/{config}/{split}-*.parquet"} for split in splits]


def front_matter(card: Mapping[str, Any]) -> str:
    """The YAML between the lines of hyphens."""
    import yaml

    text: str = yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True, width=100)
    return text


def from_row(place: str, row: Mapping[str, Any]) -> Document:
    """The document of a row of :func:`documents_schema`; ``place`` is where an error says that it is."""
    where = f"{place}, document {row.get('id')!r}"
    try:
        text = row["text"]
        if row["sha256"] != text_hash(text):
            raise DataError("the checksum is that of another text", where=where)
        annotations = from_structs(row, lambda fragments: _span(fragments, text))
        check(annotations, text, where=where)
        return Document(row["id"], text, annotations, tuple((m["name"], m["value"]) for m in row["meta"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, DataError):
            raise DataError(error.what, where=where, hint=error.hint) from error
        hint = "Build the dataset anew with `wortlaut build`."
        raise DataError(f"the row is not a document: {error}", where=where, hint=hint) from error


def _span(fragments: list[Mapping[str, Any]], text: str) -> Span:
    found = [(fragment["start"], fragment["end"], fragment["text"]) for fragment in fragments]
    for start, end, surface in ((s, e, surface) for s, e, surface in found if text[s:e] != surface):
        raise DataError(f"[{start}, {end}) is not {surface!r} in the text")
    return Span(tuple((start, end) for start, end, _ in found))


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there."""
    import pyarrow.parquet as pq

    file_name = path / _FILE.format(0, 1)
    file_name.parent.mkdir(parents=True)
    schema, count, stream = documents_schema(), 0, iter(documents)
    # No metadata: what datasets 5 writes there, datasets 3 cannot read. The card declares the features.
    with pq.ParquetWriter(file_name, schema, compression="zstd") as file:
        while part := list(islice(stream, _ROWS)):
            file.write_table(documents_table(part))
            count += len(part)
        if not count:
            file.write_table(schema.empty_table())
    _write_card(path, [file_name], count)
    return Losses("dataset")


def join(path: Path, parts: Sequence[Path]) -> None:
    """Several of these folders in one, whose table has a file for each of them."""
    import pyarrow.parquet as pq

    files = [part / _FILE.format(0, 1) for part in parts]
    targets = [path / _FILE.format(number, len(parts)) for number in range(len(parts))]
    (path / _FILE).parent.mkdir(parents=True, exist_ok=True)
    for file, target in zip(files, targets, strict=True):
        link_or_copy(file, target)
    _write_card(path, targets, sum(pq.read_metadata(file).num_rows for file in files))


def _write_card(path: Path, files: Sequence[Path], count: int) -> None:
    digest = sha256(b"".join(bytes.fromhex(file_hash(file)) for file in files))
    header = {
        "configs": [{"config_name": "documents", "data_files": table_files("documents", ["train"])}],
        "dataset_info": [
            {
                "config_name": "documents",
                "description": described(HOLDS, digest.hexdigest()),
                "features": [{"name": field.name} | feature(field) for field in documents_schema()],
            }
        ],
    }
    card = (
        f"---\n{front_matter(header)}---\n\n"
        f"# Annotated documents\n\n{count} documents with entities, quotes and clusters, one in a row, "
        "written by `wortlaut convert`. Offsets count code points; `text` beside them is what they cover.\n"
    )
    (path / "README.md").write_text(card, encoding="utf-8", newline="\n")


def described(what: str, digest: str) -> str:
    """What a configuration holds, for its description.

    datasets 5 keys its cache by the header of the card alone: without a checksum of the rows it would
    go on to give those of an older folder in the same place.
    """
    return f"{what}; SHA-256 of the rows: {digest}"


def table_sizes(tables: Mapping[str, Path]) -> dict[str, Any]:
    """Rows and bytes of a configuration as a card gives them: in Arrow by split, and of the files."""
    import pyarrow.parquet as pq

    read = {split: pq.read_table(file) for split, file in tables.items()}
    return {
        "splits": [
            {"name": split, "num_bytes": table.nbytes, "num_examples": table.num_rows}
            for split, table in read.items()
        ],
        "download_size": sum(file.stat().st_size for file in tables.values()),
        "dataset_size": sum(table.nbytes for table in read.values()),
    }


def documents_table(documents: Sequence[Document]) -> pa.Table:
    """The documents as rows of :func:`documents_schema`, annotations in canonical order."""
    import pyarrow as pa

    texts = [document.text for document in documents]
    plain = [[document.id for document in documents], texts, list(map(text_hash, texts))]
    layers = to_columns([canonical(document.annotations) for document in documents], texts)
    meta = [[{"name": name, "value": value} for name, value in document.meta] for document in documents]
    return pa.Table.from_arrays([*plain, *layers.values(), meta], schema=documents_schema())


def surfaces(span: Span | None, text: str) -> list[dict[str, Any]]:
    """The fragments of a span with the text that they cover; none where there is no span."""
    return [{"start": start, "end": end, "text": text[start:end]} for start, end in span or ()]


def documents_schema() -> pa.Schema:
    """The columns of the configuration ``documents``."""
    import pyarrow as pa

    text = pa.string()
    meta = {"meta": pa.list_(pa.struct({"name": text, "value": text}))}
    return pa.schema({"id": text, "text": text, "sha256": text} | columns(surfaces=True) | meta)


def feature(field: pa.Field) -> dict[str, Any]:
    """A field as the YAML of a card declares it, in the form that datasets 3 and 5 both read."""
    import pyarrow as pa

    type_ = field.type
    if pa.types.is_list(type_):
        inner = feature(type_.value_field)
        return {"list": inner.get("struct") or inner.get("dtype") or inner}
    if pa.types.is_struct(type_):
        return {"struct": [{"name": inner.name} | feature(inner) for inner in type_]}
    return {"dtype": {"double": "float64"}.get(str(type_), str(type_))}
