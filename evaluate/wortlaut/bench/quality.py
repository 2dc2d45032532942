"""What the timed extractors are worth: one score of each, on the same corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wortlaut.bench.run import Bench, Measured, Quality
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, unknown_name
from wortlaut.evaluation.evaluate import checked_schemas, evaluate
from wortlaut.evaluation.systems import Scored
from wortlaut.scoring.keys import ScoreKey

DEFAULT = "entities.strict.f1"
_MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Wanted:
    """A score by its name, ``layer.schema.measure``."""

    name: str
    key: ScoreKey
    measure: str

    @classmethod
    def parse(cls, name: str) -> Wanted:
        """Raises DataError and UnknownNameError."""
        layer, _, rest = name.partition(".")
        schema, _, measure = rest.rpartition(".")  # a schema can hold a dot: overlap@0.5
        if not layer or not schema:
            raise DataError(
                f"{name!r} names no score", hint=f"Write LAYER.SCHEMA.MEASURE, such as {DEFAULT}."
            )
        if measure not in _MEASURES:
            raise unknown_name("measure", measure, _MEASURES, where=name)
        key = ScoreKey.named(layer, schema)
        checked_schemas([key.schema])
        return cls(name, key, measure)


def with_quality(bench: Bench, corpus: Corpus, wanted: Wanted) -> Bench:
    """The same with that score of every extractor that did not fail; who has none is noted."""
    asked = {system.name: system.spec for system in bench.systems if system.failed is None}
    if not asked:
        return bench
    evaluation = evaluate(asked, corpus, schema=[wanted.key.schema], isolate=True, on_error="keep")
    scored = {system.name: system for system in evaluation.systems}
    systems = [
        _scored(system, scored[system.name], wanted) if system.name in scored else system
        for system in bench.systems
    ]
    notes = [note for note in evaluation.notes if note not in bench.notes]
    lacking = [system.name for system in systems if system.failed is None and system.quality is None]
    notes += [_lacking(scored[name], wanted) for name in lacking]
    return replace(bench, systems=tuple(systems), notes=(*bench.notes, *notes))


def _scored(system: Measured, scored: Scored, wanted: Wanted) -> Measured:
    if scored.failed is not None:
        return replace(system, failed=f"when it was scored: {scored.failed}")
    result = scored.results.get(wanted.key)
    value = getattr(result, wanted.measure, None)
    if value is None:
        return system
    interval = getattr(result, f"{wanted.measure}_interval")
    return replace(system, quality=Quality(wanted.name, value, interval))


def _lacking(scored: Scored, wanted: Wanted) -> str:
    """Why there is no such score."""
    if wanted.key in scored.results:
        return f"{wanted.name} of {scored.name} is undefined (0/0)."
    layer = wanted.key.layer
    near = [f"{layer}.{schema}" for schema in scored.scores.get(layer, ())] or list(scored.scores)
    return f"{scored.name} has no {wanted.name}. It has {', '.join(near) or 'no scores on this corpus'}."
