"""How far annotators agree: pairs of layers by span F1, token kappa, Krippendorff's α_U and gamma.

What each figure is, and what it is not, stands in ``docs/annotate.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.annotations.diff import Layer
from wortlaut.errors import DataError, MissingExtraError
from wortlaut.model import ENTITY_LABELS, QUOTE_TYPES, ROLES, Document, Quote, Span
from wortlaut.records.record import OPTIONAL, At, Count, Digest, Unit, as_dict
from wortlaut.scoring.columns import Floats, Ints, Spans, empty_spans, spans_from_objects
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.match import overlapping
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Interval, Resampling
from wortlaut.scoring.unitized import alpha, continua
from wortlaut.scoring.units import Units, units_of
from wortlaut.text.segments import sentences, tokens
from wortlaut.version import VERSION

Measure = Literal["strict", "partial", "kappa", "kappa_marked", "alpha_u", "gamma"]
#: Name → what it is, in the order of the tables.
MEASURES: dict[Measure, str] = {
    "strict": "F1 of spans with the same boundaries and label",
    "partial": "F1 of overlapping spans, any label; unequal boundaries count half",
    "kappa": "Cohen's kappa of all tokens",
    "kappa_marked": "Cohen's kappa of the tokens that at least one of the two marks",
    "alpha_u": "Krippendorff's alpha for unitised text, in characters",
    "gamma": "gamma (Mathet et al. 2015), chance-corrected alignment",
}
#: Fewer annotations than this on a side, and there is no interval: they leave nothing to draw from.
FEW = 5
#: At most this many drawn units in memory at a time (8 bytes each).
_CELLS = 4_000_000

Marked = tuple[int, Span, str, int]  # document, span, label, where it counts: the start of its quote


@dataclass(frozen=True)
class Figure:
    """A coefficient, ``None`` where undefined, and its bootstrap interval where there is one."""

    value: Annotated[float | None, "null where it is undefined."]
    interval: Annotated[Interval | None, "95%, by the bootstrap; null where there is none."] = None


@dataclass(frozen=True)
class Row:
    """One thing that is annotated: how many both layers have of it, and how far they agree."""

    first: Count
    second: Count
    figures: Annotated[Mapping[Measure, Figure], At()]
    labels: Annotated[Mapping[str, Row] | None, OPTIONAL, "The same for each label or type."] = None

    @classmethod
    def of(
        cls,
        first: int,
        second: int,
        figures: Mapping[Measure, Figure],
        labels: Mapping[str, Row] | None = None,
    ) -> Row:
        """Without intervals where there is too little to draw from."""
        if min(first, second) < FEW:
            figures = {name: Figure(figure.value) for name, figure in figures.items()}
        return cls(first, second, figures, labels)


@dataclass(frozen=True)
class Agreement:
    """Two layers: what is annotated (entities, quotes, each role) → its row, with those of its labels."""

    layers: tuple[str, str]
    annotators: tuple[str, str]
    documents: Count
    tokens: Count
    unit: Annotated[Unit, At(("resampling", "unit"))]
    units: Annotated[Count, At(("resampling", "units"))]
    notes: Annotated[tuple[str, ...], "What a reader of the numbers must know."]
    rows: Annotated[Mapping[str, Row], "entities, quotes and each role."]


@dataclass(frozen=True)
class AgreementFile:
    """All pairs; ``sources`` are the files that they were measured on, with SHA-256."""

    format: ClassVar[Literal["wortlaut-agreement/1"]] = "wortlaut-agreement/1"
    version: ClassVar[str] = VERSION
    measures: ClassVar[Annotated[Mapping[Measure, str], "What each figure is."]] = MEASURES
    sources: Annotated[
        Mapping[str, Digest] | None, OPTIONAL, "The files that it was measured on (--write only)."
    ]
    pairs: Sequence[Agreement]


def agree(
    layers: Sequence[Layer], *, samples: int = 1000, seed: int = 0, gamma: bool = False
) -> list[Agreement]:
    """How far each pair of layers agrees, over the documents that both have.

    Parameters
    ----------
    layers
        Two or more; their order within a pair changes no figure.
    samples, seed
        The bootstrap behind the intervals, over documents or, with fewer than ten, sentences.
    gamma
        Also the gamma coefficient; needs the extra ``gamma``, takes long, and has no interval.

    Raises DataError for fewer than two layers, layers without a document in common or over different
    texts, and MissingExtraError.
    """
    if len(layers) < 2:
        raise DataError("agreement needs two layers or more", hint="For example: wortlaut agree a b")
    return [_pair(one, other, samples, seed, gamma) for one, other in combinations(layers, 2)]


def to_dict(agreements: Sequence[Agreement], sources: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All pairs as plain data, rounded to 6 decimals, so that platforms agree."""
    return as_dict(AgreementFile(sources, agreements), digits=6)


