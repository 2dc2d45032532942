"""What transformations cost a system: scores before and after on the same items, and what it finds again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.annotations.carry import Transformed, settled, unchanged
from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import Progress, check_something, checked_schemas, scored_as, tally
from wortlaut.evaluation.evaluate import built_in as built_in_extractors
from wortlaut.evaluation.scorer import Scoring, Source
from wortlaut.evaluation.systems import Extractors, Judged, Scored, of_one_run
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.run import answers, close
from wortlaut.model import ROLES, Annotations, Document, Span
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Ints
from wortlaut.records.record import At, Count, Difference, Digest, Many, Must, Share, Unit, as_dict, written
from wortlaut.running.isolated import isolated
from wortlaut.scoring.compare import PairedTest, holm, paired_test
from wortlaut.scoring.counts import Sample, precision_recall_f1
from wortlaut.scoring.keys import ScoreKey, corpus_text
from wortlaut.scoring.labels import Labels, projection
from wortlaut.scoring.metrics import CLUSTERS, OURS, QUOTES, WORDS, counts_positions, is_given
from wortlaut.scoring.result import MAIN_TASKS, Result, Results
from wortlaut.scoring.uncertainty import Interval, Resampling, intervals
from wortlaut.scoring.units import Units
from wortlaut.stress.registry import MEANINGS, Inverse, Meaning, built_in, resolve, transformer
from wortlaut.text.excerpts import excerpt
from wortlaut.version import VERSION

#: Cases that a row keeps for each side.
CASES = 20
_NO_ITEMS = Judged((), np.zeros(0, np.int64), (), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Same:
    """How alike what was found before and after is: twice the items found both times, among all found.

    An item is found again where its characters are, mapped by the offset map, under the same label.
    """

    share: Share | None
    interval: Interval | None
    before: Count
    after: Count
    both: Count


@dataclass(frozen=True)
class Case:
    """An item that the transformation cost: a gold one that is ``lost``, or a ``spurious`` one that came."""

    document: str
    kind: Annotated[str, Must(enum=["lost", "spurious"])]
    label: str
    before: str
    after: str
    found: str = ""


@dataclass(frozen=True)
class Row:
    """A transformation, a system, a layer, a schema: F1 before and after on the same gold items.

    ``test`` is of after minus before; ``p_holm`` is adjusted for all rows of the run.
    """

    transform: str
    system: str
    layer: Annotated[str, Must(enum=MAIN_TASKS)]
    schema: str
    before: Share | None
    after: Share | None
    test: Annotated[PairedTest | None, "After minus before; null where there are fewer than two units."]
    p_holm: Share | None
    same: Same
    cases: Annotated[tuple[Case, ...], f"The first {CASES} lost and the first {CASES} spurious ones."] = ()
    lost: Annotated[Count, "Gold items with less credit after than before."] = 0
    spurious: Annotated[Count, "Wrong items found after and not before."] = 0

    @property
    @written()
    def change(self) -> Difference | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Applied:
    """A transformation of the corpus: how many documents it changed, what was dropped, what it left.

    ``dropped`` and ``left`` are pairs of document and reason.
    """

    name: str
    does: str
    meaning: Meaning
    inverse: Inverse
    changed: Annotated[Count, "How many documents have another text."]
    kept: Annotated[Count, "How many entities and quotes were carried along."]
    dropped: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Failure:
    """A system that has no answer: on the corpus itself where ``transform`` is empty, else after that one."""

    system: str
    transform: Annotated[str, "Empty where the system failed on the corpus as it is."]
    why: str


@dataclass(frozen=True)
class Stress:
    """All that was tried; plain data by :meth:`to_dict`, documented by a JSON Schema."""

    format: ClassVar[Literal["wortlaut-stress/1"]] = "wortlaut-stress/1"
    version: ClassVar[str] = VERSION
    corpus: Annotated[str, At(("corpus", "name"))]
    hash: Annotated[Digest, At(("corpus", "hash"))]
    documents: Annotated[Many, At(("corpus", "documents"))]
    unit: Annotated[Unit, At(("resampling", "unit"))]
    units: Annotated[Count, At(("resampling", "units"))]
    seed: Count
    samples: Annotated[Count, At(("resampling", "samples"))]
    systems: tuple[str, ...]
    applied: Annotated[tuple[Applied, ...], At(("transforms",))]
    rows: tuple[Row, ...]
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    @written(after="version")
    def signature(self) -> str:
        """One line that reproduces the run."""
        schemas = "+".join(dict.fromkeys(row.schema for row in self.rows)) or "none"
        return (
            f"wortlaut-stress|corpus:{corpus_text(self.corpus, self.hash)}|schema:{schemas}|seed:{self.seed}"
            f"|resample:{self.unit},{self.samples}|v:{VERSION}"
        )

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def stress(
    extractors: Extractors | None = None,
    corpus: str | Corpus = "gold",
    transforms: Sequence[str] | None = None,
    *,
    schema: str | Sequence[str] = ("strict",),
    labels: Labels = None,
    only: Sequence[str] | None = None,
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> Stress:
    """Score each extractor before and after each transformation.

    ``transforms`` are specs such as ``nfd`` or ``lower+typos?rate=0.05``; by default all built-in ones.
    Scores before are those of the items that the transformation carried along, so that a shorter text does
    not count as a worse system. Each extractor has a process of its own, and ``timeout`` seconds for a
    document; an object that cannot be pickled runs here, which is noted. A system that fails is a failure of
    that transformation only. Raises WortlautError for a corpus, schema, projection or spec that cannot be
    used.
    """
    # What is misspelt is told before a corpus is read.
    chosen, project = compared_schemas(schema), projection(labels, only)
    if other := [one for one in checked_schemas(schema) if one not in chosen]:
        counting = (name.replace("@T", "@0.5") for name, metric in OURS.items() if not metric.positions)
        hint = f"Use one of {', '.join(counting)}."
        raise DataError(f"{', '.join(other)}: does not count items, which stress compares", hint=hint)
    lacking: list[str] = []
    if extractors is None:
        extractors, lacking = built_in_extractors()
    wanted = of_one_run(extractors)
    if readers := [system.name for system in wanted if system.spec.startswith("preds:")]:
        hint = "Stress a program that reads texts: a name, file.py:factory or cmd:COMMAND."
        raise DataError("a file of predictions cannot read a changed text", where=readers[0], hint=hint)
    functions = {spec: transformer(spec, seed) for spec in dict.fromkeys(transforms or built_in())}
    resampling = Resampling("document", samples, seed)
    loaded = corpus if isinstance(corpus, Corpus) else load_corpus(corpus)
    loaded = replace(loaded, documents=tuple(sorted(loaded.documents, key=lambda document: document.id)))
    gold = Batch.of(loaded.documents)
    scoring = Scoring(Source.of(loaded, True).gold, chosen, project, Resampling())

    def variants(spec: str) -> list[Transformed]:
        # Made when they are needed: all of them would fill the memory many times over.
        return [functions[spec](document) for document in loaded.documents]

    applied = tuple(_applied(spec, loaded.documents, variants(spec)) for spec in functions)
    tried = [one.name for one in applied if one.changed]
    rows: list[Row] = []
    failures: list[Failure] = []
    bases: list[Scored] = []
    for system in wanted:
        name = system.name
        opened = _Opened(
            system.runs[0], timeout, tally(name, len(loaded.documents) * (len(tried) + 1), progress)
        )
        try:
            before, finds = opened.find(loaded.documents)
            base = scored_as(system, scoring, gold, gold.answered(before), finds)
            bases.append(base)
            for spec in tried:
                side = _Side(
                    scoring, loaded.documents, variants(spec), opened, before, base, resampling, trials
                )
                try:
                    rows += side.rows(spec)
                except WortlautError as error:
                    failures.append(Failure(name, spec, str(error)))
        except WortlautError as error:
            failures.append(Failure(name, "", str(error)))
        finally:
            opened.close()
            lacking += opened.notes
    check_something(scoring, bases, False)
    adjusted = holm([None if row.test is None else row.test.p_randomisation for row in rows])
    rows = [replace(row, p_holm=p) for row, p in zip(rows, adjusted, strict=True)]
    return Stress(
        loaded.name,
        loaded.hash,
        len(loaded.documents),
        scoring.gold.units.kind,
        len(scoring.gold.units),
        seed,
        samples,
        tuple(system.name for system in wanted),
        applied,
        tuple(rows),
        tuple(failures),
        (*lacking, *_notes(scoring, applied)),
    )


def compared_schemas(schema: str | Sequence[str]) -> list[str]:
    """Those that count items, and so can be compared item by item. Raises UnknownNameError."""
    others = {*QUOTES, *CLUSTERS, *WORDS}
    asked = [one for one in checked_schemas(schema) if not is_given(one) and one not in others]
    return [one for one in asked if not counts_positions(one)]


def _applied(spec: str, documents: Sequence[Document], variants: Sequence[Transformed]) -> Applied:
    parts = resolve(spec)
    return Applied(
        spec,
        ", then ".join(part.does for part in parts),
        max((part.meaning for part in parts), key=MEANINGS.index),
        parts[0].inverse if len(parts) == 1 else None,
        sum(one.document.text != d.text for d, one in zip(documents, variants, strict=True)),
        sum(len(one.kept.entities) + len(one.kept.quotes) for one in variants),
        tuple((one.document.id, what) for one in variants for what in one.dropped),
        tuple((one.document.id, what) for one in variants for what in one.left),
    )


def _notes(scoring: Scoring, applied: Sequence[Applied]) -> Iterator[str]:
    if scoring.gold.units.kind == "sentence":
        what = "one document" if len(scoring.gold.ids) == 1 else f"{len(scoring.gold.ids)} documents"
        yield (
            f"Intervals and tests draw {len(scoring.gold.units)} sentences of {what}: they say nothing about"
            " other texts."
        )
    if idle := [one.name for one in applied if not one.changed]:
        yield f"Nothing here to change for {', '.join(idle)}."


@dataclass
class _Opened:
    """An extractor that runs on several corpora, and is closed once; a broken one is made anew."""

    made: str | Extractor
    timeout: float | None
    advance: Callable[[int], object]
    extractor: Any = None
    #: Why it has no process of its own.
    notes: Sequence[str] = ()

    def find(self, documents: Sequence[Document]) -> tuple[list[Annotations], tuple[str, ...]]:
        """What it finds, and the layers that it looks for."""
        if self.extractor is None:
            self.extractor, self.notes = isolated(self.made, self.timeout)
        try:
            return answers(self.extractor, documents, progress=self.advance), tuple(self.extractor.finds)
        except WortlautError:
            self.close()
            raise

    def close(self) -> None:
        extractor, self.extractor = self.extractor, None
        if extractor is not None:
            close(extractor)


@dataclass
class _Side:
    """One system under one transformation, against itself on the corpus as it is."""

    scoring: Scoring
    documents: Sequence[Document]
    variants: Sequence[Transformed]
    opened: _Opened
    found: Sequence[Annotations]
    base: Scored
    resampling: Resampling
    trials: int
    moved: dict[tuple[int, Span], Span | None] = field(default_factory=dict)

    @cached_property
    def number(self) -> dict[str, int]:
        return {document.id: i for i, document in enumerate(self.documents)}

    def rows(self, spec: str) -> list[Row]:
        after, finds = self.opened.find([one.document for one in self.variants])
        before, base = self._before(finds)
        after = [_outside(a, one.added) for a, one in zip(after, self.variants, strict=True)]
        kept = Batch.of(
            [
                one.document.with_annotations(one.kept.of_new(one.document.annotations))
                for one in self.variants
            ]
        )
        units, order = self._units()
        scored = scored_as(base.system, self.scoring.over(kept, units), kept, kept.answered(after), finds)
        same = self._same(before, after, units, order)
        rows = []
        for layer in MAIN_TASKS:
            results, changed = (one.scores.get(layer, Results()) for one in (base, scored))
            # Speakers have variants of their own: strict where none of those asked for is one.
            for schema in [one for one in self.scoring.schemas if one in results] or ["strict"]:
                old, new = results.get(schema), changed.get(schema)
                if old is None or new is None or old.f1 is new.f1 is None:
                    continue
                key = ScoreKey.named(layer, schema)
                was, now = (one.judged.get(key, _NO_ITEMS) for one in (base, scored))
                lost, spurious = list(self._lost(was, now, after, layer)), list(self._spurious(was, now))
                rows.append(
                    Row(
                        spec,
                        base.name,
                        layer,
                        schema,
                        old.f1,
                        new.f1,
                        self._test(new, old, order),
                        None,
                        same[layer],
                        (*lost[:CASES], *spurious[:CASES]),
                        len(lost),
                        len(spurious),
                    )
                )
        return rows

    def _before(self, finds: Sequence[str]) -> tuple[list[Annotations], Scored]:
        """What was found before in what is left of the text, scored against the gold that is left."""
        found = [
            _kept(one, lambda span, i=i: self._moved(i, span) is not None)  # type: ignore[misc]
            for i, one in enumerate(self.found)
        ]
        documents = self.documents
        whole = all(one.kept == unchanged(d).kept for d, one in zip(documents, self.variants, strict=True))
        if whole and found == list(self.found):
            return found, self.base
        pairs = zip(documents, self.variants, strict=True)
        gold = Batch.of([d.with_annotations(one.kept.of(d.annotations)) for d, one in pairs])
        scoring = self.scoring.over(gold, self.scoring.gold.units)
        return found, scored_as(self.base.system, scoring, gold, gold.answered(found), finds)

    def _moved(self, document: int, span: Span) -> Span | None:
        key = (document, span)
        if key not in self.moved:
            one, old = self.variants[document], self.documents[document].text
            self.moved[key] = settled(one.span, one.document.text, span, old)
        return self.moved[key]

    def _units(self) -> tuple[Units, Ints]:
        """The units of the corpus where they are now, and the old number of each new one."""
        units = self.scoring.gold.units
        if units.kind == "document":
            return units, np.arange(len(units), dtype=np.int64)
        places = zip(units.document.tolist(), units.start.tolist(), strict=True)
        start = np.asarray([self.variants[d].position(s) for d, s in places], np.int64)
        order = np.lexsort((start, units.document)).astype(np.int64)
        start = start[order]
        # Whatever stands before the first unit belongs to it.
        start[np.unique(units.document[order], return_index=True)[1]] = 0
        return Units(units.kind, units.document[order], start), order

    def _test(self, new: Result, old: Result, order: Ints) -> PairedTest | None:
        """After minus before; ``None`` where the two have no units in common."""
        if new.per_unit is None or old.per_unit is None:
            return None
        after, before = new.per_unit[np.argsort(order)], old.per_unit
        if not np.array_equal(after[:, 0], before[:, 0]):
            # An item has moved over the edge of a sentence: whole documents still have the same items.
            after, before = (self._by_document(sums) for sums in (after, before))
        if len(after) < 2 or not np.array_equal(after[:, 0], before[:, 0]):
            return None
        samples, seed = self.resampling.samples or 0, self.resampling.seed
        test = paired_test(after, before, old.scale, samples=max(1, samples), trials=self.trials, seed=seed)
        if samples:
            return test
        return replace(test, interval=None, p_bootstrap=None, superiority=None, effect=None)

    def _by_document(self, sums: Ints) -> Ints:
        table = np.zeros((len(self.variants), 4), np.int64)
        np.add.at(table, self.scoring.gold.units.document, sums)
        return table

    def _same(
        self, before: Sequence[Annotations], after: Sequence[Annotations], units: Units, order: Ints
    ) -> dict[str, Same]:
        found = {}
        own = self.scoring.gold.units
        for layer in MAIN_TASKS:
            first: Counter[Any] = Counter()
            second: Counter[Any] = Counter()
            unit: dict[Any, int] = {}
            for i, one in enumerate(before):
                for place, roles, label in _items(one, layer):
                    moved = [span and self._moved(i, span) for span in (place, *roles)]
                    key = (i, *moved, label)
                    first[key] += 1
                    unit[key] = _unit(own, i, place.start)
            for i, one in enumerate(after):
                for place, roles, label in _items(one, layer):
                    key = (i, place, *roles, label)
                    second[key] += 1
                    if key not in unit:
                        unit[key] = int(order[_unit(units, i, place.start)])
            rows = np.zeros((len(own), 4), np.int64)
            for key, at in unit.items():
                both = min(first[key], second[key])
                rows[at] += (first[key], second[key], both, both)
            found[layer] = _share(rows, self.resampling)
        return found

    def _lost(self, old: Judged, new: Judged, after: Sequence[Annotations], layer: str) -> Iterator[Case]:
        """Gold items that were right and are wrong."""
        # Of several at one place the one with the most credit.
        hits = {item[:2]: hit for hit, item in sorted(zip(new.hits.tolist(), new.gold, strict=True))}
        for (id, spans, label), hit in zip(old.gold, old.hits.tolist(), strict=True):
            i = self.number[id]
            moved = self._moved(i, Span(spans))
            if moved is not None and hits.get((id, moved.fragments), hit) < hit:
                text = self.variants[i].document.text
                shown = excerpt(self.documents[i].text, spans), excerpt(text, moved.fragments)
                yield Case(id, "lost", label, *shown, _instead(after[i], moved, layer, text))

    def _spurious(self, old: Judged, new: Judged) -> Iterator[Case]:
        """Wrong items found that were not found before."""
        wrong = {(id, self._moved(self.number[id], Span(spans)), label) for id, spans, label in old.wrong()}
        for id, spans, label in new.wrong():
            if wrong.isdisjoint({(id, Span(spans), ""), (id, Span(spans), label)}):
                yield Case(
                    id, "spurious", label, "", excerpt(self.variants[self.number[id]].document.text, spans)
                )


def _unit(units: Units, document: int, start: int) -> int:
    if units.kind == "document":
        return document
    return int(units.of(np.asarray([document], np.int64), np.asarray([start], np.int64))[0])


def _kept(found: Annotations, keep: Callable[[Span], bool]) -> Annotations:
    """What was found at places that are kept; of a quote that has lost a role the rest."""
    quotes = []
    for quote in filter(lambda quote: keep(quote.content), found.quotes):
        gone = {role: None for role in ROLES if (span := quote.role(role)) and not keep(span)}
        quotes.append(replace(quote, **gone) if gone else quote)  # type: ignore[arg-type]
    return Annotations(
        tuple(entity for entity in found.entities if keep(entity.span)),
        tuple(quotes),
        tuple(
            cluster
            if all(map(keep, cluster.mentions))
            else replace(cluster, mentions=tuple(filter(keep, cluster.mentions)))
            for cluster in found.clusters
        ),
    )


def _outside(found: Annotations, added: Sequence[Span]) -> Annotations:
    return _kept(found, lambda span: not any(place.contains(span) for place in added))


def _items(annotations: Annotations, layer: str) -> Iterator[tuple[Span, tuple[Span | None, ...], str]]:
    """What makes an item of the layer: its place, the roles that count beside it, its label."""
    quotes = annotations.quotes
    items: dict[str, Iterator[tuple[Span, tuple[Span | None, ...], str]]] = {
        "entities": ((entity.span, (), entity.label) for entity in annotations.entities),
        "links": ((entity.span, (), entity.qid) for entity in annotations.entities if entity.qid),
        "quotes": ((quote.content, (), quote.type) for quote in quotes),
        "cues": ((quote.cue, (), "") for quote in quotes if quote.cue is not None),
        "speakers": ((quote.content, (quote.speaker,), "") for quote in quotes if quote.speaker is not None),
        "joint": ((quote.content, (quote.cue, quote.speaker), quote.type) for quote in quotes),
    }
    return items[layer]


def _share(rows: Ints, resampling: Resampling) -> Same:
    total = rows.sum(axis=0)
    f1 = float(precision_recall_f1(total, 1)[2])
    interval = None
    if resampling.samples and len(rows) > 1 and total[:2].sum():
        kinds, multiplicity = np.unique(rows, axis=0, return_counts=True)
        interval = intervals(Sample(kinds[:, None, :], multiplicity), Resampling()).micro[2]
    return Same(None if np.isnan(f1) else f1, interval, int(total[0]), int(total[1]), int(total[2]))


def _instead(found: Annotations, span: Span, layer: str, text: str) -> str:
    """What the system has now where the item is."""
    near = []
    for place, roles, label in _items(found, "joint" if layer == "speakers" else layer):
        if place.overlap(span):
            speaker = f"speaker {excerpt(text, roles[-1].fragments)}" if roles and roles[-1] else "no speaker"
            near.append(
                f"{label} {excerpt(text, place.fragments)}".strip() + (f", {speaker}" if roles else "")
            )
    return "; ".join(near[:3])
