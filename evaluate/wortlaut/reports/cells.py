"""What stands in a cell of a table: numbers, intervals, p-values, names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Literal

from wortlaut.errors import counted
from wortlaut.evaluation.comparison import Comparison, Row
from wortlaut.evaluation.corpora import CorporaComparison, OnCorpus, Pair
from wortlaut.scoring.keys import corpus_text
from wortlaut.scoring.result import Score
from wortlaut.scoring.uncertainty import Interval


def number(value: float | None, decimals: int = 3) -> str:
    """A score, ``–`` where undefined."""
    return "–" if value is None else f"{value:.{decimals}f}"


def interval_text(interval: Interval | None, decimals: int = 3) -> str:
    return "–" if interval is None else "–".join(number(end, decimals) for end in interval)


def credit(value: float) -> str:
    return f"{value:.0f}" if value == math.floor(value) else f"{value:.1f}"


def difference(value: float | None, decimals: int = 3) -> str:
    """``-0.120``: a difference always has its sign."""
    return "–" if value is None else f"{value:+.{decimals}f}"


def differences(interval: Interval | None, sign: str = " ", decimals: int = 3) -> str:
    return "–" if interval is None else sign.join(difference(end, decimals) for end in interval)


def p_value(value: float | None) -> str:
    """A p-value of a randomisation test is never 0."""
    return "<0.001" if value is not None and value < 0.001 else number(value)


def short(text: str) -> str:
    """``.853`` for ``0.853``, ``-.120`` for ``-0.120``: some columns have no room for the zero."""
    return re.sub(r"(?<![\d.])0\.", ".", text)


@dataclass(frozen=True)
class Numbers:
    """How scores are written: as fractions with three digits, or in percent with one."""

    percent: bool = False
    digits: int | None = None
    #: Between two differences, which have signs of their own.
    between: str = " "

    @property
    def decimals(self) -> int:
        return self.digits if self.digits is not None else 1 if self.percent else 3

    def scaled(self, value: float) -> float:
        return value * 100 if self.percent else value

    def exact(self, value: float) -> float:
        """For a program: as many digits as there are, unless some were asked for."""
        return self.scaled(value) if self.digits is None else round(self.scaled(value), self.digits)


@dataclass(frozen=True)
class Line:
    """A row of a table: its names, and a score (None of a system that failed), or a row of a comparison.

    ``whole``: of all labels. ``main``: in the terminal, too. ``best``: its first difference or F1 is bold.
    ``mark`` stands behind its schema, for a reader.
    """

    names: Sequence[str]
    of: Any
    signature: str = ""
    letters: str = ""
    best: bool = False
    whole: bool = True
    main: bool = True
    mark: str = ""


Kind = Literal["share", "difference", "p", "credit", "plain"]
_WRITTEN: Mapping[Kind, Callable[[Any, Numbers], str]] = {
    "share": lambda value, numbers: number(value, numbers.decimals),
    "difference": lambda value, numbers: difference(value, numbers.decimals),
    "p": lambda value, _: p_value(value),
    "credit": lambda value, _: credit(value),
    "plain": lambda value, _: str(value),
}


@dataclass(frozen=True)
class Column:
    """A column of figures: what it takes from a line, and of which kind that is.

    ``ends`` has the interval of the value; with ``apart``, the column is this interval. ``deviation`` is that
    over runs. What is ``bold`` is so in a line that is the best.
    """

    head: str
    kind: Kind
    value: Callable[[Line], Any]
    ends: Callable[[Line], Interval | None] | None = None
    apart: str = ""
    deviation: Callable[[Line], float | None] | None = None
    bold: bool = False
    #: The name of a score that is a range where answers are words without offsets.
    end: str = ""

    def upper(self, line: Line) -> float | None:
        """The other end of the range, if it is one."""
        upper = getattr(line.of, "upper", None) if self.end else None
        return upper and getattr(upper, self.end)

    def cell(self, line: Line, numbers: Numbers, beside: str = "") -> str:
        """As a reader sees it: beside it the interval (``range``), ± its further end (``pm``), ± ``sd``."""
        if line.of is None:
            return "–"
        value, ends, deviation = self._scaled(line, numbers.scaled)
        between = interval_text if self.kind == "share" else partial(differences, sign=numbers.between)
        if self.apart:
            doubtful = "!" if getattr(line.of, "uneven", False) else ""
            return between(ends, decimals=numbers.decimals) + doubtful
        text = _WRITTEN[self.kind](value, numbers)
        if (upper := self.upper(line)) is not None:
            most = numbers.scaled(upper) if self.kind == "share" else upper
            text += f"–{_WRITTEN[self.kind](most, numbers)}"
        if ends and (beside == "range" or (beside == "pm" and upper is not None)):
            return f"{text} ({between(ends, decimals=numbers.decimals)})"
        further = max(value - ends[0], ends[1] - value) if ends and beside == "pm" else None
        about = deviation if beside == "sd" else further
        return text if about is None else f"{text} ± {number(about, numbers.decimals)}"

    def most(self, line: Line, numbers: Numbers) -> float | None:
        """The other end of the range for a program."""
        upper = self.upper(line)
        return numbers.exact(upper) if upper is not None and self.kind == "share" else upper

    def heads(self, beside: str = "") -> list[str]:
        """Of its columns for a program."""
        return [f"{self.apart or self.head}{part}" for part in self._parts(beside)]

    def values(self, line: Line, numbers: Numbers, beside: str = "") -> list[Any]:
        """As a program reads it: numbers, and None where there is none."""
        value, ends, deviation = (None, None, None) if line.of is None else self._scaled(line, numbers.exact)
        low, high = ends or (None, None)
        known = {"": value, " low": low, " high": high, " SD": deviation}
        return [known[part] for part in self._parts(beside)]

    def _parts(self, beside: str) -> tuple[str, ...]:
        if self.apart:
            return (" low", " high")
        if beside == "sd" and self.deviation:
            return ("", " SD")
        return ("", " low", " high") if beside in ("range", "pm") and self.ends else ("",)

    def _scaled(self, line: Line, scale: Callable[[float], float]) -> tuple[Any, Any, Any]:
        """Value, interval and deviation; scores in percent where these are asked for."""
        value, ends = self.value(line), self.ends and self.ends(line)
        deviation = self.deviation and self.deviation(line)
        if self.kind not in ("share", "difference"):
            return value, ends, deviation
        value = None if self.apart or value is None else scale(value)
        deviation = None if deviation is None else scale(deviation)
        return value, ends and (scale(ends[0]), scale(ends[1])), deviation


def _share(head: str, name: str, *, bold: bool = False) -> Column:
    value, ends, deviation = (attrgetter(f"of.{name}{end}") for end in ("", "_interval", "_deviation"))
    return Column(head, "share", value, ends, deviation=deviation, bold=bold, end=name)


_F1 = attrgetter("of.f1_interval")
#: The columns of figures, by the names that choose them.
SCORES: Mapping[str, Column] = {
    "P": _share("P", "precision"),
    "R": _share("R", "recall"),
    "F1": _share("F1", "f1", bold=True),
    "interval": Column("95% interval", "share", _F1, _F1, apart="F1"),
    "SD": Column("SD of F1", "share", attrgetter("of.f1_deviation")),
    "letters": Column("letters", "plain", attrgetter("letters")),
    "correct": Column("correct", "credit", attrgetter("of.correct"), end="correct"),
    "gold": Column("gold", "plain", attrgetter("of.gold")),
    "predicted": Column("predicted", "plain", attrgetter("of.predicted")),
}
_DIFFERENCE = attrgetter("of.test.interval")
COMPARISONS: Mapping[str, Column] = {
    "A-B": Column("A-B", "difference", attrgetter("of.test.f1"), _DIFFERENCE, bold=True),
    "interval": Column("95% interval", "difference", _DIFFERENCE, _DIFFERENCE, apart="A-B"),
    "p": Column("p", "p", attrgetter("of.test.p")),
    "p Holm": Column("p Holm", "p", attrgetter("of.p_holm")),
    "flips": Column("flips", "plain", lambda line: len(line.of.flips)),
}
#: Of an audit, where p is adjusted within a layer and schema.
CONCLUSIONS: Mapping[str, Column] = {
    "A-B": Column("A-B", "difference", attrgetter("of.f1"), bold=True),
    "p Holm": Column("p Holm", "p", attrgetter("of.p")),
    "better": Column("better", "plain", lambda line: line.of.better or "–"),
}
_AHEAD = attrgetter("of.interval")
#: Of a pair on one corpus, and of its mean over several.
PAIRS: Mapping[str, Column] = {
    "A-B": Column("A-B", "difference", attrgetter("of.difference"), _AHEAD, bold=True),
    "interval": Column("95% interval", "difference", _AHEAD, _AHEAD, apart="A-B"),
    "p": Column("p", "p", attrgetter("of.p")),
    "p Holm": Column("p Holm", "p", lambda line: getattr(line.of, "p_holm", None)),
    "A>B": Column("A>B", "plain", lambda line: _on_how_many(line.of, "a_better")),
    "B>A": Column("B>A", "plain", lambda line: _on_how_many(line.of, "b_better")),
}

_RIGHT = attrgetter("of.right_interval")
#: Of a corpus of probes, by what its rows are.
PROBED: Mapping[str, Mapping[str, Column]] = {
    "phenomenon": {
        "F1": Column("F1", "share", attrgetter("of.f1"), _F1),
        "interval": Column("95% interval", "share", _F1, _F1, apart="F1"),
        "right": Column("right", "share", attrgetter("of.right"), _RIGHT),
        "right interval": Column("95% of right", "share", _RIGHT, _RIGHT, apart="right"),
        "documents": Column("documents", "plain", attrgetter("of.documents")),
        "pairs right": Column("pairs right", "share", attrgetter("of.pairs_right")),
        "pairs": Column("pairs", "plain", attrgetter("of.pairs")),
        "others": Column("others", "share", attrgetter("of.others")),
        "p": Column("p Holm", "p", attrgetter("of.p")),
    },
    "contrast": {
        "right": Column("pairs right", "share", attrgetter("of.right"), _RIGHT),
        "right interval": Column("95% interval", "share", _RIGHT, _RIGHT, apart="pairs right"),
        "one side": Column("one side", "share", attrgetter("of.one")),
        "pairs": Column("pairs", "plain", attrgetter("of.pairs")),
    },
}


def _on_how_many(of: Pair | OnCorpus, name: str) -> str:
    return f"{getattr(of, name).at_least}/{len(of.corpora)}" if isinstance(of, Pair) else "–"


#: Columns that are shown only where they are asked for, and only where there are several runs.
ON_REQUEST, OF_RUNS = "letters", "SD"
#: The heads of :func:`comparison_cells`, and of :func:`pair_cells`.
COMPARISON_HEADS = tuple(column.head for column in COMPARISONS.values())
PAIR_HEADS = tuple(column.head for column in PAIRS.values())


def columns_of(scores: Iterable[Score | None]) -> list[Column]:
    """What is shown of scores; a deviation over runs only where one of them has it."""
    several = any(score is not None and score.f1_deviation is not None for score in scores)
    hidden = (ON_REQUEST,) if several else (ON_REQUEST, OF_RUNS)
    return [column for name, column in SCORES.items() if name not in hidden]


def score_cells(score: Score | None, columns: Sequence[Column], digits: int = 3) -> list[str]:
    """Of None, a system that failed. ``digits`` are those of the ends of a range."""
    ranges = Numbers(digits=digits if score and score.upper else 3)
    cells = [column.cell(Line((), score), ranges if column.end else Numbers()) for column in columns]
    return cells if score is not None else ["failed", *cells[1:]]


def comparison_cells(row: Row) -> list[str]:
    """The difference of F1, its interval, both p-values, and how many items flipped."""
    return [column.cell(Line((), row), Numbers()) for column in COMPARISONS.values()]


def pair_cells(pair: Pair) -> list[str]:
    """The mean difference of F1 over corpora, its interval, p-values, and on how many each is better."""
    return [column.cell(Line((), pair), Numbers()) for column in PAIRS.values()]


def pair_statements(comparison: CorporaComparison) -> Iterator[str]:
    """Who is better on how many corpora, where that can be said, and the ranks of systems."""
    said: dict[tuple[str, str], list[str]] = {}
    for pair in comparison.pairs:
        sides = (pair.a, pair.b, pair.a_better), (pair.b, pair.a, pair.b_better)
        for one, other, better in sides:
            number, where = len(pair.corpora), ", ".join(better.corpora) or "not said which"
            if better.at_least:
                many = f"at least {better.at_least} of {number} corpora ({where})"
                if better.at_least == len(better.corpora) == number:
                    many = "both corpora" if number == 2 else f"all {number} corpora"
                said.setdefault((one, other), []).append(f"{pair.layer} {pair.schema} on {many}")
    for (one, other), scores in said.items():
        yield f"{one} is better than {other}: {'; '.join(scores)}"
    yield from rank_statements(comparison)


def rank_statements(comparison: CorporaComparison) -> Iterator[str]:
    """The mean ranks of three systems or more, in each score."""
    for row in comparison.ranks:
        ranks = ", ".join(f"{name} {rank:.2f}" for name, rank in zip(row.systems, row.ranks, strict=True))
        few = "" if row.critical_difference <= len(row.systems) - 1 else ", too few corpora to tell any apart"
        yield (
            f"{row.layer} {row.schema}, mean ranks: {ranks}; critical difference"
            f" {row.critical_difference:.2f}{few}; Friedman p {p_value(row.p)}"
        )


def compared(comparison: Comparison) -> str:
    """``gold (0123456789ab)``; without a hash, as of :func:`wortlaut.score`, the name alone."""
    return corpus_text(comparison.corpus, "") + (f" ({comparison.hash[:12]})" if comparison.hash else "")


def family(comparison: Comparison | CorporaComparison) -> str:
    """``Holm over 2 tests: 2 pairs with hanta, entities strict``: what the p-values are adjusted over."""
    rows = comparison.rows if isinstance(comparison, Comparison) else comparison.pairs
    tested = [row for row in rows if row.p_holm is not None]
    schemas: dict[str, dict[str, None]] = {}
    for row in tested:
        schemas.setdefault(row.layer, {})[row.schema] = None
    pairs = counted(len({(row.a, row.b) for row in tested}), "pair")
    pairs += f" with {comparison.against}" if comparison.against else ""
    scores = "; ".join(f"{layer} {', '.join(names)}" for layer, names in schemas.items())
    return f"Holm over {counted(len(tested), 'test')}: {pairs}, {scores}"


def heading(corpus: str, documents: int, hash: str) -> str:
    """``gold (31 documents, 0123456789ab)``."""
    return f"{corpus_text(corpus, '')} ({counted(documents, 'document')}, {hash[:12]})"
