"""Run extractors over a corpus and score what they find: the main job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wortlaut import __version__
from wortlaut.corpus.load import Corpus, load_corpus, read_annotated
from wortlaut.document import ENTITY_LABELS, Annotations, Document, Entity, Quote, Span
from wortlaut.errors import DataError, ExtractorError, WortlautError, unknown_name
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import available, resolve
from wortlaut.extractors.run import attribute, run
from wortlaut.formats.columns import tokens as own_tokens
from wortlaut.layers import sentences, tokens
from wortlaut.scoring.breakdown import by_length, grouped_counts, length_groups
from wortlaut.scoring.columns import Ints, Spans, spans_from_objects
from wortlaut.scoring.coreference import coreference_scores
from wortlaut.scoring.engine import Context, score_counts
from wortlaut.scoring.labels import Projection, projection
from wortlaut.scoring.peers import PEERS, peer
from wortlaut.scoring.quote_pairs import Measured, items_of, measured_spans
from wortlaut.scoring.quotes import PEER_SCHEMAS, quote_scores
from wortlaut.scoring.result import Result, Results, Score, frame, html_table, latex_table, markdown_table
from wortlaut.scoring.schemas import UNITS_AS_ITEMS, Task, TokenTable, check_schema
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.scoring.units import Units, document_units, units_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

#: The extractors of the main job.
BUILT_IN = ("gazetteer", "hanta", "quotes-de")
#: The schemas of the main job.
DEFAULT_SCHEMAS = ("strict", "partial")

#: What entity scores can be broken down by, beside ``meta:NAME``.
BREAKDOWNS = ("level", "length", "document", "surface")

_SETTINGS = ("@matched", "@gold")

Progress = Callable[[str, int, int], object]


#: A document's id, fragments and a label (empty where the layer has none).
Item = tuple[str, tuple[tuple[int, int], ...], str]


@dataclass(frozen=True)
class Judged:
    """Item by item: gold and predicted ones, each with its hits in steps of the result's scale."""

    gold: tuple[Item, ...]
    hits: Ints
    predicted: tuple[Item, ...]
    predicted_hits: Ints


