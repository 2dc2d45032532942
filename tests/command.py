"""``wortlaut`` as a user runs it: a process with its output, its exit code and the files that it leaves.

The processes are forked from one that has the libraries loaded, which saves most of the seconds of a start.
"""

from __future__ import annotations

import atexit
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread, Timer
from typing import Any

WORTLAUT = Path(sys.executable).with_name("wortlaut")
#: What the libraries read from the environment as they are loaded must be as it is here.
_LOADED = """
import json, os, sys
import jinja2, numpy, pyarrow.parquet, rich.table, scipy.stats, sklearn.metrics, spacy, spacy.tokens
for line in sys.stdin:
    job = json.loads(line)
    process = os.fork()
    if not process:
        break
    print(process, flush=True)
    _, status = os.waitpid(process, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
else:
    raise SystemExit
os.setsid()
for number, name in enumerate((os.devnull, job["out"], job["err"])):
    file = os.open(name, os.O_RDWR)
    os.dup2(file, number)
    os.close(file)
# What the streams know of themselves is of those before.
sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", buffering=1, closefd=False)
os.chdir(job["cwd"])
os.environ.clear()
os.environ.update(job["environment"])
sys.argv = job["arguments"]
sys.path[0] = os.path.dirname(sys.argv[0])
from wortlaut.cli import main
raise SystemExit(main())
"""
_OTHERS = re.compile("COLUMNS|FORCE_COLOR|NO_COLOR|GITHUB_")
_loaded: list[subprocess.Popen[str]] = []


def run(
    *arguments: str | Path,
    cwd: Path | str,
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
    terminal: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run ``wortlaut`` with nobody's colours, width or CI in the environment, and ``environment`` added.

    With ``terminal`` it writes to one, and ``stdout`` is everything that this got. No call may end in a
    traceback, or colours that go elsewhere. Raises subprocess.TimeoutExpired, when the process and what it
    started are gone.
    """
    if not _loaded:
        _loaded.append(_started())
        atexit.register(_loaded[0].stdin.close)  # type: ignore[union-attr]
    folder = Path(tempfile.mkdtemp(prefix="wortlaut-command-"))
    out, err = folder / "out", folder / "err"
    try:
        for path in (out, err):
            path.touch()
        screen = _Screen() if terminal else None
        command = [str(WORTLAUT), *map(str, arguments)]
        job = {
            "arguments": command,
            "cwd": str(cwd),
            "environment": {
                **{name: value for name, value in os.environ.items() if not _OTHERS.match(name)},
                **(environment or {}),
            },
            "out": screen.name if screen else str(out),
            "err": screen.name if screen else str(err),
        }
        process = int(_said(job))
        late: list[bool] = []

        def end() -> None:
            late.append(True)
            os.killpg(process, signal.SIGKILL)

        timer = Timer(timeout, end)
        timer.start()
        code = int(_said())
        timer.cancel()
        texts = [path.read_text("utf-8") for path in (out, err)]
        if screen:
            texts[0] = screen.shown()
        if late:
            raise subprocess.TimeoutExpired(command, timeout, *texts)
        assert "Traceback" not in texts[0] + texts[1], "".join(texts)
        assert terminal or "\x1b" not in texts[0] + texts[1], "colours without a terminal"
        return subprocess.CompletedProcess(command, code, *texts)
    finally:
        shutil.rmtree(folder)


class _Screen:
    """A terminal, and what is written to it."""

    def __init__(self) -> None:
        self._own, self._other = pty.openpty()
        self.name = os.ttyname(self._other)
        self._got = bytearray()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # that nobody writes any more
            while got := os.read(self._own, 1 << 16):
                self._got += got

    def shown(self) -> str:
        os.close(self._other)
        self._reader.join()
        os.close(self._own)
        return self._got.decode()


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _LOADED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _said(job: Mapping[str, Any] | None = None) -> str:
    (server,) = _loaded
    assert server.stdin is not None and server.stdout is not None
    if job is not None:
        server.stdin.write(json.dumps(job) + "\n")
        server.stdin.flush()
    return server.stdout.readline()
