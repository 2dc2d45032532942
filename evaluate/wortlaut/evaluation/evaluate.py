"""Run extractors over a corpus and score what they find: the main job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from wortlaut.corpus.load import Corpus, read_annotated, stream_corpus
from wortlaut.errors import DataError, WortlautError, counted, unknown_name
from wortlaut.evaluation.engines import engine as engine_of
from wortlaut.evaluation.files import (
    EvaluationFile,
    Settings,
    checked,
    read_evaluation,
    read_settings,
)
from wortlaut.evaluation.scorer import Found, Scoring, Source
from wortlaut.evaluation.systems import GoldItems, Scored, System, by_keys, by_names, named, read_item
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import available
from wortlaut.model import Annotations, Document, Span
from wortlaut.records.record import as_dict
from wortlaut.rendering import Tabular
from wortlaut.running.isolated import isolated
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.labels import projection
from wortlaut.scoring.metrics import GIVEN, QUOTES, check_schema
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import Units, unplaced

#: The extractors of the main job.
BUILT_IN = ("gazetteer", "hanta", "quotes-de")
#: The schemas of the main job.
DEFAULT_SCHEMAS = ("strict", "partial")

#: What entity scores can be broken down by, beside ``meta:NAME``.
BREAKDOWNS = ("level", "length", "document", "surface")

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Evaluation(Tabular):
    """Every system's scores on one corpus, and how they came about.

    ``signature`` holds the schemas, the label projection and the resampling, ``by`` the breakdowns that were
    asked for. ``documents`` is their number. ``corpus`` holds the documents themselves, and the systems what
    they found and which items were right, only where these are kept (see :func:`evaluate`). Plain data by
    :meth:`to_dict`, documented by a JSON Schema; :meth:`from_dict` reads it back. In what was read back
    ``judged`` lists of the items found only the wrong ones, and the texts are those of the gold items.
    """

    corpus: Corpus
    signature: Signature
    systems: tuple[Scored, ...]
    units: Units
    notes: tuple[str, ...] = ()
    documents: int = 0
    by: tuple[str, ...] = ()
    read: GoldItems | None = field(default=None, repr=False)

    def gold(self) -> GoldItems | None:
        """The gold items of each score with the text that they cover, the same for all systems, if kept."""
        if self.read is not None or not self.corpus.documents:
            return self.read
        texts = {document.id: document.text for document in self.corpus.documents}
        judged = {key: one for system in reversed(self.systems) for key, one in system.judged.items()}
        return {
            key: [(item, Span(item[1]).text(texts[item[0]])) for item in one.gold]
            for key, one in judged.items()
        }

    def to_dict(self) -> dict[str, Any]:
        gold = self.gold()
        items = {key: [(*item, text) for item, text in rows] for key, rows in (gold or {}).items()}
        file = EvaluationFile(
            self.signature.version,
            self.corpus.name,
            self.corpus.hash,
            self.documents,
            Settings.of(self.signature, self.by),
            str(self.signature),
            self.units.kind,
            len(self.units),
            self.notes,
            None if gold is None else by_names(items),
            tuple(system.row() for system in self.systems),
        )
        return as_dict(file)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "") -> Evaluation:
        """The evaluation of its plain form, as this or an earlier version wrote it.

        ``Evaluation.from_dict(e.to_dict()).to_dict() == e.to_dict()``. Raises DataError, which names
        ``where``, for anything else.
        """
        data = checked(data, where)
        try:
            whole = read_settings(data)
            items = by_keys(data["items"] or {})
            gold = {key: [(read_item(row[:3]), row[3]) for row in rows] for key, rows in items.items()}
            return cls(
                Corpus(whole.corpus, (), whole.hash),
                whole,
                tuple(Scored.from_dict(row, whole, gold) for row in data["systems"]),
                unplaced(data["resampling"]["unit"], data["resampling"]["units"]),
                tuple(data["notes"]),
                data["corpus"]["documents"],
                tuple(data["settings"]["by"]),
                None if data["items"] is None else gold,
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"is no whole result: {what}", where=where, hint="Write it anew.") from error


def load_evaluation(path: str | PathLike[str]) -> Evaluation:
    """The evaluation in a file that ``wortlaut evaluate --json`` or ``wortlaut score --json`` wrote.

    It compares, prints and exports as the one that was written; texts and single findings are not in it, so
    its page has scores only. Files of earlier versions are read, too. Raises MissingFileError, and DataError
    for a file of another kind.
    """
    return Evaluation.from_dict(read_evaluation(Path(path)), str(path))


def evaluate(
    extractors: str | Extractor | Sequence[str | Extractor] | None = None,
    corpus: str | Corpus = "gold",
    *,
    schemas: Sequence[str] = DEFAULT_SCHEMAS,
    labels: str | Mapping[str, str | None] | None = None,
    by: Sequence[str] = (),
    seen: str | None = None,
    samples: int = 1000,
    seed: int = 0,
    items: bool | None = None,
    engine: str = "local",
    isolate: bool = False,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run each extractor over the corpus and score entities, quotes and speakers.

    Parameters
    ----------
    extractors
        Spec strings (``gazetteer``, ``preds:FILE.jsonl``, ``package.module:factory?option=value``, …)
        or extractor objects; one or several. By default the built-in ones whose dependencies are here;
        what is left out is noted.
    corpus
        ``gold``, a folder that ``datasets`` reads, ``format:PATH``, or a loaded corpus.
    schemas
        Span schemas from ``wortlaut.SCHEMAS``.
    labels
        A projection of entity labels (``conll4``, ``coarse``), or a mapping from label to label.
    by
        Breakdowns of the entity scores: ``level``, ``length``, ``document``, ``surface`` (needs ``seen``), or
        ``meta:NAME``, a metadata column of the documents.
    seen
        A corpus, such as the training data, whose names count as seen.
    samples, seed
        The bootstrap behind the intervals; 0 samples for none.
    items
        Whether documents, annotations and single items are kept: for lists of errors and of items that
        differ. By default they are for up to 5 million characters of text; else the corpus is read once
        to begin with and once for each extractor, a chunk of documents in memory at a time, and what stays
        are counts. The scores are the same.
    engine
        ``local``: this process. ``ray``: extractors run and are scored on the cluster that Ray is connected
        to or that ``RAY_ADDRESS`` names, or else on all cores of this machine; the scores are the same.
    isolate
        Run each extractor in a process of its own, which is given the texts and no gold: whatever it does
        there (ends the process, crashes) is a failed extractor here. An object that cannot be pickled runs
        here, which is noted. Ray's actors are processes of their own in any case.
    timeout
        Seconds that a document may take; it needs a process of its own, and so implies ``isolate``.
    progress
        Called with the system's name, the documents done and their number.

    An extractor that fails, or that nothing answers to, has its reason in ``failed`` and no scores (asking
    for one raises ExtractorError); the others are scored. Raises
    WortlautError for a corpus, schema or projection that cannot be used.
    """
    # What is misspelt is told before a large corpus is read.
    chosen, projected = checked_schemas(schemas), projection(labels)
    _checked_by(by, seen)
    run = engine_of(engine)
    if timeout is not None and engine != "local":
        raise DataError("a time limit needs the engine local", hint="Leave out --timeout, or --engine.")
    source = Source.of(corpus, items)
    known = () if seen is None else stream_corpus(seen)
    scoring = Scoring(
        source.gold,
        chosen,
        projected,
        Resampling("document", samples, seed),
        _checked_by(by, seen, source.gold.columns),
        frozenset(entity.span.text(one.text) for one in known for entity in one.entities),
        source.kept is not None,
    )
    notes = list(scoring.notes)
    if extractors is None:
        extractors, lacking = built_in()
        notes += lacking
    systems = []
    for system in named(extractors):
        try:
            advance = tally(system.name, len(source.gold.ids), progress)
            extractor = system.runs[0]
            if engine == "local" and (isolate or timeout is not None):
                extractor, lacking_process = isolated(extractor, timeout)
                notes += lacking_process
            systems.append(scoring.scored(system, run(extractor, source, scoring, advance)))
        except WortlautError as error:
            systems.append(Scored(system, failed=str(error)))
    return _evaluation(source, scoring, systems, notes)


