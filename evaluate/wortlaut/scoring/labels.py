"""Label projections: which label a score sees in place of the annotated one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wortlaut.errors import WortlautError, unknown_name
from wortlaut.model import ENTITY_LABELS


@dataclass(frozen=True)
class Projection:
    """A name for the signature, and label → label, or ``None`` for spans that are left out (and counted)."""

    name: str
    labels: Mapping[str, str | None]

    @property
    def given(self) -> str | dict[str, str | None]:
        """What :func:`projection` makes this one from: a name, or the mapping itself."""
        return self.name if PROJECTIONS.get(self.name) == self else dict(self.labels)

    def __call__(self, label: str) -> str | None:
        return self.labels.get(label, label)


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


def projection(labels: str | Mapping[str, str | None] | None) -> Projection | None:
    """The projection of a name or of a mapping. Raises UnknownNameError and WortlautError."""
    if labels is None:
        return None
    if isinstance(labels, str):
        if labels not in PROJECTIONS:
            raise unknown_name("label projection", labels, PROJECTIONS)
        return PROJECTIONS[labels]
    for label, to in labels.items():
        if not isinstance(label, str) or not label or not (to is None or (isinstance(to, str) and to)):
            raise WortlautError(
                f"a label mapping maps {label!r} to {to!r}",
                hint="Map a label to a label, or to null to leave its spans out.",
            )
    pairs = ",".join(f"{label}={to or '-'}" for label, to in sorted(labels.items()))
    return Projection("{" + pairs + "}", dict(labels))
