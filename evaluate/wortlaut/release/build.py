"""Writes the dataset ``corpus/`` from ``seeds/`` and ``annotations/``: the same bytes every time."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from wortlaut.annotations.file import read_annotations, read_documents
from wortlaut.annotations.lines import canonical, format_lines
from wortlaut.annotations.validate import AGREEMENT, refuse_errors
from wortlaut.corpus import frozen
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError
from wortlaut.formats.dataset import document_row, documents_schema, feature, surfaces
from wortlaut.io.files import file_hash, file_hashes
from wortlaut.io.folders import whole_folder
from wortlaut.model import ENTITY_LABELS, ROLES, Annotations, Document, Entity, Span
from wortlaut.records.arrow import fragments
from wortlaut.release import card, croissant, manifest
from wortlaut.release.manifest import FORMAT
from wortlaut.text.segments import PARAGRAPHS, SENTENCES, TOKENS, sentences, tokens
from wortlaut.version import VERSION

if TYPE_CHECKING:
    import pyarrow as pa

#: The tags of the configuration ``entities``, by their number.
TAGS = ("O", *(f"{prefix}-{label}" for label in ENTITY_LABELS for prefix in "BI"))
_TAGGED = ("ner_tags", "ner_tags_inner")
#: What each configuration holds, in the order of the card.
CONFIGS = {
    "documents": "one row per document: text, entities, quotes, clusters",
    "entities": "one row per sentence: tokens and BIO tags, outer and inner level",
    "quotes": "one row per quote: every role with offsets and text, the speaker with name and link",
    "layers": "one row per line of annotation: the gold and the layers that it was adjudicated from",
}
_SPLIT = "test"


@dataclass(frozen=True, slots=True)
class Loss:
    """An entity that the token view cannot show, and why."""

    document: str
    span: Span
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One annotation file below ``annotations/``."""

    name: str
    annotator: str
    document: str
    annotations: Annotations


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What was written: the corpus's hash, rows per configuration, files, and what the tokens lose."""

    out: Path
    hash: str
    rows: dict[str, int]
    files: tuple[str, ...]
    losses: tuple[Loss, ...]


def build(root: Path, out: Path | None = None) -> BuildReport:
    """Writes ``out`` (``corpus`` in ``root``), whole or not at all; an old one stays until then.

    Annotations with errors are not published: a :class:`DataError` tells how many and where the first is.
    """
    out = root / "corpus" if out is None else out
    manifest.refuse_other(out)
    with whole_folder(out) as new:
        return _write(root, new, out)


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
        _write(root, new, new)
        names = sorted({*manifest.paths(new), *manifest.paths(out)})
        for name in names:
            if not (out / name).is_file():
                reasons.append(f"{out.name}/{name} is missing")
            elif not (new / name).is_file():
                reasons.append(f"{out.name}/{name} does not belong there")
            elif not _same(new / name, out / name):
                reasons.append(f"{out.name}/{name} differs")
    try:
        written = manifest.read(out)["files"]
        for name, entry in written.items():
            if (out / name).is_file() and entry["sha256"] != file_hash(out / name):
                reasons.append(f"{out.name}/{name} is not the file in its manifest")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reasons.append(f"{out.name}/manifest.json is broken: {error}")
    return reasons


def bio(document: Document) -> tuple[list[dict[str, Any]], list[Loss]]:
    """The rows of the configuration ``entities`` for a document, and the entities that they cannot show."""
    rows: list[dict[str, Any]] = []
    losses: list[Loss] = []
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
        tags[entity.level][first] = TAGS.index(f"B-{entity.label}")
        for index in range(first + 1, last + 1):
            tags[entity.level][index] = TAGS.index(f"I-{entity.label}")
    for number, (start, end) in enumerate(sentences(document.text)):
        part = slice(bisect_left(starts, start), bisect_left(starts, end))
        rows.append(
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
        )
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


