"""Scores a corpus chunk by chunk: what a chunk leaves behind, and the scores of all chunks together.

Whether a corpus is scored in one chunk or in many, and in which order, changes no number: each document is
scored by itself, and everything else is computed once, from the counts of all. What stays of a chunk are
counts (see :mod:`wortlaut.scoring.tally`), not texts or annotations.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from wortlaut.corpus.load import Corpus, digest_of, digests, stream_batches
from wortlaut.corpus.schemes import follows, in_scheme, shown
from wortlaut.corpus.schemes import notes as scheme_notes
from wortlaut.errors import DataError, counted
from wortlaut.evaluation.breakdowns import Grouping, layers_of
from wortlaut.evaluation.phenomena import Given, Probes, given_in
from wortlaut.evaluation.systems import Item, Judged, Scored, System
from wortlaut.evaluation.words import BOUNDED, ends_of, word_tallies
from wortlaut.extractors.registry import Spec
from wortlaut.formats import plain
from wortlaut.formats.columns import tokens as own_tokens
from wortlaut.formats.losses import Losses
from wortlaut.model import LAYERS, Annotations, Document, Quote
from wortlaut.model.batch import CHUNK_CHARACTERS, CHUNK_DOCUMENTS, Batch
from wortlaut.model.columns import Ints, Spans, TokenTable
from wortlaut.scoring.breakdown import result_by_group
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import ScoreKey, Signature
from wortlaut.scoring.labels import Projection, label_notes
from wortlaut.scoring.links import Links, names_of
from wortlaut.scoring.metrics import CLUSTERS, COREFERENCE, QUOTES, WORDS, is_given
from wortlaut.scoring.quotes import keyed, quote_tallies, with_basis
from wortlaut.scoring.result import Result, Results
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally, added, kept
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import FEW_DOCUMENTS, Resampling
from wortlaut.scoring.units import Units, document_units, sentence_units
from wortlaut.scoring.words import between
from wortlaut.text.segments import sentences, tokens

#: Up to so many characters of text a corpus is kept in memory, and with it what was right and wrong.
KEPT_CHARACTERS = 5_000_000
#: Of an evaluation without items.
NOT_KEPT = (
    "Which single items are right was not kept: a comparison tests the systems but cannot list the items that"
    f" differ. It is kept for corpora of up to {KEPT_CHARACTERS // 1_000_000} million characters, and for"
    " others with --items."
)
#: And up to so many its texts and spans, where columns hold all of it, so that it is read but once.
_READ_ONCE = 20_000_000


#: What to do about an empty corpus, or nothing to score.
ALLOW = "Is it the right file? To score it as it is: --allow-empty (allow_empty=True)."


SENTENCES = (
    "Each document is one sentence: intervals and tests are over sentences, and too narrow where"
    " several are of one text. CoNLL: mark texts, or read conll?documents=20:FILE."
)


def of_one_sentence(batch: Batch) -> bool:
    """Whether each document is one line, and the source says of none that it has several sentences."""
    if any("\n" in text for text in batch.texts):
        return False
    return "sentences" not in batch.columns or not any(
        " " in value for i in range(len(batch)) for name, value in batch.meta(i) if name == "sentences"
    )


@dataclass(frozen=True)
class Gold:
    """What must be known of the whole corpus before a part of it can be scored.

    ``ids`` are in the order of the corpus; ``rank[i]`` is the place of document ``i`` by id, which is its
    number everywhere else. ``sizes`` counts the annotations of each layer, ``labels`` the entities of each.
    """

    name: str
    hash: str
    ids: Sequence[str]
    rank: Ints
    units: Units
    sizes: Mapping[str, int]
    labels: Mapping[str, int]
    columns: frozenset[str]
    #: What its reader left out.
    notes: tuple[str, ...] = ()
    #: Whether each document is one sentence, as in files of tokens that do not mark where a text begins.
    sentences: bool = False
    characters: int = 0
    #: Whether some name has a link.
    links: bool = False
    #: What each document is an example of, where the corpus says so.
    probes: Probes | None = None


@dataclass(frozen=True)
class Source:
    """The documents of a corpus, as often as they are asked for: kept in memory, or read anew each time."""

    gold: Gold
    opened: Callable[..., Iterable[Batch]]
    #: By id, where texts and items are kept.
    kept: Batch | None

    @classmethod
    def of(
        cls,
        corpus: str | Corpus,
        items: bool | None,
        held: Batch | None = None,
        *,
        allow_empty: bool = False,
        scheme: str | None = None,
    ) -> Source:
        """Reads the corpus once. It is kept if ``items`` says so, or where it says nothing if it is small.

        ``held`` are its documents, where they were read before; ``scheme`` the one in which they are shown.
        """
        name, known_hash = (corpus.name, corpus.hash) if isinstance(corpus, Corpus) else (plain(corpus), "")
        losses = Losses("")
        changes = None if scheme is None or follows(scheme, name) else Losses(scheme)
        if isinstance(corpus, Corpus):
            held = Batch.of(corpus.documents)
        opened: Callable[..., Iterable[Batch]]
        # Functions that another process can be given.
        if held is not None:
            opened = partial(_again, held)
        else:
            opened = partial(stream_batches, str(corpus), allow_empty=allow_empty)
        first: Callable[..., Iterable[Batch]] = opened
        if scheme is not None:
            known_hash, opened = "", partial(_shown, scheme, name, opened)
            first = partial(opened, changes=changes)
        ids: list[str] = []
        kept: list[Batch] = []
        starts: list[tuple[str, list[int]]] = []
        sizes, labels, columns = Counter[str](), Counter[str](), set[str]()
        probes: list[Given] = []
        hashes, characters, small, once = bytearray(), 0, True, True
        alone, linked = True, False
        for batch in first(losses):
            if not known_hash:
                hashes += digests(batch)
            for id, text in zip(batch.ids, batch.texts[: FEW_DOCUMENTS - len(ids)], strict=False):
                starts.append((id, [start for start, _ in sentences(text)]))
            ids += batch.ids
            sizes.update(batch.sizes())
            labels.update(batch.labelled())
            columns |= batch.columns
            probes += given_in(batch)
            characters += sum(map(len, batch.texts))
            alone = alone and of_one_sentence(batch)
            linked = linked or any(one.qid for own in batch.whole.values() for one in own.entities)
            small = characters <= KEPT_CHARACTERS if items is None else items
            once = once and not batch.whole and characters <= _READ_ONCE
            if small or once:
                kept.append(batch)
            else:
                kept.clear()
        if not ids and not allow_empty:
            raise DataError("the corpus has no documents", where=name, hint=ALLOW)
        order = np.asarray(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
        whole = Batch.joined(kept).take(order) if small else None
        named = Probes.of([probes[i] for i in order.tolist()]) if "phenomenon" in columns else None
        if whole is not None:
            ids, order = list(whole.ids), np.arange(len(ids))
        elif once:
            opened = partial(_again, Batch.joined(kept))
        few = len(ids) < FEW_DOCUMENTS and characters
        units = sentence_units([own for _, own in sorted(starts)]) if few else document_units(len(ids))
        own_hash = known_hash or digest_of(hashes)
        gold = Gold(
            name,
            own_hash,
            ids,
            np.argsort(order),
            units,
            sizes,
            labels,
            frozenset(columns),
            (*losses.notes(name), *(scheme_notes(scheme, "gold", changes) if scheme else ())),
            alone and "tokens" in columns,
            characters,
            linked,
            named,
        )
        return cls(gold, opened if whole is None else partial(_again, whole), whole)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """Those that are kept."""
        return () if self.kept is None else tuple(self.kept.documents())

    def chunks(self) -> Iterator[tuple[int, Batch]]:
        """The number of the first document, and the documents of each chunk.

        Raises DataError where the corpus is not the one that was read first.
        """
        first, ids = 0, self.gold.ids
        if not ids:
            yield 0, Batch.of([])
        for batch in self.opened():
            if [*batch.ids] != [*ids[first : first + len(batch)]]:
                raise self._changed()
            # A chunk ends with so many documents, or so many characters of text, as a batch does.
            ends = np.cumsum([len(text) for text in batch.texts]).tolist()
            low = 0
            while low < len(batch):
                full = bisect_left(ends, (ends[low - 1] if low else 0) + CHUNK_CHARACTERS, low) + 1
                high = min(low + CHUNK_DOCUMENTS, full, len(batch))
                yield first + low, batch.take(np.arange(low, high))
                low = high
            first += len(batch)
        if first < len(ids):
            raise self._changed()

    def _changed(self) -> DataError:
        return DataError("the corpus has changed while it was scored", where=self.gold.name)


def _again(held: Batch, losses: Losses | None = None) -> Iterable[Batch]:
    return [held]


def _shown(
    scheme: str,
    ref: str,
    opened: Callable[..., Iterable[Batch]],
    losses: Losses | None = None,
    changes: Losses | None = None,
) -> Iterable[Batch]:
    return shown(scheme, ref, opened(losses), changes)


@dataclass(frozen=True)
class Part:
    """What a chunk leaves behind. ``layers`` holds for each of :data:`LAYERS` that was scored what it scores.

    ``sizes`` counts what was found in each layer, ``labels`` the entities of each label.
    """

    layers: dict[str, dict[ScoreKey, Tally]]
    #: By what, then score.
    breakdowns: dict[str, dict[ScoreKey, Tally]]
    judged: dict[ScoreKey, Judged]
    sizes: Mapping[str, int]
    labels: Mapping[str, int]
    #: Where answers are words without offsets: layer → scores with the fewest and with the most right ones.
    bounds: Mapping[str, tuple[dict[ScoreKey, Tally], dict[ScoreKey, Tally]]] = field(default_factory=dict)
    #: The layers in which that is all there is.
    bare: frozenset[str] = frozenset()
    #: Layer → answers in words, and those that are not in the text.
    said: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    #: Scorers that cannot take what was found, and why.
    refused: Mapping[str, str] = field(default_factory=dict)
    #: What another annotation scheme changes in what was found.
    changes: Losses | None = None

    def with_layers(self, other: Part) -> Part:
        """Of the same chunk, with the layers of ``other`` that this one lacks."""
        return replace(
            self,
            layers={**other.layers, **self.layers},
            breakdowns={by: {**other.breakdowns[by], **own} for by, own in self.breakdowns.items()},
            judged={**other.judged, **self.judged},
        )

    def ends(self, layer: str) -> tuple[dict[ScoreKey, Tally], dict[ScoreKey, Tally]]:
        """The scores of a layer that have bounds, where answers in words stand in other documents, too."""
        return self.bounds.get(layer) or (bounded(self.layers[layer]), bounded(self.layers[layer]))


def bounded(tallies: Mapping[ScoreKey, Tally]) -> dict[ScoreKey, Tally]:
    """Those that have bounds, without what depends on single places."""
    kept = {key: tally for key, tally in tallies.items() if key in BOUNDED}
    return {key: replace(tally, errors=None, confusion=None, items=None) for key, tally in kept.items()}


@dataclass(frozen=True)
class Found:
    """What a run leaves behind: the counts of each chunk, and the annotations where they are kept."""

    parts: Sequence[Part]
    finds: Sequence[str]
    notes: Sequence[str] = ()
    annotations: Sequence[Annotations] = ()
    #: Characters, and the seconds that they took, where that was measured.
    pace: tuple[int, float] | None = None

    @property
    def labels(self) -> Mapping[str, int]:
        """How many entities of each label were found."""
        return sum((Counter(part.labels) for part in self.parts), Counter[str]())


@dataclass(frozen=True)
class Scoring:
    """How a corpus is scored: under which schemas, and whether it is kept which items were right."""

    gold: Gold
    schemas: Sequence[str]
    projection: Projection | None
    resampling: Resampling
    by: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    items: bool = True
    #: Whether another scorer that cannot take what a system found is left out, with a note.
    fitting: bool = False
    #: The annotation scheme in which both sides are shown; the gold is already.
    scheme: str | None = None

    @cached_property
    def spans(self) -> tuple[str, ...]:
        others = {*QUOTES, *CLUSTERS, *WORDS}
        return tuple(schema for schema in self.schemas if not is_given(schema) and schema not in others)

    @cached_property
    def peers(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if is_given(schema))

    @cached_property
    def quote_peers(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema in QUOTES)

    @cached_property
    def cluster_peers(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema in CLUSTERS)

    @cached_property
    def words(self) -> tuple[str, ...]:
        return tuple(schema for schema in self.schemas if schema in WORDS)

    def over(self, documents: Batch, units: Units) -> Scoring:
        """The same way to score for other texts and gold, with units of their own."""
        return replace(self, gold=replace(Source.of("", True, documents).gold, units=units))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of any system's scores must know."""
        notes, units = list(self.gold.notes), self.gold.units
        if units.kind == "sentence" and len(units) > 1 and self.resampling.wanted:
            count = len(self.gold.ids)
            what = "one document" if count == 1 else f"{count} documents"
            notes.append(
                f"Intervals are over {len(units)} sentences of {what}: they say how scores vary within"
                " these texts, are too narrow for other texts, and do not compare systems."
            )
        if self.gold.sentences and units.kind == "document" and self.resampling.wanted:
            notes.append(SENTENCES)
        notes += label_notes(self.projection, self.gold.labels)
        notes += self.gold.probes.notes if self.gold.probes else ()
        for by in self.by:
            if not any(self.gold.sizes[layer] for layer in layers_of(by)):
                what = " or ".join(sorted(layers_of(by)))
                notes.append(f"Nothing by {by}: the gold has no {what}.")
        if not self.items:
            notes.append(NOT_KEPT)
        return tuple(notes)

    def signature(self) -> Signature:
        return Signature(
            self.gold.name,
            self.gold.hash,
            "all",
            projection=self.projection,
            schemas=tuple(self.schemas),
            resampling=replace(self.resampling, unit=self.gold.units.kind),
            conventions=self.scheme or "",
        )

    def shown(self, found: Batch, changes: Losses | None = None) -> Batch:
        """What was found, in the annotation scheme that is asked for."""
        return found if self.scheme is None else in_scheme(self.scheme, found, changes)

    def of(self, spec: str) -> Scoring:
        """To count what that extractor finds: a file in the format of the scheme's corpus follows it."""
        kind, _, path = Spec.parse(spec).target.partition(":") if self.scheme else ("", "", "")
        follow = kind == "preds" and self.scheme and follows(self.scheme, path)
        return replace(self, scheme=None) if follow else self

    def _asked(self, layer: str) -> bool:
        """Whether some schema scores the layer."""
        quotes = [schema for schema in self.words if WORDS[schema].quotes]
        others = {
            "entities": (*self.peers, *self.words),
            "quotes": (*self.quote_peers, *quotes),
            "clusters": self.cluster_peers,
        }
        return bool(self.spans or others[layer])

    def wanted(self, layers: Iterable[str]) -> list[str]:
        """Those of the layers that some schema scores and the gold has; of a gold without any, all."""
        sizes = self.gold.sizes
        bare = not any(sizes.values())
        return [one for one in LAYERS if one in layers and self._asked(one) and (bare or sizes[one])]

    def part(
        self,
        first: int,
        documents: Batch,
        found: Batch,
        given: Sequence[Sequence[Quote]] | None,
        layers: Iterable[str],
    ) -> Part:
        """Score a chunk, which begins at document ``first`` of the corpus, in the layers that are wanted.

        ``given`` are the gold quotes as the extractor attributed them.
        """
        rank = self.gold.rank[first : first + len(documents)]
        order = np.argsort(rank)
        changes = Losses(self.scheme or "")
        if given is not None and self.scheme is not None:
            attributed = [Annotations(quotes=tuple(own)) for own in given]
            given = [one.quotes for one in self.shown(documents.answered(attributed)).beside()]
        part = _Chunk(
            self,
            documents.take(order),
            self.shown(found, changes).take(order),
            None if given is None else [given[i] for i in order.tolist()],
            rank[order],
        ).part(self.wanted(layers))
        return part if self.scheme is None else replace(part, changes=changes)

    def scored(self, system: System, run: Found) -> Scored:
        """The scores of one system, for the layers that it looks for and the corpus has."""
        parts, finds = run.parts, run.finds
        whole: dict[ScoreKey, Tally] = {}
        ends: dict[ScoreKey, tuple[Tally, Tally]] = {}
        notes: list[str] = []
        wanted = self.wanted(finds)
        for group in filter(self._asked, (layer for layer in LAYERS if layer in finds)):
            count = sum(part.sizes[group] for part in parts)
            if group in wanted:
                layers = [part.layers[group] for part in parts]
                if any(group in part.bare for part in parts):
                    scored = [key for key in layers[0] if key in BOUNDED or key.schema in WORDS]
                    layers = [{k: bounded(one).get(k, one[k]) for k in scored} for one in layers]
                fits = [key for key in layers[0] if all(key in one for one in layers)]
                whole |= {key: self._whole([one[key] for one in layers]) for key in fits}
                if any(group in part.bounds for part in parts):
                    low, high = zip(*(part.ends(group) for part in parts), strict=True)
                    ends |= {
                        key: (self._whole([one[key] for one in low]), self._whole([one[key] for one in high]))
                        for key in low[0]
                    }
                if not self.gold.sizes[group]:
                    spurious = (
                        f": what is found is spurious ({count})." if count else ", and none were found."
                    )
                    notes.append(f"The gold has no {group}{spurious}")
                elif not count:
                    notes.append(f"No {group} were found.")
            elif count:
                notes.append(f"The corpus has no {group}; {count} found ones are not scored.")
        if "entities" in wanted:
            notes += label_notes(self.projection, self.gold.labels, run.labels)
        whole = with_basis(whole)
        places = list(dict.fromkeys(key.layer for key in whole))
        results = {
            key: self._counted(result_of(whole[key], self._signature(key)), whole[key])
            for key in sorted(whole, key=lambda key: places.index(key.layer))
        }
        bare = frozenset[str]().union(*(part.bare for part in parts))
        for key, (least, most) in ends.items():
            alone = key in results and _layer(key) in bare
            signature = self._signature(key, quiet=not alone)
            pair = [self._counted(result_of(end, signature), end) for end in (least, most)]
            if alone:
                results[key] = between(*pair)
            elif key in results and key.task == "entities":
                notes += choice_notes(parts, *pair)
        notes += word_notes(parts, self.schemas, self.by)
        if self.scheme is not None:
            own = [part.changes for part in parts if part.changes is not None]
            changes = Losses(self.scheme)
            for change in (one for part in own for one in part):
                changes.include(change.kind, change.reason, change.count, change.examples)
            notes += scheme_notes(self.scheme, "predictions", changes if own else None)
        refused = {name: what for part in parts for name, what in part.refused.items()}
        notes += [f"not scored under {name}: {what}" for name, what in refused.items()]
        if bare and not results:
            raise DataError("nothing to score", where=system.name, hint="\n  ".join(notes))
        judged = {
            key: _joined([part.judged[key] for part in parts])
            for key in results
            if all(key in part.judged for part in parts) and _layer(key) not in bare
        }
        breakdowns = self._breakdowns(parts, results)
        notes += run.notes
        found = tuple(run.annotations)
        return Scored(system, results, None, tuple(notes), found, judged, breakdowns, run.pace)

    def _signature(self, key: ScoreKey, *, quiet: bool = False) -> Signature:
        """Without intervals where they are not asked for, and where words stand in no sentence."""
        signature = self.signature().of(key)
        if quiet or (key.schema in WORDS and self.gold.units.kind == "sentence"):
            signature = replace(signature, resampling=replace(self.resampling, samples=0))
        return signature

    def _whole(self, parts: Sequence[Tally]) -> Tally:
        return added(parts, len(self.gold.units), len(self.gold.ids))

    def _breakdowns(self, parts: Sequence[Part], keys: Iterable[ScoreKey]) -> dict[str, dict[str, Results]]:
        """Layer → by what → schema → the scores of each group, of what counts items."""
        found: dict[str, dict[str, Results]] = {}
        for key in keys:
            signature = replace(self.signature().of(key), projection=None)
            for by in parts[0].breakdowns:
                if all(key in part.breakdowns[by] for part in parts):
                    whole = self._whole([part.breakdowns[by][key] for part in parts])
                    rows = found.setdefault(key.layer, {}).setdefault(by, Results())
                    result = result_by_group(whole, replace(signature, by=by))
                    rows[key.variant] = self._counted(result, whole)
        return found

    def _counted(self, result: Result, tally: Tally) -> Result:
        """With its counts, where there are to be intervals."""
        kept = replace(tally.scored, of_gold=False, errors=None, told=(), confusion=None, indices=None)
        return replace(result, tally=kept) if self.resampling.wanted else result

    def projected(self, label: str, side: str) -> str | None:
        """The label as it is scored; ``None`` where its spans are left out."""
        return label if self.projection is None else self.projection(label, side)


