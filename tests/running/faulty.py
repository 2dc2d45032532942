"""An extractor that does what the first word of a text says, and writes down whom it was asked about.

As a spec: ``tests/scale/faulty.py:create?log=FILE``.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wortlaut.model import Text

SPEC = f"{Path(__file__).resolve()}:create"
HELD = []


class Faulty:
    finds = ("entities",)

    def __init__(self, log: str, seconds: float, leak: int) -> None:
        self._log, self._seconds, self._leak = log, seconds, leak
        self._asked: dict[str, int] = {}

    def extract(self, texts: Sequence[Text]) -> Iterator[Mapping[str, Any]]:
        for text in texts:
            time.sleep(self._seconds)
            HELD.append(b"x" * (self._leak << 20))
            self._asked[text.id] = self._asked.get(text.id, 0) + 1
            spans = [(m.start(), m.end()) for m in re.finditer(r"[A-Z]{2,}", text)]
            answer: Any = {"entities": [{"start": a, "end": b, "label": "ORG"} for a, b in spans]}
            match text.partition(" ")[0]:
                case "RAISE":
                    raise ValueError("half a pair: \ud800")
                case "ONCE" if self._asked[text.id] == 1:
                    raise ValueError("it works when it is asked again")
                case "GARBAGE":
                    answer = {"entities": [{"start": 9, "end": 2, "label": "ORG"}]}
                case "NUMBER":
                    answer = 42
                case "SILENT":
                    return
                case "HANG":
                    time.sleep(1000)
                case "LEAVE":
                    raise SystemExit(0)
                case "EXIT":
                    os._exit(3)
                case "SEGV":
                    os.kill(os.getpid(), signal.SIGSEGV)
                case "BIG":
                    HELD.append(b"x" * (400 << 20))
                    time.sleep(5)
                case "PRINT":
                    print("this is no output of wortlaut", flush=True)
                    os.write(1, b"nor is this\n")
            if self._log:
                with Path(self._log).open("a", encoding="utf-8") as log:
                    log.write(f"{os.getpid()} {text.id}\n")
            yield answer


def create(log: str = "", seconds: float = 0.0, leak: int = 0) -> Faulty:
    """``seconds`` and ``leak`` (MiB) are what each document takes."""
    return Faulty(log, seconds, leak)
