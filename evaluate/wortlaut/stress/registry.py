"""From a spec such as ``nfd+typos?rate=0.05`` to a transformation, and the list of those that are here.

A spec is a name, ``package.module:function`` or ``path/to/file.py:function``, with options behind a ``?``;
several are joined by ``+`` and done one after another.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from importlib import import_module, metadata
from itertools import accumulate
from random import Random
from typing import Annotated, cast

from wortlaut.annotations.carry import Function, Transformed, one_after_another, unchanged
from wortlaut.errors import DataError, WortlautError, raised_as, unknown_name
from wortlaut.extractors.registry import Spec, converted, entry_points, load, plug_in, source
from wortlaut.model import Document, Span
from wortlaut.records.record import UNWRITTEN, Must, written

GROUP = "wortlaut.transformations"
#: ``same``: a reader loses nothing, and a good system finds the same. ``changed``: another text that is as
#: good. ``blurred``: a reader loses something, too.
MEANINGS = ("same", "changed", "blurred")
Meaning = Annotated[str, Must(enum=MEANINGS)]
Inverse = Annotated[str | None, "The transformation that takes it back."]
_MODULES = ("quotation", "letters", "noise", "layout", "names", "roles", "dates", "parts")


@dataclass(frozen=True, slots=True)
class Transformation:
    """A function ``(document, random, **options)`` that gives a :class:`Transformed`, and what to know of it.

    ``meaning`` is one of :data:`MEANINGS`. ``inverse`` names the transformation that takes it back; under
    which conditions on the text, docs/stress.md says.
    """

    name: str
    does: str
    meaning: Meaning
    function: Annotated[Function, UNWRITTEN]
    inverse: Inverse = None
    source: Annotated[str, "The distribution that brings it."] = "wortlaut"

    @property
    @written(after="meaning")
    def expected(self) -> bool:
        """Whether a good system is expected to find the same."""
        return self.meaning == "same"

    def __call__(self, document: Document, random: Random) -> Transformed:
        return self.function(document, random)


@dataclass(frozen=True, slots=True)
class Broken:
    """A plug-in that cannot be used, and why."""

    name: str
    source: str
    why: str


def built_in() -> dict[str, Transformation]:
    """The transformations of this package, by name, in the order of the list."""
    modules = (import_module(f"wortlaut.stress.transforms.{name}") for name in _MODULES)
    return {one.name: one for module in modules for one in module.TRANSFORMATIONS}


def check_rate(rate: float) -> None:
    """Raises DataError where an option is no share."""
    if not 0 <= rate <= 1:
        raise DataError(f"a rate of {rate}", hint="A rate lies between 0 and 1.")


def available() -> list[Transformation | Broken]:
    """All that can be named here: built-ins, then plug-ins."""
    found: list[Transformation | Broken] = [*built_in().values()]
    for name, points in sorted(entry_points(GROUP).items()):
        for point in points:
            try:
                found.append(_of_point(name, point))
            except WortlautError as error:
                found.append(Broken(name, source(point), error.what))
    return found


def resolve(spec: str) -> tuple[Transformation, ...]:
    """The transformations that a spec joins by ``+``, in order, with their options.

    Raises UnknownNameError for a name that nothing answers to, DataError for a wrong option, and
    ExtractorError or MissingFileError for a plug-in that cannot be imported.
    """
    parts = [part.strip() for part in spec.split("+")]
    if not all(parts):
        raise DataError("a transformation without a name", where=repr(spec), hint="Write a name, or a+b.")
    return tuple(_resolved(part) for part in parts)


def transform(document: Document, spec: str, seed: int = 0) -> Transformed:
    """The document after the transformations of a spec.

    The same for the same seed, id and spec, whatever other documents there are. Raises what :func:`resolve`
    raises, and DataError for a plug-in that breaks or whose answer does not fit its text.
    """
    return transformer(spec, seed)(document)


def transformer(spec: str, seed: int = 0) -> Callable[[Document], Transformed]:
    """As :func:`transform`, for many documents."""
    parts = resolve(spec)

    def function(document: Document) -> Transformed:
        names = accumulate((part.name for part in parts), "{}+{}".format)
        numbers = (_number(seed, document.id, name) for name in names)
        steps = [(partial(_checked, part), Random(at)) for part, at in zip(parts, numbers, strict=True)]
        return one_after_another(document, steps)

    return function


def _number(seed: int, document: str, name: str) -> int:
    """A seed for Python's generator that is the same in every process."""
    plain = "\0".join((str(seed), document, name)).encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(plain).digest()[:8], "big")


def _checked(transformation: Transformation, document: Document, random: Random) -> Transformed:
    where = f"{transformation.name}, document {document.id}"
    with raised_as(DataError, "the transformation raised", where):
        answer: object = transformation(document, random)
    if not isinstance(answer, Transformed):
        hint = "Return wortlaut.stress.edited(document, edits)."
        raise DataError(f"the transformation returned {type(answer).__name__}", where=where, hint=hint)
    if problem := _misfit(document, answer):
        raise DataError(f"the transformation returned {problem}", where=where)
    return answer


def _misfit(document: Document, answer: Transformed) -> str | None:
    new = answer.document
    if new.id != document.id:
        return f"the document {new.id!r}"
    for place, span in new.annotations.spans():
        if span.end > len(new.text):
            return f"{place} at [{span.start}, {span.end}) in {len(new.text)} characters"
    whole = unchanged(document).kept
    kept = answer.kept
    if not (
        set(kept.entities) <= set(whole.entities)
        and set(kept.quotes) <= set(whole.quotes)
        and {i for i, _ in kept.clusters} <= {i for i, _ in whole.clusters}
        and len(kept.entities) <= len(new.entities)
        and len(kept.quotes) <= len(new.quotes)
    ):
        return "kept annotations that are not there"
    if not answer.dropped and (
        len(kept.entities) < len(whole.entities) or len(kept.quotes) < len(whole.quotes)
    ):
        return "fewer annotations than it got, without a reason"
    if document.text and answer.maps:
        end = answer.span(Span.of(0, len(document.text)))
        if end is not None and end.end > len(new.text):
            return f"an offset map of {end.end} characters for a text of {len(new.text)}"
    return None


def _resolved(part: str) -> Transformation:
    spec = Spec.parse(part)
    if ":" in spec.target or spec.target.endswith(".py"):
        found = _transformation(spec.target, load(spec.target), spec.target)
    else:
        found = _named(spec.target)
    options = converted(found.function, spec, 2)
    return replace(found, name=part, function=partial(found.function, **options)) if options else found


def _named(name: str) -> Transformation:
    known = built_in()
    if point := plug_in(name, known, GROUP, DataError, "this transformation"):
        return _of_point(name, point)
    if name not in known:
        raise unknown_name("transformation", name, [*known, *entry_points(GROUP)])
    return known[name]


def _of_point(name: str, point: metadata.EntryPoint) -> Transformation:
    return _transformation(name, load(point.value), source(point))


def _transformation(name: str, found: object, brought_by: str) -> Transformation:
    """What a plug-in brings: a Transformation, or a plain function, of which its docstring tells."""
    if isinstance(found, Transformation):
        if found.meaning not in MEANINGS:
            hint = f"Write one of {', '.join(MEANINGS)}."
            raise DataError(f"{found.meaning!r} is no meaning", where=name, hint=hint)
        return replace(found, name=name, source=brought_by)
    does = (inspect.getdoc(found) or "").partition("\n")[0]
    return Transformation(name, does, "changed", cast(Function, found), None, brought_by)