def _layer(key: ScoreKey) -> str:
    return "entities" if key.task == "links" else key.task if key.task in LAYERS else "quotes"


def _said(parts: Sequence[Part], layer: str) -> tuple[int, int]:
    """Answers in words, and those that the text does not hold."""
    each = [part.said.get(layer, (0, 0)) for part in parts]
    return sum(said for said, _ in each), sum(absent for _, absent in each)


def choice_notes(parts: Sequence[Part], least: Result, most: Result) -> Iterator[str]:
    """What a system's own choice of places may have done to the score of its entities."""
    said, _ = _said(parts, "entities")
    if least.f1 is not None and most.f1 is not None and least.correct < most.correct:
        yield (
            f"{counted(said, 'entity', 'entities')} could stand at other places, too: strict F1 of entities"
            f" is {least.f1:.3f}–{most.f1:.3f}, wherever they stand"
        )


def word_notes(parts: Sequence[Part], schemas: Sequence[str], by: Sequence[str]) -> Iterator[str]:
    """What is scored of answers in words, and what is not."""
    for layer in sorted(frozenset[str]().union(*(part.bare for part in parts))):
        said, absent = _said(parts, layer)
        out = f"; {absent} not in the text, or not as often, are spurious" if absent else ""
        yield (
            f"{layer}: {counted(said, 'answer')} in words without offsets; a range is what strict can be,"
            f" wherever they stand{out}"
        )
        left = [*(one for one in schemas if one not in ("strict", *WORDS)), *(f"--by {one}" for one in by)]
        what, others = ", ".join(left), ", ".join(WORDS)
        if layer == "quotes":
            what, others = "what is no span of content, cue, addressee or frame", "set, multiset"
        if what:
            yield f"{layer}: not scored without offsets: {what}; words are compared by --schema {others}"


