"""Run extractors over a corpus and score what they find: the main job."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import Any
from warnings import warn

import numpy as np

from wortlaut.corpus.load import Corpus, annotated_batches, stream_corpus
from wortlaut.corpus.schemes import check_scheme
from wortlaut.errors import DataError, EarlyNote, WortlautError, unknown_name
from wortlaut.evaluation.breakdowns import BREAKDOWNS
from wortlaut.evaluation.digests import Digests, of_documents
from wortlaut.evaluation.engines import engine as engine_of
from wortlaut.evaluation.engines import side_by_side
from wortlaut.evaluation.files import (
    EvaluationFile,
    Settings,
    checked,
    read_evaluations,
    read_settings,
)
from wortlaut.evaluation.phenomena import Phenomena, Probes, phenomena_of
from wortlaut.evaluation.runs import averaged
from wortlaut.evaluation.scorer import ALLOW, Found, Scoring, Source
from wortlaut.evaluation.systems import (
    Extractors,
    GoldItems,
    Place,
    Scored,
    System,
    by_keys,
    by_names,
    named,
    read_item,
)
from wortlaut.extractors.matching import Matched
from wortlaut.extractors.registry import available, split_name
from wortlaut.formats import plain
from wortlaut.formats.losses import Losses
from wortlaut.model import Span
from wortlaut.model.batch import Batch
from wortlaut.records.record import as_dict
from wortlaut.rendering import Tabular
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.labels import Labels, Projection, check_only, not_in_gold, projection, unused
from wortlaut.scoring.metrics import CLUSTERS, GIVEN, OURS, QUOTES, WORDS, check_schema
from wortlaut.scoring.result import MAIN_TASKS, MEASURES
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import Units, unplaced
from wortlaut.text.excerpts import excerpt

#: The extractors of the main job.
BUILT_IN = ("gazetteer", "hanta", "quotes-de")
#: The schemas of the main job.
DEFAULT_SCHEMAS = ("strict", "partial")
#: As a schema: all that fit what a system found.
EVERY = "every"

Progress = Callable[[str, int, int], object]
#: Systems that run side by side tell of themselves in turn.
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, repr=False)
class Evaluation(Tabular):
    """Every system's scores on one corpus, and how they came about.

    ``signature`` holds the schemas, the label projection and the resampling, ``by`` the breakdowns that were
    asked for. ``documents`` is their number. ``corpus`` holds the documents themselves, and the systems what
    they found and which items were right, only where these are kept (see :func:`evaluate`). ``probes`` say
    what each document is an example of, if the corpus does, and ``phenomena`` has the scores. Plain data by
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
    read_excerpts: Mapping[Place, str] = field(default_factory=dict, repr=False)
    read_units: tuple[str, ...] | None = field(default=None, repr=False)
    probes: Probes | None = field(default=None, repr=False)
    read_digests: Digests | None = field(default=None, repr=False)

    @cached_property
    def phenomena(self) -> Phenomena:
        """The score of each system for each phenomenon of a corpus of probes; of other corpora no rows."""
        results = {system.name: system.results for system in self.systems}
        return phenomena_of(self.probes, self.units, self.signature, results)

    def gold(self) -> GoldItems | None:
        """The gold items of each score with the text that they cover, the same for all systems, if kept."""
        if self.read is not None or not self.corpus.documents:
            return self.read
        texts = {document.id: document.text for document in self.corpus.documents}
        # A run may have scores that the one in the middle lacks.
        each = [run for system in reversed(self.systems) for run in (*system.runs, system)]
        judged = {key: one for run in each for key, one in run.judged.items()}
        return {
            key: [(item, Span(item[1]).text(texts[item[0]])) for item in one.gold]
            for key, one in judged.items()
        }

    def excerpts(self) -> Mapping[Place, str]:
        """Each item that a system missed or has wrong as it stands in its text, where texts are kept."""
        if not self.corpus.documents:
            return self.read_excerpts
        texts = {document.id: document.text for document in self.corpus.documents}
        places = {place for system in self.systems for place in system.erred()}
        return {place: excerpt(texts[place[0]], place[1]) for place in sorted(places)}

    def unit_names(self) -> tuple[str, ...] | None:
        """The id of each document, or of each sentence with its first offset, where documents are kept."""
        documents, units = self.corpus.documents, self.units
        if not documents:
            return self.read_units
        if units.kind == "document":
            return tuple(document.id for document in documents)
        places = zip(units.document.tolist(), units.start.tolist(), strict=True)
        return tuple(f"{documents[i].id} at {start}" for i, start in places)

    def digests(self) -> Digests | None:
        """Document → what tells whether its text and its gold are those of another evaluation, if kept."""
        documents = self.corpus.documents
        return of_documents(documents) if documents else self.read_digests

    def answers(self, system: Scored) -> dict[str, str]:
        """Document → what tells whether another system found the same in it, if kept."""
        return dict(zip(self.digests() or (), system.answers, strict=False))

    def metrics(self) -> dict[str, float]:
        """The main scores in one flat dictionary, for MLflow's ``log_metrics`` and ``run.log`` of W&B.

        ``quotes_de_quotes_strict_f1``: system, task, schema, and ``precision``, ``recall``, ``f1``, or
        ``f1_low`` and ``f1_high``, the ends of its interval; what is undefined is left out. Names are of
        ASCII letters, digits and ``_``, as W&B wants them and MLflow takes them; of two that become the same
        the second ends in ``_2``.
        """
        found: dict[str, float] = {}
        for system in self.systems:
            for key, result in system.results.items():
                if key.task not in MAIN_TASKS or key.setting:
                    continue
                low, high = result.f1_interval or (None, None)
                values = {name: getattr(result, name) for name in MEASURES} | {"f1_low": low, "f1_high": high}
                for name, value in values.items():
                    metric = re.sub(
                        r"[^A-Za-z0-9]+|^(?=\d)", "_", f"{system.name}_{key.layer}_{key.variant}_{name}"
                    )
                    numbered = chain([metric], (f"{metric}_{number}" for number in count(2)))
                    if value is not None:
                        found[next(one for one in numbered if one not in found)] = value
        return found

    def to_dict(self) -> dict[str, Any]:
        gold, names, told = self.gold(), self.unit_names(), self.phenomena
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
            tuple(
                replace(
                    system.row(),
                    phenomena=told.systems.get(system.name, ()),
                    contrasts=told.contrasts.get(system.name, ()),
                )
                for system in self.systems
            ),
            [(*place, text) for place, text in self.excerpts().items()],
            None if names is None else list(names),
            None if self.probes is None else list(self.probes.rows),
            self.digests(),
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
            found = cls(
                Corpus(whole.corpus, (), whole.hash),
                whole,
                tuple(Scored.from_dict(row, whole, gold) for row in data["systems"]),
                unplaced(data["resampling"]["unit"], data["resampling"]["units"]),
                tuple(data["notes"]),
                data["corpus"]["documents"],
                tuple(data["settings"]["by"]),
                None if data["items"] is None else gold,
                {read_item((*row[:2], ""))[:2]: row[2] for row in data.get("excerpts", ())},
                None if data.get("named") is None else tuple(data["named"]),
                None if data.get("probes") is None else Probes(tuple(map(tuple, data["probes"]))),
                {id: (text, gold) for id, (text, gold) in data.get("digests", {}).items()} or None,
            )
            for system in found.systems:
                if len(system.answers) not in (0, len(found.digests() or ())):
                    raise ValueError(f"{system.name} has answers for {len(system.answers)} documents")
            return found
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            what = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise DataError(f"is no whole result: {what}", where=where, hint="Write it anew.") from error


