"""What a metric is: how it counts, and what holds of it whatever the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from wortlaut.scoring.counts import Counts
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.tally import Tally
from wortlaut.scoring.task import PAIR_CLASSES, Task


class Property(Enum):
    """What a metric can promise; one suite tests each promise on every metric that gives it.

    All promise that documents may come in any order and in any chunks, that a corpus twice has the scores of
    the corpus once, and that scores lie in [0, 1].
    """

    SYMMETRIC = "with gold and prediction swapped, precision and recall are"
    ORDERLESS = "the order of spans and quotes within a document changes nothing"
    PERFECT = "gold against itself scores 1"
    UNDEFINED = "0/0 is undefined, not 0"
    BLIND = "labels do not count"
    SPURIOUS = "one more wrong item leaves recall and never raises precision"


SYMMETRIC, ORDERLESS, PERFECT = Property.SYMMETRIC, Property.ORDERLESS, Property.PERFECT
UNDEFINED, BLIND, SPURIOUS = Property.UNDEFINED, Property.BLIND, Property.SPURIOUS


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One score: its ``name`` as it is asked for, and what it ``says`` in a line, for help texts and reports.

    ``holds`` are its promises; ``classes`` the error classes that it sorts its items into.
    """

    name: str
    says: str
    holds: frozenset[Property]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SpanMetric(Metric):
    """``count`` gives the counts of a task of spans; the number is the threshold that the name asks for.

    ``positions``: covered positions are counted, not spans, so no span is right or wrong.
    """

    count: Callable[[Task, float], Counts]
    positions: bool = False


@dataclass(frozen=True, kw_only=True)
class GivenMetric(Metric):
    """Another scorer's numbers of spans, in the order of the input: result → what it counted.

    The number is the threshold that the name asks for, 0 where it names none. ``links``: it scores the links
    of names, too. ``weighs_gold``: what the gold counts depends on what was found.
    """

    tallies: Callable[[Task, tuple[str, ...], float], Mapping[str, Tally]]
    links: bool = False
    weighs_gold: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentMetric(Metric):
    """What is counted in whole documents: one or several scores of some tasks (cues, speakers, …)."""

    tallies: Callable[[Any], Mapping[ScoreKey, Tally]]


#: The words of an answer (of a quote those of several parts) and its label.
Answer = tuple[str, str]


@dataclass(frozen=True)
class Words:
    """What is said about one document, each side in its order; ``text`` is the document's."""

    text: str
    gold: Sequence[Answer]
    predicted: Sequence[Answer]


@dataclass(frozen=True, kw_only=True)
class WordMetric(Metric):
    """Compares words and labels, not places: ``count`` gives label, gold, predicted and right ones.

    ``headline`` and ``zero`` are those of :class:`~wortlaut.scoring.tally.Tally`; ``notes`` are what a reader
    must know of it. ``quotes``: it can compare quotes as well as entities.
    """

    count: Callable[[Words], Iterable[tuple[str, int, int, int]]]
    headline: str = "micro"
    zero: bool = True
    notes: tuple[str, ...] = ()
    quotes: bool = False


#: Promises of the schemas of our own.
OURS = frozenset({SYMMETRIC, ORDERLESS, PERFECT, UNDEFINED, SPURIOUS})
#: Error classes of every schema of spans of our own.
CLASSES = (*PAIR_CLASSES, "missed", "spurious")