class Unscored(dict[str, Results]):
    """The scores of a system that failed: none, and whoever asks for one is told why."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __missing__(self, layer: str) -> Results:
        raise ExtractorError(f"there are no scores of {layer}: {self.reason}")


@dataclass(frozen=True)
class System:
    """What one extractor scored: layer → schema → result. ``failed`` says why there are no scores."""

    name: str
    scores: Mapping[str, Results] = field(default_factory=dict)
    failed: str | None = None
    notes: tuple[str, ...] = ()
    found: tuple[Annotations, ...] = field(default=(), repr=False)
    judged: Mapping[str, Mapping[str, Judged]] = field(default_factory=dict, repr=False)
    breakdowns: Mapping[str, Results] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        row: dict[str, Any] = {"name": self.name, "notes": list(self.notes), "scores": {}}
        for layer, results in self.scores.items():
            row["scores"][layer] = {
                schema: {**result.to_dict(), **self._evidence(layer, schema, result)}
                for schema, result in results.items()
            }
        if self.breakdowns:
            row["breakdowns"] = {by: results.to_dict() for by, results in self.breakdowns.items()}
        if self.failed is not None:
            row["failed"] = self.failed
        return row

    def _evidence(self, layer: str, schema: str, result: Result) -> dict[str, Any]:
        """What paired tests need: the sums of each unit, and which items were right."""
        evidence: dict[str, Any] = {}
        if result.per_unit is not None:
            evidence["units"] = {"scale": result.scale, "sums": result.per_unit.tolist()}
        judged = self.judged.get(layer, {}).get(schema)
        if judged is not None:
            evidence["hits"] = "".join(map(str, judged.hits.tolist()))
            wrong = np.flatnonzero(judged.predicted_hits == 0).tolist()
            evidence["wrong"] = [judged.predicted[i] for i in wrong]
        return evidence


@dataclass(frozen=True)
class Evaluation:
    """Every system's scores on one corpus; plain data by :meth:`to_dict`, documented by a JSON Schema."""

    corpus: Corpus
    signature: str
    systems: tuple[System, ...]
    units: Units
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "format": "wortlaut-evaluation/1",
            "version": __version__,
            "corpus": {
                "name": self.corpus.name,
                "hash": self.corpus.hash,
                "documents": len(self.corpus.documents),
            },
            "signature": self.signature,
            "resampling": {"unit": self.units.kind, "units": len(self.units)},
            "notes": list(self.notes),
            "items": self._items(),
            "systems": [system.to_dict() for system in self.systems],
        }

    def _items(self) -> dict[str, Any]:
        """The gold items of each layer and schema, once for all systems, with the text that they cover."""
        texts = {document.id: document.text for document in self.corpus.documents}
        items: dict[str, Any] = {}
        for system in self.systems:
            for layer, by_schema in system.judged.items():
                for schema, judged in by_schema.items():
                    if schema not in items.setdefault(layer, {}):
                        items[layer][schema] = [
                            [name, spans, label, Span(spans).text(texts[name])]
                            for name, spans, label in judged.gold
                        ]
        return items

    def _rows(self) -> list[tuple[list[str], Result]]:
        """Layer, schema and system with their result, systems side by side."""
        layers = dict.fromkeys(layer for system in self.systems for layer in system.scores)
        places = dict.fromkeys(
            (layer, schema)
            for layer in layers
            for system in self.systems
            for schema in system.scores.get(layer, ())
        )
        return [
            ([layer, schema, system.name], system.scores[layer][schema])
            for layer, schema in places
            for system in self.systems
            if layer in system.scores and schema in system.scores[layer]
        ]

    def _foot(self) -> list[str]:
        failed = [f"{system.name} has no scores: {system.failed}" for system in self.systems if system.failed]
        notes = [f"{system.name}: {note}" for system in self.systems for note in system.notes]
        return [*failed, *self.notes, *notes, self.signature]

    def to_pandas(self) -> pd.DataFrame:
        """One row for each layer, schema, system and label, then ``micro`` and ``macro``; needs pandas."""
        return frame(
            (("layer", layer), ("schema", schema), ("system", system), ("label", label), score)
            for (layer, schema, system), result in self._rows()
            for label, score in result.rows()
        )

    def to_markdown(self) -> str:
        """A table in GitHub's Markdown, one row for each layer, schema and system."""
        return markdown_table(["layer", "schema", "system"], self._rows(), [self.signature])

    def to_latex(self) -> str:
        """A ``booktabs`` table, one row for each layer, schema and system."""
        return latex_table(["layer", "schema", "system"], self._rows(), [self.signature])

    def _repr_html_(self) -> str:
        from wortlaut import markup

        documents = len(self.corpus.documents)
        title = f"{self.corpus.name} ({documents} document{'s' * (documents != 1)}, {self.corpus.hash[:12]})"
        head, rows = ["layer", "schema", "system"], self._rows()
        # A system's own matched quotes, and the gold quotes that it was given, are scores of another kind.
        other = [row for row in rows if any(name.endswith(_SETTINGS) for name in row[0][:2])]
        main = [row for row in rows if not any(name.endswith(_SETTINGS) for name in row[0][:2])]
        parts = [markup.note(title), html_table(head, main)]
        if other:
            parts.append(markup.details("on matched and on given quotes", html_table(head, other)))
        return markup.page(*parts, *map(markup.note, self._foot()))

    def __str__(self) -> str:
        parts = []
        for system in self.systems:
            parts.append(f"{system.name}: {system.failed}" if system.failed else system.name)
            parts += [f"{layer}\n{results}" for layer, results in system.scores.items()]
        return "\n\n".join(parts)


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
    progress
        Called with the system's name, the documents done and their number.

    An extractor that fails, or that nothing answers to, has its reason in ``failed`` and no scores (asking
    for one raises ExtractorError); the others are scored. Raises
    WortlautError for a corpus, schema or projection that cannot be used.
    """
    loaded = _by_id(corpus if isinstance(corpus, Corpus) else load_corpus(corpus))
    if not loaded.documents:
        raise DataError("the corpus has no documents", where=loaded.name)
    chosen = checked_schemas(schemas)
    scorer = replace(
        Scorer.of(loaded, projection(labels), Resampling("document", samples, seed)),
        by=_checked_by(by, seen, loaded),
        seen=frozenset() if seen is None else _surfaces(load_corpus(seen)),
    )
    notes = list(scorer.notes)
    if extractors is None:
        extractors, lacking = built_in()
        notes += lacking
    wanted = [extractors] if isinstance(extractors, str) or hasattr(extractors, "extract") else extractors
    if not wanted:
        raise DataError(
            "no extractor is named", hint="Name one or several, or none at all for the built-in ones."
        )
    systems = []
    for name, extractor in _named(wanted):  # type: ignore[arg-type]
        try:
            found, given, finds, own = _run(name, extractor, loaded, progress)
            system = scorer.system(name, found, chosen, given, finds)
            systems.append(replace(system, notes=(*system.notes, *own)))
        except WortlautError as error:
            systems.append(System(name, Unscored(str(error)), failed=str(error)))
    signature = scorer.context("all").signature("+".join(chosen), scorer.resampling)
    return Evaluation(loaded, signature, tuple(systems), scorer.units, tuple(notes))


def checked_schemas(schemas: Sequence[str]) -> list[str]:
    """Each schema once, by its canonical name: of spans, or another scorer's. Raises UnknownNameError."""
    peers = {**PEERS, **PEER_SCHEMAS}
    return list(dict.fromkeys(s if s in peers else check_schema(s, others=peers) for s in schemas))


