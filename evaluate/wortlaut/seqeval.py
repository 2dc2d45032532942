"""seqeval's functions, with its numbers and texts, from columns.

``from wortlaut.seqeval import classification_report, f1_score`` in place of ``from seqeval.metrics …``.
Of the strict schemes it knows IOB2; the default mode reads all that seqeval's reads, and L and U as E and S.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wortlaut.errors import DataError
from wortlaut.scoring.api import join
from wortlaut.scoring.columns import Floats, Ints
from wortlaut.scoring.inputs import read_side
from wortlaut.scoring.match import identical

Tags = Sequence[Sequence[str]]

AVERAGES = (None, "micro", "macro", "weighted")


def precision_score(y_true: Tags, y_pred: Tags, **options: Any) -> Any:
    """Correct spans among the predicted ones; see :func:`f1_score`."""
    return _scores(y_true, y_pred, ("precision",), **options)[0]


def recall_score(y_true: Tags, y_pred: Tags, **options: Any) -> Any:
    """Correct spans among the gold ones; see :func:`f1_score`."""
    return _scores(y_true, y_pred, ("recall",), **options)[1]


def f1_score(y_true: Tags, y_pred: Tags, **options: Any) -> Any:
    """The harmonic mean of precision and recall.

    ``average`` is ``micro`` (default), ``macro``, ``weighted``, or ``None`` for an array of shape
    ``(labels,)`` in the order of the labels. ``mode="strict"`` with ``scheme="IOB2"`` (or seqeval's class)
    counts only spans that open with B. ``suffix`` reads tags such as ``PER-B``. ``zero_division`` is the
    value of 0/0: 0, 1, or ``"warn"`` for 0 and a warning. Raises DataError for what cannot be read.
    """
    return _scores(y_true, y_pred, ("precision", "recall"), **options)[2]


def accuracy_score(y_true: Tags, y_pred: Tags) -> float:
    """The share of tags that are the same, O included."""
    if any(isinstance(row, list) for row in y_true):
        y_true, y_pred = list(chain.from_iterable(y_true)), list(chain.from_iterable(y_pred))
    if len(y_true) != len(y_pred) or not len(y_true):
        raise DataError(f"{len(y_true)} gold and {len(y_pred)} predicted tags have no accuracy")
    return sum(map(str.__eq__, y_true, y_pred)) / len(y_true)  # type: ignore[arg-type]


def classification_report(
    y_true: Tags,
    y_pred: Tags,
    *,
    sample_weight: None = None,
    digits: int = 2,
    output_dict: bool = False,
    zero_division: str | float = "warn",
    suffix: bool = False,
    mode: str | None = None,
    scheme: object = None,
) -> str | dict[str, dict[str, Any]]:
    """Precision, recall, F1 and support for each label and their averages: a text, or a dictionary.

    As in seqeval, strict mode without a scheme is the default mode for the scores, but not here: it is IOB2.
    """
    scheme = scheme or "IOB2" if mode == "strict" else None
    labels, counts = _counts(y_true, y_pred, suffix, mode, scheme, sample_weight)
    rows: list[tuple[str, Any, Any, Any, Any]] = []
    per_label = _averaged(counts, None, zero_division, ("precision", "recall"))
    rows += zip(labels, *per_label, strict=True)
    for average in AVERAGES[1:]:
        rows.append((f"{average} avg", *_averaged(counts, average, zero_division, ("precision", "recall"))))
    if output_dict:
        names = ("precision", "recall", "f1-score", "support")
        return {label: dict(zip(names, values, strict=True)) for label, *values in rows}
    width = max(len("weighted avg"), digits, *map(len, labels)) if labels else len("weighted avg")
    lines = ["{:>{width}s}  {:>9} {:>9} {:>9} {:>9}".format("", *_HEAD, width=width), ""]
    for label, p, r, f, support in rows:
        if label == "micro avg":
            lines.append("")
        lines.append(f"{label:>{width}s}  {p:>9.{digits}f} {r:>9.{digits}f} {f:>9.{digits}f} {support:>9}")
    return "\n".join([*lines, ""])


_HEAD = ("precision", "recall", "f1-score", "support")


def _scores(
    y_true: Tags,
    y_pred: Tags,
    warn_for: Sequence[str],
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: None = None,
    zero_division: str | float = "warn",
    scheme: object = None,
) -> tuple[Any, Any, Any, Any]:
    _, counts = _counts(y_true, y_pred, suffix, mode, scheme, sample_weight)
    return _averaged(counts, average, zero_division, warn_for)


def _counts(
    y_true: Tags, y_pred: Tags, suffix: bool, mode: str | None, scheme: object, sample_weight: object
) -> tuple[tuple[str, ...], tuple[Ints, Ints, Ints]]:
    """The labels in order, and for each the correct, predicted and gold spans."""
    if sample_weight is not None:
        raise DataError("sample_weight has no effect in seqeval", hint="Leave it out.")
    name = str(getattr(scheme, "__name__", scheme)) if mode == "strict" and scheme else None
    sides: list[Tags] = [y_true, y_pred]
    for what, rows in zip(("y_true", "y_pred"), sides, strict=True):
        if isinstance(rows, str) or any(isinstance(row, str) for row in rows):
            raise DataError(
                f"{what} is a list of tags", hint="Give a list of tags for each sentence: [tags]."
            )
    if suffix:
        sides = [[[_turned(tag) for tag in row] for row in rows] for rows in sides]
    gold, found = (
        read_side(rows, what, scheme=name) for rows, what in zip(sides, ("y_true", "y_pred"), strict=True)
    )
    left, right, _, labels = join(gold, found)
    hits, _ = identical(left, right, with_label=True)
    size = len(labels)
    correct = np.bincount(left.label[hits], minlength=size)
    predicted, true = np.bincount(right.label, minlength=size), np.bincount(left.label, minlength=size)
    kept = predicted + true > 0
    kept_labels = tuple(label for label, keep in zip(labels, kept.tolist(), strict=True) if keep)
    return kept_labels, (correct[kept], predicted[kept], true[kept])


def _turned(tag: str) -> str:
    """``B-PER`` for ``PER-B``."""
    return f"{tag[-1:]}-{tag[:-1].rsplit('-', maxsplit=1)[0]}" if tag != "O" else tag


def _averaged(
    counts: tuple[Ints, Ints, Ints],
    average: str | None,
    zero_division: str | float,
    warn_for: Sequence[str],
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F1 and support, for each label or averaged, as seqeval 1.2.2 defines them."""
    if average not in AVERAGES:
        raise DataError(f"average is {average!r}", hint="Use None, 'micro', 'macro' or 'weighted'.")
    correct, predicted, true = (np.asarray([part.sum()]) if average == "micro" else part for part in counts)
    undefined = 0.0 if zero_division in ("warn", 0) else 1.0
    precision = np.divide(correct, predicted, out=np.full(len(correct), undefined), where=predicted > 0)
    recall = np.divide(correct, true, out=np.full(len(correct), undefined), where=true > 0)
    if zero_division == "warn":
        _warn(precision=predicted, recall=true, names=warn_for)
    both = precision + recall
    f1 = 2 * precision * recall / np.where(both == 0, 1, both)
    if average is None:
        return precision, recall, f1, true
    support = true.sum()
    if average == "weighted" and support == 0:
        empty = undefined if predicted.sum() == 0 else 0.0
        return empty, undefined, empty, support
    weights: Floats | None = true.astype(np.float64) if average == "weighted" else None
    means = [_mean(part, weights) for part in (precision, recall, f1)]
    return means[0], means[1], means[2], support


def _mean(values: NDArray[np.float64], weights: Floats | None) -> Any:
    return np.average(values, weights=weights) if len(values) else np.nan


def _warn(*, precision: Ints, recall: Ints, names: Sequence[str]) -> None:
    from sklearn.exceptions import UndefinedMetricWarning

    for name, sums in (("precision", precision), ("recall", recall)):
        if name in names and not sums.all():
            warnings.warn(
                f"{name} is 0/0 and set to 0 where there are no spans; set zero_division to control this",
                UndefinedMetricWarning,
                stacklevel=4,
            )
