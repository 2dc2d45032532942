"""seqeval's functions, with its numbers, texts, warnings and kinds of errors, from columns.

``from wortlaut.seqeval import classification_report, f1_score`` in place of ``from seqeval.metrics …``;
``get_entities`` and ``precision_recall_fscore_support`` are here, too. Gold and predicted are lists of lists
of tags of shape ``(sentences, tokens)``. The options of the scores are those of seqeval 1.2.2:

``average`` is ``micro``, ``macro``, ``weighted``, or None for an array of shape ``(labels,)`` in the order of
the labels. ``mode="strict"`` with a ``scheme`` (``IOB1``, ``IOB2``, ``IOE1``, ``IOE2``, ``IOBES``,
``BILOU``, or seqeval's class of that name) counts what the scheme allows; without both, tags are read as
conlleval reads them. ``suffix`` reads tags such as ``PER-B``. ``zero_division`` is the value of 0/0: 0, 1, or
``"warn"`` for 0 and an UndefinedMetricWarning. ``sample_weight`` has no effect, as in seqeval.

Raises TypeError where no lists of lists are given, ValueError for sides of different shapes, unknown options
and tags that the scheme lacks, KeyError for a letter that no scheme has, IndexError for an empty tag.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count
from operator import eq
from typing import Any, NoReturn

import numpy as np

from wortlaut.errors import DataError, unknown_name
from wortlaut.formats.tags import STRICT, chunks, coded
from wortlaut.model.columns import Ints, Spans
from wortlaut.scoring.inputs import Side
from wortlaut.scoring.join import join
from wortlaut.scoring.match import identical

Tags = Sequence[Sequence[str]]
ZeroDivision = str | float

AVERAGES = (None, "micro", "macro", "weighted")
_HEAD = ("precision", "recall", "f1-score", "support")
_LETTERS = "OBIESLU"
_WARN_FOR = ("precision", "recall", "f-score")


def precision_score(
    y_true: Tags,
    y_pred: Tags,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: object = None,
    zero_division: ZeroDivision = "warn",
    scheme: object = None,
) -> Any:
    """Correct spans among the predicted ones."""
    scheme = scheme if mode == "strict" else None
    return _scores(y_true, y_pred, average, ("precision",), 1.0, zero_division, suffix, scheme)[0]


def recall_score(
    y_true: Tags,
    y_pred: Tags,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: object = None,
    zero_division: ZeroDivision = "warn",
    scheme: object = None,
) -> Any:
    """Correct spans among the gold ones."""
    scheme = scheme if mode == "strict" else None
    return _scores(y_true, y_pred, average, ("recall",), 1.0, zero_division, suffix, scheme)[1]


def f1_score(
    y_true: Tags,
    y_pred: Tags,
    *,
    average: str | None = "micro",
    suffix: bool = False,
    mode: str | None = None,
    sample_weight: object = None,
    zero_division: ZeroDivision = "warn",
    scheme: object = None,
) -> Any:
    """The harmonic mean of precision and recall."""
    scheme = scheme if mode == "strict" else None
    return _scores(y_true, y_pred, average, ("f-score",), 1.0, zero_division, suffix, scheme)[2]


def precision_recall_fscore_support(
    y_true: Tags,
    y_pred: Tags,
    *,
    average: str | None = None,
    warn_for: Sequence[str] = _WARN_FOR,
    beta: float = 1.0,
    sample_weight: object = None,
    zero_division: ZeroDivision = "warn",
    suffix: bool = False,
    scheme: object = None,
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F with recall ``beta`` times as important, and the number of gold spans.

    Without a ``scheme`` as in ``seqeval.metrics.sequence_labeling``, with one as in ``seqeval.metrics.v1``.
    """
    return _scores(y_true, y_pred, average, warn_for, beta, zero_division, suffix, scheme)


def accuracy_score(y_true: Tags, y_pred: Tags) -> float:
    """The share of tags that are the same, O included; ZeroDivisionError where there are none."""
    gold, found = _flat(y_true, y_pred)
    return float(sum(map(eq, gold, found)) / len(gold))


def performance_measure(y_true: Tags, y_pred: Tags) -> dict[str, int]:
    """Tags that are right (TP), wrong (FP, where not O), missed (FN) and rightly O (TN)."""
    pairs = list(zip(*_flat(y_true, y_pred), strict=False))
    return {
        "TP": sum(gold == found != "O" for gold, found in pairs),
        "FP": sum(gold != found != "O" for gold, found in pairs),
        "FN": sum(gold != found == "O" for gold, found in pairs),
        "TN": sum(gold == found == "O" for gold, found in pairs),
    }


def _flat(y_true: Tags, y_pred: Tags) -> tuple[Sequence[str], Sequence[str]]:
    if any(isinstance(row, list) for row in y_true):
        return list(chain.from_iterable(y_true)), list(chain.from_iterable(y_pred))
    return y_true, y_pred  # type: ignore[return-value]


