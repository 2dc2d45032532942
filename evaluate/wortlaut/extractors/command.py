"""``cmd:COMMAND``: a program in any language, asked over its standard input and output.

It reads one JSON object a line, ``{"id": …, "text": …}`` (ASCII, ``\\u`` escapes), and answers each
with one line in the predictions format, in order, flushed. It stays alive until its input ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from typing import IO, NoReturn

from wortlaut.errors import DataError, ExtractorError
from wortlaut.extractors.run import checked
from wortlaut.model import LAYERS, Annotations, Text
from wortlaut.records.objects import loads


class Command:
    """Starts the program with the first batch and ends it with :meth:`close`.

    ``timeout``: seconds that the program may take for one document.
    """

    def __init__(self, command: str, timeout: float = 300) -> None:
        self.name = f"cmd:{command}"
        try:
            self._arguments = shlex.split(command)
        except ValueError as error:
            raise DataError(f"the command cannot be split: {error}", where=self.name) from None
        if not self._arguments:
            raise DataError("an empty command", where=self.name)
        if not timeout > 0:
            raise DataError(f"a timeout of {timeout:g} seconds", where=self.name)
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: set[str] = set()

    @property
    def finds(self) -> tuple[str, ...]:
        """The layers that its answers had keys for so far."""
        return tuple(layer for layer in LAYERS if layer in self._seen)

    def extract(self, texts: Sequence[Text]) -> Iterator[Annotations]:
        self._start()
        for text in texts:
            self._questions.put(json.dumps({"id": text.id, "text": text}).encode() + b"\n")
        for text in texts:
            yield self._answer(text)

    def finish(self, ids: Sequence[str]) -> None:
        """End the program's input; raises when it has more to say, or ends with an error."""
        process = self._process
        if process is None:
            return
        self._questions.put(b"")
        line = self._line("its end")
        if line:
            self._fail(f"printed a line too many: {_shown(line)}")
        try:
            code = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self._fail(f"did not end within {self._timeout:g} seconds after its input did")
        if code:
            self._fail(f"ended with exit code {code}")
        self.close()

    def close(self) -> None:
        """Kill the program, if it still runs, with all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        self._questions.put(b"")
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        process.wait()

    def _start(self) -> None:
        if self._process is not None:
            return
        try:
            process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A Python program would otherwise keep its answers until its buffer is full.
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )
        except OSError as error:
            raise ExtractorError(
                f"cannot be started: {error.strerror}",
                where=self.name,
                hint=f"{self._arguments[0]} must be a program on the PATH, or a path to one.",
            ) from error
        self._process = process
        self._questions: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._complaints: deque[bytes] = deque(maxlen=10)
        # In threads: the program may answer before it has read all, and pipes are short.
        threading.Thread(target=_write, args=(process.stdin, self._questions), daemon=True).start()
        threading.Thread(target=_read, args=(process.stdout, self._lines), daemon=True).start()
        self._listener = threading.Thread(
            target=_listen, args=(process.stderr, self._complaints), daemon=True
        )
        self._listener.start()

    def _answer(self, text: Text) -> Annotations:
        line = self._line(f"document {text.id!r}")
        where = f"{self.name}, document {text.id}"
        if not line:
            assert self._process is not None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            code = self._process.poll()
            how = "closed its output" if code is None else f"ended with exit code {code}"
            self._fail(f"{how} before it answered document {text.id!r}")
        try:
            record = loads(line, where)
        except DataError as error:
            self._fail(f"printed no JSON object for document {text.id!r}: {_shown(line)} ({error.what})")
        if record.get("id") != text.id:
            self._fail(f"answered for document {record.get('id')!r} when it was asked for {text.id!r}")
        self._seen.update(layer for layer in LAYERS if layer in record)
        return checked(record, text, where)

    def _line(self, awaited: str) -> bytes:
        """The next line of output; empty at its end."""
        try:
            return self._lines.get(timeout=self._timeout)
        except queue.Empty:
            self._fail(
                f"said nothing for {self._timeout:g} seconds while {awaited} was awaited",
                "It must answer each line before it reads on, and flush its output; "
                "a slow one may have more time: ?timeout=SECONDS.",
            )

    def _fail(self, what: str, hint: str = "") -> NoReturn:
        self.close()
        self._listener.join(1)
        said = b"".join(self._complaints).decode("utf-8", "replace").rstrip()
        if said:
            indented = said.replace("\n", "\n  | ")
            hint = f"{hint}\n  " * bool(hint) + f"It wrote to stderr:\n  | {indented}"
        raise ExtractorError(f"the program {what}", where=self.name, hint=hint)


def _write(stdin: IO[bytes], questions: queue.SimpleQueue[bytes]) -> None:
    # A program that has ended is noticed by the reader, which knows what was awaited.
    with contextlib.suppress(OSError), stdin:
        while question := questions.get():
            stdin.write(question)
            stdin.flush()


def _read(stdout: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    with stdout:
        for line in stdout:
            lines.put(line)
    lines.put(b"")


def _listen(stderr: IO[bytes], complaints: deque[bytes]) -> None:
    with stderr:
        complaints.extend(stderr)


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    return repr(text if len(text) <= 80 else text[:80] + "…")
