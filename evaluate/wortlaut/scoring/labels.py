"""Which label a score sees in place of the annotated one, which labels count, and what that did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from wortlaut.errors import DataError, WortlautError, counted, listed, unknown_name
from wortlaut.model import ENTITY_LABELS
from wortlaut.records.record import FILLED

Mapped = Mapping[str, str | None]

#: How many labels a note names.
_NAMED = 8


@dataclass(frozen=True)
class Projection:
    """A name for the signature, and label → label, or ``None`` for spans that are left out (and counted).

    ``gold`` and ``predicted`` map the labels of one side, before ``labels`` maps those of both; of what comes
    out ``only`` counts, all where it is empty.
    """

    name: str
    labels: Mapped
    gold: Annotated[Mapped, FILLED, "The same for the gold alone, applied first."] = field(
        default_factory=dict
    )
    predicted: Annotated[Mapped, FILLED, "The same for the predictions alone."] = field(default_factory=dict)
    only: Annotated[tuple[str, ...], FILLED, "The labels that count in the end; absent for all."] = ()

    @property
    def given(self) -> Given:
        """What :func:`projection` makes this one from, but for ``only``."""
        sides = {side: dict(own) for side, own in (("gold", self.gold), ("predicted", self.predicted)) if own}
        name = self.name.removesuffix(_only(self.only))
        known = not sides and name in PROJECTIONS and PROJECTIONS[name].labels == self.labels
        return name if known else {**self.labels, **sides}

    def __call__(self, label: str, side: str) -> str | None:
        """The label that a span of that side (``gold`` or ``predicted``) counts under."""
        own = (self.gold if side == "gold" else self.predicted).get(label, label)
        to = None if own is None else self.labels.get(own, own)
        return None if self.only and to not in self.only else to


#: A name, or a mapping, in which ``gold`` and ``predicted`` may be mappings for one side.
Given = str | Mapping[str, str | Mapped | None] | None
Labels = Given | Projection

#: Endings of derived and partial names.
_ENDINGS = ("deriv", "part")
#: ``conll4``: derived and partial names left out, OTH is MISC (CoNLL-2003 annotates no such words).
#: ``coarse``: derived and partial names count as their class (GermEval 2014's "loose" labels).
PROJECTIONS = {
    "conll4": Projection(
        "conll4",
        {
            label: None if label.endswith(_ENDINGS) else "MISC" if label == "OTH" else label
            for label in ENTITY_LABELS
        },
    ),
    "coarse": Projection(
        "coarse", {label: label.removesuffix("deriv").removesuffix("part") for label in ENTITY_LABELS}
    ),
}


def projection(labels: Labels, only: Iterable[str] | None = None) -> Projection | None:
    """The projection of a name or of a mapping, and of the labels that count.

    Raises UnknownNameError and WortlautError.
    """
    if isinstance(labels, Projection):
        return labels
    kept = tuple(sorted({only} if isinstance(only, str) else set(only or ())))
    if labels is None and not kept:
        return None
    if isinstance(labels, str) and labels not in PROJECTIONS:
        raise unknown_name("label projection", labels, PROJECTIONS)
    sides: dict[str, Mapped] = {}
    if isinstance(labels, str):
        name, whole = labels, dict(PROJECTIONS[labels].labels)
    else:
        given = dict(labels or {})
        for side in ("gold", "predicted"):
            if isinstance(own := given.get(side), Mapping):
                sides[side] = _checked(own)
                del given[side]
        whole = _checked(given)
        parts = [_braced(whole)] if whole or not (sides or kept) else []
        name = "+".join([*parts, *(side + _braced(own) for side, own in sides.items())])
    name = (name + _only(kept)).removeprefix("+")
    return Projection(name, whole, sides.get("gold", {}), sides.get("predicted", {}), kept)


def _checked(labels: Mapping[str, Any]) -> dict[str, str | None]:
    for label, to in labels.items():
        if not isinstance(label, str) or not label or not (to is None or (isinstance(to, str) and to)):
            raise WortlautError(
                f"a label mapping maps {label!r} to {to!r}",
                hint="Map a label to a label, or to null to leave its spans out.",
            )
    return dict(labels)


def _braced(labels: Mapped) -> str:
    return "{" + ",".join(f"{label}={to or '-'}" for label, to in sorted(labels.items())) + "}"


def _only(labels: tuple[str, ...]) -> str:
    return "+only{" + ",".join(labels) + "}" if labels else ""


# What a reader of the scores must know


def check_only(chosen: Projection | None, gold: Collection[str], predicted: Collection[str]) -> None:
    """Raises DataError where a label that alone is to count is on neither side, mapped as they are."""
    there = {"gold": gold, "predicted": predicted}
    open_ = None if chosen is None else Projection("", chosen.labels, chosen.gold, chosen.predicted)
    if chosen is None or open_ is None or not chosen.only:
        return
    found = {to for side, labels in there.items() for label in labels if (to := open_(label, side))}
    if missing := [label for label in chosen.only if label not in found]:
        raise DataError(
            f"no span on either side has the label {_either(missing)}",
            where="--only",
            hint=f"The labels there are: {', '.join(sorted(found)) or 'none'}.",
        )


def not_in_gold(chosen: Projection | None, gold: Collection[str]) -> Iterator[str]:
    """What the gold alone shows, before a system has run: which labels asked for it lacks.

    That is no error: a label may be predicted only, and a mapping be made for several corpora.
    """
    if chosen is None or not gold:
        return
    there = {to for label in gold if (to := replace(chosen, only=())(label, "gold"))}
    asked = {"--only": {*chosen.only} - there, "--labels of gold": {*chosen.gold} - {*gold}}
    known = {"--only": there, "--labels of gold": gold}
    for option, labels in asked.items():
        if labels:
            yield f"{option}: the gold has no {_either(labels)}, but {listed(sorted(known[option]), _NAMED)}."


def unused(chosen: Projection | None, gold: Collection[str], predicted: Collection[str]) -> Iterator[str]:
    """Labels of a mapping that no span of either side has; a mapping with a name is made for all corpora."""
    if chosen is None or isinstance(chosen.given, str):
        return
    sides = ((chosen.gold, gold), (chosen.predicted, predicted))
    there = {own.get(label, label) for own, labels in sides for label in labels}
    absent = {one for one, to in chosen.labels.items() if to != one} - there
    absent |= {*chosen.predicted} - {*predicted}
    if absent:
        yield f"--labels: no span has the label {_either(absent)}."


def _either(labels: Iterable[str]) -> str:
    return " or ".join(map(repr, sorted(labels)))


def label_notes(
    chosen: Projection | None, gold: Mapping[str, int], predicted: Mapping[str, int] | None = None
) -> Iterator[str]:
    """What was mapped and left out of one side (``predicted``, where it is given), and what gold lacks.

    Both count the spans of each label as it was annotated.
    """
    side, counts = ("gold", gold) if predicted is None else ("predicted", predicted)
    to = {label: label if chosen is None else chosen(label, side) for label in counts}
    moved = {f"{label} as {new}": counts[label] for label, new in to.items() if new not in (label, None)}
    if moved:
        yield f"{_spans(moved, side)} counted under another label: {_counts(moved)}."
    if left := {label: counts[label] for label, new in to.items() if new is None}:
        yield f"{_spans(left, side)} left out: {_counts(left)}."
    if predicted is None:
        yield from not_in_gold(chosen, gold)
    if predicted is None or not gold:
        return
    known = {label if chosen is None else chosen(label, "gold") for label in gold}
    strange = Counter[str]()
    for label, new in to.items():
        strange.update({new: counts[label]} if new is not None and new not in known else {})
    if strange:
        alike = [(label, near) for label in sorted(strange) if (near := _alias(label, known - {None}))]
        hint = ",".join(f"{label}={near}" for label, near in alike)
        yield f"Labels that the gold lacks are spurious: {_counts(strange)}." + (
            f" The same under another name? --labels {hint}" if hint else ""
        )


def _spans(counts: Mapping[str, int], side: str) -> str:
    return counted(sum(counts.values()), f"{side} span")


def _counts(counts: Mapping[str, int]) -> str:
    return listed([f"{label} {count}" for label, count in sorted(counts.items())], _NAMED)


#: Names of one class in other schemes, the commoner first.
_ALIASES = (
    ("PER", "PERSON", "PERS"),
    ("LOC", "LOCATION", "PLACE", "GPE"),
    ("ORG", "ORGANIZATION", "ORGANISATION"),
    ("MISC", "OTH", "OTHER", "MISCELLANEOUS"),
    ("FAC", "FACILITY"),
    ("PROD", "PRODUCT"),
    ("EVENT", "EVT"),
)


def _alias(label: str, known: Iterable[str | None]) -> str | None:
    """The label of ``known`` that means the same, by case or by :data:`_ALIASES`."""
    by_name = {one.upper(): one for one in sorted(filter(None, known), reverse=True)}
    group = next((group for group in _ALIASES if label.upper() in group), (label.upper(),))
    return next((by_name[name] for name in group if name in by_name), None)