def get_entities(seq: Sequence[str] | Tags, suffix: bool = False) -> list[tuple[str, int, int]]:
    """Label, first and last position of each span as the default mode reads tags, one list or several.

    Positions run through all sentences and count one more after each.
    """
    side = _read(seq, suffix, None)
    spans = zip(side.spans.label.tolist(), side.spans.start.tolist(), side.spans.end.tolist(), strict=True)
    return [(side.labels[label], start, end - 1) for label, start, end in spans]


def classification_report(
    y_true: Tags,
    y_pred: Tags,
    digits: int = 2,
    suffix: bool = False,
    output_dict: bool = False,
    mode: str | None = None,
    sample_weight: object = None,
    zero_division: ZeroDivision = "warn",
    scheme: object = None,
) -> str | dict[str, dict[str, Any]]:
    """Precision, recall, F1 and support for each label and their averages: a text, or a dictionary.

    In strict mode without a scheme that of the gold tags is found out. As in seqeval, a text of no spans at
    all is a ValueError.
    """
    if mode == "strict":
        _check_shapes(y_true, y_pred)
    strict = (scheme or _detected(y_true, suffix)) if mode == "strict" else None
    labels, counts = _counts(y_true, y_pred, suffix, strict)
    if not output_dict and not labels:
        raise DataError("neither side has a span", hint="output_dict=True gives a report of none.")
    _check_shapes(y_true, y_pred)
    rows: list[tuple[str, Any, Any, Any, Any]] = []
    rows += zip(labels, *_averaged(counts, None, _WARN_FOR, 1.0, zero_division), strict=True)
    for average in AVERAGES[1:]:
        rows.append((f"{average} avg", *_averaged(counts, average, _WARN_FOR, 1.0, zero_division)))
    if output_dict:
        return {label: dict(zip(_HEAD, values, strict=True)) for label, *values in rows}
    width = max(len("weighted avg"), digits, *map(len, labels))
    lines = ["{:>{width}s}  {:>9} {:>9} {:>9} {:>9}".format("", *_HEAD, width=width), ""]
    for label, p, r, f, support in rows:
        if label == "micro avg":
            lines.append("")
        lines.append(f"{label:>{width}s}  {p:>9.{digits}f} {r:>9.{digits}f} {f:>9.{digits}f} {support:>9}")
    return "\n".join([*lines, ""])


# Reading


def _read(rows: Any, suffix: bool, scheme: str | None) -> Side:
    """The spans of one list of tags or of several, with positions that run through all of them."""
    if scheme is None and not any(isinstance(row, list) for row in rows):
        rows = [rows]
    if not all(isinstance(row, list) for row in rows):
        raise TypeError("tags that are not in lists; give a list of tags for each sentence: [[tags], …]")
    tags = coded(rows)
    parsed: list[tuple[str, str | None]] = []
    if scheme is None:
        parsed = [_loose(tag, suffix) for tag in tags.names]
    else:
        with suppress(IndexError, KeyError, TypeError):
            parsed = [_strict(tag, suffix) for tag in tags.names]
        if len(parsed) < len(tags.names) or any(letter not in scheme for letter, _ in parsed):
            _refuse(rows, suffix, scheme)
    first, stop, label, labels = chunks(tags, parsed, scheme)
    none = np.zeros_like(first)
    return Side(Spans(none, first, stop, label, none), labels, None, 1)


def _loose(tag: str, suffix: bool) -> tuple[str, str]:
    """Letter and label as seqeval's default mode parts them; warns of a tag without a hyphen."""
    named = tag.endswith(("-B", "-I", "-E", "-S")) if suffix else tag.startswith(("B-", "I-", "E-", "S-"))
    if not named and tag not in ("O", "B", "I", "E", "S"):
        _warn(f"{tag} seems not to be NE tag.", UserWarning)
    if suffix:
        return tag[-1], tag[:-1].rsplit("-", 1)[0] or "_"
    return tag[0], tag[1:].split("-", 1)[-1] or "_"


def _strict(tag: str, suffix: bool) -> tuple[str, str]:
    """Letter and label as seqeval's strict mode parts them."""
    letter, rest = (tag[-1], tag[:-1]) if suffix else (tag[0], tag[1:])
    if letter not in _LETTERS:
        raise KeyError(f"{tag!r} has none of the letters of a scheme: {', '.join(_LETTERS)}")
    return letter, rest.strip("-") or "_"


def _refuse(rows: Tags, suffix: bool, scheme: str) -> NoReturn:
    """Raise what seqeval raises first: it reads sentence by sentence, and letters before the scheme."""
    for at, row in enumerate(rows):
        for tag, (letter, _) in zip(row, [_strict(tag, suffix) for tag in row], strict=True):
            if letter not in scheme:
                raise DataError(f"{tag!r} is no {scheme} tag", where=f"sentence {at}")
    raise AssertionError("all tags are of the scheme")


