"""Which score it is and how it came about: values inside, texts only where a reader or a file meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from wortlaut.scoring.labels import Given, Projection
from wortlaut.scoring.uncertainty import Resampling
from wortlaut.version import VERSION

#: Scores on a system's own matched quotes, and on the gold quotes that it was given.
MATCHED, GIVEN = "matched", "gold"
#: Where the setting stands behind the schema (``strict@matched``); elsewhere it stands behind the task.
_BEHIND_SCHEMA = ("speakers",)


@dataclass(frozen=True, order=True)
class ScoreKey:
    """Which score: of a task under a schema, in a setting (empty: end to end), of a label (empty: of all)."""

    task: str
    schema: str
    setting: str = ""
    label: str = ""

    @property
    def layer(self) -> str:
        """The task as files and tables name it, such as ``cues@matched``."""
        return _behind(self.task, "" if self.task in _BEHIND_SCHEMA else self.setting)

    @property
    def variant(self) -> str:
        """The schema as files and tables name it, such as ``strict@matched``."""
        return _behind(self.schema, self.setting if self.task in _BEHIND_SCHEMA else "")

    @classmethod
    def named(cls, task: str, schema: str, label: str = "") -> ScoreKey:
        """From the names of a file, a rule or a test."""
        plain, _, setting = task.partition("@")
        if setting in (MATCHED, GIVEN):
            return cls(plain, schema, setting, label)
        plain, _, setting = schema.rpartition("@")
        behind = task in _BEHIND_SCHEMA and setting in (MATCHED, GIVEN)
        return cls(task, plain, setting, label) if behind else cls(task, schema, "", label)

    def of(self, label: str) -> ScoreKey:
        return replace(self, label=label)


def _behind(name: str, setting: str) -> str:
    return f"{name}@{setting}" if setting else name


@dataclass(frozen=True)
class Signature:
    """How a score came about. Its text says so in one line; two are compared by :func:`differences`.

    ``scheme`` is the one by which tags were read strictly; ``conventions`` is the annotation scheme in which
    both sides are shown, if it is not ours. ``task`` is ``all`` for a whole evaluation; ``by``
    is what a breakdown groups by; ``runs`` is how many runs of a system the score is the mean of, and 1 for a
    whole evaluation whose systems differ in that.
    """

    corpus: str = ""
    hash: str = ""
    task: str = "spans"
    setting: str = ""
    by: str = ""
    projection: Projection | None = None
    schemas: tuple[str, ...] = ()
    average: str = "micro"
    resampling: Resampling = field(default_factory=Resampling)
    version: str = VERSION
    runs: int = 1
    scheme: str = ""
    conventions: str = ""

    @property
    def key(self) -> ScoreKey:
        """The score that this is the signature of, under its only schema."""
        (schema,) = self.schemas
        return ScoreKey(self.task, schema, self.setting)

    @property
    def labels(self) -> Given:
        """The projection as :func:`wortlaut.evaluate` takes it."""
        return None if self.projection is None else self.projection.given

    def of(self, key: ScoreKey) -> Signature:
        """The signature of one score of this evaluation: a projection is about entities and their links."""
        projection = self.projection if key.task in ("entities", "links") else None
        return replace(self, task=key.task, setting=key.setting, schemas=(key.schema,), projection=projection)

    def __str__(self) -> str:
        return "|".join(self._parts().values())

    @property
    def scoring(self) -> str:
        """The text without corpus and version."""
        return "|".join(part for name, part in self._parts().items() if name not in ("corpus", "v"))

    def _parts(self) -> dict[str, str]:
        keys = [ScoreKey(self.task, schema, self.setting) for schema in self.schemas]
        task = keys[0].layer if keys else self.task
        corpus = corpus_text(self.corpus, self.hash)
        return {
            "": "wortlaut",
            **({"corpus": f"corpus:{corpus}"} if corpus else {}),
            "layer": f"layer:{task} by {self.by}" if self.by else f"layer:{task}",
            **({"as": f"as:{self.conventions}"} if self.conventions else {}),
            **({} if self.projection is None else {"labels": f"labels:{self.projection.name}"}),
            "schema": f"schema:{'+'.join(key.variant for key in keys)}",
            **({"scheme": f"scheme:{self.scheme}"} if self.scheme else {}),
            "avg": f"avg:{self.average}",
            "resample": self.resampling.signature,
            **({"runs": f"runs:{self.runs}"} if self.runs > 1 else {}),
            "v": f"v:{self.version}",
        }


def corpus_text(name: str, hash: str) -> str:
    """A corpus in a signature. Where a file lies on this machine says nothing about the score."""
    head, colon, path = name.rpartition(":")
    if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
        name = head + colon + PurePath(path).name
    return name + (f"@{hash[:12]}" if hash else "")


def differences(one: Signature, other: Signature) -> Iterator[tuple[str, str, str]]:
    """What keeps two scores from being compared, and how it is on either side; nothing where they can be.

    Two projections are the same only where they map the same labels. Neither the version nor how
    intervals came about is a difference, for no test looks at them.
    """
    sides = (one, other)
    if one.conventions != other.conventions:
        yield "annotation scheme", one.conventions or "ours", other.conventions or "ours"
    if one.hash != other.hash:
        yield "corpus hash", one.hash, other.hash
    if (one.schemas, one.projection) != (other.schemas, other.projection):
        texts = [
            " ".join(part for name, part in side._parts().items() if name in ("labels", "schema"))
            for side in sides
        ]
        if texts[0] == texts[1]:
            texts = [str(side.projection and dict(side.projection.labels)) for side in sides]
        yield "schemas and projection", texts[0], texts[1]
    if any(
        getattr(one, name) != getattr(other, name) for name in ("task", "setting", "by", "scheme", "average")
    ):
        yield "task or average", one.scoring, other.scoring
    drawn = [side.resampling for side in sides if side.resampling.wanted]
    if len(drawn) == 2 and drawn[0].unit != drawn[1].unit:
        yield "resampled units", drawn[0].unit, drawn[1].unit
