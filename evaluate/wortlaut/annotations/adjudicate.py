"""Two layers made into one: what they agree on as it is, what they differ in as decisions to be taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from wortlaut.annotations.checks import check_text, label_problems
from wortlaut.annotations.diff import FIELDS, REMARKS, Layer, Pair, compare
from wortlaut.annotations.file import (
    format_annotations,
    parse,
    read_annotations,
    read_text,
    refusal,
    text_path,
)
from wortlaut.annotations.labels import read_labels
from wortlaut.annotations.lines import (
    NOTHING,
    Annotation,
    Decision,
    Header,
    Mention,
    Value,
    assemble,
    in_words,
)
from wortlaut.errors import DataError, MissingFileError
from wortlaut.io import reading
from wortlaut.io.files import write_whole
from wortlaut.model import Annotations, Cluster, Document, Quote

#: Problems that a file may have while it is being decided.
_EXPECTED = ("F13", "F14", "S17", "S18")


@dataclass(frozen=True, slots=True)
class Merged:
    """A document with what two layers agree on, and the decisions that are to be taken.

    ``carried`` are the mentions of clusters that are among the decisions; ``taken_over`` names what only
    one of the layers annotates at all, and ``only_one`` counts the annotations of such a kind.
    """

    document: Document
    layers: tuple[str, str]
    decisions: tuple[Decision, ...]
    carried: tuple[Mention, ...]
    agreed: int
    only_one: int
    taken_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of the decisions of one file: those carried out, or those that are still open."""

    path: Path
    carried_out: tuple[Decision, ...]
    open: tuple[Decision, ...]


def merge(first: Layer, second: Layer) -> list[Merged]:
    """The documents of both layers, merged.

    A field or kind of annotation that one layer has nowhere is not annotated in it, and no disagreement:
    it is taken over from the other. Score, rule and note decide nothing; of them the note is kept.
    """
    strange = sorted(set(first.documents) ^ set(second.documents))
    if strange:
        has = first.name if strange[0] in first.documents else second.name
        raise DataError(
            f"only {has} has the document {strange[0]!r}"
            + (f", and {len(strange) - 1} more stand on one side only" if len(strange) > 1 else ""),
            hint="Adjudicate layers of the same documents.",
        )
    distinct = first.name != second.name and NOTHING not in (first.name, second.name)
    names = (first.name, second.name) if distinct else ("first", "second")
    lacks = tuple(_lacks(layer.documents.values()) for layer in (first, second))
    taken_over = tuple(
        f"{what}: only {names[1 - side]} has them"
        for side in (0, 1)
        for what in _told(lacks[side], lacks[1 - side])
    )
    merged = []
    for id in sorted(first.documents):
        one, other = first.documents[id], second.documents[id]
        if one.text != other.text:
            raise DataError(f"{names[0]} and {names[1]} annotate different texts of {id}")
        agreed, only_one, decisions = _merge(one.annotations, other.annotations, names, lacks)
        kept = [*agreed, *only_one]
        annotations = assemble(kept)
        ids = {cluster.id for cluster in annotations.clusters}
        carried = tuple(item for item in kept if isinstance(item, Mention) and item.cluster not in ids)
        annotators = ", ".join(dict(document.meta).get("annotator", "") for document in (one, other))
        document = Document(id, one.text, annotations, (("annotator", annotators),))
        merged.append(
            Merged(document, names, decisions, carried, len(agreed), len(only_one) - len(carried), taken_over)
        )
    return merged


def write_merged(merged: Sequence[Merged], out: Path, *, force: bool = False) -> list[Path]:
    """Writes each document to ``out``, and what was taken over to ``adjudication`` beside it.

    Raises a :class:`DataError` where a file is there already, before anything is written.
    """
    paths = [out / f"{one.document.id}.jsonl" for one in merged]
    there = [path for path in paths if path.exists()]
    if there and not force:
        raise DataError(
            "is there already and is not overwritten",
            where=str(there[0]),
            hint="Name another folder (-o), or replace it (--force).",
        )
    out.mkdir(parents=True, exist_ok=True)
    for one, path in zip(merged, paths, strict=True):
        write_whole(
            path,
            format_annotations(
                one.document.annotations,
                one.document.text,
                document=one.document.id,
                layer=out.absolute().name,
                annotator=f"adjudicated from {dict(one.document.meta)['annotator']}",
                beside=(*one.carried, *one.decisions),
            ),
        )
        only_one = f" {one.only_one} are of a kind that only one layer has." if one.only_one else ""
        _append(
            out,
            one.document.id,
            [
                f"## Layers {one.layers[0]} and {one.layers[1]}",
                "",
                f"{one.agreed} annotations agree and were taken as they are; "
                f"{len(one.decisions)} differ.{only_one}",
                *(["", "Taken over from the one layer that has it:", ""] if one.taken_over else []),
                *(f"- {what}" for what in one.taken_over),
            ],
        )
    return paths


