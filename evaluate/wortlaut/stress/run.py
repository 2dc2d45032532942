"""What transformations cost a system: scores before and after on the same items, and what it finds again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.corpus.load import Corpus, load_corpus
from wortlaut.errors import DataError, WortlautError
from wortlaut.evaluation.evaluate import Progress, checked_schemas, scored_as, tally
from wortlaut.evaluation.evaluate import built_in as built_in_extractors
from wortlaut.evaluation.scorer import Scoring, Source
from wortlaut.evaluation.systems import Item, Judged, Scored, System, named
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.registry import resolve as extractor_of
from wortlaut.extractors.run import answers, close
from wortlaut.model import ROLES, Annotations, Document, Span
from wortlaut.records.record import At, Count, Difference, Digest, Many, Must, Share, Unit, as_dict, written
from wortlaut.scoring.columns import Ints
from wortlaut.scoring.compare import PairedTest, holm, paired_test
from wortlaut.scoring.counts import Sample, precision_recall_f1
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.labels import projection
from wortlaut.scoring.metrics import PEERS, QUOTE_PEERS, counts_positions
from wortlaut.scoring.result import MAIN_TASKS, Result, Results
from wortlaut.scoring.uncertainty import Interval, Resampling, intervals
from wortlaut.scoring.units import Units
from wortlaut.stress.carry import Transformed, settled, unchanged
from wortlaut.stress.registry import MEANINGS, Inverse, Meaning, built_in, resolve, transformer
from wortlaut.text.excerpts import excerpt
from wortlaut.version import VERSION

#: Cases that a row keeps for each side.
CASES = 20


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
            f"wortlaut-stress|corpus:{self.corpus}@{self.hash[:12]}|schema:{schemas}|seed:{self.seed}"
            f"|resample:{self.unit},{self.samples}|v:{VERSION}"
        )

    def to_dict(self) -> dict[str, Any]:
        return as_dict(self)


def stress(
    extractors: str | Extractor | Sequence[str | Extractor] | None = None,
    corpus: str | Corpus = "gold",
    transforms: Sequence[str] | None = None,
    *,
    schemas: Sequence[str] = ("strict",),
    labels: str | Mapping[str, str | None] | None = None,
    samples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    progress: Progress | None = None,
) -> Stress:
    """Score each extractor before and after each transformation.

    ``transforms`` are specs such as ``nfd`` or ``lower+typos?rate=0.05``; by default all built-in ones.
    Scores before are those of the items that the transformation carried along, so that a shorter text does
    not count as a worse system. A system that fails is a failure of that transformation only. Raises
    WortlautError for a corpus, schema, projection or spec that cannot be used.
    """
    # What is misspelt is told before a corpus is read.
    chosen, project = _schemas(schemas), projection(labels)
    lacking: list[str] = []
    if extractors is None:
        extractors, lacking = built_in_extractors()
    wanted = _readers(extractors)
    functions = {spec: transformer(spec, seed) for spec in dict.fromkeys(transforms or built_in())}
    resampling = Resampling("document", samples, seed)
    loaded = corpus if isinstance(corpus, Corpus) else load_corpus(corpus)
    loaded = replace(loaded, documents=tuple(sorted(loaded.documents, key=lambda document: document.id)))
    # One resample is enough for the sums of each unit: the intervals are those of the paired test.
    scoring = Scoring(Source.of(loaded, True).gold, chosen, project, Resampling("document", 1, seed))

    def variants(spec: str) -> list[Transformed]:
        # Made when they are needed: all of them would fill the memory many times over.
        return [functions[spec](document) for document in loaded.documents]

    applied = tuple(_applied(spec, loaded.documents, variants(spec)) for spec in functions)
    tried = [one.name for one in applied if one.changed]
    rows: list[Row] = []
    failures: list[Failure] = []
    names = []
    for system in wanted:
        name = system.name
        names.append(name)
        opened = _Opened(system.runs[0], tally(name, len(loaded.documents) * (len(tried) + 1), progress))
        try:
            before = opened.find(loaded.documents)
            base = scored_as(system, scoring, loaded.documents, before, opened.finds)
            for spec in tried:
                texts = loaded.documents, variants(spec)
                side = _Side(scoring, *texts, opened, before, base, resampling, trials)
                try:
                    rows += side.rows(spec)
                except WortlautError as error:
                    failures.append(Failure(name, spec, str(error)))
        except WortlautError as error:
            failures.append(Failure(name, "", str(error)))
        finally:
            opened.close()
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
        tuple(names),
        applied,
        tuple(rows),
        tuple(failures),
        (*lacking, *_notes(scoring, applied)),
    )


def compared_schemas(schemas: Sequence[str]) -> list[str]:
    """Those that count items, and so can be compared item by item. Raises UnknownNameError."""
    others = {*PEERS, *QUOTE_PEERS}
    return [one for one in checked_schemas(schemas) if one not in others and not counts_positions(one)]


def _schemas(schemas: Sequence[str]) -> list[str]:
    chosen = compared_schemas(schemas)
    if other := [schema for schema in checked_schemas(schemas) if schema not in chosen]:
        hint = "Use strict, exact, partial, type, fuzzy or overlap@0.5."
        raise DataError(f"{', '.join(other)}: does not count items, which stress compares", hint=hint)
    return chosen


def _readers(wanted: str | Extractor | Sequence[str | Extractor]) -> list[System]:
    """Those that are wanted, by name. Raises DataError where one cannot read a text."""
    readers = named(wanted)
    for system in readers:
        if system.spec.startswith("preds:"):
            hint = "Stress a program that reads texts: a name, file.py:factory or cmd:COMMAND."
            raise DataError("a file of predictions cannot read a changed text", where=system.name, hint=hint)
    return readers


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
        count = len(scoring.gold.ids)
        what = "one document" if count == 1 else f"{count} documents"
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
    advance: Callable[[int], object]
    extractor: Any = None
    finds: tuple[str, ...] = ()

    def find(self, documents: Sequence[Document]) -> list[Annotations]:
        if self.extractor is None:
            self.extractor = extractor_of(self.made) if isinstance(self.made, str) else self.made
        try:
            found = answers(self.extractor, documents, progress=self.advance)
        except WortlautError:
            self.close()
            raise
        self.finds = tuple(self.extractor.finds)
        return found

    def close(self) -> None:
        if self.extractor is not None:
            close(self.extractor)
        self.extractor = None


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

    def rows(self, spec: str) -> list[Row]:
        after = self.opened.find([one.document for one in self.variants])
        finds = self.opened.finds
        before, base = self._before(finds)
        after = [_outside(a, one.added) for a, one in zip(after, self.variants, strict=True)]
        kept = [
            one.document.with_annotations(one.kept.of_new(one.document.annotations)) for one in self.variants
        ]
        units, order = self._units()
        scored = scored_as(base.system, self.scoring.over(kept, units), kept, after, finds)
        same = self._same(before, after, units, order)
        rows = []
        for layer in MAIN_TASKS:
            results = _results(base, layer)
            # Speakers have variants of their own: strict where none of those asked for is one.
            for schema in [one for one in self.scoring.schemas if one in results] or ["strict"]:
                old, new = results.get(schema), _results(scored, layer).get(schema)
                if old is None or new is None:
                    continue
                test = None
                if old.per_unit is not None and new.per_unit is not None:
                    sums = np.zeros_like(new.per_unit)
                    sums[order] = new.per_unit
                    test = self._test(sums, old.per_unit, old.scale)
                judged = [one.judged.get(ScoreKey.named(layer, schema)) for one in (base, scored)]
                cases: list[Case] = []
                if judged[0] is not None and judged[1] is not None:
                    cases = list(self._cases(judged[0], judged[1], after, layer))
                counts = Counter(case.kind for case in cases)
                shown = [case for kind in counts for case in [c for c in cases if c.kind == kind][:CASES]]
                rows.append(
                    Row(
                        spec,
                        base.name,
                        layer,
                        schema,
                        old.f1,
                        new.f1,
                        test,
                        None,
                        same[layer],
                        tuple(shown),
                        counts["lost"],
                        counts["spurious"],
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
        gold = [
            d.with_annotations(one.kept.of(d.annotations))
            for d, one in zip(documents, self.variants, strict=True)
        ]
        scoring = self.scoring.over(gold, self.scoring.gold.units)
        return found, scored_as(self.base.system, scoring, gold, found, finds)

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

    def _test(self, after: Ints, before: Ints, scale: int) -> PairedTest | None:
        if not np.array_equal(after[:, 0], before[:, 0]):
            # An item has moved over the edge of a sentence: whole documents still have the same items.
            after, before = (self._by_document(sums) for sums in (after, before))
        if len(after) < 2 or not np.array_equal(after[:, 0], before[:, 0]):
            return None
        test = paired_test(
            after,
            before,
            scale,
            samples=max(1, self.resampling.samples),
            trials=self.trials,
            seed=self.resampling.seed,
        )
        if self.resampling.samples:
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
            unit: dict[Any, int] = {}
            for i, one in enumerate(before):
                for spans, label in _items(one, layer):
                    moved = tuple(None if s is None else self._moved(i, s) for s in spans)
                    key = (i, moved, label)
                    first[key] += 1
                    unit[key] = _unit(own, i, next(s for s in spans if s is not None).start)
            second = Counter(
                (i, spans, label) for i, a in enumerate(after) for spans, label in _items(a, layer)
            )
            for key in second:
                if key not in unit:
                    start = next(s for s in key[1] if s is not None).start
                    unit[key] = int(order[_unit(units, key[0], start)])
            rows = np.zeros((len(own), 4), np.int64)
            for key, at in unit.items():
                both = min(first[key], second[key])
                rows[at] += (first[key], second[key], both, both)
            found[layer] = _share(rows, self.resampling)
        return found

    def _cases(self, old: Judged, new: Judged, after: Sequence[Annotations], layer: str) -> Iterator[Case]:
        """Gold items that were right and are wrong, then wrong ones found that were not found before."""
        texts = [(d.text, one.document.text) for d, one in zip(self.documents, self.variants, strict=True)]
        number = {d.id: i for i, d in enumerate(self.documents)}
        hits: dict[tuple[str, Span], list[int]] = {}
        for item, hit in zip(new.gold, new.hits.tolist(), strict=True):
            hits.setdefault((item[0], Span(item[1])), []).append(hit)
        for (document, spans, label), hit in zip(old.gold, old.hits.tolist(), strict=True):
            i = number[document]
            moved = self._moved(i, Span(spans))
            now = hits.get((document, moved), []) if moved is not None else []
            if hit and moved is not None and now and max(now) < hit:
                yield Case(
                    document,
                    "lost",
                    label,
                    excerpt(texts[i][0], spans),
                    excerpt(texts[i][1], moved.fragments),
                    _instead(after[i], moved, layer, texts[i][1]),
                )
        wrong = {(d, self._moved(number[d], Span(spans)), label) for d, spans, label in _wrong(old)}
        for item in _wrong(new):
            if (item[0], Span(item[1]), "") not in wrong and (item[0], Span(item[1]), item[2]) not in wrong:
                shown = excerpt(texts[number[item[0]]][1], item[1])
                yield Case(item[0], "spurious", item[2], "", shown)


def _results(system: Scored, layer: str) -> Mapping[str, Result]:
    return system.scores.get(layer, Results())


def _unit(units: Units, document: int, start: int) -> int:
    if units.kind == "document":
        return document
    return int(units.of(np.asarray([document], np.int64), np.asarray([start], np.int64))[0])


def _wrong(judged: Judged) -> list[Item]:
    pairs = zip(judged.predicted, judged.predicted_hits.tolist(), strict=True)
    return [item for item, hit in pairs if hit == 0]


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
    if not added:
        return found
    return _kept(found, lambda span: not any(place.contains(span) for place in added))


def _items(annotations: Annotations, layer: str) -> Iterator[tuple[tuple[Span | None, ...], str]]:
    """The spans and the label that make an item of the layer."""
    if layer == "entities":
        yield from (((entity.span,), entity.label) for entity in annotations.entities)
        return
    for quote in annotations.quotes:
        if layer == "quotes":
            yield (quote.content,), quote.type
        elif layer == "cues" and quote.cue is not None:
            yield (quote.cue,), ""
        elif layer == "speakers" and quote.speaker is not None:
            yield (quote.content, quote.speaker), ""
        elif layer == "joint":
            yield (quote.content, quote.cue, quote.speaker), quote.type


def _share(rows: Ints, resampling: Resampling) -> Same:
    total = rows.sum(axis=0)
    f1 = float(precision_recall_f1(total, 1)[2])
    interval = None
    if resampling.samples and len(rows) > 1 and total[:2].sum():
        kinds, multiplicity = np.unique(rows, axis=0, return_counts=True)
        interval = intervals(Sample(kinds[:, None, :], multiplicity), resampling).micro[2]
    return Same(None if np.isnan(f1) else f1, interval, int(total[0]), int(total[1]), int(total[2]))


def _instead(found: Annotations, span: Span, layer: str, text: str) -> str:
    """What the system has now where the item is."""

    def shown(one: Span) -> str:
        return excerpt(text, one.fragments)

    if layer == "entities":
        near = [f"{e.label} {shown(e.span)}" for e in found.entities if e.span.overlap(span)]
    elif layer == "cues":
        near = [shown(q.cue) for q in found.quotes if q.cue is not None and q.cue.overlap(span)]
    else:
        quotes = [quote for quote in found.quotes if quote.content.overlap(span)]
        near = [f"{quote.type} {shown(quote.content)}" for quote in quotes]
        if layer != "quotes":
            who = ["no speaker" if q.speaker is None else f"speaker {shown(q.speaker)}" for q in quotes]
            near = [f"{what}, {speaker}" for what, speaker in zip(near, who, strict=True)]
    return "; ".join(near[:3])
