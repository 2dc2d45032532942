"""Takes texts into a corpus repository: ``seeds/``, their provenance, and a first layer of annotations."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory

from wortlaut.annotations.checks import ID
from wortlaut.annotations.file import (
    decode,
    format_annotations,
    read_annotations,
    read_provenance,
    read_text,
    write_annotations,
)
from wortlaut.annotations.labels import read_labels
from wortlaut.errors import DataError, MissingFileError, unknown_name
from wortlaut.io.files import write_whole
from wortlaut.io.reading import raw_bytes
from wortlaut.model import Annotations, Cluster, Document
from wortlaut.text.digests import text_hash
from wortlaut.text.letters import alike, plain

#: What a line of provenance can say beside id, checksum and length, in its order.
ABOUT = ("language", "kind", "source", "rights", "note")

#: Per rule that a text breaks, the command that mends a copy of it.
_MENDED = {
    "F01": "iconv -f WINDOWS-1252 -t UTF-8 {0} > {1}  (or from the encoding that it really has)",
    "F02": "tail -c +4 {0} > {1}",
    "F03": r"sed 's/\r$//' {0} > {1}  (a lone CR within a line: tr '\r' '\n')",
    "F04": (
        'python -c "import sys, unicodedata as u; t = sys.stdin.buffer.read().decode();'
        " sys.stdout.buffer.write(u.normalize('NFC', t).encode())\" < {0} > {1}"
    ),
    "F05": "open it and remove the half character that the message names, or ask for the text anew",
}


@dataclass(frozen=True, slots=True)
class Addition:
    """A text that can be taken in: its id, its characters, and its bytes as they are."""

    document: Document
    data: bytes
    about: Mapping[str, str]

    @property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()

    def provenance(self) -> str:
        """Its line in ``seeds/provenance.jsonl``."""
        about = {key: self.about[key] for key in ABOUT if self.about.get(key)}
        own = {"id": self.document.id, "sha256": self.sha256, "characters": len(self.document.text)}
        return json.dumps(own | about, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class NewLayer:
    """What one annotator says about each text that is taken in."""

    name: str
    annotator: str
    annotations: Sequence[Annotations]


def seeds(root: Path, ids: Sequence[str] | None = None) -> list[Document]:
    """The texts of a corpus repository, or those of ``ids``. Raises DataError for none, or broken labels."""
    paths = {path.stem: path for path in sorted((root / "seeds").glob("*.txt"))}
    read_labels(root)
    for id in ids or ():
        if id not in paths:
            raise unknown_name("document", id, paths, where=str(root / "seeds"))
    if not paths:
        hint = "Take texts in first: wortlaut add FILE"
        raise MissingFileError("there are no texts in seeds/", where=str(root), hint=hint)
    return [Document(id, read_text(path)) for id, path in paths.items() if not ids or id in ids]


def check(files: Sequence[Path], root: Path, about: Mapping[str, str]) -> list[Addition]:
    """The texts of ``files`` as they would stand in ``root``; writes nothing.

    Raises a :class:`DataError` for broken labels of ``root``, before anybody annotates; for a text that
    `wortlaut validate` would refuse (with the command that mends a copy), for an id or a text that is there
    already, and for a name that cannot be an id.
    """
    read_labels(root)
    seeds = root / "seeds"
    taken = {path.stem for path in seeds.glob("*.txt")} | set(read_provenance(seeds))
    texts = {text_hash(read_text(path)): str(path) for path in sorted(seeds.glob("*.txt"))}
    found = []
    for path in files:
        addition = _checked(path, about)
        id = addition.document.id
        if id in taken:
            raise DataError(
                f"there is a document {id!r} already",
                where=str(path),
                hint=f"Give the text another name: cp {quote(str(path))} {id}-2.txt",
            )
        if addition.sha256 in texts:
            raise DataError(
                f"is the same text as {texts[addition.sha256]}",
                where=str(path),
                hint="A corpus holds a text once.",
            )
        taken.add(id)
        texts[addition.sha256] = str(path)
        found.append(addition)
    return found


def write(
    additions: Sequence[Addition],
    root: Path,
    layers: Sequence[NewLayer] = (),
) -> list[Path]:
    """Writes texts, provenance and, in each of the ``layers``, a file of annotations a text; all or nothing.

    Raises a :class:`DataError` for a layer that cannot be one, annotations of these texts that are there
    already, and annotations that the format cannot hold.
    """
    for layer in layers:
        check_layer(layer.name)
    texts, labels = {one.document.id: one.document.text for one in additions}, read_labels(root)
    files = {root / "seeds" / f"{one.document.id}.txt": one.data for one in additions}
    for layer in layers:
        for one, said in zip(additions, layer.annotations, strict=True):
            id, text = one.document.id, one.document.text
            files[root / "annotations" / "layers" / layer.name / f"{id}.jsonl"] = format_annotations(
                fitted(said), text, document=id, layer=layer.name, annotator=layer.annotator
            ).encode("utf-8")
    there = [path for path in files if path.exists()]
    if there:
        raise DataError("is there already and is not overwritten", where=str(there[0]))
    table = root / "seeds" / "provenance.jsonl"
    lines = (table.read_bytes() if table.is_file() else b"").decode("utf-8")
    lines += "\n" if lines and not lines.endswith("\n") else ""
    lines += "".join(one.provenance() for one in additions)
    folders = {table.parent, root / "annotations" / "gold", root / "annotations" / "layers"}
    folders |= {path.parent for path in files}
    missing = sorted({path for one in folders for path in (one, *one.parents) if not path.exists()})
    with ExitStack() as undo:
        for path in missing:
            path.mkdir()
            undo.callback(path.rmdir)
        for path, data in files.items():
            undo.callback(path.unlink, missing_ok=True)
            write_whole(path, data)
            if path.suffix == ".jsonl":
                # What this program cannot read back is no annotation of the text.
                with _told(f"layer {path.parent.name}, document {path.stem!r}"):
                    read_annotations(path, texts[path.stem], labels)
        write_whole(table, lines)
        undo.pop_all()  # all is there
    return [*files, table]


def take(
    documents: Iterable[Document], root: Path, *, layer: str, annotator: str, force: bool = False
) -> list[Path]:
    """Writes annotations of texts that are in ``seeds/`` as a layer; all or nothing.

    A document is known by its id, or by its text where a tool has given it another id. Raises a
    :class:`DataError` for a text that is none of them (with the place where it differs), for files that are
    there already but for ``force``, and for annotations that the format cannot hold.
    """
    check_layer(layer)
    texts = {path.stem: read_text(path) for path in sorted((root / "seeds").glob("*.txt"))}
    ids, labels = {text: id for id, text in texts.items()}, read_labels(root)
    folder = root / "annotations" / "layers" / layer
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{layer}-", dir=folder.parent) as place:
        new = []
        for document in documents:
            id = document.id if texts.get(document.id) == document.text else ids.get(document.text)
            if id is None:
                raise _no_seed(document, texts)
            path = Path(place) / f"{id}.jsonl"
            if path.exists():
                raise DataError("two documents have its text", where=str(root / "seeds" / f"{id}.txt"))
            write_annotations(
                path,
                fitted(document.annotations),
                document.text,
                document=id,
                layer=layer,
                annotator=annotator,
            )
            with _told(f"document {document.id!r}"):
                read_annotations(path, document.text, labels)
            if (folder / path.name).exists() and not force:
                raise DataError(
                    "is there already and is not overwritten",
                    where=str(folder / path.name),
                    hint="Name another layer, or say --force.",
                )
            new.append(path)
        folder.mkdir(exist_ok=True)
        return [path.replace(folder / path.name) for path in new]


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Errors of a file that will not stay are told by what it says, not by its name."""
    try:
        yield
    except DataError as error:
        raise DataError(error.what, where=where, hint=error.hint) from error