def _detected(rows: Tags, suffix: bool) -> str:
    """The scheme whose letters the tags have, as seqeval finds it."""
    try:
        letters = {_strict(tag, suffix)[0] for tag in dict.fromkeys(chain.from_iterable(rows))}
    except KeyError as error:
        raise DataError(error.args[0]) from error
    for scheme, needed, alone in (
        ("IOB2", "B", ""),
        ("IOE2", "E", ""),
        ("IOBES", "BE", "S"),
        ("BILOU", "BL", "U"),
    ):
        if letters <= {*scheme} and (letters >= {*needed} or letters == {alone}):
            return scheme
    found = ", ".join(sorted(letters)) or "none"
    raise DataError(f"no scheme has just these letters: {found}", hint="Name it: scheme=" + ", ".join(STRICT))


def _check_shapes(y_true: Tags, y_pred: Tags) -> None:
    lengths = [list(map(len, rows)) for rows in (y_true, y_pred)]
    if set(map(type, chain(y_true, y_pred))) != {list}:
        raise TypeError("y_true and y_pred are lists of lists of tags, one for each sentence: [[tags], …]")
    if len(y_true) != len(y_pred):
        raise DataError(f"y_true has {len(y_true)} sentences, y_pred has {len(y_pred)}")
    for at, (gold, found) in enumerate(zip(*lengths, strict=True)):
        if gold != found:
            raise DataError(f"y_true has {gold} tags, y_pred has {found}", where=f"sentence {at}")


# Counting


def _counts(
    y_true: Tags, y_pred: Tags, suffix: bool, scheme: object
) -> tuple[tuple[str, ...], tuple[Ints, Ints, Ints]]:
    """The labels in order, and for each the correct, predicted and gold spans."""
    name = str(getattr(scheme, "__name__", scheme)) if scheme else None
    if name is not None and name not in STRICT:
        raise unknown_name("tag scheme", name, STRICT)
    left, right, _, labels = join(_read(y_true, suffix, name), _read(y_pred, suffix, name))
    hits, _ = identical(left, right, with_label=True)
    correct, predicted, true = (
        np.bincount(label, minlength=len(labels)) for label in (left.label[hits], right.label, left.label)
    )
    kept = predicted + true > 0
    kept_labels = tuple(label for label, keep in zip(labels, kept.tolist(), strict=True) if keep)
    return kept_labels, (correct[kept], predicted[kept], true[kept])


def _scores(
    y_true: Tags,
    y_pred: Tags,
    average: str | None,
    warn_for: Sequence[str],
    beta: float,
    zero_division: ZeroDivision,
    suffix: bool,
    scheme: object,
) -> tuple[Any, Any, Any, Any]:
    if beta < 0:
        raise DataError(f"beta is {beta}, below 0")
    if average not in AVERAGES:
        raise DataError(f"average is {average!r}", hint="Use None, 'micro', 'macro' or 'weighted'.")
    _check_shapes(y_true, y_pred)
    _, counts = _counts(y_true, y_pred, suffix, scheme)
    return _averaged(counts, average, warn_for, beta, zero_division)


def _averaged(
    counts: tuple[Ints, Ints, Ints],
    average: str | None,
    warn_for: Sequence[str],
    beta: float,
    zero_division: ZeroDivision,
) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F and support, for each label or averaged, as seqeval 1.2.2 defines them."""
    correct, predicted, true = (np.asarray([part.sum()]) if average == "micro" else part for part in counts)
    undefined = 0.0 if zero_division in ("warn", 0) else 1.0
    precision = np.divide(correct, predicted, out=np.full(len(correct), undefined), where=predicted > 0)
    recall = np.divide(correct, true, out=np.full(len(correct), undefined), where=true > 0)
    if zero_division == "warn":
        _warn_undefined(predicted, true, warn_for)
    if np.isposinf(beta):
        f = recall
    else:
        both = beta**2 * precision + recall
        f = (1 + beta**2) * precision * recall / np.where(both == 0, 1, both)
    if average is None:
        return precision, recall, f, true
    support = true.sum()
    if average == "weighted" and support == 0:
        empty = undefined if predicted.sum() == 0 else 0.0
        return empty, undefined, empty, support
    weights = true if average == "weighted" else None
    means = [np.average(part, weights=weights) for part in (precision, recall, f)]
    return means[0], means[1], means[2], support


def _warn_undefined(predicted: Ints, true: Ints, warn_for: Sequence[str]) -> None:
    from sklearn.exceptions import UndefinedMetricWarning

    both = "f-score" in warn_for
    cases = [
        (f"{name.title()} {'and F-score are' if both else 'is'}", kind, not sums.all())
        for name, kind, sums in (("precision", "predicted", predicted), ("recall", "true", true))
        if name in warn_for
    ]
    if warn_for == ("f-score",):
        cases = [("F-score is", "true nor predicted", bool((predicted + true == 0).any()))]
    where = "due to" if len(true) == 1 else "in labels with"
    for what, kind, undefined in cases:
        if undefined:
            _warn(
                f"{what} ill-defined and being set to 0.0 {where} no {kind} samples. "
                "Use `zero_division` parameter to control this behavior.",
                UndefinedMetricWarning,
            )


def _warn(message: str, kind: type[Warning]) -> None:
    """A warning at the line of the caller of this package."""
    level = next(at for at in count(1) if not sys._getframe(at).f_globals["__name__"].startswith("wortlaut."))
    warnings.warn(message, kind, stacklevel=level)