def _checked_by(by: Sequence[str], seen: str | None, corpus: Corpus) -> tuple[str, ...]:
    columns = {name for document in corpus.documents for name, _ in document.meta}
    for name in by:
        if name.startswith("meta:") and name.removeprefix("meta:") not in columns:
            raise unknown_name("metadata column", name.removeprefix("meta:"), columns)
        if name not in BREAKDOWNS and not name.startswith("meta:"):
            raise unknown_name("breakdown", name, [*BREAKDOWNS, "meta:NAME"])
        if name == "surface" and seen is None:
            raise WortlautError(
                "a breakdown by surface needs the corpus whose names count as seen",
                hint="Name it: --seen REF, such as the training data.",
            )
    return tuple(dict.fromkeys(by))


def _surfaces(corpus: Corpus) -> frozenset[str]:
    return frozenset(entity.span.text(d.text) for d in corpus.documents for entity in d.entities)


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
    order = sorted(range(len(found)), key=lambda i: left.documents[i].id)
    left, found = _by_id(left), [found[i] for i in order]
    scorer = Scorer.of(left, projection(labels), Resampling("document", samples, seed))
    finds = [layer for layer in ("entities", "quotes") if any(getattr(one, layer) for one in found)]
    if not finds:
        finds = [layer for layer in ("entities", "quotes") if any(getattr(d, layer) for d in left.documents)]
    system = scorer.system(predicted, found, chosen, None, finds)
    signature = scorer.context("all").signature("+".join(chosen), scorer.resampling)
    return Evaluation(left, signature, (system,), scorer.units, scorer.notes)


def _by_id(corpus: Corpus) -> Corpus:
    """Documents by id: results on the same corpus list the same units and items in the same order."""
    return replace(corpus, documents=tuple(sorted(corpus.documents, key=lambda document: document.id)))


def _aligned(gold: Corpus, predicted: Sequence[Document], name: str) -> list[Annotations]:
    by_id = {document.id: document for document in predicted}
    ids = {document.id for document in gold.documents}
    if ids.isdisjoint(by_id) and len(predicted) == len(gold.documents):
        pairs = list(zip(gold.documents, predicted, strict=True))
        if any(g.text != p.text for g, p in pairs):
            raise DataError("the two files share no document id, and their texts differ", where=name)
    else:
        missing, strange = sorted(ids - set(by_id)), sorted(set(by_id) - ids)
        if missing or strange:
            parts = [f"{len(missing)} documents are missing, such as {missing[0]!r}"] if missing else []
            parts += [f"{len(strange)} are not in the gold, such as {strange[0]!r}"] if strange else []
            raise DataError("; ".join(parts), where=name, hint="Both files hold the same documents.")
        pairs = [(document, by_id[document.id]) for document in gold.documents]
    for g, p in pairs:
        if g.text and p.text and g.text != p.text:
            raise DataError(f"the text of document {g.id!r} is not that of the gold", where=name)
    return [p.annotations for _, p in pairs]


