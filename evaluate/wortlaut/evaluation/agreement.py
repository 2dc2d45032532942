"""How far annotators agree: pairs of layers by span F1, token kappa, Krippendorff's α_U and gamma.

What each figure is, and what it is not, stands in ``docs/annotate.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from wortlaut.annotations.diff import Layer
from wortlaut.errors import DataError, MissingExtraError
from wortlaut.model import ENTITY_LABELS, QUOTE_TYPES, ROLES, Document, Span
from wortlaut.model.columns import Floats, Ints, Spans, spans_from_objects
from wortlaut.records.record import OPTIONAL, At, Count, Digest, Unit, as_dict
from wortlaut.scoring.engine import result_of, tallies_of
from wortlaut.scoring.keys import Signature
from wortlaut.scoring.match import overlapping
from wortlaut.scoring.task import Task
from wortlaut.scoring.uncertainty import Interval, Resampling, blocks, interval
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
#: The ends of an interval, as shares of what was drawn.
_TAILS = (0.025, 0.975)

Marked = tuple[int, Span, str, int]  # document, span, label, where it counts: the start of its quote


@dataclass(frozen=True)
class Figure:
    """A coefficient, ``None`` where undefined, and its interval where there is one that says something."""

    value: Annotated[float | None, "null where it is undefined."]
    interval: Annotated[
        Interval | None, "95%, of F1 by the jackknife, else by the bootstrap; null where there is none."
    ] = None


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
    rows: Annotated[
        Mapping[str, Row], "entities, quotes and each role; then what is compared more closely, F1 alone."
    ]


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
    layers: Sequence[Layer],
    *,
    labels: Sequence[str] = ENTITY_LABELS,
    samples: int = 1000,
    seed: int = 0,
    gamma: bool = False,
) -> list[Agreement]:
    """How far each pair of layers agrees, over the documents that both have.

    Parameters
    ----------
    layers
        Two or more; their order within a pair changes no figure.
    labels
        Of entities, in the order of the table; others come behind.
    samples, seed
        The bootstrap behind the intervals of kappa and alpha, over ten documents or more; F1 has the
        jackknife's, over sentences where there are fewer (0 samples: no intervals).
    gamma
        Also the gamma coefficient; needs the extra ``gamma``, takes long, and has no interval.

    Raises DataError for fewer than two layers, layers without a document in common or over different
    texts, and MissingExtraError.
    """
    if len(layers) < 2:
        raise DataError("agreement needs two layers or more", hint="For example: wortlaut agree a b")
    return [_pair(one, other, labels, samples, seed, gamma) for one, other in combinations(layers, 2)]


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
        """How often each document is drawn, shape ``(samples, units)``, in blocks of bounded memory.

        Sentences are not: what is drawn from the few of a small corpus gave 1.00–1.00 and .08–1.00.
        """
        if self.units.kind == "sentence":
            return
        rng = np.random.Generator(np.random.PCG64(self.resampling.seed))
        size = len(self.units)
        for samples in blocks(self.resampling.samples or 0, size):
            yield rng.multinomial(size, np.full(size, 1 / size), size=samples).astype(np.float64)


def _pair(one: Layer, other: Layer, labels: Sequence[str], samples: int, seed: int, gamma: bool) -> Agreement:
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
    measures = [name for name in MEASURES if gamma or name != "gamma"]
    for name, scheme, marked in _ANNOTATED:
        marks = [marked(side) for side in sides]
        found = {mark[2] for side in marks for mark in side}
        lacking = [layer for layer, side in zip(names, marks, strict=True) if not side]
        if found and lacking:
            notes.append(f"{lacking[0]} has no {name}: if it does not annotate them, nothing can be said.")
            rows[name] = Row(len(marks[0]), len(marks[1]), dict.fromkeys(measures, Figure(None)), {})
        elif found:
            scheme = scheme or labels
            known = [label for label in scheme if label in found] + sorted(found - set(scheme))
            rows[name] = _measured(marks[0], marks[1], known, name, shared)
    for name, closely in _CLOSELY:
        compared = [closely(side) for side in sides]
        if all(compared):
            rows[name] = _equal(compared[0], compared[1], name, shared)
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


def _notes(shared: _Texts, documents: int, alone: set[str]) -> Iterator[str]:
    if alone:
        yield f"{len(alone)} documents are in one layer only and are not compared."
    if shared.resampling.samples and shared.units.kind == "sentence":
        what = "one document" if documents == 1 else f"{documents} documents"
        yield (
            f"Intervals are over {len(shared.units)} sentences of {what}: they say how figures vary within"
            " these texts, and are too narrow for others; κ and α_U have none below ten documents."
        )
    if shared.resampling.samples:
        yield f"No intervals for fewer than {FEW} annotations."
    if shared.gamma:
        yield "gamma draws 30 random texts (seed as above) for chance, and has no interval."


def _entities(documents: Sequence[Document]) -> list[Marked]:
    return [(i, e.span, e.label, e.span.start) for i, one in enumerate(documents) for e in one.entities]


def _quoted(documents: Sequence[Document], role: str) -> list[Marked]:
    """The spans of a role, labelled with it, or the contents, labelled with the types of their quotes."""
    return [
        (i, span, quote.type if role == "content" else role, quote.content.start)
        for i, one in enumerate(documents)
        for quote in one.quotes
        if (span := quote.role(role)) is not None
    ]


#: What is compared: its name, its labels in the order of the scheme (of entities: the corpus's), and how a
#: layer is asked for it.
_ANNOTATED: tuple[tuple[str, Sequence[str], Callable[[Sequence[Document]], list[Marked]]], ...] = (
    ("entities", (), _entities),
    ("quotes", QUOTE_TYPES, partial(_quoted, role="content")),
    *((f"{role}s", (role,), partial(_quoted, role=role)) for role in ROLES),
)


Compared = tuple[int, Hashable, int]  # document, all that must be equal, where it counts


def _levelled(documents: Sequence[Document]) -> list[Compared]:
    each = [(i, entity) for i, one in enumerate(documents) for entity in one.entities]
    return [(i, (entity.span, entity.label, entity.level), entity.span.start) for i, entity in each]


def _joined_cues(documents: Sequence[Document]) -> list[Compared]:
    marks = _quoted(documents, "cue")
    return [(i, _joined(documents[i].text, span), start) for i, span, _, start in marks]


def _joint(documents: Sequence[Document], join: bool = False) -> list[Compared]:
    """Type, content, cue and speaker: what must be right for a quote to be."""
    return [
        (i, (quote.type, quote.content, cue, quote.speaker), quote.content.start)
        for i, one in enumerate(documents)
        for quote in one.quotes
        for cue in (_joined(one.text, quote.cue) if quote.cue and join else quote.cue,)
    ]


def _joined(text: str, span: Span) -> Span:
    """With fragments that have nothing but white space between them in one."""
    found: list[tuple[int, int]] = []
    for start, end in span:
        if found and not text[found[-1][1] : start].strip():
            start = found.pop()[0]
        found.append((start, end))
    return Span(tuple(found))


#: What is compared more closely, or with a difference evened out that is one of convention: F1 alone.
_CLOSELY: tuple[tuple[str, Callable[[Sequence[Document]], list[Compared]]], ...] = (
    ("entities, with level", _levelled),
    ("cues, joined", _joined_cues),
    ("joint", _joint),
    ("joint, cues joined", partial(_joint, join=True)),
)


# ---------------------------------------------------------------- figures


def _equal(first: Sequence[Compared], second: Sequence[Compared], name: str, shared: _Texts) -> Row:
    """F1 alone: each thing that is compared stands for itself as a span one wide."""
    number = {key: n for n, key in enumerate(dict.fromkeys(key for _, key, _ in (*first, *second)))}
    sides = []
    for side in (first, second):
        places = ((i, number[key], start) for i, key, start in side)
        marks = [(i, Span.of(place, place + 1), "", start) for i, place, start in places]
        sides.append(_columns(marks, [""], shared.units))
    whole = _f1(sides[0], sides[1], [""], name, ("strict",), shared)[0]
    return Row.of(len(first), len(second), whole, {})


def _f1(
    first: Spans, second: Spans, labels: list[str], name: str, schemas: tuple[Measure, ...], shared: _Texts
) -> list[dict[Measure, Figure]]:
    """Of all labels together, then of each."""
    task = Task(first, second, len(shared.units), len(labels))
    tallies = tallies_of(task, tuple(labels), schemas, errors=False, items=False)
    rows: list[dict[Measure, Figure]] = [{} for _ in range(len(labels) + 1)]
    for schema in schemas:
        # F1 has a variance formula; the other figures are drawn.
        jackknife = Resampling(samples=None if shared.resampling.samples else 0)
        signature = Signature(task=name, schemas=(schema,), resampling=jackknife)
        result = result_of(tallies[schema], signature)
        for row, score in zip(rows, (result, *map(result.per_label.__getitem__, labels)), strict=True):
            row[schema] = Figure(score.f1, score.f1_interval)
    return rows


def _measured(
    first: Sequence[Marked], second: Sequence[Marked], labels: list[str], name: str, shared: _Texts
) -> Row:
    sides = [_columns(marks, labels, shared.units) for marks in (first, second)]
    rows = _f1(sides[0], sides[1], labels, name, ("strict", "partial"), shared)
    codes = [_token_codes(side, shared.tokens) for side in sides]
    rows[0] |= _kappas(codes[0], codes[1], shared, marked=len(labels) > 1)
    for i, row in enumerate(rows[1:]):
        row |= _kappas((codes[0] >> i) & 1, (codes[1] >> i) & 1, shared, marked=False)
    for row, figure in zip(rows, _alphas(sides[0], sides[1], len(labels), shared), strict=True):
        row["alpha_u"] = figure
    if shared.gamma:
        rows[0]["gamma"] = Figure(_gamma(sides[0], sides[1], shared))
    counts = [np.bincount(side.label, minlength=len(labels)).tolist() for side in sides]
    each = {label: Row.of(*own) for label, *own in zip(labels, *counts, rows[1:], strict=True)}
    return Row.of(len(first), len(second), rows[0], each if len(labels) > 1 else {})


def _columns(marks: Sequence[Marked], labels: Sequence[str], units: Units) -> Spans:
    number = {label: i for i, label in enumerate(labels)}
    documents, found, names, starts = zip(*marks, strict=True)
    unit = units.of(np.asarray(documents, np.int64), np.asarray(starts, np.int64))
    return spans_from_objects(documents, found, [number[name] for name in names], unit.tolist()).sorted()


def _token_codes(spans: Spans, words: Spans) -> Ints:
    """For each token the set of labels that cover some of it: bit ``i`` for label ``i``, 0 for none."""
    # Python's integers have as many bits as there are labels.
    kind = np.int64 if spans.label.max(initial=0) < 63 else object
    code = np.zeros(len(words), kind)
    pairs = overlapping(words, spans)
    np.bitwise_or.at(
        code, pairs.gold, np.left_shift(np.array(1, kind), spans.label[pairs.predicted].astype(kind))
    )
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
    if np.isnan(kappa(total.reshape(size, size))):
        return Figure(None)
    truth, guess = np.divmod(np.arange(size * size), size)
    value = float(cohen_kappa_score(truth, guess, sample_weight=total))
    draws = [kappa((weights @ cells).reshape(-1, size, size)) for weights in shared.draws()]
    return _figure(value, np.concatenate([np.zeros(0), *draws]))


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


def _alphas(first: Spans, second: Spans, labels: int, shared: _Texts) -> list[Figure]:
    """Of all labels together, then of each."""
    data = continua(first, second, shared.lengths, shared.units)
    (values,), *draws = (
        np.column_stack(alpha(data, weights, labels))
        for weights in chain([np.ones((1, len(shared.units)))], shared.draws())
    )
    drawn = np.concatenate(draws) if draws else np.zeros((0, labels + 1))
    return [_figure(value, drawn[:, i]) for i, value in enumerate(values.tolist())]


def _figure(value: float, draws: Floats) -> Figure:
    return Figure(None) if np.isnan(value) else Figure(value, interval(draws, _TAILS))


def _gamma(first: Spans, second: Spans, shared: _Texts) -> float:
    """Gamma with its authors' defaults, all documents on one line."""
    import logging
    import warnings

    try:
        from pyannote.core import Segment
        from pygamma_agreement import CombinedCategoricalDissimilarity, Continuum
    except ImportError as error:
        hint = "Install it: python -m pip install 'wortlaut[gamma]'"
        raise MissingExtraError("gamma needs pygamma-agreement", hint=hint) from error
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