@dataclass(frozen=True)
class _Chunk:
    """Some documents by id, with what was found in them; ``rank`` are their numbers in the corpus."""

    scoring: Scoring
    documents: Batch
    found: Batch
    given: Sequence[Sequence[Quote]] | None
    rank: Ints

    def part(self, wanted: Sequence[str]) -> Part:
        """What is counted; where answers are words, with their best and their worst places."""
        said = {(one.layer, one.place is None) for own in self.found.whole.values() for one in own.unplaced}
        layers = sorted({layer for layer, _ in said if layer in wanted})
        if not layers:
            return self._part(wanted)
        scoring, bare = self.scoring, {layer for layer, alone in said if alone}
        strict = [schema for schema in scoring.schemas if schema == "strict"]
        ends = ends_of(self.documents, self.found, scoring.projected)
        narrow = replace(scoring, schemas=strict, by=(), items=False)
        low, high = (replace(self, scoring=narrow, found=end)._part(layers) for end in (ends.low, ends.high))
        part = self._part(wanted, bare)
        return replace(
            part,
            layers={
                layer: bounded(low.layers[layer]) | tallies if layer in bare else tallies
                for layer, tallies in part.layers.items()
            },
            bounds={layer: (bounded(low.layers[layer]), bounded(high.layers[layer])) for layer in layers},
            bare=frozenset(bare.intersection(wanted)),
            said={layer: (ends.said[layer], ends.absent[layer]) for layer in layers},
        )

    def _part(self, wanted: Sequence[str], bare: Collection[str] = ()) -> Part:
        """``bare`` are layers of which scorers of words alone are asked."""
        scoring = self.scoring
        units, unit = self._units()
        layers: dict[str, dict[ScoreKey, Tally]] = {}
        refused: dict[str, str] = {}
        breakdowns: dict[str, dict[ScoreKey, Tally]] = {by: {} for by in scoring.by}
        grouping = Grouping(
            self.documents, self._tokens(()), scoring.seen, bool(scoring.gold.sizes["entities"])
        )
        full = [layer for layer in wanted if layer not in bare]
        if "entities" in full:
            task, labels = self._entities(units)
            tallies = tallies_of(task, labels, scoring.spans, items=scoring.items)
            for peer in scoring.peers:
                try:
                    tallies |= tallies_of(task, labels, [peer], errors=False, items=False)
                except DataError as error:
                    if not scoring.fitting:
                        raise
                    refused[peer] = error.what
            layers["entities"] = keyed("entities", tallies)
            scored = [(layers["entities"], task)]
            if scoring.gold.links:
                links = self._links(units)
                asked = [schema for schema in (*scoring.spans, *scoring.peers) if schema not in refused]
                scored.append((links.tallies(asked, items=scoring.items), links.task))
                layers["entities"] = {**layers["entities"], **scored[1][0]}
            for by in (by for by in scoring.by if "entities" in layers_of(by)):
                for own, spans in scored:
                    breakdowns[by] |= grouping.entities(own, spans.gold, spans.predicted, by)
        if "quotes" in full or "clusters" in full:
            schemas = (*scoring.spans, *scoring.quote_peers)
            both = self.documents.beside(), self.found.beside()
            sides = Sides(*both, units, self._tokens(schemas), self.given, self.documents.ids)
            if "quotes" in full:
                layers["quotes"] = quote_tallies(sides, schemas)
                for by in scoring.by:
                    if "quotes" in layers_of(by):
                        breakdowns[by] |= grouping.quotes(layers["quotes"], sides, by)
            if "clusters" in full:
                sides = replace(sides, tokens=self._own_tokens)
                measures = COREFERENCE.values() if scoring.spans else ()
                named = [metric.tallies(sides) for metric in measures]
                for peer in scoring.cluster_peers:
                    try:
                        named.append(CLUSTERS[peer].tallies(sides))
                    except DataError as error:
                        if not scoring.fitting:
                            raise
                        refused[peer] = error.what
                layers["clusters"] = {key: tally for one in named for key, tally in one.items()}
        for layer in {"entities", "quotes"}.intersection(wanted if scoring.words else bare):
            layers.setdefault(layer, {}).update(
                word_tallies(self.documents, self.found, scoring.words, layer, units, scoring.projected)
            )
        judged = {
            key: self._judged(tally)
            for group in layers.values()
            for key, tally in group.items()
            if tally.items is not None and scoring.items
        }

        def compact(tally: Tally) -> Tally:
            return kept(tally, unit, self.rank)

        return Part(
            {
                group: {key: compact(tally) for key, tally in tallies.items()}
                for group, tallies in layers.items()
            },
            {by: {key: compact(tally) for key, tally in rows.items()} for by, rows in breakdowns.items()},
            judged,
            self.found.sizes(),
            self.found.labelled(),
            refused=refused,
        )

    def _units(self) -> tuple[Units, Ints]:
        """The units of the chunk, and the number that each has in the corpus."""
        whole = self.scoring.gold.units
        if whole.kind == "document":
            return document_units(len(self.documents)), self.rank
        low, high = (np.searchsorted(whole.document, self.rank, side) for side in ("left", "right"))
        unit = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)])
        document = np.repeat(np.arange(len(self.rank)), high - low)
        return Units(whole.kind, document, whole.start[unit]), unit

    def _entities(self, units: Units) -> tuple[Task, tuple[str, ...]]:
        """The task of the entities, and their labels."""
        scoring = self.scoring
        sides = [(self.documents, "gold"), (self.found, "predicted")]
        named = [
            {label: scoring.projected(label, side) for label in batch.labelled()} for batch, side in sides
        ]
        labels = tuple(sorted({label for own in named for label in own.values() if label is not None}))
        given = [_spans(batch, own, labels, units) for (batch, _), own in zip(sides, named, strict=True)]
        of_gold = {scoring.projected(label, "gold") for label in scoring.gold.labels}
        of_gold.update(scoring.projection.only if scoring.projection else ())
        in_gold = np.asarray([label in of_gold for label in labels], np.bool_)
        tokens = self._tokens((*scoring.spans, *scoring.peers))
        gold, found = (spans.sorted() for spans in given)
        if scoring.by:
            gold, found = (replace(spans, group=np.arange(len(spans))) for spans in (gold, found))
        return Task(gold, found, len(units), len(labels), tokens, (given[0], given[1]), in_gold), labels

    def _links(self, units: Units) -> Links:
        """The names of both sides under the labels that count."""
        projected, tokens = self.scoring.projected, self._tokens(self.scoring.spans)
        gold = names_of(self.documents.documents(), lambda label: projected(label, "gold") is not None)
        found = names_of(self.found.documents(), lambda label: projected(label, "predicted") is not None)
        return Links(gold, found, units, tokens)

    def _tokens(self, schemas: Sequence[str]) -> TokenTable | None:
        """Where a schema or a breakdown counts tokens."""
        asked = {"token", "fuzzy", "faireval", *QUOTES} & set(schemas) or {"length-tokens", "distance"} & {
            *self.scoring.by
        }
        return self._own_tokens if asked else None

    @cached_property
    def _own_tokens(self) -> TokenTable:
        """The corpus's tokens, else ours."""
        if self.documents.tokens is not None:
            return self.documents.tokens.wide()
        rows = [
            (i, start, end)
            for i, document in enumerate(self.documents.documents())
            for start, end in own_tokens(document) or tokens(document.text)
        ]
        return TokenTable(*np.asarray(rows, np.int64).reshape(-1, 3).T.copy())

    def _judged(self, tally: Tally) -> Judged:
        counts = tally.counts
        assert tally.items is not None
        sides = [
            tuple((self.documents.ids[i], span.fragments, label) for i, span, label in side)
            for side in tally.items
        ]
        return Judged(
            sides[0],
            counts.hits_gold[counts.gold == 1],
            sides[1],
            counts.hits_predicted[counts.predicted == 1],
        )


