"""Both sides of some documents, with what several metrics of quotes and clusters share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wortlaut.errors import ExtractorError
from wortlaut.model import Annotations, Quote
from wortlaut.model.columns import Ints, TokenTable
from wortlaut.scoring.people import Names
from wortlaut.scoring.quotes_table import Paired, Quotes, pair_quotes, quotes_of, table
from wortlaut.scoring.units import Units


@dataclass(frozen=True)
class Attribution:
    """Gold and predicted quotes, whom each is attributed to, and which answers which.

    Entities are numbers of people of the gold, or one of the three constants.
    """

    gold: Quotes
    predicted: Quotes
    gold_entity: Ints
    predicted_entity: Ints
    paired: Paired


def attributed(
    gold: Sequence[Annotations], predicted: Sequence[Annotations], units: Units, names: Names
) -> Attribution:
    """Both sides end to end, paired by content."""
    g, p = table(quotes_of(gold), units), table(quotes_of(predicted), units)
    g_entity, p_entity = names.of_gold(g), names.of_predicted(p, predicted)
    return Attribution(g, p, g_entity, p_entity, pair_quotes(g, p, g_entity, p_entity))


@dataclass(frozen=True)
class Sides:
    """One ``Annotations`` a document on both sides, in the same order.

    ``given`` are the gold quotes as an extractor attributed them, a sequence for each document in the order
    of the gold. ``tokens`` are needed wherever tokens are counted; without them offsets count as tokens.
    """

    gold: Sequence[Annotations]
    predicted: Sequence[Annotations]
    units: Units
    tokens: TokenTable | None = None
    given: Sequence[Sequence[Quote]] | None = None
    ids: Sequence[str] = ()

    @cached_property
    def names(self) -> Names:
        return Names(self.gold)

    @cached_property
    def found(self) -> Attribution:
        """Both sides end to end, paired by content."""
        return attributed(self.gold, self.predicted, self.units, self.names)

    @cached_property
    def answers(self) -> Attribution | None:
        """The gold quotes and how an extractor attributed them: one answer for each, in their order.

        Raises ExtractorError for answers to other quotes.
        """
        if self.given is None:
            return None
        if len(self.given) != len(self.gold):
            raise ExtractorError(
                f"attributed the quotes of {len(self.given)} documents, not of {len(self.gold)}"
            )
        for number, (document, quotes) in enumerate(zip(self.gold, self.given, strict=True), start=1):
            if [quote.content for quote in document.quotes] != [quote.content for quote in quotes]:
                raise ExtractorError(
                    f"did not return the quotes that it was given in document {number}",
                    hint="Return one quote for each quote given, in the same order, with its content"
                    " unchanged.",
                )
        g, p = (table(side, self.units, as_given=True) for side in (quotes_of(self.gold), self.given))
        every = np.arange(len(g), dtype=np.int64)
        entities = self.names.of_gold(g), self.names.of_predicted(p, self.predicted)
        return Attribution(g, p, *entities, Paired(every, every))
