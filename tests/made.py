"""A corpus and extractors whose errors are chosen, for the tests of the gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wortlaut.corpus.load import Corpus
from wortlaut.evaluation.evaluate import Evaluation, evaluate
from wortlaut.gate.baseline import Baseline, baseline_of
from wortlaut.gate.run import Settings
from wortlaut.model import Annotations, Document, Entity, Span, Text

#: Each document holds these names, with their labels, and one word that is none.
NAMES = (("Anna", "PER"), ("Bonn", "LOC"), ("Caro", "PER"), ("Kiel", "LOC"), ("Emil", "PER"))
TEXT = "Anna sah Bonn. Caro sah Kiel. Emil kam spät."
#: Few resamples: no test here looks at an interval.
SETTINGS = Settings(samples=10)


def corpus(documents: int) -> Corpus:
    return Corpus.of("made", [Document(f"d{i:02}", TEXT, Annotations(gold())) for i in range(documents)])


def gold() -> tuple[Entity, ...]:
    return tuple(Entity(Span.of(TEXT.index(n), TEXT.index(n) + 4), label) for n, label in NAMES)


@dataclass
class Made:
    """Finds every name, but for the missed ones, and ``spät`` in the documents of ``spurious``."""

    missed: Mapping[str, Sequence[int]] = field(default_factory=dict)
    spurious: Sequence[str] = ()
    label: str = "PER"
    spec: str = "made"
    finds: Sequence[str] = ("entities",)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for text in texts:
            missed = self.missed.get(text.id, ())
            entities = tuple(entity for i, entity in enumerate(gold()) if i not in missed)
            start = text.index("spät")
            wrong = (Entity(Span.of(start, start + 4), self.label),) if text.id in self.spurious else ()
            yield Annotations(entities + wrong)


def scored(made: Made, documents: int = 3, settings: Settings = SETTINGS) -> tuple[Baseline, Evaluation]:
    evaluation = evaluate(
        [made],
        corpus(documents),
        schema=settings.schemas,
        labels=settings.labels,
        samples=settings.samples,
        seed=settings.seed,
    )
    return baseline_of(evaluation), evaluation