# ---------------------------------------------------------------- one pair


@dataclass(frozen=True)
class _Texts:
    """What all figures of a pair share: the texts, their tokens, and what is drawn how often."""

    lengths: Ints
    units: Units
    tokens: Spans
    resampling: Resampling
    gamma: bool

    def draws(self) -> Iterator[Floats]:
        """How often each unit is drawn, shape ``(samples, units)``, in blocks of bounded memory."""
        rng = np.random.Generator(np.random.PCG64(self.resampling.seed))
        size = len(self.units)
        block = max(1, _CELLS // size)
        for begin in range(0, self.resampling.samples, block):
            shape = min(block, self.resampling.samples - begin)
            yield rng.multinomial(size, np.full(size, 1 / size), size=shape).astype(np.float64)


def _pair(one: Layer, other: Layer, samples: int, seed: int, gamma: bool) -> Agreement:
    names = (one.name, other.name) if one.name != other.name else ("first", "second")
    common = sorted(set(one.documents) & set(other.documents))
    if not common:
        raise DataError(f"{names[0]} and {names[1]} have no document in common")
    sides = [[layer.documents[id] for id in common] for layer in (one, other)]
    for a, b in zip(*sides, strict=True):
        if a.text != b.text:
            raise DataError(f"{names[0]} and {names[1]} annotate different texts of {a.id}")
    texts = [document.text for document in sides[0]]
    units = units_of([[start for start, _ in sentences(text)] or [0] for text in texts])
    words = [(i, start, end) for i, text in enumerate(texts) for start, end in tokens(text)]
    document, start, end = np.asarray(words, np.int64).reshape(-1, 3).T.copy()
    zeros = np.zeros(len(document), np.int64)
    shared = _Texts(
        np.asarray([len(text) for text in texts], np.int64),
        units,
        Spans(document, start, end, zeros, units.of(document, start)),
        Resampling(units.kind, samples, seed),
        gamma,
    )
    rows: dict[str, Row] = {}
    notes = list(_notes(shared, len(common), set(one.documents) ^ set(other.documents)))
    for name, scheme, marked in _LAYERS:
        marks = [marked(side) for side in sides]
        found = {mark[2] for side in marks for mark in side}
        if not found:
            continue
        lacking = [layer for layer, side in zip(names, marks, strict=True) if not side]
        if lacking:
            notes.append(f"{lacking[0]} has no {name}: if it does not annotate them, nothing can be said.")
            rows[name] = Row(len(marks[0]), len(marks[1]), dict.fromkeys(_figures(gamma), Figure(None)), {})
            continue
        known = [label for label in scheme if label in found] + sorted(found - set(scheme))
        rows[name] = _measured(marks[0], marks[1], known, name, shared)
    every = [row for whole in rows.values() for row in (whole, *(whole.labels or {}).values())]
    if any(figure.interval == (1.0, 1.0) for row in every for figure in row.figures.values()):
        notes.append(
            "An interval from 1 to 1 says that no disagreement could be drawn, not that none can be."
        )
    annotators = [dict(side[0].meta).get("annotator", "") for side in sides]
    return Agreement(
        names,
        (annotators[0], annotators[1]),
        len(common),
        len(words),
        units.kind,
        len(units),
        tuple(notes),
        rows,
    )


def _figures(gamma: bool) -> list[Measure]:
    return [name for name in MEASURES if gamma or name != "gamma"]


def _notes(shared: _Texts, documents: int, alone: set[str]) -> Iterator[str]:
    if alone:
        yield f"{len(alone)} documents are in one layer only and are not compared."
    if shared.resampling.samples and shared.units.kind == "sentence":
        what = "one document" if documents == 1 else f"{documents} documents"
        yield (
            f"Intervals draw {len(shared.units)} sentences of {what}: they say how figures vary within"
            " these texts, and are too narrow for others."
        )
    if shared.resampling.samples:
        yield f"No intervals for fewer than {FEW} annotations."
    if shared.gamma:
        yield "gamma draws 30 random texts (seed as above) for chance, and has no interval."


def _entities(documents: Sequence[Document]) -> list[Marked]:
    return [(i, e.span, e.label, e.span.start) for i, one in enumerate(documents) for e in one.entities]


def _quotes(documents: Sequence[Document]) -> list[Marked]:
    return [(i, q.content, q.type, q.content.start) for i, q in _numbered(documents)]


def _role(role: str) -> Callable[[Sequence[Document]], list[Marked]]:
    def marked(documents: Sequence[Document]) -> list[Marked]:
        return [
            (i, span, role, quote.content.start)
            for i, quote in _numbered(documents)
            if (span := quote.role(role)) is not None
        ]

    return marked


def _numbered(documents: Sequence[Document]) -> Iterator[tuple[int, Quote]]:
    return ((i, quote) for i, one in enumerate(documents) for quote in one.quotes)


#: What is compared: its name, its labels in the order of the scheme, and how a layer is asked for it.
_LAYERS: tuple[tuple[str, tuple[str, ...], Callable[[Sequence[Document]], list[Marked]]], ...] = (
    ("entities", ENTITY_LABELS, _entities),
    ("quotes", QUOTE_TYPES, _quotes),
    *((f"{role}s", (role,), _role(role)) for role in ROLES),
)


# ---------------------------------------------------------------- figures


def _measured(
    first: Sequence[Marked], second: Sequence[Marked], labels: list[str], name: str, shared: _Texts
) -> Row:
    sides = [_columns(marks, labels, shared.units) for marks in (first, second)]
    task = Task(sides[0], sides[1], len(shared.units), len(labels))
    total: dict[Measure, Figure] = {}
    each: dict[str, dict[Measure, Figure]] = {label: {} for label in labels}
    schemas: tuple[Measure, ...] = ("strict", "partial")
    tallies = tallies_of(task, tuple(labels), schemas, errors=False, items=False)
    for schema in schemas:
        result = result_of(
            tallies[schema], Signature(task=name, schemas=(schema,), resampling=shared.resampling)
        )
        total[schema] = Figure(result.f1, result.f1_interval)
        for label, score in result.per_label.items():
            each[label][schema] = Figure(score.f1, score.f1_interval)
    codes = [_token_codes(side, shared.tokens) for side in sides]
    total |= _kappas(codes[0], codes[1], shared, marked=len(labels) > 1)
    for i, label in enumerate(labels):
        has = [(code >> i) & 1 for code in codes]
        each[label] |= _kappas(has[0], has[1], shared, marked=False)
    whole, by_label = _alphas(sides[0], sides[1], len(labels), shared)
    total["alpha_u"] = whole
    for label, figure in zip(labels, by_label, strict=True):
        each[label]["alpha_u"] = figure
    if shared.gamma:
        total["gamma"] = Figure(_gamma(sides[0], sides[1], shared))
    counts = [np.bincount(side.label, minlength=len(labels)).tolist() for side in sides]
    rows = {
        label: Row.of(counts[0][i], counts[1][i], each[label])
        for i, label in enumerate(labels)
        if len(labels) > 1
    }
    return Row.of(len(first), len(second), total, rows)


def _columns(marks: Sequence[Marked], labels: Sequence[str], units: Units) -> Spans:
    if not marks:
        return empty_spans()
    number = {label: i for i, label in enumerate(labels)}
    documents = [mark[0] for mark in marks]
    spans = spans_from_objects(
        documents, [mark[1] for mark in marks], [number[mark[2]] for mark in marks], [0] * len(marks)
    )
    at = np.asarray([mark[3] for mark in marks], np.int64)
    return replace(spans, unit=units.of(spans.document, at)).sorted()


def _token_codes(spans: Spans, words: Spans) -> Ints:
    """For each token the set of labels that cover some of it: bit ``i`` for label ``i``, 0 for none."""
    code = np.zeros(len(words), np.int64)
    pairs = overlapping(words, spans)
    np.bitwise_or.at(code, pairs.gold, np.left_shift(np.int64(1), spans.label[pairs.predicted]))
    return code


def _kappas(first: Ints, second: Ints, shared: _Texts, *, marked: bool) -> dict[Measure, Figure]:
    """Kappa of all tokens and, if asked for, of those that at least one side marks."""
    kinds, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    a, b = np.split(codes.reshape(-1), 2)
    size = len(kinds)
    cells = np.zeros((len(shared.units), size * size))
    np.add.at(cells, (shared.tokens.unit, a * size + b), 1.0)
    found: dict[Measure, Figure] = {"kappa": _kappa(cells, size, shared)}
    if marked:
        seen = cells.copy()
        if 0 in kinds:  # sorted, so the tokens that neither marks are the first cell
            seen[:, 0] = 0
        found["kappa_marked"] = _kappa(seen, size, shared)
    return found


def _kappa(cells: Floats, size: int, shared: _Texts) -> Figure:
    """Kappa of the summed ``cells``, shape ``(units, size * size)``: the value by scikit-learn."""
    from sklearn.metrics import cohen_kappa_score

    total = cells.sum(axis=0)
    if np.isnan(kappa(total.reshape(1, size, size))[0]):
        return Figure(None)
    truth, guess = np.divmod(np.arange(size * size), size)
    value = float(cohen_kappa_score(truth, guess, sample_weight=total))
    return Figure(value, _interval([kappa((w @ cells).reshape(-1, size, size)) for w in shared.draws()]))


def kappa(tables: Floats) -> Floats:
    """Cohen's kappa (1960) of contingency tables, shape ``(…, labels, labels)``.

    NaN where it is undefined: no tokens, or one label for all of them.
    """
    n = tables.sum(axis=(-2, -1))
    observed = np.trace(tables, axis1=-2, axis2=-1) * n
    expected = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1)
    nothing = np.full(n.shape, np.nan)
    result: Floats = np.divide(observed - expected, n**2 - expected, out=nothing, where=n**2 > expected)
    return result


