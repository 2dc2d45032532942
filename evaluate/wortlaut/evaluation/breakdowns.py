"""What scores are broken down by: the group of each entity and each quote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wortlaut.model import QUOTE_TYPES, Span
from wortlaut.model.batch import Batch
from wortlaut.model.columns import Ints, Spans, TokenTable
from wortlaut.scoring.breakdown import DISTANCES, LENGTHS, class_of, classes, in_tokens, regrouped
from wortlaut.scoring.forms import FORMS, form, names_in
from wortlaut.scoring.keys import GIVEN, ScoreKey
from wortlaut.scoring.quotes_table import Quotes
from wortlaut.scoring.sides import Sides
from wortlaut.scoring.tally import Tally

_ENTITIES, _QUOTES = frozenset(("entities",)), frozenset(("quotes",))
#: Breakdown → the layers that have it; beside them ``meta:NAME``.
BREAKDOWNS = {
    "level": _ENTITIES,
    "surface": _ENTITIES,
    "type": _QUOTES,
    "medium": _QUOTES,
    "attribution": _QUOTES,
    "speaker-form": _QUOTES,
    "distance": _QUOTES,
    **dict.fromkeys(("length", "length-tokens", "document"), _ENTITIES | _QUOTES),
}
#: What a reader is told that a group is, where its name does not say it.
_CALLED = {
    "length": "length (characters)",
    "length-tokens": "length (tokens)",
    "distance": "distance to the speaker (tokens)",
    "speaker-form": "form of the speaker",
}
#: Where a document or a quote lacks what is asked for, and where nobody speaks.
LACKING, NO_SPEAKER = "–", "no speaker"
#: Groups that stand first, in this order, whatever a corpus has.
FIRST = {
    "type": QUOTE_TYPES,
    "length": classes(LENGTHS),
    "length-tokens": classes(LENGTHS),
    "distance": (*classes(DISTANCES), NO_SPEAKER),
    "speaker-form": FORMS,
}


def grouped_by(by: str, layer: str) -> str:
    """What the groups of a breakdown are, with the unit."""
    told = _CALLED.get(by, by.removeprefix("meta:"))
    return told if layer in ("entities", "quotes") else told.replace("length ", "length of the quote ")


def layers_of(by: str) -> frozenset[str]:
    """The layers of annotation whose scores have the breakdown."""
    return BREAKDOWNS.get(by, _ENTITIES | _QUOTES)


_Tallies = Mapping[ScoreKey, Tally]


@dataclass(frozen=True)
class Grouping:
    """Sorts what is scored in some documents, ``gold``.

    ``seen`` are the surfaces that count as seen. ``tokens`` are there where a
    breakdown counts them. ``named``: the corpus has entities, which are its names.
    """

    gold: Batch
    tokens: TokenTable | None
    seen: frozenset[str]
    named: bool

    def entities(self, tallies: _Tallies, gold: Spans, predicted: Spans, by: str) -> _Tallies:
        """What was counted of entities, by group."""
        return _sorted(tallies, by, self._of_spans(gold, by), self._of_spans(predicted, by))

    def quotes(self, tallies: _Tallies, sides: Sides, by: str) -> _Tallies:
        """What was counted of quotes and their roles, by the group of the quote."""
        found: dict[ScoreKey, Tally] = {}
        for side, given in ((sides.found, False), (sides.answers, True)):
            own = {key: tally for key, tally in tallies.items() if (key.setting == GIVEN) == given}
            if side is not None and own:
                groups = (self._of_quotes(quotes, by) for quotes in (side.gold, side.predicted))
                found |= _sorted(own, by, *groups)
        return found

    def _of_spans(self, spans: Spans, by: str) -> list[str]:
        documents = spans.document.tolist()
        if by == "length":
            return _named(spans.sizes(), LENGTHS)
        if by == "length-tokens":
            assert self.tokens is not None
            return _named(in_tokens(spans, self.tokens), LENGTHS)
        if by == "document":
            return [self.gold.ids[i] for i in documents]
        if by == "level":
            assert spans.level is not None
            return [str(level) for level in spans.level.tolist()]
        if by == "surface":
            rows = zip(documents, spans.ranges(), strict=True)
            texts = (Span(ranges).text(self.gold.texts[i]) for i, ranges in rows)
            return ["seen" if text in self.seen else "unseen" for text in texts]
        name = by.removeprefix("meta:")
        values = [dict(self.gold.meta(i)).get(name, LACKING) for i in range(len(self.gold))]
        return [values[i] for i in documents]

    def _of_quotes(self, quotes: Quotes, by: str) -> list[str]:
        if by == "type":
            return list(quotes.types())
        if by in ("medium", "attribution"):
            return [getattr(quote, by) or LACKING for quote in quotes.quotes]
        if by == "distance":
            return self._distances(quotes)
        if by == "speaker-form":
            rows = zip(quotes.document.tolist(), quotes.quotes, strict=True)
            return [form(quote.speaker, self.gold.texts[i], self._names[i]) for i, quote in rows]
        return self._of_spans(quotes.spans("content"), by)

    @cached_property
    def _names(self) -> list[list[tuple[int, int]] | None]:
        """Where each document names somebody."""
        return [names_in(document, self.named) for document in self.gold.documents()]

    def _distances(self, quotes: Quotes) -> list[str]:
        """The class of the number of tokens between the speaker and the nearest part of the content."""
        gaps = [
            None if quote.speaker is None else min(_gaps(quote.content, quote.speaker), key=_width)
            for quote in quotes.quotes
        ]
        ends = np.asarray([gap or (0, 0) for gap in gaps], np.int64).reshape(-1, 2)
        assert self.tokens is not None
        first, last = self.tokens.touched(quotes.document, ends[:, 0], ends[:, 1])
        found = _named(np.where(ends[:, 0] < ends[:, 1], last - first, 0), DISTANCES)
        return [NO_SPEAKER if gap is None else name for gap, name in zip(gaps, found, strict=True)]


def _sorted(
    tallies: _Tallies, by: str, gold: Sequence[str], predicted: Sequence[str]
) -> dict[ScoreKey, Tally]:
    """Those that count items, with the groups of both sides in the place of the labels."""
    first = FIRST.get(by, ())
    names = (*first, *sorted({*gold, *predicted}.difference(first)))
    place = {name: i for i, name in enumerate(names)}
    codes = (_places(gold, place), _places(predicted, place))
    return {
        key: regrouped(tally, names, codes, first=first)
        for key, tally in tallies.items()
        if tally.rows is not None
    }


def _places(groups: Sequence[str], place: Mapping[str, int]) -> Ints:
    return np.asarray([place[name] for name in groups], np.int64)


def _named(sizes: Ints, ends: Sequence[int]) -> list[str]:
    names = classes(ends)
    return [names[i] for i in class_of(sizes, ends).tolist()]


def _gaps(one: Span, other: Span) -> Iterator[tuple[int, int]]:
    """What lies between each two fragments; start and end reversed where they overlap."""
    return ((min(b, d), max(a, c)) for a, b in one for c, d in other)


def _width(gap: tuple[int, int]) -> int:
    return max(gap[1] - gap[0], 0)
