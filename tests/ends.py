"""An extractor that ends, breaks or holds its process: ``ends.py:create?act=exit&at=close``."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from wortlaut.model import Annotations, Quote, Text

SPEC = f"{Path(__file__).resolve()}:create"


def _exec() -> None:
    os.execv("/bin/true", ["true"])


def _thread() -> None:
    threading.Timer(0.05, os._exit, (0,)).start()
    time.sleep(1)


def _streams() -> None:
    os.closerange(0, 256)


def _group() -> None:
    os.killpg(0, signal.SIGKILL)


ACTS: dict[str, Callable[[], object]] = {
    "exit": lambda: os._exit(0),
    "exec": _exec,
    "sys.exit": lambda: sys.exit(0),
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "thread": _thread,
    "streams": _streams,
    "group": _group,
    "hang": lambda: time.sleep(1000),
    "atexit": lambda: atexit.register(os._exit, 0),
    "nothing": lambda: None,
}
#: Where it can act, in the order in which it is asked.
HOOKS = ("make", "finds", "extract", "attribute", "notes", "finish", "close")


class Ends:
    def __init__(self, act: str, at: str) -> None:
        self._act, self._at = act, at
        self._reach("make")

    def _reach(self, hook: str) -> None:
        if hook == self._at:
            ACTS[self._act]()

    @property
    def finds(self) -> tuple[str, ...]:
        self._reach("finds")
        return ("entities",)

    @property
    def notes(self) -> tuple[str, ...]:
        self._reach("notes")
        return ("was here",)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        for _ in texts:
            self._reach("extract")
            yield Annotations()

    def attribute(self, texts: Sequence[Text], quotes: Sequence[Sequence[Quote]]) -> list[Sequence[Quote]]:
        self._reach("attribute")
        return list(quotes)

    def finish(self, ids: Sequence[str]) -> None:
        self._reach("finish")

    def close(self) -> None:
        self._reach("close")


def create(act: str = "nothing", at: str = "") -> Ends:
    return Ends(act, at)


def modules(_: object) -> str:
    """The modules that are loaded where it is called."""
    return " ".join(sys.modules)