def _write(root: Path, folder: Path, out: Path) -> BuildReport:
    """Writes the dataset into ``folder``; ``out`` is where it will lie, for the report."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    refuse_errors(root)
    corpus = Corpus.of("gold", read_documents(root / "annotations" / "gold"))
    texts = {document.id: document.text for document in corpus.documents}
    layers = _layers(root, texts)
    tagged = [bio(document) for document in corpus.documents]
    losses = tuple(loss for _, found in tagged for loss in found)
    rows = {
        "documents": [document_row(document) for document in corpus.documents],
        "entities": [row for found, _ in tagged for row in found],
        "quotes": [row for document in corpus.documents for row in _quote_rows(document)],
        "layers": [row for layer in layers for row in _layer_rows(layer, texts[layer.document])],
    }
    schemas = _schemas()
    for name, schema in schemas.items():
        path = folder / _table_name(name)
        path.parent.mkdir(parents=True)
        # No metadata: what datasets 5 writes there, datasets 3 cannot read. The card declares the features.
        pq.write_table(pa.Table.from_pylist(rows[name], schema), path, compression="zstd")
    counts = {name: len(found) for name, found in rows.items()}
    content = _card(corpus, root, losses, rows, schemas)
    (folder / "README.md").write_text(content, encoding="utf-8", newline="\n")
    described = croissant.describe(folder, corpus, card.read_statement(root), schemas, frozen.version(root))
    (folder / croissant.FILE).write_text(described, encoding="utf-8", newline="\n")
    about = {
        "format": FORMAT,
        "version": frozen.version(root),
        "program": VERSION,
        "hash": corpus.hash,
        "layers": [PARAGRAPHS, SENTENCES, TOKENS],
        "rows": counts,
        "not_in_tokens": len(losses),
        "sources": file_hashes(root, _sources(root)),
    }
    manifest.write(folder, about)
    return BuildReport(out, corpus.hash, counts, tuple(manifest.paths(folder)), losses)


def _layers(root: Path, texts: dict[str, str]) -> list[Layer]:
    """The layers by name, the gold last."""
    found = []
    folders = [*sorted((root / "annotations" / "layers").glob("*/")), root / "annotations" / "gold"]
    for folder in folders:
        for path in sorted(folder.glob("*.jsonl")):
            header = read_annotations(path).header
            if header.document not in texts:
                raise DataError(f"the document {header.document!r} has no gold", where=f"{path}:1")
            file = read_annotations(path, texts[header.document])
            found.append(Layer(header.layer, header.annotator, header.document, file.annotations))
    return found


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


def _layer_rows(layer: Layer, text: str) -> Iterable[dict[str, Any]]:
    for line in format_lines(layer.annotations, text):
        record = json.loads(line)
        fragments = record.get("span", record.get("content", []))
        yield {
            "document": layer.document,
            "layer": layer.name,
            "annotator": layer.annotator,
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

    text, number, tags = pa.string(), pa.int32(), pa.list_(pa.int64())
    roles = dict.fromkeys(("content", *ROLES), fragments(surfaces=True))
    entities = {"id": text, "document": text, "sentence": number, "start": number, "end": number}
    entities |= {"tokens": pa.list_(text), "token_starts": pa.list_(number), "token_ends": pa.list_(number)}
    entities |= dict.fromkeys(_TAGGED, tags)
    quotes = {"document": text, "id": text, "type": text, "medium": text, "start": number, "end": number}
    quotes |= {"text": text, **roles, "speaker_entity": text, "speaker_name": text, "speaker_type": text}
    quotes |= {"speaker_qid": text, "attribution": text, "parent": text, "note": text}
    layers = {"document": text, "layer": text, "annotator": text, "kind": text, "id": text, "label": text}
    layers |= {"level": number, "start": number, "end": number, "text": text, "cluster": text}
    layers |= {"annotation": text}
    tables = {"entities": entities, "quotes": quotes, "layers": layers}
    return {"documents": documents_schema()} | {name: pa.schema(fields) for name, fields in tables.items()}


def _feature(field: pa.Field) -> dict[str, Any]:
    """A field as the card declares it; the tags by their names."""
    if field.name not in _TAGGED:
        return feature(field)
    names = {str(number): tag for number, tag in enumerate(TAGS)}
    return {"list": {"dtype": {"class_label": {"names": names}}}}


def _card(
    corpus: Corpus,
    root: Path,
    losses: Sequence[Loss],
    rows: dict[str, list[dict[str, Any]]],
    schemas: dict[str, pa.Schema],
) -> str:
    stated = card.read_statement(root)
    configs = {
        "configs": [
            {"config_name": name}
            | ({"default": True} if name == "documents" else {})
            | {"data_files": [{"split": _SPLIT, "path": f"data/{name}/{_SPLIT}-*.parquet"}]}
            for name in CONFIGS
        ],
        "dataset_info": [
            {
                "config_name": name,
                # datasets 5 keys its cache by this header alone: without a checksum of the rows it would
                # go on to give those of an older build, or of another corpus.
                "description": f"rows {_rows_hash(rows[name])}",
                "features": [{"name": field.name} | _feature(field) for field in schemas[name]],
            }
            for name in CONFIGS
        ],
    }
    return card.render(
        "card.md.j2",
        card.header(stated, corpus) | configs,
        stated,
        version=frozen.version(root),
        configs=[(name, what, len(rows[name])) for name, what in CONFIGS.items()],
        lost=sorted(Counter(loss.reason for loss in losses).items()),
        agreement=_agreement(root),
        **card.counts(corpus),
    )


def _agreement(root: Path) -> dict[str, Any] | None:
    """The figures of `wortlaut agree --write`; that they are of these layers is checked before building."""
    path = root / AGREEMENT
    figures: dict[str, Any] | None = json.loads(path.read_bytes()) if path.is_file() else None
    return figures


# ---------------------------------------------------------------- files


def _table_name(config: str) -> str:
    return f"data/{config}/{_SPLIT}-00000-of-00001.parquet"


def _sources(root: Path) -> list[Path]:
    return [
        *root.glob("seeds/*"),
        *root.glob(card.STATEMENT),
        *root.glob(AGREEMENT),
        *root.glob(frozen.CHANGELOG),
        *root.glob("annotations/gold/*.jsonl"),
        *root.glob("annotations/layers/*/*.jsonl"),
    ]


def _rows_hash(rows: list[dict[str, Any]]) -> str:
    return sha256(json.dumps(rows, ensure_ascii=False).encode("utf-8")).hexdigest()


def _same(new: Path, old: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if new.read_bytes() == old.read_bytes():
        return True
    if new.suffix == ".parquet":
        try:
            return bool(pq.read_table(new).equals(pq.read_table(old), check_metadata=True))
        except (pa.ArrowException, OSError):
            return False
    if new.name == croissant.FILE:
        try:
            return croissant.comparable(new.read_text("utf-8")) == croissant.comparable(
                old.read_text("utf-8")
            )
        except (ValueError, KeyError, TypeError):
            return False
    if new.name == "manifest.json":
        try:
            manifests = [json.loads(path.read_text("utf-8")) for path in (new, old)]
        except ValueError:
            return False
        # Sizes and hashes of tables are those of one version of pyarrow.
        for manifest in manifests:
            manifest["files"] = [name for name in manifest["files"] if not name.endswith(".md")]
        return bool(manifests[0] == manifests[1])
    return False