def _no_seed(document: Document, texts: Mapping[str, str]) -> DataError:
    seed = texts.get(document.id)
    where = f"document {document.id!r}"
    name = document.id
    if seed is None:
        # A tool with ids of its own may also have cut something off: what begins alike is meant.
        same = {id: alike(text, document.text) for id, text in texts.items()}
        name = max(same, key=same.__getitem__, default="")
        seed = texts[name] if name and same[name] * 2 > len(texts[name]) else None
    if seed is None:
        return DataError(
            "its text is none of seeds/", where=where, hint="Take it in first: wortlaut add FILE"
        )
    at = alike(seed, document.text)
    line = seed.count("\n", 0, at) + 1
    return DataError(
        f"its text is not that of seeds/{name}.txt: it differs from line {line}, character {at} on",
        where=where,
        hint=f"There {seed[at : at + 20]!r}, here {document.text[at : at + 20]!r}.",
    )


def check_layer(layer: str) -> None:
    """Raises DataError for what cannot be the name of a layer."""
    if layer == "gold" or not ID.fullmatch(layer):
        raise DataError(
            f"{layer!r} cannot be the name of a layer",
            hint="Use letters, digits, and - _ . for a layer; the gold comes from `wortlaut adjudicate`.",
        )


def together(found: Mapping[str, Sequence[Annotations]]) -> list[Annotations]:
    """What several annotators, by name, say of each text, as one: each of them of names or of quotes.

    Raises DataError where two have found the same kind: who is right is decided between two layers.
    """
    for kind in ("entities", "quotes"):
        finders = [name for name, said in found.items() if any(getattr(one, kind) for one in said)]
        if len(finders) > 1:
            raise DataError(
                f"{' and '.join(finders)} have both found {kind}, which one layer cannot hold",
                hint="Without --layer each writes a layer of its own.",
            )
    joined = []
    for said in zip(*found.values(), strict=True):
        clusters = {cluster.id: cluster for one in said for cluster in one.clusters}
        entities, quotes = (
            tuple(item for one in said for item in getattr(one, kind)) for kind in ("entities", "quotes")
        )
        joined.append(Annotations(entities, quotes, tuple(clusters.values())))
    return joined