def _alphas(first: Spans, second: Spans, labels: int, shared: _Texts) -> tuple[Figure, list[Figure]]:
    data = continua(first, second, shared.lengths, shared.units)
    whole, each = alpha(data, np.ones((1, len(shared.units))), labels)
    draws = [alpha(data, weights, labels) for weights in shared.draws()]
    return (
        _figure(whole[0], [part[0] for part in draws]),
        [_figure(each[0, i], [part[1][:, i] for part in draws]) for i in range(labels)],
    )


def _figure(value: float, draws: Sequence[Floats]) -> Figure:
    return Figure(None) if np.isnan(value) else Figure(float(value), _interval(draws))


def _interval(draws: Sequence[Floats]) -> Interval | None:
    """The percentile interval of the draws in which the figure is defined, if those are the most."""
    values = np.concatenate(draws) if draws else np.zeros(0)
    defined = values[~np.isnan(values)]
    if not len(defined) or 2 * len(defined) < len(values):
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)


def _gamma(first: Spans, second: Spans, shared: _Texts) -> float | None:
    """Gamma with its authors' defaults, all documents on one line; ``None`` where a side has no units."""
    import logging
    import warnings

    try:
        from pyannote.core import Segment
        from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum
    except ImportError as error:
        hint = "Install it: python -m pip install 'wortlaut[gamma]'"
        raise MissingExtraError("gamma needs pygamma-agreement", hint=hint) from error
    if not len(first) or not len(second):
        return None
    offsets = np.cumsum(shared.lengths) - shared.lengths
    continuum = Continuum()
    for name, side in (("first", first), ("second", second)):
        pieces = side.pieces()
        base = offsets[side.document[pieces.span]]
        columns = (base + pieces.start, base + pieces.end, side.label[pieces.span])
        for start, end, label in zip(*(column.tolist() for column in columns), strict=True):
            continuum.add(name, Segment(start, end), str(label))
    state = np.random.get_state()
    np.random.seed(shared.resampling.seed)
    logging.disable(logging.WARNING)  # that it uses another solver than the one it likes best
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = continuum.compute_gamma(CombinedCategoricalDissimilarity())
    finally:
        logging.disable(logging.NOTSET)
        np.random.set_state(state)
    return float(result.gamma)
