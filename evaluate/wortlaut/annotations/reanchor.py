"""Moves annotations to texts that were edited, by what the old text and the new one have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from wortlaut.annotations.carry import CROSSED, NOTHING_LEFT, carried, settled
from wortlaut.annotations.file import format_annotations, read_annotations, read_provenance, read_text
from wortlaut.annotations.lines import short
from wortlaut.errors import DataError, MissingFileError
from wortlaut.io.files import file_hash, write_whole
from wortlaut.io.reading import raw_bytes
from wortlaut.model import ROLES, Annotations, Document, Span
from wortlaut.text.digests import text_hash
from wortlaut.text.edits import OffsetMap, apply, difference


@dataclass(frozen=True, slots=True)
class Reanchored:
    """A file that was moved: its spans, which of them cover other words now, and what was left out."""

    path: Path
    spans: int
    changed: tuple[str, ...]
    dropped: tuple[str, ...]


def reanchor(root: Path, before: Callable[[], Iterable[str]]) -> list[Reanchored]:
    """Moves every annotation in ``root`` whose text is another one now; all files or none.

    ``before`` gives texts as they were, which are known by the checksum in the annotations. What cannot be
    moved is left out, and said. Raises DataError for a text that is not among them.
    """
    texts = {path.stem: read_text(path) for path in sorted((root / "seeds").glob("*.txt"))}
    digests = {id: text_hash(text) for id, text in texts.items()}
    paths = sorted([*root.glob("annotations/gold/*.jsonl"), *root.glob("annotations/layers/*/*.jsonl")])
    if not paths:
        hint = "Name the corpus repository with --root."
        raise MissingFileError("there are no annotations to move", where=str(root), hint=hint)
    files = {path: read_annotations(path) for path in paths}
    stale = {p: file for p, file in files.items() if file.header.sha256 != digests.get(file.header.document)}
    old = {text_hash(text): text for text in before()} if stale else {}
    done: list[Reanchored] = []
    contents: dict[Path, bytes] = {}
    for path, file in stale.items():
        head = file.header
        if head.document not in texts:
            raise DataError(f"there is no text seeds/{head.document}.txt", where=f"{path}:1")
        if head.sha256 not in old:
            raise DataError(
                f"the text of {head.document} as it was is needed, and is not here",
                where=f"{path}:1",
                hint=f"With Git: git show HEAD:seeds/{head.document}.txt > old.txt, then --before old.txt",
            )
        text = texts[head.document]
        annotations, changed, dropped = _moved(file.annotations, old[head.sha256], text)
        contents[path] = format_annotations(
            annotations, text, document=head.document, layer=head.layer, annotator=head.annotator
        ).encode("utf-8")
        done.append(Reanchored(path, sum(1 for _ in annotations.spans()), changed, dropped))
    _write(contents | _provenance(root))
    return done


def _moved(
    annotations: Annotations, old: str, new: str
) -> tuple[Annotations, tuple[str, ...], tuple[str, ...]]:
    """The annotations in the new text, which of them cover other words there, and which are lost."""
    offsets = _Words(apply(old, difference(old, new))[1].pieces, old, new)
    quotes, lost = [], []
    for quote in annotations.quotes:
        gone: dict[str, Any] = {}
        for role, span in quote.spans():
            crossed = offsets.crossed(span)
            if role in ROLES and (crossed or settled(offsets.span, new, span, old) is None):
                why = CROSSED if crossed else NOTHING_LEFT
                lost.append(f"quote {quote.id}, its {role} {short(span.text(old))}: {why}")
                gone[role] = None  # a role that is lost does not cost the quote
        quotes.append(replace(quote, **gone))
    annotations = replace(annotations, quotes=tuple(quotes))
    moved = carried(Document("", old, annotations), new, offsets)
    kept, there = moved.kept.of(annotations), moved.document.annotations
    changed = tuple(
        f"{name} {short(before.text(old))} is now {short(span.text(new))}, [{span.start}, {span.end})"
        for (name, before), (_, span) in zip(_named(kept), _named(there), strict=True)
        if before.text(old) != span.text(new)
    )
    return there, changed, (*lost, *moved.dropped)


@dataclass(frozen=True)
class _Words(OffsetMap):
    """A map that leads from a word to another one only where this resembles it, as after a typo."""

    old: str
    new: str

    def span(self, span: Span) -> Span | None:
        moved = super().span(span)
        copied = any(
            piece.copied and max(piece.start, start) < min(piece.end, end)
            for piece in self.pieces
            for start, end in span
        )
        if moved is None or copied:
            return moved
        alike = SequenceMatcher(None, span.text(self.old), moved.text(self.new)).ratio()
        return moved if alike >= 0.5 else None


def _named(annotations: Annotations) -> Iterator[tuple[str, Span]]:
    yield from ((f"entity {entity.label}", entity.span) for entity in annotations.entities)
    yield from replace(annotations, entities=()).spans()


def _provenance(root: Path) -> dict[Path, bytes]:
    """The table with the checksums and lengths of the texts as they are now, if it says others."""
    table = root / "seeds" / "provenance.jsonl"
    read_provenance(table.parent)  # whose errors name the line
    before = raw_bytes(table) if table.exists() else b""
    lines = []
    for line in before.decode("utf-8").split("\n"):
        about = json.loads(line or "{}")
        path = root / "seeds" / f"{about.get('id')}.txt"
        if path.is_file() and about.get("sha256") not in (None, file_hash(path)):
            about |= {"sha256": file_hash(path), "characters": len(read_text(path))}
            line = json.dumps(about, ensure_ascii=False)
        lines.append(line)
    after = "\n".join(lines).encode("utf-8")
    return {table: after} if after != before else {}


def _write(contents: Mapping[Path, bytes]) -> None:
    """All of the files or none."""
    with ExitStack() as undo:
        for path, data in contents.items():
            undo.callback(write_whole, path, path.read_bytes())
            write_whole(path, data)
        undo.pop_all()  # all is there