def relabelled(
    annotations: Annotations, label: Callable[[str], str | None], left_out: Counter[str]
) -> Annotations:
    """The annotations with other labels; names without one are counted and left out, with their clusters."""
    entities = []
    for entity in annotations.entities:
        to = label(entity.label)
        if to is None:
            left_out[entity.label] += 1
        else:
            metonymy = entity.metonymy and label(entity.metonymy)
            entities.append(replace(entity, label=to, metonymy=metonymy))
    used = {entity.entity for entity in entities} | {quote.speaker_entity for quote in annotations.quotes}
    lost = {entity.entity for entity in annotations.entities} - used
    clusters = (
        replace(cluster, type=cluster.type and label(cluster.type))
        for cluster in annotations.clusters
        if cluster.mentions or cluster.id not in lost
    )
    return replace(annotations, entities=tuple(entities), clusters=tuple(clusters))


def fitted(annotations: Annotations) -> Annotations:
    """An extractor's annotations with ids as the files have them: slugs, and a cluster behind every name.

    Without any clusters, speakers stay plain names.
    """
    ids: dict[str, str] = {}
    clusters: dict[str, Cluster] = {}
    for cluster in annotations.clusters:
        id = ids[cluster.id] = _slug(cluster.id, clusters)
        clusters[id] = replace(cluster, id=id)
    named = {name: cluster.id for cluster in clusters.values() for name in (cluster.name, *cluster.aliases)}

    def call(name: str | None) -> str | None:
        if name is None:
            return None
        if name not in ids:
            id = ids[name] = named.get(name) or _slug(name, clusters)
            clusters.setdefault(id, Cluster(id, name))
        return ids[name]

    entities = tuple(replace(entity, entity=call(entity.entity)) for entity in annotations.entities)
    quotes = annotations.quotes
    if clusters:
        quotes = tuple(replace(quote, speaker_entity=call(quote.speaker_entity)) for quote in quotes)
    if not all(ID.fullmatch(quote.id) for quote in quotes):
        number = {quote.id: f"q{n}" for n, quote in enumerate(quotes, 1)}
        quotes = tuple(
            replace(quote, id=number[quote.id], parent=number.get(quote.parent or "", quote.parent))
            for quote in quotes
        )
    return Annotations(entities, quotes, tuple(clusters.values()))


def _slug(name: str, taken: Collection[str]) -> str:
    """``Anna Weiß`` → ``anna-weiss``, with a number behind it where that is taken."""
    slug = re.sub(r"[^\w]+", "-", plain(name)).strip("-_") or "x"
    return next(s for s in chain([slug], (f"{slug}-{n}" for n in count(2))) if s not in taken)


def _checked(path: Path, about: Mapping[str, str]) -> Addition:
    data = raw_bytes(path, "Name a text file.")
    text, problems = decode(data)
    if problems:
        problem = problems[0]
        copy = path.with_name(f"{path.stem}-mended{path.suffix}")
        mended = _MENDED[problem.rule].format(quote(str(path)), quote(str(copy)))
        raise DataError(
            f"{problem.what} ({problem.rule})", where=f"{path}:{problem.line}", hint=f"Mend a copy: {mended}"
        )
    if not text.strip():
        raise DataError("the text is empty", where=str(path))
    if not ID.fullmatch(path.stem):
        name = "".join(c if c.isalnum() or c in "-_." else "-" for c in path.stem).lstrip(".") or "text"
        copy = path.with_name(f"{name}.txt")
        raise DataError(
            f"{path.stem!r} cannot be the id of a document",
            where=str(path),
            hint=f"Letters, digits, and - _ . (not first): cp {quote(str(path))} {quote(str(copy))}",
        )
    return Addition(Document(path.stem, text), data, about)
