"""The same scores inside scikit-learn, spaCy and Hugging Face's Trainer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wortlaut.errors import DataError
from wortlaut.evaluation.scores import score
from wortlaut.scoring.result import Result, Score


def tag_scorer(metric: str = "f1", *, schema: str = "strict", scheme: str | None = None) -> Any:
    """A scorer for ``cross_validate`` and ``GridSearchCV``, for estimators that predict tag sequences.

    ``metric`` is ``precision``, ``recall`` or ``f1`` (micro); undefined counts 0, since scikit-learn
    cannot rank candidates by an undefined score. The estimator's ``predict(X)`` and ``y`` are lists of
    tag sequences. Raises DataError for another metric.
    """
    if metric not in ("precision", "recall", "f1"):
        raise DataError(f"{metric!r} is no metric of spans", hint="Use 'precision', 'recall' or 'f1'.")

    def scorer(estimator: Any, samples: Any, tags: Sequence[Sequence[str]]) -> float:
        predicted = estimator.predict(samples)
        result = score(tags, list(predicted), schema=schema, scheme=scheme, intervals=False, allow_empty=True)
        value = getattr(result, metric)
        return 0.0 if value is None else float(value)

    return scorer


def make_spacy_scorer(schema: str | Sequence[str] = ("strict", "partial")) -> Callable[..., dict[str, Any]]:
    """spaCy's ``@scorers = "wortlaut.ents_scorer.v1"``: scores of ``doc.ents`` by characters.

    ``ents_p``, ``ents_r``, ``ents_f`` and ``ents_per_type`` are the strict scores under spaCy's names;
    the others are ``ents_<schema>_f`` and so on. A predicted span that fits no token of the reference
    counts as wrong; spaCy's own scorer leaves it out.
    """

    def scorer(examples: Iterable[Any], **_: Any) -> dict[str, Any]:
        examples = list(examples)
        if not any(example.reference.has_annotation("ENT_IOB") for example in examples):
            # As spaCy has it: no gold entities were set anywhere, so there is nothing to say.
            return {"ents_p": None, "ents_r": None, "ents_f": None, "ents_per_type": None}
        wanted = [schema] if isinstance(schema, str) else list(schema)
        results = score(examples, schema=wanted, intervals=False, allow_empty=True)
        scores: dict[str, Any] = {}
        for name, result in results.items():
            stem = "ents" if name == "strict" else f"ents_{name}"
            scores |= {f"{stem}_{key}": value for key, value in _spacy_names(result).items()}
            scores[f"{stem}_per_type"] = {label: _spacy_names(one) for label, one in result.per_label.items()}
        return scores

    return scorer


def _spacy_names(result: Score) -> dict[str, float | None]:
    return {"p": result.precision, "r": result.recall, "f": result.f1}


def make_compute_metrics(
    labels: Sequence[str], *, schema: str = "strict", scheme: str | None = None
) -> Callable[[Any], dict[str, float]]:
    """A ``compute_metrics`` for token classification with Hugging Face's ``Trainer``.

    ``labels`` are the tags by label id. Logits of shape ``(sentences, tokens, labels)`` or ids of shape
    ``(sentences, tokens)`` are scored where the label id is not negative (-100 is what the collators
    set for padding and word pieces). Undefined scores are 0, since the Trainer compares numbers.
    """
    import numpy as np

    names = np.asarray(labels, dtype=object)

    def compute_metrics(prediction: Any) -> dict[str, float]:
        guesses, truth = prediction
        guesses = guesses[0] if isinstance(guesses, tuple) else guesses
        ids, truth = np.asarray(guesses), np.asarray(truth)
        if ids.ndim == 3:
            ids = ids.argmax(axis=-1)
        if ids.shape != truth.shape:
            raise DataError(f"predictions have the shape {ids.shape}, labels {truth.shape}")
        if truth.size and int(max(truth.max(), ids[truth >= 0].max(initial=0))) >= len(names):
            raise DataError(f"a label id is not below {len(names)}", hint="Give all tags, by id.")
        kept = truth >= 0
        gold = [names[row[mask]].tolist() for row, mask in zip(truth, kept, strict=True)]
        found = [names[row[mask]].tolist() for row, mask in zip(ids, kept, strict=True)]
        result = score(gold, found, schema=schema, scheme=scheme, intervals=False, allow_empty=True)
        metrics = _plain("", result)
        for label, one in result.per_label.items():
            metrics |= _plain(f"{label}_", one)
        metrics["accuracy"] = float((ids[kept] == truth[kept]).mean()) if kept.any() else 0.0
        return metrics

    return compute_metrics


def _plain(prefix: str, result: Score | Result) -> dict[str, float]:
    return {f"{prefix}{key}": getattr(result, key) or 0.0 for key in ("precision", "recall", "f1")}
