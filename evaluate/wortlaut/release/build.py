"""Writes the dataset ``corpus/`` from ``seeds/`` and ``annotations/``: the same bytes every time."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from wortlaut.annotations.file import AnnotationFile, read_annotations, read_documents
from wortlaut.annotations.labels import GERMEVAL, LABELS, Labels, read_labels
from wortlaut.annotations.lines import canonical, format_lines
from wortlaut.annotations.validate import AGREEMENT, refuse_errors
from wortlaut.corpus import frozen
from wortlaut.corpus.load import Corpus
from wortlaut.corpus.splits import DECLARED, NAMES, Near, read_splits
from wortlaut.formats.dataset import (
    HOLDS,
    described,
    documents_schema,
    documents_table,
    feature,
    surfaces,
    table_files,
    table_sizes,
)
from wortlaut.io.files import file_hash, file_hashes
from wortlaut.io.folders import whole_folder
from wortlaut.model import ATTRIBUTIONS, QUOTE_TYPES, ROLES, Document, Entity, Span
from wortlaut.records.arrow import fragments
from wortlaut.release import benchmark, card, croissant, manifest, probes
from wortlaut.release.manifest import FORMAT
from wortlaut.text.digests import text_hash
from wortlaut.text.segments import PARAGRAPHS, SENTENCES, TOKENS, sentences, tokens
from wortlaut.version import VERSION

if TYPE_CHECKING:
    import pyarrow as pa

#: What each configuration holds, in the order of the card.
CONFIGS = {
    "documents": HOLDS,
    "entities": "one row per sentence: tokens and BIO tags, outer and inner level",
    "quotes": "one row per quote: every role with offsets and text, the speaker with name and link",
    "layers": "one row per line of annotation: the gold and the layers that it was adjudicated from",
}
#: The columns of the configuration ``quotes`` with a closed set of names: in the tables they are names.
_CLOSED = {"type": QUOTE_TYPES, "attribution": ATTRIBUTIONS}
#: What the dataset is made of, in a repository.
_SOURCES = (
    "seeds/*",
    LABELS,
    DECLARED,
    card.STATEMENT,
    AGREEMENT,
    frozen.CHANGELOG,
    "annotations/gold/*.jsonl",
    "annotations/layers/*/*.jsonl",
)


@dataclass(frozen=True, slots=True)
class Loss:
    """An entity that the token view cannot show, and why."""

    document: str
    span: Span
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was written: hash, rows per configuration, documents per split, near copies together in a split,
    files, and what the tokens lose.
    """

    out: Path
    hash: str
    rows: dict[str, int]
    splits: dict[str, int]
    near: tuple[Near, ...]
    files: tuple[str, ...]
    losses: tuple[Loss, ...]


def build(root: Path, out: Path | None = None, place: str = "") -> BuildReport:
    """Writes ``out`` (``corpus`` in ``root``), whole or not at all; an old one stays until then.

    ``place`` is what the Hub calls it, for the card; a folder is loaded from where it lies.

    Annotations with errors are not published: a :class:`DataError` tells how many and where the first is.
    """
    out = root / "corpus" if out is None else out
    manifest.refuse_other(out)
    with whole_folder(out) as new:
        return _write(root, new, out, place)


