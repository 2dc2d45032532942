"""The project's own annotation files as a format: a folder of texts and their annotations.

What their lines hold, and which rules they keep, is in :mod:`wortlaut.annotations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import is_normalized

from wortlaut.annotations.checks import ID, TYPES, value_problems
from wortlaut.annotations.file import decode, document_readers, format_annotations
from wortlaut.annotations.labels import GERMEVAL, LABELS, Labels, format_labels, is_name
from wortlaut.annotations.lines import dump, keys_of, spans_of
from wortlaut.annotations.rules import Problem
from wortlaut.formats.files import Names
from wortlaut.formats.losses import Losses, tolerated
from wortlaut.model import Annotations, Cluster, Document, Entity, Quote, Span
from wortlaut.model.fields import Field
from wortlaut.text.digests import text_hash

_Sortable = TypeVar("_Sortable", Entity, Quote, Cluster)


def read(path: Path, *, losses: Losses | None = None) -> Iterator[Document]:
    """The documents of an annotation file or folder, with their texts from the nearest ``seeds`` folder."""
    for document in document_readers(path):
        with tolerated(losses, "document"):
            yield document()


def write(path: Path, documents: Iterable[Document]) -> Losses:
    """Write the folder ``path``, which must not be there: ``seeds``, ``annotations/gold``, provenance.

    Where there are other labels than GermEval's, or more levels, ``annotations/labels.yaml`` declares all.

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
    labels: set[str] = set()
    levels = GERMEVAL.levels
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
        labels |= {name for one in annotations.entities for name in (one.label, one.metonymy) if name}
        labels |= {group.type for group in annotations.clusters if group.type and group.type != "GROUP"}
        levels = max([levels, *(entity.level for entity in annotations.entities)])
        (seeds / f"{name}.txt").write_bytes(document.text.encode("utf-8"))
        content = format_annotations(
            annotations, document.text, document=name, layer=head["layer"], annotator=head["annotator"]
        )
        (gold / f"{name}.jsonl").write_bytes(content.encode("utf-8"))
        known = {"id": name, "sha256": text_hash(document.text), "characters": len(document.text)}
        provenance.append(dump(known | rest) + "\n")
    if not labels <= {*GERMEVAL.names} or levels > GERMEVAL.levels:
        meanings = [one for one in GERMEVAL.meanings if one[0] in labels]
        meanings += [(label, "") for label in sorted(labels - {*GERMEVAL.names})]
        content = format_labels(Labels(tuple(meanings), levels))
        (path / LABELS).write_text(content, encoding="utf-8", newline="\n")
    if provenance:
        (seeds / "provenance.jsonl").write_text("".join(provenance), encoding="utf-8", newline="\n")
    return losses


def _broken(problem: Problem) -> str:
    return f"it breaks rule {problem.rule}"


def _meta(document: Document, losses: Losses) -> tuple[dict[str, str], dict[str, str]]:
    """Layer and annotator for the header, and what goes into the provenance."""
    head = {"layer": "gold", "annotator": "unknown"}
    rest: dict[str, str] = {}
    for key, value in document.meta:
        good = value and all(is_normalized("NFC", string) for string in (key, value))
        misnamed = key == "layer" and not ID.fullmatch(value)
        if not good or misnamed or key in ("id", "sha256", "characters") or key in rest:
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
        place = next(spans_of(value), None)
        for key, field in keys_of(kind).items():
            found = getattr(value, key, None)
            if key == "kind" or found in (None, ()):
                continue
            reason = _forbidden(kind, field, found, text)
            if reason and field.required:
                losses.add(kind, document, reason, name, place)
                return None
            if reason:
                losses.add(f"{kind}.{key}", document, reason, f"{key} of {name}", place)
                value = replace(value, **{key: field.default})
        return value

    clusters = []
    for group in filter(None, [kept(cluster, cluster.id) for cluster in document.clusters]):
        for span in (span for span in group.mentions if _frayed(span, text)):
            losses.add("mention", document, _FRAYED, group.id, span)
        spans = tuple(span for span in group.mentions if not _frayed(span, text))
        clusters.append(replace(group, mentions=spans))
    known = {None, *(cluster.id for cluster in clusters)}
    entities = [kept(entity, entity.label) for entity in document.entities]
    quotes = [kept(quote, quote.id) for quote in document.quotes]
    said = {None, *(quote.id for quote in quotes if quote is not None)}

    def without(value: _Sortable, key: str, rule: str, name: str, *, gone: bool) -> _Sortable:
        if gone:
            kind, place = type(value).__name__.lower(), next(spans_of(value))
            losses.add(f"{kind}.{key}", document, f"it breaks rule {rule}", name, place)
        changes: dict[str, Any] = {key: None} if gone else {}
        return replace(value, **changes)

    whole = tuple(
        without(entity, "entity", "R05", f"{entity.entity}", gone=entity.entity not in known)
        for entity in filter(None, entities)
    )
    spoken = []
    for quote in filter(None, quotes):
        # A file without clusters names its speakers freely.
        stranger = bool(clusters) and quote.speaker_entity not in known
        quote = without(quote, "speaker_entity", "R05", quote.id, gone=stranger)
        spoken.append(without(quote, "parent", "R06", quote.id, gone=quote.parent not in said))
    return Annotations(whole, tuple(spoken), tuple(clusters))


_FRAYED = "it breaks rule O05"


def _frayed(span: Span, text: str) -> bool:
    return any(text[start:end] != text[start:end].strip() for start, end in span)


def _forbidden(kind: str, field: Field, value: Any, text: str) -> str:
    """Why a field cannot be written; empty if it can."""
    if isinstance(value, Span):
        return _FRAYED if _frayed(value, text) else ""
    value = list(value) if isinstance(value, tuple) else value
    if not TYPES[field.kind][1](value):
        return "it breaks rule F12"
    if not is_normalized("NFC", dump({field.name: value})):
        return "it breaks rule F04"
    problems = value_problems(0, kind, {field.name: value})
    if problems:
        return _broken(problems[0])
    rule = _LABELS.get((kind, field.name))
    if rule is None:
        return ""
    # A derived word is a name, and no class of clusters.
    good = is_name(value) if isinstance(value, str) else 1 <= value <= 9
    return (
        f"it breaks rule {rule}" if not good or (rule == "S07" and value.endswith(("deriv", "part"))) else ""
    )


#: What the labels of the corpus say, and the rule that is broken by what no label can be.
_LABELS = {
    ("entity", "label"): "S01",
    ("entity", "level"): "S02",
    ("entity", "metonymy"): "S08",
    ("cluster", "type"): "S07",
}