@dataclass(frozen=True)
class Scorer:
    """A corpus made ready for scoring: what does not depend on a system is done once."""

    corpus: Corpus
    projection: Projection | None
    resampling: Resampling
    units: Units
    notes: tuple[str, ...]
    by: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, corpus: Corpus, chosen: Projection | None, resampling: Resampling) -> Scorer:
        if any(document.text for document in corpus.documents):
            units = units_of([[start for start, _ in sentences(d.text)] for d in corpus.documents])
        else:
            units = document_units(len(corpus.documents))
        notes = []
        if units.kind == "sentence" and len(units) > 1 and resampling.samples:
            count = len(corpus.documents)
            what = "one document" if count == 1 else f"{count} documents"
            notes.append(
                f"Intervals draw {len(units)} sentences of {what}: they say how scores vary within"
                " these texts, are too narrow for other texts, and do not compare systems."
            )
        if chosen is not None:
            dropped = sum(chosen(e.label) is None for d in corpus.documents for e in d.entities)
            if dropped:
                notes.append(f"{dropped} gold entities are left out by the label projection {chosen.name}.")
        return cls(corpus, chosen, replace(resampling, unit=units.kind), units, tuple(notes))

    def context(self, layer: str) -> Context:
        name = f"{self.corpus.name}@{self.corpus.hash[:12]}"
        projected = (
            self.projection.name if self.projection is not None and layer in ("entities", "all") else ""
        )
        return Context(name, layer, projected)

    def system(
        self,
        name: str,
        found: Sequence[Annotations],
        schemas: Sequence[str],
        given: Sequence[Sequence[Quote]] | None,
        finds: Sequence[str],
    ) -> System:
        """The scores of one system, for the layers that it looks for and the corpus has."""
        notes: list[str] = []
        gold = [document.annotations for document in self.corpus.documents]
        spans = [schema for schema in schemas if schema not in PEERS and schema not in PEER_SCHEMAS]
        names = [schema for schema in schemas if schema in PEERS]
        quotes = [schema for schema in schemas if schema in PEER_SCHEMAS]
        scores: dict[str, Results] = {}
        layers: dict[str, dict[str, Measured]] = {}
        breakdowns: dict[str, Results] = {}
        if "entities" in finds and spans + names and self._has("entities", gold, found, notes):
            left, right = self._entities(gold, found, notes)
            task = self._task(left, right, spans)
            layers["entities"] = measured_spans(task, left.labels, spans)
            breakdowns = {name: self._breakdown(task, name, spans) for name in self.by}
            scores["entities"] = self._peers(left, right, names)
        if "quotes" in finds and spans + quotes and self._has("quotes", gold, found, notes):
            tokens = self._tokens(spans + quotes)
            layers |= quote_scores(gold, found, self.units, spans + quotes, given=given, tokens=tokens)
        if "clusters" in finds and spans and self._has("clusters", gold, found, notes):
            layers["clusters"] = coreference_scores(gold, found, self.units)
        judged: dict[str, dict[str, Judged]] = {}
        for layer, by_schema in layers.items():
            results = Results()
            judged[layer] = {}
            for schema, measured in by_schema.items():
                results[schema] = self._result(layer, schema, measured)
                if measured.items is not None:
                    judged[layer][schema] = self._judged(measured)
            scores[layer] = Results({**results, **scores.get(layer, {})})
        return System(name, scores, None, tuple(notes), tuple(found), judged, breakdowns)

    def _result(self, layer: str, schema: str, measured: Measured) -> Result:
        result = score_counts(
            measured.counts,
            measured.labels,
            schema,
            self.resampling,
            self.context(layer),
            errors=None if measured.errors is None else dict(measured.errors),
            notes=measured.notes,
        )
        result = replace(result, confusion=measured.confusion)
        if measured.headline == "macro" and result.macro is not None:
            mean = {name: getattr(result.macro, name) for name in Score.__dataclass_fields__}
            signature = result.signature.replace("|avg:micro|", "|avg:macro|")
            # Sums over the labels are not what this mean comes from, so no paired test may use them.
            return replace(result, **mean, macro=None, signature=signature, per_unit=None)
        return result

    def _breakdown(self, task: Task, by: str, schemas: Sequence[str]) -> Results:
        """The entity scores of each group of spans, under the schemas that count spans."""
        groups, code_gold = self._groups(task.gold, by)
        more, code_found = self._groups(task.predicted, by)
        names = tuple(groups) if by == "length" else tuple(sorted({*groups, *more}))
        place = {name: i for i, name in enumerate(names)}
        sides = [
            replace(spans, group=np.asarray([place[known[i]] for i in code], np.int64))
            for spans, known, code in ((task.gold, groups, code_gold), (task.predicted, more, code_found))
        ]
        grouped = replace(task, gold=sides[0], predicted=sides[1])
        context = self.context(f"entities by {by}")
        return Results(
            (
                schema,
                score_counts(grouped_counts(grouped, schema, names), names, schema, self.resampling, context),
            )
            for schema in schemas
            if schema not in UNITS_AS_ITEMS
        )

    def _groups(self, spans: Spans, by: str) -> tuple[list[str], list[int]]:
        """The names of the groups, and the group of each span."""
        documents = self.corpus.documents
        if by == "length":
            return list(length_groups()), by_length(spans).tolist()
        if by == "level":
            assert spans.level is not None
            values = [str(level) for level in spans.level.tolist()]
        elif by == "document":
            values = [documents[i].id for i in spans.document.tolist()]
        elif by == "surface":
            values = [
                "seen" if span.text(documents[i].text) in self.seen else "unseen"
                for i, span, _ in items_of(spans, [""] * (int(spans.label.max(initial=0)) + 1))
            ]
        else:
            column = by.removeprefix("meta:")
            values = [dict(documents[i].meta).get(column, "–") for i in spans.document.tolist()]
        names = sorted(set(values))
        place = {name: i for i, name in enumerate(names)}
        return names, [place[value] for value in values]

    def _peers(self, left: Table, right: Table, names: Sequence[str]) -> Results:
        """Other scorers' numbers; those that know flat spans only get the outer ones, and a note."""
        results = Results()
        for name in names:
            sides, notes = (left, right), []
            if name != "nervaluate":
                sides = (left.outer(), right.outer())
                nested = [len(a.spans) - len(b.spans) for a, b in zip((left, right), sides, strict=True)]
                if any(nested):
                    notes.append(
                        f"level 1 only: {nested[0]} gold and {nested[1]} found nested spans are left out"
                    )
            scored = peer(
                name,
                sides[0].spans,
                sides[1].spans,
                left.labels,
                len(self.units),
                self.resampling,
                self.context("entities"),
            )
            for schema, result in scored.items():
                results[schema] = replace(result, notes=(*notes, *result.notes))
        return results

    def _judged(self, measured: Measured) -> Judged:
        counts = measured.counts
        assert measured.items is not None
        sides = [
            tuple((self.corpus.documents[i].id, span.fragments, label) for i, span, label in side)
            for side in measured.items
        ]
        return Judged(
            sides[0],
            counts.hits_gold[counts.gold == 1],
            sides[1],
            counts.hits_predicted[counts.predicted == 1],
        )

    def _has(
        self, layer: str, gold: Sequence[Annotations], found: Sequence[Annotations], notes: list[str]
    ) -> bool:
        if any(getattr(annotations, layer) for annotations in gold):
            return True
        if count := sum(len(getattr(annotations, layer)) for annotations in found):
            notes.append(f"The corpus has no {layer}; {count} found ones are not scored.")
        return False

    def _entities(
        self, gold: Sequence[Annotations], found: Sequence[Annotations], notes: list[str]
    ) -> tuple[Table, Table]:
        left = self._projected(gold)
        right = self._projected(found)
        if dropped := sum(len(f.entities) for f in found) - sum(map(len, right)):
            assert self.projection is not None
            notes.append(f"{dropped} found entities are left out by the projection {self.projection.name}.")
        self._check_labels(left, right)
        labels = tuple(sorted({entity.label for row in (*left, *right) for entity in row}))
        number = {label: i for i, label in enumerate(labels)}
        return Table(self._spans(left, number), labels), Table(self._spans(right, number), labels)

    def _task(self, left: Table, right: Table, schemas: Sequence[str]) -> Task:
        return Task(
            left.spans.sorted(),
            right.spans.sorted(),
            len(self.units),
            len(left.labels),
            self._tokens(schemas),
        )

    def _projected(self, side: Sequence[Annotations]) -> list[list[Entity]]:
        if self.projection is None:
            return [list(annotations.entities) for annotations in side]
        rows = []
        for one in side:
            pairs = [(entity, self.projection(entity.label)) for entity in one.entities]
            rows.append([replace(entity, label=label) for entity, label in pairs if label is not None])
        return rows

    def _check_labels(self, gold: Sequence[Sequence[Entity]], found: Sequence[Sequence[Entity]]) -> None:
        """A label that the corpus cannot have is a mistake in the set-up, not a wrong answer."""
        known = {entity.label for row in gold for entity in row}
        scheme = (
            {self.projection(label) for label in ENTITY_LABELS} if self.projection else set(ENTITY_LABELS)
        )
        if known <= scheme:
            known |= scheme - {None}  # type: ignore[arg-type]
        for document, row in zip(self.corpus.documents, found, strict=True):
            for entity in row:
                if entity.label not in known:
                    raise DataError(
                        f"unknown label {entity.label!r} at [{entity.span.start}, {entity.span.end})",
                        where=f"document {document.id}",
                        hint=f"The corpus has {', '.join(sorted(known))}. Map others by --labels FILE.",
                    )

    def _spans(self, rows: Sequence[Sequence[Entity]], number: Mapping[str, int]) -> Spans:
        # One pass over model objects: the columns are made here, everything after is columns.
        flat = [(i, entity) for i, row in enumerate(rows) for entity in row]
        spans = spans_from_objects(
            [i for i, _ in flat],
            [entity.span for _, entity in flat],
            [number[entity.label] for _, entity in flat],
            [0] * len(flat),
            [entity.level for _, entity in flat],
            [entity.score for _, entity in flat],
        )
        return replace(spans, unit=self.units.of(spans.document, spans.start))

    def _tokens(self, schemas: Sequence[str]) -> TokenTable | None:
        """The corpus's own tokens, else ours, where a schema counts tokens."""
        if not {"token", "fuzzy", *PEER_SCHEMAS} & set(schemas):
            return None
        rows = [
            (i, start, end)
            for i, document in enumerate(self.corpus.documents)
            for start, end in own_tokens(document) or tokens(document.text)
        ]
        return TokenTable(*np.asarray(rows, np.int64).reshape(-1, 3).T.copy())


