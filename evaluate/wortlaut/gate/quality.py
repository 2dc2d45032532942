"""Scores as a test asks for them: ``quality.entities.strict.f1``."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from wortlaut.errors import WortlautError
from wortlaut.evaluation.evaluate import Evaluation
from wortlaut.evaluation.systems import Scored
from wortlaut.gate.baseline import baseline_of, read_baseline
from wortlaut.gate.goldchange import check_system
from wortlaut.gate.phenomena import examples_of
from wortlaut.gate.rules import Rules, read_rules
from wortlaut.gate.run import known_items
from wortlaut.gate.verdicts import Outcome, places, selects
from wortlaut.scoring.keys import ScoreKey
from wortlaut.scoring.result import Result, Results
from wortlaut.text.excerpts import excerpt


class Quality:
    """What one extractor scored on one corpus; layers are attributes, or keys: ``quality["cues@matched"]``.

    Paths are relative to ``root``. ``looked_at`` lists the scores that were asked for.
    """

    def __init__(self, evaluation: Evaluation, root: Path = Path()) -> None:
        self.evaluation = evaluation
        self.root = root
        self.looked_at: list[tuple[str, str]] = []

    @property
    def system(self) -> Scored:
        return self.evaluation.systems[0]

    def __getattr__(self, name: str) -> Layer:
        if name.startswith("__"):
            raise AttributeError(name)
        scores = self.system.scores
        if name not in scores:
            raise AttributeError(f"{self.system.name} has no layer {name!r}. {_near(name, list(scores))}")
        return Layer(self, name, scores[name])

    __getitem__ = __getattr__

    def compare(self, baseline: str | Path, rules: str | Path | Rules | None = None) -> Outcome:
        """The outcome against a baseline file, under the rules of ``pyproject.toml`` unless others are given.

        Other systems of the baseline are left out, with the rules that are only about them, and so are
        demands on the throughput and on changed texts. Raises WortlautError.
        """
        if not isinstance(rules, Rules):
            rules = read_rules(None if rules is None else self.root / rules, self.root)
        old, run = read_baseline(self.root / baseline), baseline_of(self.evaluation)
        own = {name: entries for name, entries in old.systems.items() if name == self.system.name}
        examples = examples_of(self.evaluation)
        kept = [
            rule
            for rule in rules.rules
            if (systems := {place.system for place in places(old.systems, examples) if selects(rule, place)})
            & own.keys()
            or not systems
        ]
        return check_system(
            replace(old, systems=own),
            run,
            replace(rules, rules=tuple(kept), throughput=None, stress=None),
            known=known_items(self.evaluation),
            examples=examples,
        )

    def no_regression(self, baseline: str | Path, rules: str | Path | Rules | None = None) -> None:
        """Raises AssertionError, with the items that flipped, where :meth:`compare` does not pass.

        A baseline or rules that cannot be read are told in a sentence, too. What the corpus cannot tell is a
        warning, where the rules let it pass.
        """
        __tracebackhide__ = True
        try:
            outcome = self.compare(baseline, rules)
        except WortlautError as error:
            raise AssertionError(str(error)) from None
        if outcome.exit_code:
            raise AssertionError(str(outcome))
        for one in outcome.warnings:
            warnings.warn(str(one), stacklevel=2)

    def errors(self, layer: str, schema: str) -> Iterator[str]:
        """A line for each gold item that was not found, and each found one that is wrong, in context."""
        judged = self.system.judged.get(ScoreKey.named(layer, schema))
        if judged is None:
            return
        texts = {document.id: document.text for document in self.evaluation.corpus.documents}
        missed = [item for item, hit in zip(judged.gold, judged.hits.tolist(), strict=True) if hit == 0]
        for kind, items in (("missed", missed), ("spurious", judged.wrong())):
            for document, spans, label in items:
                at = ", ".join(f"[{start}, {end})" for start, end in spans)
                yield f"{document} {at} {label} {kind}: {excerpt(texts[document], spans)}"


class Layer:
    """The scores of a layer; schemas are attributes, or keys: ``quality.entities["overlap@0.5"]``."""

    def __init__(self, quality: Quality, name: str, results: Results) -> None:
        self._quality, self._name, self._results = quality, name, results

    def __getattr__(self, schema: str) -> Result:
        if schema.startswith("__"):
            raise AttributeError(schema)
        if schema not in self._results:
            raise AttributeError(
                f"{self._quality.system.name}, {self._name}: no schema {schema!r}."
                f" {_near(schema, self._results)}"
            )
        self._quality.looked_at.append((self._name, schema))
        return self._results[schema]

    __getitem__ = __getattr__


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(sorted(known))}."
