"""What the timed extractors are worth: one score of each, on the same corpus."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wortlaut.bench.run import Bench, Measured, Quality
from wortlaut.corpus.load import Corpus
from wortlaut.errors import DataError, UnknownNameError, unknown_name
from wortlaut.evaluation.evaluate import checked_schemas, evaluate
from wortlaut.evaluation.systems import Scored

DEFAULT = "entities.strict.f1"
_MEASURES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Wanted:
    """A score by its name, ``layer.schema.measure``; ``base`` is the schema that has to be asked for."""

    name: str
    layer: str
    schema: str
    measure: str
    base: str

    @classmethod
    def parse(cls, name: str) -> Wanted:
        """Raises DataError and UnknownNameError."""
        layer, dot, rest = name.partition(".")
        schema, other, measure = rest.rpartition(".")  # a schema can hold a dot: overlap@0.5
        if not dot or not other or not layer or not schema:
            raise DataError(
                f"{name!r} names no score", hint=f"Write LAYER.SCHEMA.MEASURE, such as {DEFAULT}."
            )
        if measure not in _MEASURES:
            raise unknown_name("measure", measure, _MEASURES, where=name)
        try:
            base = checked_schemas([schema])[0]
        except UnknownNameError:
            base = checked_schemas([schema.partition("@")[0]])[0]  # a setting, such as strict@matched
        return cls(name, layer, schema, measure, base)


def with_quality(bench: Bench, corpus: Corpus, wanted: Wanted) -> Bench:
    """The same with that score of every extractor that did not fail; who has none is noted."""
    asked = [system.name for system in bench.systems if system.failed is None]
    if not asked:
        return bench
    evaluation = evaluate(asked, corpus, schemas=[wanted.base])
    scored = {system.name: system for system in evaluation.systems}
    systems = [
        _scored(system, scored[system.name], wanted) if system.name in scored else system
        for system in bench.systems
    ]
    notes = [note for note in evaluation.notes if note not in bench.notes]
    for system in systems:
        if system.failed is None and system.quality is None:
            layers = scored[system.name].scores
            known = ", ".join(layers) or "no scores on this corpus"
            if wanted.layer in layers:
                known = ", ".join(f"{wanted.layer}.{schema}" for schema in layers[wanted.layer])
            if wanted.schema in layers.get(wanted.layer, ()):
                notes.append(f"{wanted.name} of {system.name} is undefined (0/0).")
                continue
            notes.append(f"{system.name} has no {wanted.name}. It has {known}.")
    return replace(bench, systems=tuple(systems), notes=(*bench.notes, *notes))


def _scored(system: Measured, scored: Scored, wanted: Wanted) -> Measured:
    if scored.failed is not None:
        return replace(system, failed=f"when it was scored: {scored.failed}")
    results = scored.scores.get(wanted.layer)
    result = None if results is None else results.get(wanted.schema)
    value = None if result is None else getattr(result, wanted.measure)
    if value is None:
        return system
    interval = getattr(result, f"{wanted.measure}_interval")
    return replace(
        system, quality=Quality(wanted.name, value, None if interval is None else (interval[0], interval[1]))
    )
