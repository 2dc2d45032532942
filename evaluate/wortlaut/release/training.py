"""Training data for other programs, split by document so that no near copy stands on both sides."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.corpus.schemes import shown
from wortlaut.corpus.splits import NAMES, SHARES, Near, split
from wortlaut.errors import DataError, unknown_name
from wortlaut.formats.losses import Loss, Losses
from wortlaut.io.folders import whole_folder
from wortlaut.model import Document
from wortlaut.model.batch import Batch


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: documents per split, near copies that were kept together, what is not in the data."""

    out: Path
    documents: dict[str, int]
    near: tuple[Near, ...]
    losses: tuple[Loss, ...]
    nested: int
    changes: tuple[Loss, ...] = ()

    def lines(self) -> Iterator[str]:
        """The report, for the terminal."""
        for pair in self.near:
            share = f"{pair.similarity:.0%} in common"
            yield f"near copies, kept together: {pair.first} and {pair.second} ({share})"
        for change in self.changes:
            yield f"as {change.format}: {change.count} × {change.kind}, {change.reason}"
        for loss in self.losses:
            yield f"not in the data: {loss.count} × {loss.kind}, {loss.reason} ({'; '.join(loss.examples)})"
        if self.nested:
            yield f"{self.nested} nested names: in the span group entities, not learned by the component ner"
        counts = ", ".join(f"{name} {count}" for name, count in self.documents.items())
        yield f"wrote {self.out} ({counts})"
        yield f"train: python -m spacy train {self.out}/config.cfg --output MODEL"
        yield "score: wortlaut evaluate -e spacy:MODEL/model-best --corpus …"


def export(format: str, corpus: str | Corpus, out: Path, scheme: str | None = None) -> Exported:
    """Writes ``out`` (train, dev and test, a config and ``splits.json``), whole or not at all.

    With a ``scheme`` annotations become those of that scheme first.
    Raises DataError for a folder that holds something, and for a corpus that cannot be split.
    """
    if format != "spacy":
        raise unknown_name("training format", format, ["spacy"])
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise DataError("is there already and is not overwritten", where=str(out), hint="Name a new folder.")
    loaded, changes = corpus if isinstance(corpus, Corpus) else load_corpus(corpus), Losses(scheme or "")
    if scheme is not None:
        batches = shown(scheme, loaded.name, [Batch.of(loaded.documents)], changes)
        loaded = Corpus.of(loaded.name, [one for batch in batches for one in batch.documents()])
    sides, near = _sides(loaded.documents)
    parts = {name: [one for one in loaded.documents if sides[one.id] == name] for name in SHARES}
    with whole_folder(out) as new:
        losses = _write_spacy(new, out, loaded, parts)
        (new / "splits.json").write_text(
            json.dumps(
                {"corpus": loaded.name, "hash": loaded.hash, "documents": sides}, ensure_ascii=False, indent=1
            )
            + "\n",
            encoding="utf-8",
        )
    return Exported(
        out,
        {name: len(part) for name, part in parts.items()},
        tuple(near),
        losses,
        sum(entity.level > 1 for document in loaded.documents for entity in document.entities),
        tuple(changes),
    )


def _sides(documents: Sequence[Document]) -> tuple[dict[str, str], list[Near]]:
    """The splits that the corpus declares, ``validation`` as ``dev`` (or a tenth of its train); else ours."""
    declared = {document.id: dict(document.meta).get("split", "") for document in documents}
    if not {*declared.values()} <= {*NAMES}:
        return split(documents)
    sides = {id: "dev" if name == "validation" else name for id, name in declared.items()}
    if "dev" in sides.values():
        return sides, []
    train = [document for document in documents if sides[document.id] == "train"]
    parts, near = split(train, {"train": 0.9, "dev": 0.1})
    return sides | parts, near


def _write_spacy(
    folder: Path, out: Path, corpus: Corpus, parts: dict[str, list[Document]]
) -> tuple[Loss, ...]:
    from wortlaut.formats import writer

    write = writer("docbin")
    losses = [loss for name, part in parts.items() for loss in write(folder / f"{name}.spacy", part)]
    (folder / "config.cfg").write_text(_config(corpus, out), encoding="utf-8")
    return tuple(losses)


def _config(corpus: Corpus, out: Path) -> str:
    """A config for names on one level, small enough for a CPU; paths as ``out`` is named, scores are ours."""
    from spacy.cli.init_config import init_config

    languages = Counter(dict(document.meta).get("language", "de") for document in corpus.documents)
    config = init_config(
        lang=languages.most_common(1)[0][0], pipeline=["ner"], optimize="efficiency", gpu=False
    )
    config["paths"] |= {name: (out / f"{name}.spacy").as_posix() for name in ("train", "dev")}
    config["components"]["ner"]["scorer"] = {"@scorers": "wortlaut.ents_scorer.v1"}
    return str(config.to_str())
