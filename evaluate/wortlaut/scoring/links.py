"""The task of links: whether a name is linked to the right thing. Each link is the label of its name's span.

The specification is ``docs/metrics.md``, section "Links".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wortlaut.model import Document, Entity, Span
from wortlaut.model.columns import Ints, Spans, TokenTable, spans_from_objects
from wortlaut.scoring.engine import tallies_of
from wortlaut.scoring.keys import MATCHED, ScoreKey
from wortlaut.scoring.metrics import GIVEN, counter, is_given
from wortlaut.scoring.metrics._metric import BLIND
from wortlaut.scoring.quotes_table import side_counts
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import Task, error_counts
from wortlaut.scoring.units import Units

#: What scores of links are told apart by: whether the thing is known, or certainly not.
LINKED, NIL = "linked", "NIL"
KINDS = (LINKED, NIL)

Named = tuple[int, Entity]


def links(entity: Entity) -> list[str]:
    """The links of a name, the likeliest first: ``Q64|Q1055`` are two."""
    return entity.qid.split("|") if entity.qid else []


def _scores_links(schema: str) -> bool:
    """Whether labels count in it, or it is another scorer's that scores links."""
    if is_given(schema):
        return GIVEN[schema.partition("@")[0]].links
    return BLIND not in counter(schema)[0].holds


def names_of(documents: Iterable[Document], counts: Callable[[str], bool]) -> list[Named]:
    """The names whose label counts, each with the number of its document."""
    return [(i, one) for i, own in enumerate(documents) for one in own.entities if counts(one.label)]


@dataclass(frozen=True)
class Links:
    """The names of both sides of some documents, with or without a link."""

    gold: Sequence[Named]
    predicted: Sequence[Named]
    units: Units
    tokens: TokenTable | None = None

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Every link that stands on either side."""
        return tuple(sorted({link for _, one in (*self.gold, *self.predicted) for link in links(one)}))

    @cached_property
    def task(self) -> Task:
        """The names that have a link, labelled with the first."""
        number = {link: i for i, link in enumerate(self.known)}
        gold, _ = self._spans(self.gold, number)
        predicted, ranked = self._spans(self.predicted, number)
        every = np.ones(len(number), np.bool_)
        units = len(self.units)
        return Task(gold, predicted, units, len(number), self.tokens, known=every, ranked=ranked)

    def tallies(self, schemas: Sequence[str], *, items: bool = True) -> dict[ScoreKey, Tally]:
        """Under the schemas for which labels count, and those of other scorers that score links."""
        asked = [s for s in schemas if _scores_links(s)]
        task, kind = self.task, np.asarray([link == NIL for link in self.known], np.int64)
        classes = error_counts(task.alignment) if asked else None
        found = {}
        for schema, tally in tallies_of(task, self.known, asked, errors=False, items=items).items():
            counts, documents = tally.counts, tally.documents
            found[ScoreKey("links", schema)] = replace(
                tally,
                counts=replace(counts, label=kind[counts.label], labels=len(KINDS)),
                documents=documents and replace(documents, label=kind[documents.label], labels=len(KINDS)),
                labels=KINDS,
                ends=(KINDS, ()),
                errors=tally.errors or classes,
                averages=tuple(name for name in tally.averages if name != "macro"),
                basis=len(task.predicted) if tally.basis is None else tally.basis,
            )
        if "strict" in schemas:
            found[ScoreKey("links", "strict", MATCHED)] = self._matched()
        return found

    def _matched(self) -> Tally:
        """Are the links equal, of the names whose characters both sides have, the outer before the inner?"""
        places: dict[tuple[int, Span], tuple[list[Entity], list[Entity]]] = defaultdict(lambda: ([], []))
        for at, side in enumerate((self.gold, self.predicted)):
            for document, one in side:
                places[document, one.span][at].append(one)
        pairs = [
            (document, span.start, [(links(one) or [""])[0] for one in pair])
            for (document, span), both in places.items()
            for pair in zip(*(sorted(side, key=lambda one: one.level) for side in both), strict=False)
        ]
        begin = np.asarray([row[:2] for row in pairs], np.int64).reshape(-1, 2)
        unit = self.units.of(begin[:, 0], begin[:, 1])
        hit = np.asarray([one == other for *_, (one, other) in pairs], np.int64)
        columns = []
        for at in range(2):
            own = np.asarray([bool(pair[at]) for *_, pair in pairs], np.bool_)
            kind = np.asarray([pair[at] == NIL for *_, pair in pairs], np.int64)
            columns.append((unit[own], kind[own], hit[own]))
        counts = side_counts(len(self.units), len(KINDS), columns[0], columns[1])
        return Tally(counts, KINDS, ends=(KINDS, ()), averages=(), basis=len(self.task.predicted))

    def _spans(self, side: Sequence[Named], number: dict[str, int]) -> tuple[Spans, Ints]:
        """Those with a link, in order; and the numbers of all links of each, -1 where it has no more."""
        linked = [(i, one) for i, one in side if one.qid]
        documents = [i for i, _ in linked]
        codes = [[number[link] for link in links(one)] for _, one in linked]
        ranked = np.full((len(codes), max(map(len, codes), default=1)), -1, np.int64)
        for row, code in zip(ranked, codes, strict=True):
            row[: len(code)] = code
        spans = [one.span for _, one in linked]
        levels = [one.level for _, one in linked]
        table = spans_from_objects(documents, spans, ranked[:, 0].tolist(), documents, levels)
        table = replace(table, unit=self.units.of(table.document, table.start), group=np.arange(len(linked)))
        table = table.sorted()
        assert table.group is not None
        return replace(table, group=np.arange(len(linked))), ranked[table.group]
