"""The scores inside scikit-learn, spaCy and Hugging Face's Trainer."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from wortlaut import score
from wortlaut.errors import DataError
from wortlaut.integrations import make_compute_metrics, make_spacy_scorer, tag_scorer

# scikit-learn

SENTENCES = [["Anna", "sah", "Bonn"], ["Bonn", "sah", "Anna", "kommen"], ["Der", "Anna"], ["Bonn"]] * 3
TAGS = [["B-PER", "O", "B-LOC"], ["B-LOC", "O", "B-PER", "O"], ["O", "B-PER"], ["B-LOC"]] * 3


def memory(least: int) -> Any:
    """An estimator that remembers the tag of each word that it saw ``least`` times."""
    from sklearn.base import BaseEstimator

    class Memory(BaseEstimator):  # type: ignore[misc]
        def __init__(self, least: int = 1) -> None:
            self.least = least

        def fit(self, samples: Any, tags: Any) -> Any:
            words = [word for sentence in samples for word in sentence]
            flat = [tag for row in tags for tag in row]
            self.known_ = {w: t for w, t in zip(words, flat, strict=True) if words.count(w) >= self.least}
            return self

        def predict(self, samples: Any) -> list[list[str]]:
            return [[self.known_.get(word, "O") for word in sentence] for sentence in samples]

    return Memory(least)


def test_cross_validation_and_grid_search() -> None:
    from sklearn.model_selection import GridSearchCV, cross_validate

    scoring = {name: tag_scorer(name) for name in ("precision", "recall", "f1")}
    folds = cross_validate(memory(1), SENTENCES, TAGS, scoring=scoring, cv=3)
    assert folds["test_f1"].tolist() == [1.0, 1.0, 1.0]
    search = GridSearchCV(memory(1), {"least": [1, 5, 100]}, scoring=tag_scorer("f1"), cv=3)
    search.fit(SENTENCES, TAGS)
    # No word stands a hundred times among the training sentences: nothing is found then.
    assert search.best_params_ == {"least": 1}
    assert search.cv_results_["mean_test_score"][2] == 0.0
    with pytest.raises(DataError, match="'accuracy' is no metric of spans"):
        tag_scorer("accuracy")


# spaCy


def pipeline(config: dict[str, Any]) -> Any:
    import spacy

    nlp = spacy.blank("de")
    ruler = nlp.add_pipe("entity_ruler", config={"scorer": config})
    ruler.add_patterns([{"label": "PER", "pattern": "Angela Merkel"}, {"label": "LOC", "pattern": "Berlin"}])
    return nlp


def example(nlp: Any, text: str, entities: list[tuple[int, int, str]]) -> Any:
    from spacy.training import Example

    return Example.from_dict(nlp.make_doc(text), {"entities": entities})


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_spacy_pipeline_names_the_scorer_in_its_config() -> None:
    import spacy

    nlp = pipeline({"@scorers": "wortlaut.ents_scorer.v1", "schema": ["strict", "partial"]})
    text = "Angela Merkel war in Berlin."
    examples = [
        example(nlp, text, [(0, 13, "PER"), (21, 27, "LOC")]),
        example(nlp, "In Köln auch Berlin.", [(3, 7, "LOC"), (13, 19, "ORG")]),
    ]
    scores = nlp.evaluate(examples)
    assert (scores["ents_p"], scores["ents_r"]) == (2 / 3, 1 / 2)
    assert (scores["ents_partial_p"], scores["ents_partial_r"]) == (1.0, 3 / 4)
    assert scores["ents_per_type"]["PER"] == {"p": 1.0, "r": 1.0, "f": 1.0}
    # The same scorer from the config that a training would save.
    again = spacy.util.load_model_from_config(nlp.config)
    assert again.evaluate(examples)["ents_r"] == 0.0  # an entity ruler without patterns
    plain = pipeline({"@scorers": "spacy.entity_ruler_scorer.v1"}).evaluate(examples)
    for key in ("ents_p", "ents_r", "ents_f"):
        assert plain[key] == pytest.approx(scores[key], abs=1e-12)


def test_a_prediction_that_fits_no_token_of_the_reference_counts_as_wrong() -> None:
    from spacy.tokens import Doc, Span
    from spacy.training import Example

    nlp = pipeline({"@scorers": "wortlaut.ents_scorer.v1"})
    reference = nlp.make_doc("Neu-Berlin liegt")
    reference.set_ents([Span(reference, 0, 1, "LOC")])
    predicted = Doc(nlp.vocab, ["Neu", "-", "Berlin", "liegt"], spaces=[False, False, True, False])
    predicted.set_ents([Span(predicted, 2, 3, "LOC")])
    scores = make_spacy_scorer()([Example(predicted, reference)])
    assert scores["ents_p"] == 0.0
    assert scores["ents_partial_p"] == 0.5


def test_documents_without_gold_entities_have_no_scores() -> None:
    nlp = pipeline({"@scorers": "wortlaut.ents_scorer.v1"})
    from spacy.training import Example

    doc = nlp.make_doc("Berlin")
    assert make_spacy_scorer()([Example(nlp("Berlin"), doc)])["ents_f"] is None


# Hugging Face

LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


class Prediction(NamedTuple):
    """Unpacks as transformers.EvalPrediction does."""

    predictions: Any
    label_ids: Any


def test_compute_metrics_on_ids_and_on_logits() -> None:
    truth = np.asarray([[-100, 1, 2, 0, -100], [-100, 3, -100, 0, 0]])
    guess = np.asarray([[3, 1, 2, 3, 1], [0, 3, 4, 0, 1]])
    compute = make_compute_metrics(LABELS)
    expected = score(
        [["B-PER", "I-PER", "O"], ["B-LOC", "O", "O"]],
        [["B-PER", "I-PER", "B-LOC"], ["B-LOC", "O", "B-PER"]],
        intervals=False,
    )
    logits = np.eye(len(LABELS))[guess]
    for given in (guess, logits, (logits, np.zeros(3))):
        metrics = compute(Prediction(given, truth))
        assert (metrics["precision"], metrics["recall"], metrics["f1"]) == (0.5, 1.0, expected.f1)
        assert metrics["PER_precision"] == 0.5
        assert metrics["accuracy"] == 4 / 6
        assert all(type(value) is float for value in metrics.values())


def test_compute_metrics_without_any_span_is_zero() -> None:
    metrics = make_compute_metrics(LABELS)((np.zeros((2, 3), int), np.full((2, 3), -100)))
    assert set(metrics.values()) == {0.0}


def test_compute_metrics_refuses_what_does_not_fit() -> None:
    compute = make_compute_metrics(LABELS)
    with pytest.raises(DataError, match=r"shape \(1, 2\), labels \(1, 3\)"):
        compute((np.zeros((1, 2), int), np.zeros((1, 3), int)))
    with pytest.raises(DataError, match="not below 5"):
        compute((np.asarray([[7]]), np.asarray([[0]])))
    with pytest.raises(DataError, match="not below 5"):
        compute((np.asarray([[0]]), np.asarray([[7]])))
