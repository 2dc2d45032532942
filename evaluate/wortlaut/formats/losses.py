"""What an export could not carry, or a reader left out: counted by kind and reason, with examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from wortlaut.errors import DataError, MissingFileError
from wortlaut.model import Cluster, Document, Entity, Quote, Span

#: What differs between errors of one cause.
_PARTICULAR = re.compile(r"""'[^']*'|"[^"]*"|\d+""")
#: How many examples are kept of each kind and reason.
EXAMPLES = 3
NO_PLACE = "the format has no place for it"
NOT_READ = "there is no place for it here"


@dataclass(frozen=True, slots=True)
class Loss:
    """``count`` things of one ``kind`` that ``format`` has no place for or that were not read, and why.

    A kind names a whole (``document``, ``text``, ``entity``, ``quote``, ``cluster``, ``mention``, ``meta``)
    or a field of one that is kept (``entity.qid``, ``quote.cue``, ``document.id``).
    """

    format: str
    kind: str
    reason: str
    count: int
    examples: tuple[str, ...]


class Losses:
    """Collects losses while an export runs; iterates over them as :class:`Loss`, sorted.

    ``lenient``: what cannot be read is a loss, too, and each is an example.
    """

    def __init__(self, format: str) -> None:
        self.format, self.lenient = format, False
        self._found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = {}

    def add(
        self, kind: str, document: Document, reason: str, what: str = "", span: Span | None = None
    ) -> None:
        """One more loss of ``kind``; ``what`` and ``span`` show which, in the examples."""
        count, examples = self._found.get((kind, reason), (0, ()))
        if len(examples) < EXAMPLES:
            place = f" [{span.start}, {span.end}) {_short(span.text(document.text))}" if span else ""
            examples += (f"{document.id}{place}{f' {what}' if what else ''}",)
        self._found[kind, reason] = count + 1, examples

    def add_all(
        self,
        document: Document,
        *,
        entities: Iterable[Entity] = (),
        quotes: Iterable[Quote] = (),
        clusters: Iterable[Cluster] = (),
        meta: Iterable[tuple[str, str]] = (),
        reason: str = NO_PLACE,
    ) -> None:
        """What the format has no place for."""
        lost: Iterable[tuple[str, str, Span | None]] = chain(
            (("entity", entity.label, entity.span) for entity in entities),
            (("quote", quote.id, quote.content) for quote in quotes),
            (("cluster", cluster.id, None) for cluster in clusters),
            (("meta", key, None) for key, _ in meta),
        )
        for kind, what, span in lost:
            self.add(kind, document, reason, what, span)

    def include(self, kind: str, reason: str, count: int, examples: Sequence[str]) -> None:
        """What was lost in another part of the same export."""
        known, shown = self._found.get((kind, reason), (0, ()))
        self._found[kind, reason] = known + count, (*shown, *examples)[: None if self.lenient else EXAMPLES]

    def __iter__(self) -> Iterator[Loss]:
        for (kind, reason), (count, examples) in sorted(self._found.items()):
            yield Loss(self.format, kind, reason, count, examples)

    def notes(self, where: str) -> tuple[str, ...]:
        """A line for each reason, for who sees the scores of ``where``."""
        kinds: dict[str, list[str]] = {}
        for loss in self:
            places = f": {'; '.join(loss.examples[:EXAMPLES])}" if self.lenient else ""
            kinds.setdefault(loss.reason, []).append(f"{loss.kind} ({loss.count}{places})")
        return tuple(f"{where}: left out, {why}: {', '.join(what)}" for why, what in kinds.items())

    def __len__(self) -> int:
        """How many kinds of loss there are; zero is none."""
        return len(self._found)


@contextmanager
def tolerated(losses: Losses | None, kind: str) -> Iterator[None]:
    """What cannot be read in here is left out and counted by its cause, if the losses are lenient."""
    try:
        yield
    except (DataError, MissingFileError) as error:
        if losses is None or not losses.lenient:
            raise
        cause = _PARTICULAR.sub("…", error.what)
        losses.include(kind, f"cannot be read: {cause}", 1, (f"{error.where}: {error.what}",))


def reason(faults: Mapping[str, object]) -> str:
    """The first reason, of those for which a thing would be lost, that holds; empty where none does."""
    return next((why for why, holds in faults.items() if holds), "")


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:24]} … {text[-12:]}")
