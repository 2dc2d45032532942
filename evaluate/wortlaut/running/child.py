"""A process of ours with a connection for messages and a pipe on which it shows that it lives.

Started as ``python -c "…"``, not by multiprocessing: the caller's own program is not imported again, and
needs no ``if __name__ == "__main__"``. It has a session of its own, so that what it does to its group or
terminal stays there, and on Linux it ends with the process that started it.
"""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Pipe
from typing import Any

from wortlaut.errors import WortlautError, rebuild
from wortlaut.running.processes import kill_tree, signal_name
from wortlaut.running.worker import Done, Failure, Reply

#: Seconds that loading an extractor, and closing it, may take.
LOAD_TIMEOUT, CLOSE_TIMEOUT = 600.0, 5.0
#: Seconds of silence, at most, from one look to the next: who was stopped with the process saw none of it.
_LONGEST_LOOK = 1.0
#: BLAS threads of a process, unless the user says otherwise: processes are the parallelism.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class Child:
    """A process that runs ``wortlaut.running.worker.main``."""

    def __init__(self, threads: int = 1) -> None:
        self.messages, theirs = Pipe()
        self._pulses, pulses = os.pipe()
        os.set_blocking(self._pulses, False)
        bound = threading.current_thread() is threading.main_thread()
        load = "from wortlaut.running.worker import main"
        serve = f"main({theirs.fileno()}, {pulses}, {os.getpid()}, {bound})"
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {load}; {serve}"],
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno(), pulses],
            env={**dict.fromkeys(_THREADS, str(threads)), **os.environ},
            start_new_session=True,
        )
        theirs.close()
        os.close(pulses)
        self.listen()

    def listen(self) -> None:
        """Count its silence from now on."""
        #: Seconds for which it was seen to show no life.
        self.silent = 0.0
        self._looked = time.monotonic()

    def send(self, message: Any) -> None:
        # A process that has died meanwhile is noticed when its answer is awaited.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.messages.send(message)

    def receive(self) -> Any:
        """Its next message. Raises EOFError or OSError at its end, UnpicklingError for what is no data."""
        data = self.messages.recv_bytes()
        try:
            return _Plain(io.BytesIO(data)).load()
        except Exception as error:  # what others packed breaks in any way
            raise pickle.UnpicklingError(f"its process answered what is no data: {error}") from error

    def pulses(self) -> bytes:
        """What it has shown since this was last asked."""
        shown = b""
        with suppress(BlockingIOError):
            while some := os.read(self._pulses, 65536):
                shown += some
        now = time.monotonic()
        self.silent = 0.0 if shown else self.silent + min(now - self._looked, _LONGEST_LOOK)
        self._looked = now
        return shown

    def cause_of_death(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        code = self.process.poll()
        if code is None:
            return "the extractor closed its worker's connection"
        if code >= 0:
            return f"the extractor ended its process with exit code {code}"
        name = signal_name(-code)
        more = ", as where memory runs out" if name == "SIGKILL" else ""
        return f"the extractor's process was ended by {name}{more}"

    @property
    def ended(self) -> bool:
        """Whether it was killed."""
        return self.messages.closed

    def end(self, seconds: float) -> None:
        """Have it end by itself within the seconds, or by a kill."""
        self._disconnect()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End the process, and all that it started."""
        if self.process.poll() is None:
            kill_tree(self.process)
        self._disconnect()

    def _disconnect(self) -> None:
        if not self.messages.closed:
            self.messages.close()
            os.close(self._pulses)


class _Plain(pickle.Unpickler):
    """Reads replies and errors, and calls nothing else: no function of ours, nor what a module imported."""

    def find_class(self, module: str, name: str) -> Any:
        ours = module.partition(".")[0] == "wortlaut" and "." not in name
        found = super().find_class(module, name) if ours else None
        if found in (Reply, Done, Failure, rebuild) or (
            isinstance(found, type) and issubclass(found, WortlautError)
        ):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")