def _spans(batch: Batch, named: Mapping[str, str | None], labels: Sequence[str], units: Units) -> Spans:
    """The entities that are scored, by the labels under which they are."""
    places = {label: i for i, label in enumerate(labels)}
    code = np.asarray([places.get(named.get(label) or "", -1) for label in batch.labels], np.int64)
    label = code[batch.entities.label]
    spans = batch.entities if (label >= 0).all() else batch.entities.take(label >= 0)
    levels = np.ones(len(spans), np.int64) if spans.level is None else spans.level
    unit = units.of(spans.document, spans.start)
    return replace(spans, label=label[label >= 0], unit=unit, level=levels)


def _joined(parts: Sequence[Judged]) -> Judged:
    """The items of all chunks by document, in their order within each."""
    gold = _by_document([(part.gold, part.hits) for part in parts])
    return Judged(*gold, *_by_document([(part.predicted, part.predicted_hits) for part in parts]))


def _by_document(parts: Sequence[tuple[tuple[Item, ...], Ints]]) -> tuple[tuple[Item, ...], Ints]:
    items = [item for part, _ in parts for item in part]
    order = sorted(range(len(items)), key=lambda i: items[i][0])
    return tuple(items[i] for i in order), np.concatenate([hits for _, hits in parts])[order]