def tally(name: str, total: int, progress: Progress | None) -> Callable[[int], object]:
    """Takes the numbers of documents as they are done, and tells ``progress`` of them and the total."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(name, done, total)

    return advance


def _evaluation(
    source: Source, scoring: Scoring, systems: Sequence[Scored], notes: Sequence[str]
) -> Evaluation:
    gold = source.gold
    return Evaluation(
        Corpus(gold.name, source.kept or (), gold.hash),
        scoring.signature(),
        tuple(systems),
        gold.units,
        tuple(notes),
        len(gold.ids),
        scoring.by,
    )


def checked_schemas(schemas: Sequence[str]) -> list[str]:
    """Each schema once, by its canonical name: of spans, or another scorer's. Raises UnknownNameError."""
    peers = (*GIVEN, *QUOTES)
    return list(dict.fromkeys(s if s in peers else check_schema(s, others=peers) for s in schemas))


def _checked_by(
    by: Sequence[str], seen: str | None, columns: frozenset[str] | None = None
) -> tuple[str, ...]:
    for name in by:
        if columns is not None and name.startswith("meta:") and name.removeprefix("meta:") not in columns:
            raise unknown_name("metadata column", name.removeprefix("meta:"), columns)
        if name not in BREAKDOWNS and not name.startswith("meta:"):
            raise unknown_name("breakdown", name, [*BREAKDOWNS, "meta:NAME"])
        if name == "surface" and seen is None:
            raise WortlautError(
                "a breakdown by surface needs the corpus whose names count as seen",
                hint="Name it: --seen REF, such as the training data.",
            )
    return tuple(dict.fromkeys(by))


