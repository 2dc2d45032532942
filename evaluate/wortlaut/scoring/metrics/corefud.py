"""The CorefUD scorer's numbers of clusters (Žabokrtský et al. 2022): mentions by head, in part, exactly.

``corefud-scorer.py`` of github.com/ufal/corefud-scorer, version 1.2, of what is in the text. Clusters of one
mention are left out of both sides. A mention is the tokens that it touches; without tokens characters count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from wortlaut.errors import DataError
from wortlaut.model import Annotations, Span
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.metrics import b3, blanc, ceafe, ceafm, conll, lea, mor, muc
from wortlaut.scoring.metrics._clusters import (
    HOLDS,
    Mentions,
    SpanCluster,
    both_ways,
    clusters_of_sides,
    tally_of,
    twice_note,
)
from wortlaut.scoring.metrics._metric import SYMMETRIC, DocumentMetric
from wortlaut.scoring.quotes_table import FINE
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Note, Tally

HEAD, PARTIAL, EXACT = "head", "partial", "exact"
_MEASURES = {
    "conll": conll.PARTS,
    "muc": {"muc": both_ways(muc.shares)},
    "b3": {"b3": both_ways(b3.shares)},
    "ceafe": {"ceafe": ceafe.shares},
    "ceafm": {"ceafm": ceafm.shares},
    "blanc": blanc.PARTS,
    "lea": {"lea": both_ways(lea.shares)},
}
_HINT = "corefud@exact needs none; in CoNLL-U # global.Entity = eid-etype-head-other declares them."


@dataclass(frozen=True, slots=True)
class _Mention:
    """A mention as sorted tokens, and which of them is its head; -1 where it touches none."""

    span: Span
    words: tuple[int, ...]
    head: int
    #: Whether its head is only taken for one: the first of several words.
    taken: bool


@dataclass(frozen=True, slots=True)
class _Matched:
    """A mention by its number, which both sides have in common where they match."""

    number: int
    start: int = field(compare=False)


@dataclass
class _Told:
    """What the notes say: clusters of one, and mentions without a head, of gold and prediction."""

    alone: list[int] = field(default_factory=lambda: [0, 0])
    taken: list[int] = field(default_factory=lambda: [0, 0])

    def notes(self, mode: str) -> Iterator[Note]:
        yield Note("{0} gold and {1} predicted clusters of one mention are left out", tuple(self.alone))
        what = "mentions of several words have no head: the first word is taken for it"
        for side, name in enumerate({HEAD: ("gold", "predicted"), PARTIAL: ("gold",)}.get(mode, ())):
            yield Note(f"{{0}} {name} {what}", (self.taken[side],))


def tallies(schema: str, mode: str, sides: Sides) -> Mapping[ScoreKey, Tally]:
    """The scores of clusters; where the gold has no heads but needs some, raises DataError."""
    told = _Told()
    own, twice = clusters_of_sides(sides)
    places = _Places(sides)
    kept: list[tuple[list[SpanCluster], list[SpanCluster]]] = []
    matched: list[tuple[list[Mentions], list[Mentions]]] = []
    for number, ((gold, found), g, p) in enumerate(zip(own, sides.gold, sides.predicted, strict=True)):
        g_clusters = _counted(places.mentions(number, gold, g), mode, told, 0)
        p_clusters = _counted(places.mentions(number, found, p), mode, told, 1)
        if mode != EXACT and not g.heads and any(one.taken for own in g_clusters for one in own):
            where = f"document {sides.ids[number]}" if sides.ids else ""
            raise DataError(
                f"the gold has no heads of mentions, which {schema} needs", where=where, hint=_HINT
            )
        kept.append((_spans(g_clusters), _spans(p_clusters)))
        matched.append(_numbered(g_clusters, p_clusters, mode))
    notes = (*twice_note(twice), *told.notes(mode))
    scores = {
        name: tally_of(
            matched,
            sides.units,
            scorers,
            notes,
            1 if name == "blanc" else FINE,
            headline="macro" if len(scorers) > 1 else "micro",
        )
        for name, scorers in _MEASURES.items()
    }
    scores["mor"] = replace(mor.tally_of(kept, sides), told=notes)
    return {ScoreKey("clusters", f"{schema}/{name}"): tally for name, tally in scores.items()}


class _Places:
    """Where the tokens of each document stand."""

    def __init__(self, sides: Sides) -> None:
        self._tokens = sides.tokens
        if self._tokens is not None:
            self._bounds = np.searchsorted(self._tokens.document, np.arange(len(sides.gold) + 1)).tolist()

    def mentions(
        self, number: int, clusters: Iterable[SpanCluster], annotations: Annotations
    ) -> Iterator[list[_Mention]]:
        """The mentions of each cluster of a document."""
        starts, ends = list[int](), list[int]()
        if self._tokens is not None:
            rows = slice(*self._bounds[number : number + 2])
            starts, ends = self._tokens.start[rows].tolist(), self._tokens.end[rows].tolist()

        def words(span: Span) -> tuple[int, ...]:
            if self._tokens is None:
                return tuple(place for a, b in span for place in range(a, b))
            touched = (range(bisect_right(ends, a), bisect_left(starts, b)) for a, b in span)
            return tuple(sorted({word for run in touched for word in run}))

        heads = {one.mention: one.head for one in annotations.heads}
        for cluster in clusters:
            own = []
            for span in cluster:
                whole = words(span)
                head = words(heads[span])[:1] if span in heads else ()
                first = (*head, *whole, -1)[0]
                own.append(_Mention(span, whole, first, taken=not head and len(whole) > 1))
            yield own


def _key(mention: _Mention, mode: str) -> object:
    """What two mentions have in common that match for sure; of one side, the second one is no mention."""
    return (mention.words, mention.head) if mode == HEAD else mention.words


def _counted(clusters: Iterable[list[_Mention]], mode: str, told: _Told, side: int) -> list[list[_Mention]]:
    """Those of at least two mentions, each mention once in all."""
    seen, found = set[object](), []
    for cluster in clusters:
        own = {_key(one, mode): one for one in cluster if _key(one, mode) not in seen}
        seen.update(own)
        told.alone[side] += len(own) == 1
        if len(own) > 1:
            found.append([*own.values()])
            told.taken[side] += sum(one.taken for one in own.values())
    return found


def _spans(clusters: Iterable[list[_Mention]]) -> list[SpanCluster]:
    return [tuple(one.span for one in own) for own in clusters]


def _numbered(
    gold: Sequence[Sequence[_Mention]], found: Sequence[Sequence[_Mention]], mode: str
) -> tuple[list[Mentions], list[Mentions]]:
    """Both sides with numbers for mentions, equal ones where they match."""
    g, p = ([one for cluster in side for one in cluster] for side in (gold, found))
    answers = _matches(g, p, mode)
    numbers = iter(range(len(g))), iter([answers.get(i, len(g) + i) for i in range(len(p))])
    left, right = (
        [tuple(_Matched(next(number), one.span.start) for one in cluster) for cluster in side]
        for side, number in zip((gold, found), numbers, strict=True)
    )
    return [*left], [*right]


def _matches(gold: Sequence[_Mention], found: Sequence[_Mention], mode: str) -> dict[int, int]:
    """Which predicted mention matches which gold one, by their numbers; each at most one."""
    place = {_key(one, mode): i for i, one in enumerate(gold)}
    pairs = {j: place[key] for j, one in enumerate(found) if (key := _key(one, mode)) in place}
    if mode == EXACT:
        return pairs
    taken = {*pairs.values()}
    # In the order of the script, to which it leaves what is equally good.
    rows = sorted((i for i in range(len(gold)) if i not in taken), key=lambda i: _order(gold[i]))
    columns = sorted((j for j in range(len(found)) if j not in pairs), key=lambda j: _order(found[j]))
    scores = np.zeros((len(rows), len(columns)))
    holding: dict[int, list[int]] = defaultdict(list)
    for column, j in enumerate(columns):
        for word in (found[j].head,) if mode == HEAD else found[j].words:
            holding[word].append(column)
    for row, i in enumerate(rows):
        whole = {*gold[i].words}
        for column in holding[gold[i].head]:
            words = found[columns[column]].words
            shared = sum(word in whole for word in words)
            if mode == HEAD or shared == len(words):
                scores[row, column] = shared / len(whole)
    if not scores.any():
        return pairs
    from scipy.optimize import linear_sum_assignment

    best = zip(*(side.tolist() for side in linear_sum_assignment(-scores)), strict=True)
    return pairs | {columns[column]: rows[row] for row, column in best if scores[row, column] > 0}


def _order(mention: _Mention) -> tuple[object, ...]:
    words = mention.words
    return words[:1], words[-1:], len(words), words, mention.head


def _metric(name: str, mode: str, says: str) -> DocumentMetric:
    holds = HOLDS if mode == EXACT else HOLDS - {SYMMETRIC}
    return DocumentMetric(
        name=name,
        says=f"the CorefUD scorer's numbers of clusters: {says}",
        holds=holds,
        tallies=partial(tallies, name, mode),
    )


METRICS = (
    _metric("corefud", HEAD, "mentions with the same head"),
    _metric("corefud@partial", PARTIAL, "what is found lies inside a gold mention and holds its head"),
    _metric("corefud@exact", EXACT, "mentions of the same tokens"),
)
