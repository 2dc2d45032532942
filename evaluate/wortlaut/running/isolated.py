"""An extractor in a process of its own: whatever it does there is an error here, and no gold is in reach."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from wortlaut.errors import ExtractorError, WortlautError
from wortlaut.extractors.protocol import Extractor
from wortlaut.extractors.run import attribute, checked_batch, named
from wortlaut.formats.shards import annotation_columns, row_annotations
from wortlaut.model import Annotations, Document, Quote, Text
from wortlaut.running.child import CLOSE_TIMEOUT, LOAD_TIMEOUT, Child
from wortlaut.running.worker import CannotIsolate, Pulsing, Reply, streamed

#: Seconds from one look at the process to the next.
_CHECK_INTERVAL = 0.2
#: Ids and texts: all that an extractor is given.
Pairs = Sequence[tuple[str, str]]


class _Late(ExtractorError):
    """No sign of life within the time limit."""


class Isolated:
    """The extractor that a spec or an object stands for, as an extractor with a process of its own.

    ``timeout``: seconds that a document may take, or None. ``beat`` is told several times a second how often
    the process has shown that it lives, and may raise to end it. ``threads``: those of its BLAS. What the
    process does but answer (it ends itself, hangs or crashes in whatever method) is raised as ExtractorError,
    and so is ``sys.exit``. Raises what :func:`wortlaut.extractors.registry.resolve` raises, and CannotIsolate
    for an object that no other process can be given.
    """

    def __init__(
        self,
        extractor: str | Extractor,
        timeout: float | None = None,
        *,
        beat: Callable[[int], object] = lambda shown: None,
        threads: int = 1,
    ) -> None:
        self.spec = extractor if isinstance(extractor, str) else named(extractor)
        self._packed = None if isinstance(extractor, str) else _packed(self.spec, extractor)
        self._timeout, self._beat, self._threads = timeout, beat, threads
        self.finds: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()
        if not self._load():
            # Who cannot say who spoke has no such method.
            self.attribute = None  # type: ignore[assignment,method-assign]

    def extract(self, texts: Sequence[Text]) -> Iterable[Annotations]:
        pairs = _pairs(texts)
        try:
            return _annotations(self.call(_extract, pairs))
        except _Late:
            if len(pairs) == 1:
                raise
        # A model may answer for a whole batch at once: each document has the time for itself.
        self._load()
        return [one for pair in pairs for one in _annotations(self.call(_extract, [pair]))]

    def attribute(
        self, texts: Sequence[Text], quotes: Sequence[Sequence[Quote]]
    ) -> Iterable[Sequence[Quote]]:
        answers = self.call(_attribute, _pairs(texts), quotes, times=len(texts))
        return [one.quotes for one in _annotations(answers)]

    def finish(self, ids: Sequence[str]) -> None:
        self.call(_finish, list(ids), times=len(ids))

    def close(self) -> None:
        """Let the extractor close, and end the process, also where that fails."""
        if self._child.ended:
            return
        try:
            self.call(_close, limit=CLOSE_TIMEOUT)
        finally:
            self.end()

    def end(self) -> None:
        """End the process; the extractor is not asked."""
        self._child.end(CLOSE_TIMEOUT)

    def call(
        self, function: Callable[..., Any], *arguments: Any, times: int = 1, limit: float | None = None
    ) -> Any:
        """What ``function(extractor, *arguments)`` returns in the process: plain data.

        ``function`` is one of this package, found by its name there. The time limit is that of so many
        documents, or ``limit``.
        """
        if self._child.ended:
            raise ExtractorError("its process has ended", where=self.spec)
        self._child.send((_replied, function, *arguments))
        if limit is None and self._timeout is not None:
            limit = self._timeout * max(times, 1)
        reply = self._receive(limit)
        self.finds, self.notes = reply.finds, reply.notes
        return reply.value

    def _load(self) -> bool:
        """Start the process; whether the extractor can say who spoke."""
        self._child = Child(self._threads)
        self._child.send((self.spec, self._packed))
        try:
            self.texts_at_once = int(self._receive(LOAD_TIMEOUT))
            return bool(self.call(_attributes, limit=LOAD_TIMEOUT))
        except BaseException:
            self._child.kill()
            raise

    def _receive(self, limit: float | None) -> Any:
        child = self._child
        child.listen()
        try:
            while not child.messages.poll(_CHECK_INTERVAL):
                self._beat(len(child.pulses()))
                if child.process.poll() is not None and not child.messages.poll():
                    raise EOFError
                if limit is not None and child.silent > limit:
                    child.kill()
                    raise _Late(f"no answer within {limit:g} seconds", where=self.spec)
            self._beat(len(child.pulses()))
            message = child.receive()
        except (EOFError, OSError):
            reason = child.cause_of_death()
            child.kill()
            raise ExtractorError(reason, where=self.spec) from None
        except pickle.UnpicklingError as error:
            child.kill()
            raise ExtractorError(str(error), where=self.spec) from error
        except KeyboardInterrupt:
            child.kill()  # it is at work, and would not hear that it is to close
            raise
        if isinstance(message, WortlautError):
            raise message
        return message


def isolated(
    extractor: str | Extractor, timeout: float | None = None
) -> tuple[str | Extractor, Sequence[str]]:
    """It in a process of its own; or an object itself where that cannot be, and a note that says why."""
    try:
        return Isolated(extractor, timeout), ()
    except CannotIsolate as error:
        return extractor, [f"{error.where} runs in this process, without a time limit: it {error.what}"]


def _packed(spec: str, extractor: object) -> bytes:
    try:
        packed = pickle.dumps(extractor)
    except Exception as error:
        raise CannotIsolate(f"cannot be pickled: {error}", where=spec) from error
    if b"__main__" in packed:  # which is another program there
        raise CannotIsolate("is defined in the program that runs, not in a module", where=spec)
    return packed


def _pairs(texts: Sequence[Text]) -> Pairs:
    return [(text.id, str(text)) for text in texts]


def _annotations(columns: bytes) -> list[Annotations]:
    import pyarrow as pa

    with pa.ipc.open_stream(columns) as stream:
        return [row_annotations(row) for row in stream.read_all().to_pylist()]


# What runs in the process


def _replied(extractor: Pulsing, function: Callable[..., Any], *arguments: Any) -> Reply | WortlautError:
    """What the function returns, and what the extractor says of itself; or the error."""
    try:
        value = function(extractor, *arguments)
        finds = tuple(map(str, extractor.loaded.finds))
        return Reply(value, finds, tuple(str(note) for note in extractor.loaded.notes))
    except WortlautError as error:
        return error
    except BaseException as error:
        return ExtractorError(f"raised {type(error).__name__}: {error}", where=extractor.spec)


def _attributes(extractor: Pulsing) -> bool:
    return callable(extractor.loaded.attribute)


def _extract(extractor: Pulsing, pairs: Pairs) -> bytes:
    texts = [Text(text, name) for name, text in pairs]
    return streamed(annotation_columns(checked_batch(extractor, texts)))


def _attribute(extractor: Pulsing, pairs: Pairs, quotes: Sequence[Sequence[Quote]]) -> bytes:
    documents = [
        Document(name, text, Annotations(quotes=tuple(given)))
        for (name, text), given in zip(pairs, quotes, strict=True)
    ]
    answers = attribute(extractor.loaded, documents, batch_size=len(documents)) or []
    return streamed(annotation_columns([Annotations(quotes=answer) for answer in answers]))


def _finish(extractor: Pulsing, ids: Sequence[str]) -> None:
    extractor.loaded.finish(ids)


def _close(extractor: Pulsing) -> None:
    extractor.loaded.close()