@dataclass(frozen=True)
class Table:
    """The entities of all documents in the order given, with the labels of both sides."""

    spans: Spans
    labels: tuple[str, ...]

    def outer(self) -> Table:
        assert self.spans.level is not None
        return replace(self, spans=self.spans.take(self.spans.level == 1))


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


def _named(extractors: Iterable[str | Extractor]) -> Iterator[tuple[str, str | Extractor]]:
    """Each extractor under a name of its own: its spec, or its class, numbered where it stands twice."""
    seen: dict[str, int] = {}
    for extractor in extractors:
        name = (
            extractor
            if isinstance(extractor, str)
            else str(getattr(extractor, "spec", type(extractor).__name__))
        )
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), extractor


def _run(
    name: str, spec: str | Extractor, corpus: Corpus, progress: Progress | None
) -> tuple[list[Annotations], list[tuple[Quote, ...]] | None, tuple[str, ...], tuple[str, ...]]:
    extractor = resolve(spec) if isinstance(spec, str) else spec
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(name, done, len(corpus.documents))

    # First, because a run ends with closing the extractor.
    quoted = any(document.quotes for document in corpus.documents)
    given = attribute(extractor, corpus.documents) if quoted else None
    found = run(extractor, corpus.documents, progress=advance)
    return found, given, tuple(extractor.finds), tuple(getattr(extractor, "notes", ()))