def score_files(
    gold: str,
    predicted: str,
    *,
    schemas: Sequence[str] = DEFAULT_SCHEMAS,
    labels: str | Mapping[str, str | None] | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Score one annotated file against another; the formats are named (``FORMAT:PATH``) or told by content.

    Documents are matched by id, or one by one where the two files share no id and hold the same texts.
    Raises DataError where the texts differ or documents are missing on one side.
    """
    chosen = checked_schemas(schemas)
    left = Corpus.of(gold, read_annotated(gold))
    right = read_annotated(predicted, {d.id: d.text for d in left.documents if d.text})
    found = _aligned(left, right, predicted)
    source = Source.of(left, True)
    scoring = Scoring(source.gold, chosen, projection(labels), Resampling("document", samples, seed))
    place = {document.id: one for document, one in zip(left.documents, found, strict=True)}
    documents = source.kept or ()
    finds, annotated = (
        [layer for layer in ("entities", "quotes") if any(getattr(one, layer) for one in side)]
        for side in (found, documents)
    )
    found = [place[document.id] for document in documents]
    system = System(predicted, predicted, (predicted,))
    scored = scored_as(system, scoring, documents, found, finds or annotated)
    return _evaluation(source, scoring, [scored], scoring.notes)


def scored_as(
    system: System,
    scoring: Scoring,
    documents: Sequence[Document],
    found: Sequence[Annotations],
    finds: Sequence[str],
) -> Scored:
    """The scores of what was found in all documents of the gold, in the order of both."""
    return scoring.scored(system, Found([scoring.part(0, documents, found, None, finds)], finds, (), found))


def _aligned(gold: Corpus, predicted: Sequence[Document], name: str) -> list[Annotations]:
    by_id = {document.id: document for document in predicted}
    ids = {document.id for document in gold.documents}
    if ids.isdisjoint(by_id) and len(predicted) == len(gold.documents):
        pairs = list(zip(gold.documents, predicted, strict=True))
        if what := next((_difference(g, p) for g, p in pairs if g.text != p.text), ""):
            raise DataError(f"the two files share no document id, and their texts differ: {what}", where=name)
    else:
        told = {
            "lacks {}, such as {!r}": sorted(ids - set(by_id)),
            "has {} not in the gold, such as {!r}": sorted(set(by_id) - ids),
        }
        if parts := [what.format(counted(len(own), "document"), own[0]) for what, own in told.items() if own]:
            raise DataError(", and ".join(parts), where=name, hint="Both files hold the same documents.")
        pairs = [(document, by_id[document.id]) for document in gold.documents]
    for g, p in pairs:
        if g.text and p.text and g.text != p.text:
            raise DataError(f"the text is not that of the gold: {_difference(g, p)}", where=name)
    return [p.annotations for _, p in pairs]


def _difference(gold: Document, other: Document) -> str:
    """Where two texts begin to differ, with the words there."""
    pairs = zip(gold.text, other.text, strict=False)
    shorter = min(len(gold.text), len(other.text))
    at = next((i for i, (one, two) in enumerate(pairs) if one != two), shorter)
    begin = max(gold.text.rfind(white, 0, at) for white in " \n\t") + 1
    words = [d.text[begin:].partition("\n")[0].partition(" ")[0] for d in (gold, other)]
    if words[0] == words[1]:  # They part behind it, perhaps in white space alone.
        words = [d.text[at : at + 20] for d in (gold, other)]
    line = gold.text.count("\n", 0, at) + 1
    return f"document {gold.id!r}, line {line}, character {at}: {words[0]!r} there, {words[1]!r} here"


def built_in() -> tuple[list[str], list[str]]:
    """The built-in extractors that can run here, and a note for each that cannot."""
    lacking = {info.name: info for info in available() if info.missing}
    ready = [name for name in BUILT_IN if name not in lacking]
    notes = [
        f"{name} is left out: it lacks {', '.join(lacking[name].missing)}. {lacking[name].install}"
        for name in BUILT_IN
        if name in lacking
    ]
    return ready, notes