def load_evaluation(path: str | PathLike[str]) -> Evaluation:
    """The evaluation in a file that ``wortlaut evaluate --json`` or ``wortlaut score --json`` wrote.

    It compares, prints and exports as the one that was written; texts and single findings are not in it, so
    its page has scores only. Files of earlier versions are read, too. Raises MissingFileError, and DataError
    for a file of another kind.
    """
    (data,) = read_evaluations(Path(path), most=1)
    return Evaluation.from_dict(data, str(path))


def load_evaluations(path: str | PathLike[str]) -> list[Evaluation]:
    """The evaluations in such a file, which holds several where several corpora were named."""
    found = enumerate(read_evaluations(Path(path)), 1)
    return [Evaluation.from_dict(data, f"{path}, corpus {i}") for i, data in found]


def evaluate(
    extractors: Extractors | None = None,
    corpus: str | Corpus = "gold",
    *,
    schema: str | Sequence[str] = DEFAULT_SCHEMAS,
    labels: Labels = None,
    only: Sequence[str] | None = None,
    scheme: str | None = None,
    by: Sequence[str] = (),
    seen: str | None = None,
    runs: int = 1,
    samples: int | None = None,
    seed: int | None = None,
    items: bool | None = None,
    engine: str = "local",
    isolate: bool = False,
    timeout: float | None = None,
    on_error: str = "raise",
    allow_empty: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Run each extractor over the corpus and score entities, quotes and speakers.

    Parameters
    ----------
    extractors
        Spec strings (``gazetteer``, ``preds:FILE.jsonl``, ``package.module:factory?option=value``, …)
        or extractor objects; one or several, or a mapping from a name to each. ``NAME=SPEC`` names one, too,
        and so does an attribute ``name``; else it has the shortest name that tells it from the others. By
        default the built-in ones whose dependencies are here; what is left out is noted. Several specs under
        one name, a list in a mapping, and ``preds:`` with ``*`` in its path are one system with several runs:
        its scores are means over them, and intervals and tests are about other runs and other documents.
    corpus
        ``gold``, a folder that ``datasets`` reads, ``format:PATH``, or a loaded corpus.
    schema
        A name from ``wortlaut.SCHEMAS``, or several; ``every`` for all, each where it fits (for
        :func:`wortlaut.audit`).
    labels
        A projection of entity labels (``conll4``, ``coarse``), or a mapping from label to label, ``None`` to
        leave out; what ``"gold"`` and ``"predicted"`` map to in it is a mapping for that side alone, applied
        first. Every other label is a label: one that the gold lacks is spurious, and noted.
    only
        The labels that count, after the mapping: entities of others are left out on both sides.
    scheme
        ``germeval2014`` or ``german-news-quotation``: gold and predictions are shown as that scheme annotates
        them before they are scored, what is in the format of its corpus excepted. What that changes is noted.
    by
        What scores are broken down by: ``length`` (in characters), ``length-tokens``, ``document`` or
        ``meta:NAME``, a metadata column of the documents; entities also by ``level`` and ``surface`` (needs
        ``seen``), quotes and their roles by ``type``, ``medium``, ``speaker-form`` and ``distance`` (of the
        speaker, in tokens). ``system.breakdowns["quotes"]["type"]["strict"].per_label`` holds the groups.
    seen
        A corpus, such as the training data, whose names count as seen.
    runs
        How often each extractor runs, which makes it a system with so many runs; one that takes a ``seed`` is
        given ``0``, ``1``, …. What stands in files runs once.
    samples, seed
        Either asks for the bootstrap in place of the jackknife behind the intervals; 0 samples for none.
    items
        Whether documents, annotations and single items are kept: for lists of errors and of items that
        differ. By default they are for up to 5 million characters of text; else the corpus is read once
        to begin with and once for each extractor, a chunk of documents in memory at a time, and what stays
        are counts. The scores are the same.
    engine
        ``local``: this machine; several specs over a million characters or more run in processes of their
        own, one on each core. ``ray``: extractors run and are scored on the cluster that Ray is connected
        to or that ``RAY_ADDRESS`` names, or else on all cores of this machine; the scores are the same.
    isolate
        Run each extractor in a process of its own, which is given the texts and no gold: whatever it does
        there (ends the process, crashes) is a failed extractor here. An object that cannot be pickled runs
        here, which is noted. Ray's actors are processes of their own in any case.
    timeout
        Seconds that a document may take; it needs a process of its own, and so implies ``isolate``.
    on_error
        ``raise`` where an extractor fails or nothing answers to it; or ``keep``: it has its reason in
        ``failed`` and no scores, stands as failed in every table, and the others are scored.
    allow_empty
        Whether no documents, or no span on either side in what is scored, have (undefined) scores; else they
        are an error.
    progress
        Called with the system's name, the documents done and their number.

    Raises WortlautError for a corpus, schema, projection or extractor that cannot be used.
    """
    # What is misspelt is told before a large corpus is read.
    chosen, projected, scheme = checked_schemas(schema), projection(labels, only), check_scheme(scheme)
    _checked_by(by, seen)
    run = engine_of(engine)
    if on_error not in ("raise", "keep"):
        raise unknown_name("on_error", on_error, ("raise", "keep"))
    if timeout is not None and engine != "local":
        raise DataError("a time limit needs the engine local", hint="Leave out --timeout, or --engine.")
    source = Source.of(corpus, items, allow_empty=allow_empty, scheme=scheme)
    resampling = Resampling.asked(samples, seed)
    scoring = _scoring(source, chosen, projected, resampling, by, seen, scheme, fitting=EVERY in schema)
    notes = list(scoring.notes)
    for note in not_in_gold(projected, source.gold.labels):
        warn(note, EarlyNote, stacklevel=2)
    if extractors is None:
        extractors, lacking = built_in()
        notes += lacking
    systems, labels_found = [], set[str]()
    isolate = engine == "local" and (isolate or timeout is not None)
    asked = [(system, system.single()) for system in named(extractors, runs)]
    advances = {
        system.name: tally(system.name, len(source.gold.ids) * len(single), progress)
        for system, single in asked
    }
    alone = isolate or engine != "local"
    beside = [(system.name, one.runs[0]) for system, single in asked for one in single if not alone]
    with side_by_side(beside, advances, source, scoring) as begun:
        for system, single in asked:
            scored: list[Scored] = []
            for number, one in enumerate(single):
                try:
                    extractor = one.runs[0]
                    # What a file says is read here: it is data.
                    if isolate and not (isinstance(extractor, str) and extractor.startswith("preds:")):
                        from wortlaut.running.isolated import isolated

                        extractor, lacking_process = isolated(extractor, timeout)
                        notes += lacking_process
                    future = begun.get((system.name, number))
                    advance = advances[system.name]
                    found = future.result() if future else run(extractor, source, scoring, advance)
                    labels_found |= found.labels.keys()
                    scored.append(scoring.scored(one, found))
                except WortlautError as error:
                    if on_error == "raise":
                        raise
                    scored.append(Scored(one, failed=str(error)))
            systems.append(averaged(system, scored))
    check_only(projected, source.gold.labels, labels_found)
    check_something(scoring, systems, allow_empty)
    notes += unused(projected, source.gold.labels, labels_found)
    return _evaluation(source, scoring, systems, notes)


def check_something(scoring: Scoring, systems: Sequence[Scored], allow_empty: bool) -> None:
    """Raises DataError where there are no scores, or all are those of nothing against nothing."""
    done = [system for system in systems if system.failed is None]
    results = [result for system in done for result in system.results.values()]
    if not done or (results and (allow_empty or any(one.gold or one.predicted for one in results))):
        return
    held = ", ".join(f"{count} {layer}" for layer, count in scoring.gold.sizes.items() if count)
    what = "there is no span on either side" if results else f"what the gold has ({held}) was not looked for"
    why = dict.fromkeys([*scoring.notes, *(note for system in done for note in system.notes)])
    hint = "\n  ".join([*why, *([ALLOW] if results else [])])
    raise DataError(f"nothing to score: {what}", where=scoring.gold.name, hint=hint)


def tally(name: str, total: int, progress: Progress | None) -> Callable[[int], object]:
    """Takes the numbers of documents as they are done, and tells ``progress`` of them and the total."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        if progress is not None:
            with _ONE_AT_A_TIME:
                done += count
                progress(name, done, total)

    return advance


def _evaluation(
    source: Source, scoring: Scoring, systems: Sequence[Scored], notes: Sequence[str]
) -> Evaluation:
    gold = source.gold
    several = {max((len(one.runs) for one in system.results.values()), default=0) for system in systems}
    return Evaluation(
        Corpus(gold.name, source.documents, gold.hash),
        replace(scoring.signature(), runs=max(1, *several) if len(several) == 1 else 1),
        tuple(systems),
        gold.units,
        tuple(notes),
        len(gold.ids),
        scoring.by,
        probes=gold.probes,
    )


def checked_schemas(schema: str | Sequence[str]) -> list[str]:
    """Each schema once, by its canonical name: of spans, or another scorer's. Raises UnknownNameError.

    ``every`` stands for all but ``lm-eval``, which knows three labels.
    """
    peers, schemas = (*GIVEN, *QUOTES, *CLUSTERS, *WORDS), [schema] if isinstance(schema, str) else schema
    ours = [name.partition("@")[0] for name in OURS]
    every = [*ours, *(name for name in peers if name != "lm-eval")]
    asked = [name for one in schemas for name in (every if one == EVERY else [one])]
    return list(dict.fromkeys(check_schema(s, others=(*peers, EVERY)) for s in asked))


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
    predicted: str | Sequence[str] | Mapping[str, str | Sequence[str]],
    *,
    schema: str | Sequence[str] = DEFAULT_SCHEMAS,
    labels: Labels = None,
    only: Sequence[str] | None = None,
    scheme: str | None = None,
    by: Sequence[str] = (),
    seen: str | None = None,
    samples: int | None = None,
    seed: int | None = None,
    items: bool | None = None,
    allow_empty: bool = False,
) -> Evaluation:
    """Score annotated files against another; the formats are named (``FORMAT:PATH``) or told by content.

    ``predicted``: a file, several, ``NAME=FILE``, or a mapping from names; a name is found as by
    :func:`evaluate`, and so are several runs of one system. Documents are matched by id, else by text, else
    in order, and each text is checked; white space may differ. The rest is as in :func:`evaluate`. Raises
    DataError where the texts differ or documents are missing on one side.
    """
    chosen, scheme = checked_schemas(schema), check_scheme(scheme)
    _checked_by(by, seen)
    lost = Losses("")
    held = Batch.joined([*annotated_batches(gold, None, lost, allow_empty=allow_empty)])
    texts = {id: text for id, text in zip(held.ids, held.texts, strict=True) if text}
    source = Source.of(gold, items, held, allow_empty=allow_empty, scheme=scheme)
    number = {id: i for i, id in enumerate(held.ids)}
    order = np.asarray([number[id] for id in source.gold.ids], np.int64)
    documents = Batch.joined([*source.opened()])
    resampling = Resampling.asked(samples, seed)
    projected = projection(labels, only)
    scoring = _scoring(source, chosen, projected, resampling, by, seen, scheme, fitting=EVERY in schema)
    annotated = _layers(documents) or ["entities"]
    systems, labels_found = [], set[str]()
    asked = [(system, system.single()) for system in named(as_predictions(predicted))]
    for system, single in asked:
        scored = []
        for one in single:
            file = one.spec.removeprefix("preds:")
            losses = Losses("")
            found = _found(file, held, texts, losses, allow_empty).take(order)
            labels_found |= found.labelled().keys()
            layers = _layers(found) or annotated
            notes = [
                f"The gold has {layer} ({source.gold.sizes[layer]}), the file has none: they are not scored."
                for layer in annotated
                if layer not in layers
            ]
            told = (*losses.notes(plain(file)), *notes)
            scored.append(scored_as(one, scoring, documents, found, layers, told))
        systems.append(averaged(system, scored))
    check_only(projected, source.gold.labels, labels_found)
    check_something(scoring, systems, allow_empty)
    left_out = unused(projected, source.gold.labels, labels_found)
    return _evaluation(source, scoring, systems, (*lost.notes(plain(gold)), *scoring.notes, *left_out))