def finish(folder: Path) -> list[Finished]:
    """Carries out the decisions in the files of ``folder``, and writes the reasons to ``adjudication``.

    A file with an open decision is left as it is. Files without decisions are not touched.
    """
    if not folder.is_dir():
        raise MissingFileError("no such folder", where=str(folder), hint="Merge two layers first.")
    return [done for path in sorted(folder.glob("*.jsonl")) if (done := _finish(path)) is not None]


# ---------------------------------------------------------------- merging


def _lacks(documents: Iterable[Document]) -> frozenset[tuple[str, str]]:
    """The ``(kind, field)`` that no annotation of the layer has; ``(kind, "")`` for a kind that is absent."""
    lacking = {(kind, field) for kind, names in FIELDS.items() for field in ("", *names)}
    for document in documents:
        for item in (*document.clusters, *document.entities, *document.quotes):
            kind = type(item).__name__.lower()
            lacking -= {(kind, field) for field in FIELDS[kind] if getattr(item, field) not in (None, ())}
            lacking -= {(kind, ""), ("mention" if kind == "cluster" else kind, "")}
    return frozenset(lacking)


def _told(lacking: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> Iterator[str]:
    """What a layer lacks and the other has in words, each kind as a whole or field by field."""
    for kind, names in FIELDS.items():
        if (kind, "") in lacking | other:
            if kind != "mention" and (kind, "") not in other:
                yield f"{kind} lines"
            continue
        fields = [name for name in names if (kind, name) in lacking - other and name not in REMARKS]
        yield from (f"{field} of {kind} lines" for field in fields)


def _merge(
    first: Annotations,
    second: Annotations,
    names: tuple[str, str],
    lacks: tuple[frozenset[tuple[str, str]], ...],
) -> tuple[list[Annotation], list[Annotation], tuple[Decision, ...]]:
    """What both say, what only one says without a disagreement, and the disagreements."""
    pairs = _with_common_ids(compare(first, second))
    clusters = {c.id for pair in pairs for c in (pair.first, pair.second) if isinstance(c, Cluster)}
    both = {pair.first.id for pair in pairs if isinstance(pair.first, Cluster) and pair.second is not None}
    agreed: list[Annotation] = []
    only_one: list[Annotation] = []
    disputed: list[tuple[Pair, str]] = []
    for pair in pairs:
        one, other = pair.first, pair.second
        if one is None or other is None:
            said = one or other
            assert said is not None
            silent = 0 if one is None else 1
            # The mentions of a cluster stand and fall with it.
            carried = isinstance(said, Mention) and said.cluster not in both
            if (pair.kind, "") in lacks[silent] or carried:
                only_one.append(_plain(said))
            else:
                disputed.append((pair, f"only in {names[1 - silent]}"))
            continue
        one, other = (
            _filled(one, other, lacks[0], pair, clusters),
            _filled(other, one, lacks[1], pair, clusters),
        )
        differs = [
            name
            for name in pair.fields
            if name not in REMARKS and (pair.kind, name) not in lacks[0] | lacks[1]
        ]
        if differs:
            disputed.append((Pair(one, other, pair.fields), ", ".join(differs)))
        else:
            agreed.append(_plain(one, other))
    width = max(2, len(str(len(disputed))))
    decisions = tuple(
        Decision(
            f"d{number:0{width}}",
            "",
            "",
            differs,
            tuple(
                (name, None if side is None else _plain(side))
                for name, side in zip(names, (pair.first, pair.second), strict=True)
            ),
        )
        for number, (pair, differs) in enumerate(disputed, 1)
    )
    return agreed, only_one, decisions


def _with_common_ids(pairs: Sequence[Pair]) -> list[Pair]:
    """Quotes of both sides with ids of the merged file, in text order, and parents called by them."""
    quotes = [pair for pair in pairs if pair.kind == "quote"]
    width = max(2, len(str(len(quotes))))
    new = [
        {quote.id: f"q{number:0{width}}" for number, quote in enumerate(side, 1) if isinstance(quote, Quote)}
        for side in ([pair.first for pair in quotes], [pair.second for pair in quotes])
    ]

    def named(item: Annotation | None, ids: Mapping[str, str]) -> Annotation | None:
        if not isinstance(item, Quote):
            return item
        return replace(item, id=ids[item.id], parent=ids.get(item.parent or "", item.parent))

    return [replace(p, first=named(p.first, new[0]), second=named(p.second, new[1])) for p in pairs]


def _filled(
    item: Annotation, other: Annotation, lacking: frozenset[tuple[str, str]], pair: Pair, clusters: set[str]
) -> Annotation:
    """The item with what its layer never annotates taken from the other side."""
    changes: dict[str, Any] = {
        field: getattr(other, field)
        for field in FIELDS[pair.kind]
        if (pair.kind, field) in lacking and field not in REMARKS
    }
    # A speaker called by a plain name here who is a cluster there is called as there.
    if isinstance(other, Quote) and "speaker_entity" not in pair.fields and other.speaker_entity in clusters:
        changes["speaker_entity"] = other.speaker_entity
    return replace(item, **changes) if changes else item


def _plain(item: Annotation, other: Annotation | None = None) -> Annotation:
    """The item without score and rule, which are no part of a decision, and with the notes of both sides."""
    if isinstance(item, Mention):
        return item
    notes = dict.fromkeys(
        side.note for side in (item, other) if not isinstance(side, Mention | None) and side.note
    )
    unsaid = {field.name for field in fields(item)} & {"score", "rule"}
    changes: dict[str, Any] = dict.fromkeys(unsaid) | {"note": "; ".join(notes) or None}
    return replace(item, **changes)


# ---------------------------------------------------------------- finishing


def _finish(path: Path) -> Finished | None:
    parsed = parse(path)
    values: list[Value] = [line.value for line in parsed.lines]
    decisions = tuple(value for value in values if isinstance(value, Decision))
    if not decisions:
        read_annotations(path)  # a line that cannot be read may be one
        return None
    broken = [problem for problem in parsed.problems if problem.rule not in _EXPECTED]
    header = parsed.header
    if broken or header is None:  # a header that is missing is a problem
        raise refusal(path, broken[:1])
    text = read_text(text_path(path, header.document))
    labels = read_labels(text_path(path, header.document).parent.parent)
    for problem in (*check_text(parsed, text), *label_problems(parsed.lines, labels)):
        raise refusal(path, [problem])
    still_open = tuple(decision for decision in decisions if decision.open)
    if still_open:
        return Finished(path, (), still_open)
    kept: list[Value] = [
        *(value for value in values if not isinstance(value, Decision | Header)),
        *(decision.kept for decision in decisions if decision.kept is not None),
    ]
    clusters = {value.id for value in kept if isinstance(value, Cluster)}
    rejected = {
        r.id for decision in decisions for _, r in decision.readings if isinstance(r, Cluster)
    } - clusters
    gone = [value for value in kept if isinstance(value, Mention) and value.cluster in rejected]
    kept = [value for value in kept if value not in gone]
    lost = [value for value in kept if isinstance(value, Mention) and value.cluster not in clusters]
    if lost:
        raise DataError(
            f"a mention of {lost[0].cluster!r}, which is no cluster",
            where=str(path),
            hint="Correct the mention, or keep the cluster.",
        )
    content = format_annotations(
        assemble(kept), text, document=header.document, layer=header.layer, annotator=header.annotator
    )
    names = list(dict.fromkeys(name for decision in decisions for name, _ in decision.readings))
    told = [in_words(value, text, "") for value in gone if isinstance(value, Mention)]
    # The reasons first: should the second write fail, nothing is lost and the command can be repeated.
    _append(
        path.parent,
        header.document,
        [
            "## Decisions",
            "",
            f"| id | differs | {' | '.join(names)} | kept | reason |",
            "| --- " * (len(names) + 4) + "|",
            *(_row(decision, names, text) for decision in decisions),
            *(["", f"Removed with their clusters: {'; '.join(told)}."] if told else []),
        ],
    )
    write_whole(path, content)
    return Finished(path, decisions, ())


def _append(folder: Path, document: str, lines: Sequence[str]) -> None:
    """Adds a section to the document's file in ``adjudication`` beside ``folder``."""
    path = folder.absolute().parent / "adjudication" / f"{document}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = reading.read_text(path) if path.exists() else f"# Adjudication of {document}\n"
    write_whole(path, old.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n")


def _row(decision: Decision, names: Sequence[str], text: str) -> str:
    """A decision as a line of the table, with what each of the named layers says."""
    said = {layer: in_words(reading, text, decision.differs) for layer, reading in decision.readings}
    cells = [
        decision.id,
        decision.differs,
        *[said.get(name, "–") for name in names],
        decision.keep,
        decision.reason,
    ]
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"