def is_stale(root: Path, out: Path | None = None) -> list[str]:
    """Why ``corpus/`` is not what :func:`build` would write; empty when it is.

    Tables are compared by content, since other versions of pyarrow write other bytes.
    """
    out = root / "corpus" if out is None else out
    if not (out / "manifest.json").is_file():
        return [f"{out.name}/manifest.json is missing"]
    reasons = []
    with TemporaryDirectory() as folder:
        new = Path(folder) / "corpus"
        _write(root, new, out)
        for name in sorted({*manifest.paths(new), *manifest.paths(out)}):
            if not (out / name).is_file():
                reasons.append(f"{out.name}/{name} is missing")
            elif not (new / name).is_file():
                reasons.append(f"{out.name}/{name} does not belong there")
            elif not _same(new / name, out / name):
                reasons.append(f"{out.name}/{name} differs")
    try:
        reasons += [
            f"{out.name}/{name} is not the file in its manifest"
            for name, entry in manifest.read(out)["files"].items()
            if (out / name).is_file() and entry["sha256"] != file_hash(out / name)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reasons.append(f"{out.name}/manifest.json is broken: {error}")
    return reasons


def tags_of(labels: Labels) -> tuple[str, ...]:
    """The tags of the configuration ``entities``, by their number."""
    return ("O", *(f"{prefix}-{label}" for label in labels.names for prefix in "BI"))


def bio(document: Document, labels: Labels = GERMEVAL) -> tuple[list[dict[str, Any]], list[Loss]]:
    """The rows of the configuration ``entities`` for a document, and the entities that they cannot show."""
    losses: list[Loss] = []
    number_of = {tag: number for number, tag in enumerate(tags_of(labels))}
    words = tokens(document.text)
    starts, ends = [start for start, _ in words], [end for _, end in words]
    tags = {1: [0] * len(words), 2: [0] * len(words)}
    breaks = {end for _, end in sentences(document.text)}
    for entity in sorted(document.entities, key=lambda entity: entity.span):
        reason = _untaggable(entity, starts, ends, breaks, tags)
        if reason:
            losses.append(Loss(document.id, entity.span, entity.label, reason))
            continue
        first, last = bisect_left(starts, entity.span.start), bisect_left(ends, entity.span.end)
        begin, inside = (number_of[f"{prefix}-{entity.label}"] for prefix in "BI")
        tags[entity.level][first : last + 1] = [begin, *[inside] * (last - first)]
    rows = [
        {
            "id": f"{document.id}-{number}",
            "document": document.id,
            "sentence": number,
            "start": start,
            "end": end,
            "tokens": [document.text[s:e] for s, e in words[part]],
            "token_starts": starts[part],
            "token_ends": ends[part],
            "ner_tags": tags[1][part],
            "ner_tags_inner": tags[2][part],
        }
        for number, (start, end) in enumerate(sentences(document.text))
        for part in [slice(bisect_left(starts, start), bisect_left(starts, end))]
    ]
    return rows, losses


def _untaggable(
    entity: Entity,
    starts: Sequence[int],
    ends: Sequence[int],
    breaks: set[int],
    tags: dict[int, list[int]],
) -> str:
    span = entity.span
    if span.discontinuous:
        return "discontinuous"
    if entity.level not in tags:
        return "nested deeper than two levels"
    first, last = bisect_left(starts, span.start), bisect_left(ends, span.end)
    if first == len(starts) or starts[first] != span.start or last == len(ends) or ends[last] != span.end:
        return "begins or ends inside a token"
    if any(ends[index] in breaks for index in range(first, last)):
        return "crosses the end of a sentence"
    if any(tags[entity.level][first : last + 1]):
        return "overlaps another entity of its level"
    return ""


def _write(root: Path, folder: Path, out: Path, place: str = "") -> BuildReport:
    """Writes the dataset into ``folder``; ``out`` is where it will lie, for report and card."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_errors(root)
    corpus = Corpus.of("gold", read_documents(root / "annotations" / "gold"))
    texts = {document.id: document.text for document in corpus.documents}
    labels = read_labels(root)
    sides, near = read_splits(root, corpus.documents)
    declared = (root / DECLARED).is_file()
    tagged = [bio(document, labels) for document in corpus.documents]
    losses = tuple(loss for _, found in tagged for loss in found)
    rows = {
        "documents": documents_table(
            [
                _with_split(document, sides[document.id]) if declared else document
                for document in corpus.documents
            ]
        ).to_pylist(),
        "entities": [row for found, _ in tagged for row in found],
        "quotes": [row for document in corpus.documents for row in _quote_rows(document)],
        "layers": [row for layer in _layers(root, texts) for row in _layer_rows(layer, texts)],
    }
    sizes = {name: count for name in NAMES if (count := list(sides.values()).count(name))}
    schemas = _schemas()
    for name, schema in schemas.items():
        if rows[name]:
            (folder / "data" / name).mkdir(parents=True)
        key = "id" if name == "documents" else "document"
        for side in sizes:
            own = [row for row in rows[name] if sides[row[key]] == side]
            if own:  # datasets refuses a table without rows
                # No metadata: datasets 3 cannot read what 5 writes there. The card has the features.
                table = pa.Table.from_pylist(own, schema)
                pq.write_table(table, folder / table_path(name, side), compression="zstd")
    counts = {name: len(found) for name, found in rows.items()}
    stated = card.read_statement(root)
    made = probes.write(stated, folder)
    benchmark.write(folder, corpus, stated, [*sizes][-1])
    (folder / manifest.CARD).write_text(
        _card(folder, corpus, root, labels, losses, rows, schemas, sizes, place, made),
        encoding="utf-8",
        newline="\n",
    )
    (folder / croissant.FILE).write_text(
        croissant.describe(
            folder,
            corpus,
            stated,
            {name: (schema, [*sizes]) for name, schema in schemas.items()}
            | ({probes.CONFIG: (schemas["documents"], [*made.rows])} if made else {}),
            frozen.version(root),
            frozen.published(root),
            tags_of(labels),
        ),
        encoding="utf-8",
        newline="\n",
    )
    manifest.write(
        folder,
        {
            "format": FORMAT,
            "version": frozen.version(root),
            "program": VERSION,
            "hash": corpus.hash,
            "layers": [PARAGRAPHS, SENTENCES, TOKENS],
            "rows": counts,
            "splits": sizes,
            "not_in_tokens": len(losses),
            **({"probes": made.said()} if made else {}),
            "sources": file_hashes(root, (path for pattern in _SOURCES for path in root.glob(pattern))),
        },
    )
    files = tuple(manifest.paths(folder))
    return BuildReport(out, corpus.hash, counts, sizes, tuple(near), files, losses)


def _layers(root: Path, texts: Mapping[str, str]) -> list[AnnotationFile]:
    """The files of the layers by name, those of the gold last; a file is called like its document."""
    folders = [*sorted((root / "annotations" / "layers").glob("*/")), root / "annotations" / "gold"]
    paths = (path for folder in folders for path in sorted(folder.glob("*.jsonl")))
    return [read_annotations(path, texts[path.stem]) for path in paths]


def _with_split(document: Document, split: str) -> Document:
    """The document, whose metadata say in which split it is, and so in whatever is made of it."""
    others = tuple((name, value) for name, value in document.meta if name != "split")
    return replace(document, meta=(*others, ("split", split)))


def table_path(config: str, split: str) -> str:
    return f"data/{config}/{split}-00000-of-00001.parquet"


# ---------------------------------------------------------------- rows


def _quote_rows(document: Document) -> Iterable[dict[str, Any]]:
    text = document.text
    clusters = {cluster.id: cluster for cluster in document.clusters}
    for quote in canonical(document.annotations).quotes:
        speaker = clusters.get(quote.speaker_entity or "")
        yield {
            "document": document.id,
            "id": quote.id,
            "type": quote.type,
            "medium": quote.medium,
            "start": quote.content.start,
            "end": quote.content.end,
            "text": quote.content.text(text),
            "content": surfaces(quote.content, text),
            "cue": surfaces(quote.cue, text),
            "speaker": surfaces(quote.speaker, text),
            "addressee": surfaces(quote.addressee, text),
            "frame": surfaces(quote.frame, text),
            "speaker_entity": quote.speaker_entity,
            "speaker_name": speaker.name if speaker else None,
            "speaker_type": speaker.type if speaker else None,
            "speaker_qid": speaker.qid if speaker else None,
            "attribution": quote.attribution,
            "parent": quote.parent,
            "note": quote.note,
        }


def _layer_rows(layer: AnnotationFile, texts: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    header = layer.header
    for line in format_lines(layer.annotations, texts[header.document]):
        record = json.loads(line)
        fragments = record.get("span", record.get("content", []))
        yield {
            "document": header.document,
            "layer": header.layer,
            "annotator": header.annotator,
            "kind": record["kind"],
            "id": record.get("id"),
            "label": record.get("label", record.get("type")),
            "level": record.get("level"),
            "start": fragments[0][0] if fragments else None,
            "end": fragments[-1][1] if fragments else None,
            "text": " … ".join(surface for _, _, surface in fragments) if fragments else None,
            "cluster": record.get("cluster", record.get("entity", record.get("speaker_entity"))),
            "annotation": line,
        }


# ---------------------------------------------------------------- tables and card


def _schemas() -> dict[str, pa.Schema]:
    import pyarrow as pa

    text, number = pa.string(), pa.int32()
    entities = {
        "id": text,
        "document": text,
        **dict.fromkeys(("sentence", "start", "end"), number),
        "tokens": pa.list_(text),
        **dict.fromkeys(("token_starts", "token_ends"), pa.list_(number)),
        **dict.fromkeys(croissant.TAGGED, pa.list_(pa.int64())),
    }
    quotes = {
        **dict.fromkeys(("document", "id", "type", "medium"), text),
        **dict.fromkeys(("start", "end"), number),
        "text": text,
        **dict.fromkeys(("content", *ROLES), fragments(surfaces=True)),
        **dict.fromkeys(("speaker_entity", "speaker_name", "speaker_type", "speaker_qid"), text),
        **dict.fromkeys(("attribution", "parent", "note"), text),
    }
    layers = {
        **dict.fromkeys(("document", "layer", "annotator", "kind", "id", "label"), text),
        **dict.fromkeys(("level", "start", "end"), number),
        **dict.fromkeys(("text", "cluster", "annotation"), text),
    }
    tables = {"entities": entities, "quotes": quotes, "layers": layers}
    return {"documents": documents_schema()} | {name: pa.schema(fields) for name, fields in tables.items()}


def _feature(config: str, field: pa.Field, labels: Labels) -> dict[str, Any]:
    """A field as the card declares it; tags and closed sets of names by numbers."""
    if field.name in croissant.TAGGED:
        return {"list": _class_label(tags_of(labels))}
    if config == "quotes" and field.name in _CLOSED:
        return _class_label(_CLOSED[field.name])
    return feature(field)


def _class_label(names: Sequence[str]) -> dict[str, Any]:
    return {"dtype": {"class_label": {"names": {str(number): name for number, name in enumerate(names)}}}}


def _card(
    folder: Path,
    corpus: Corpus,
    root: Path,
    labels: Labels,
    losses: Sequence[Loss],
    rows: dict[str, list[dict[str, Any]]],
    schemas: dict[str, pa.Schema],
    sizes: dict[str, int],
    place: str,
    made: probes.Probes | None,
) -> str:
    stated = card.read_statement(root)
    there = {
        name: [side for side in sizes if (folder / table_path(name, side)).is_file()] for name in CONFIGS
    }
    configs = {
        "configs": [
            {"config_name": name}
            | ({"default": True} if name == "documents" else {})
            | {"data_files": table_files(name, there[name])}
            for name in CONFIGS
            if rows[name]
        ]
        + ([made.config()] if made else []),
        "dataset_info": [
            {
                "config_name": name,
                "description": described(what, text_hash(json.dumps(rows[name], ensure_ascii=False))),
                "features": [{"name": field.name} | _feature(name, field, labels) for field in schemas[name]],
                **table_sizes({side: folder / table_path(name, side) for side in there[name]}),
            }
            for name, what in CONFIGS.items()
            if rows[name]
        ]
        + ([made.info()] if made else []),
    }
    figures = root / AGREEMENT
    return card.render(
        "card.md.j2",
        card.header(stated, corpus) | configs,
        stated,
        version=frozen.version(root),
        place=place,
        quoted=json.dumps(place),
        splits=sizes,
        configs=[(name, what, len(rows[name])) for name, what in CONFIGS.items()],
        made=made,
        lost=sorted(Counter(loss.reason for loss in losses).items()),
        # That they are of these layers is checked before building.
        agreement=json.loads(figures.read_bytes()) if figures.is_file() else None,
        **card.counts(corpus, labels),
    )


# ---------------------------------------------------------------- files


def _same(new: Path, old: Path) -> bool:
    import pyarrow as pa

    if new.read_bytes() == old.read_bytes():
        return True
    try:
        return bool(_comparable(new) == _comparable(old))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        return False


def _comparable(path: Path) -> object:
    """What a file says, without what depends on the version of pyarrow: sizes and hashes of tables."""
    import pyarrow.parquet as pq

    if path.name == manifest.CARD:
        return re.sub(r"(?m)^  download_size: \d+\n", "", path.read_text("utf-8"))
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return table, table.schema.serialize()  # with its metadata
    if path.name == croissant.FILE:
        return croissant.comparable(path.read_text("utf-8"))
    if path.name == manifest.MANIFEST:
        about = manifest.read(path.parent)
        return about | {"files": [name for name in about["files"] if not name.endswith(".md")]}
    return path.read_bytes()