def _found(file: str, gold: Batch, texts: Mapping[str, str], losses: Losses, allow_empty: bool) -> Batch:
    """What a file says of the documents of the gold. Raises DataError where it is of others."""
    batch = Batch.joined([*annotated_batches(file, texts, losses, allow_empty=allow_empty, words=True)])
    matched = Matched(plain(file), batch, losses)
    found = matched.answers(gold)
    matched.finish()
    return Batch(found.ids, found.texts, found.entities, found.labels, found.whole)


def as_predictions(predicted: str | Sequence[str] | Mapping[str, str | Sequence[str]]) -> Extractors:
    """Files as specs, under the names that they are given."""
    if isinstance(predicted, Mapping):
        return {
            name: [f"preds:{file}" for file in ([files] if isinstance(files, str) else files)]
            for name, files in predicted.items()
        }
    files = [predicted] if isinstance(predicted, str) else predicted
    # A file may have an = in its name.
    parts = [(None, file) if Path(file).exists() else split_name(file) for file in files]
    return [f"preds:{file}" if name is None else f"{name}=preds:{file}" for name, file in parts]


def _layers(found: Batch) -> list[str]:
    """Those with anything in them."""
    return [layer for layer, count in found.sizes().items() if count]


def _scoring(
    source: Source,
    schemas: Sequence[str],
    projected: Projection | None,
    resampling: Resampling,
    by: Sequence[str],
    seen: str | None,
    scheme: str | None,
    *,
    fitting: bool,
) -> Scoring:
    known = () if seen is None else stream_corpus(seen)
    return Scoring(
        source.gold,
        schemas,
        projected,
        resampling,
        _checked_by(by, seen, source.gold.columns),
        frozenset(entity.span.text(d.text) for d in known for entity in d.entities),
        source.kept is not None,
        fitting,
        scheme=scheme,
    )


def scored_as(
    system: System,
    scoring: Scoring,
    documents: Batch,
    found: Batch,
    finds: Sequence[str],
    notes: Sequence[str] = (),
) -> Scored:
    """The scores of what was found in all documents of the gold, in the order of both."""
    own = scoring.of(system.spec)
    part = own.part(0, documents, found, None, finds)
    kept = [one.annotations for one in own.shown(found).documents()] if scoring.items else ()
    return scoring.scored(system, Found([part], finds, notes, kept))


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
