"""An extractor in a process of its own: what it does there is an error that names it, and nothing more."""

from __future__ import annotations

import io
import os
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ends import ACTS, HOOKS, SPEC, create, modules

from wortlaut.errors import DataError, ExtractorError
from wortlaut.extractors.function import Function
from wortlaut.extractors.run import attribute, close, run
from wortlaut.io.files import replace_file
from wortlaut.model import Annotations, Document, Quote, Span
from wortlaut.running import child
from wortlaut.running.child import Child, _Plain
from wortlaut.running.isolated import Isolated, isolated
from wortlaut.running.processes import descendants
from wortlaut.running.worker import answer

DOCUMENTS = [
    Document(name, "Ja, sagte Anna.", Annotations(quotes=(Quote("q1", "direct", Span.of(0, 2)),)))
    for name in ("a", "b")
]
#: Each act once, and each hook once; the second stage has all pairs.
FEW = [("exit", "extract"), ("exec", "finish"), ("sys.exit", "notes"), ("sys.exit", "finds")]
FEW += [("interrupt", "close"), ("crash", "attribute"), ("thread", "extract"), ("exit", "make")]
FEW += [("streams", "close"), ("group", "extract"), ("hang", "extract")]
ALL = [(act, at) for act in ACTS for at in ("extract", "close") if act not in ("atexit", "nothing")]
ALL += [(act, at) for act in ("exit", "sys.exit") for at in HOOKS]


def used(spec: str) -> list[Annotations]:
    """Everything that a scoring run asks of it."""
    extractor = Isolated(spec, timeout=1.0)
    try:
        attribute(extractor, DOCUMENTS)
        found = run(extractor, DOCUMENTS)
    finally:
        extractor.close()
    return found


@pytest.mark.parametrize(
    ("act", "at"),
    [*FEW, *(pytest.param(*one, marks=pytest.mark.long) for one in dict.fromkeys(ALL) if one not in FEW)],
)
@pytest.mark.long
def test_whatever_it_does_is_an_error_that_names_it(act: str, at: str) -> None:
    spec = f"{SPEC}?act={act}&at={at}"
    with pytest.raises(ExtractorError) as raised:
        used(spec)
    assert spec in raised.value.where
    mine = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(os.getpid())]
    assert not [line for line in mine if b"wortlaut.running.worker" in line]


@pytest.mark.parametrize("act", ["nothing", "atexit"])
def test_what_answers_is_heard(act: str) -> None:
    extractor = Isolated(f"{SPEC}?act={act}&at=make")
    answered = attribute(extractor, DOCUMENTS)
    assert answered == [document.quotes for document in DOCUMENTS]
    assert run(extractor, DOCUMENTS) == [Annotations(), Annotations()]
    assert (extractor.finds, extractor.notes) == (("entities",), ("was here",))


def test_an_object_goes_there_where_it_can_be_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    extractor, note = isolated(create())
    assert isinstance(extractor, Isolated) and not note
    close(extractor)
    made = create()
    made.held = lambda: None  # type: ignore[attr-defined]
    same, note = isolated(made)
    assert same is made and "cannot be pickled" in note[0]
    monkeypatch.setattr(sys.modules["__main__"], "typed_in_a_cell", used, raising=False)
    monkeypatch.setattr(used, "__module__", "__main__")
    monkeypatch.setattr(used, "__qualname__", "typed_in_a_cell")
    assert "in the program that runs" in isolated(Function(used, single=True))[1][0]


def test_no_text_but_the_texts_goes_there() -> None:
    """The process is handed ids and texts; of gold quotes what attribute is to be told, and nothing more."""
    sent: list[Any] = []
    extractor = Isolated(SPEC)
    send = extractor._child.send

    def noted(message: Any) -> None:
        sent.append(message)
        send(message)

    extractor._child.send = noted  # type: ignore[method-assign]
    gold = Quote("q1", "direct", Span.of(0, 2), speaker=Span.of(10, 14), cue=Span.of(4, 9))
    documents = [Document("a", "Ja, sagte Anna.", Annotations(quotes=(gold,)))]
    attribute(extractor, documents)
    run(extractor, documents)
    quotes = [quote for message in sent if len(message) > 3 for given in message[3] for quote in given]
    assert quotes == [Quote("q1", "direct", Span.of(0, 2))]
    assert {type(part) for message in sent for part in message[2:]} <= {list, tuple}


class Calls:
    """Pickled as a call of ``what``."""

    def __init__(self, what: Any, *arguments: Any) -> None:
        self.call = what, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    "message",
    [
        pickle.dumps(Calls(print, "called")),
        pickle.dumps(Calls(replace_file, Path("file"), b"written")),
        pickle.dumps(Calls(Quote, "q1", "direct", Span.of(0, 1))),
        b"\x80\x04\x8c\x11wortlaut.io.files\x8c\tos.system\x93\x8c\x04true\x85R.",
        b"cwortlaut.errors\n__builtins__\n.",
    ],
)
def test_an_answer_calls_nothing(message: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        _Plain(io.BytesIO(message)).load()


def test_an_answer_may_be_an_error() -> None:
    error = DataError("wrong", where="here", hint="Mend it.")
    assert str(_Plain(io.BytesIO(pickle.dumps(error))).load()) == str(error)


@pytest.mark.long
def test_an_interrupt_is_passed_on_where_it_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    extractor = Isolated(f"{SPEC}?act=hang&at=extract")
    monkeypatch.setattr(extractor._child, "pulses", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(extractor, DOCUMENTS)
    assert extractor._child.ended


def test_silence_is_what_was_seen_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that was paused, or so busy that nobody looked, is no extractor that hangs."""
    clock = [0.0]
    monkeypatch.setattr(child, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    process = Child()
    for later, silent in ((0.25, 0.25), (0.5, 0.5), (3600.0, 1.5), (3600.25, 1.75)):
        clock[0] = later
        assert (process.pulses(), process.silent) == (b"", silent)
    process.listen()
    assert process.silent == 0.0
    process.kill()


def test_a_document_waits_for_nothing_that_could_be_loaded_before() -> None:
    process = Child()
    process.send((SPEC, None))
    process.receive()  # the extractor is loaded
    process.send((modules,))
    before = set(process.receive().split())
    process.send((answer, [("a", "Ja.")]))
    process.receive()
    process.send((modules,))
    assert set(process.receive().split()) == before
    process.kill()
