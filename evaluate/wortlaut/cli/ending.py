"""How a command ends: every exit code, and that none says 0 without its output."""

from __future__ import annotations

import os
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from wortlaut.cli.common import fail
from wortlaut.errors import WortlautError
from wortlaut.version import VERSION

#: A bad input, or an extractor that failed; 1 is a verdict, and nothing else ends with it.
REFUSED = 2
#: An error of our own, as sysexits.h names it.
INTERNAL = 70
#: As a shell says of SIGPIPE.
_PIPE = 141
#: The commands that run extractors or transformations in this process, where one may end it.
_RUNS_OTHERS = frozenset({"add", "baseline", "bench", "check", "evaluate", "plan", "show", "stress"})


def ended(run: Callable[[], object]) -> NoReturn:
    """Run the application and end the process with its exit code; errors are told without a traceback."""
    if sys.argv[1:2] and sys.argv[1] in _RUNS_OTHERS and hasattr(os, "fork"):
        _watched(run)
    _ended(run)


def _ended(run: Callable[[], object], done: Callable[[], object] = lambda: None) -> NoReturn:
    """``done`` is called when all is said and written."""
    # Started with a closed stream (a daemon, `>&-`), Python has None there.
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 (for as long as the program runs)
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    # A text with a lone surrogate, or a terminal without UTF-8, must not break the report of an error.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    out = sys.stdout
    code: object = 0
    try:
        try:
            run()
        finally:
            sys.stdout.flush()
    except (WortlautError, RecursionError) as error:
        deep = WortlautError("an input is nested too deeply to be read")
        fail(error if isinstance(error, WortlautError) else deep)
        code = REFUSED
    except BrokenPipeError:
        # Nobody reads on: what is still buffered goes nowhere, and Python does not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _PIPE
    except SystemExit as error:
        # Typer ends with 1 itself where nobody reads on, and leaves another stream there.
        code = error.code if sys.stdout is out else _PIPE
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(WortlautError(error.strerror or str(error), where=str(error.filename or "standard output")))
        code = REFUSED
    except MemoryError:
        fail(WortlautError("the memory of this machine does not suffice"))
        code = REFUSED
    except Exception as error:
        fail(_internal(error))
        code = INTERNAL
    done()
    raise SystemExit(code)


def _internal(error: Exception) -> WortlautError:
    """What is said of an error of our own, whose traceback is kept in a file."""
    handle, name = tempfile.mkstemp(prefix="wortlaut-error-", suffix=".txt")
    system = f"wortlaut {VERSION}, Python {platform.python_version()}, {platform.platform()}"
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{system}\n{' '.join(sys.argv)}\n\n{''.join(traceback.format_exception(error))}")
    return WortlautError(
        f"an error of Wortlaut's own, not of your input: {type(error).__name__}",
        hint=f"Please report it, with {name}: look there first for text that is not to be public.",
    )


def _watched(run: Callable[[], object]) -> None:
    """Have a child run it, and end with its exit code: with 2 where it says 0 and has not come to its end."""
    marks, mark = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(marks)
        if sys.platform == "linux":
            from ctypes import CDLL

            CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with its parent
        _ended(run, lambda: os.write(mark, b"."))
    os.close(mark)
    # The terminal interrupts both; what it means is the child's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _: os.kill(child, number))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.set_blocking(marks, False)
    try:
        whole = os.read(marks, 1) == b"."
    except BlockingIOError:  # something that the child started is still there
        whole = False
    if code < 0:
        with suppress(OSError):  # SIGKILL has no handler
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    if code == 0 and not whole:
        what = "an extractor ended the process before its output was there"
        fail(WortlautError(what, hint="evaluate --isolate runs each in a process of its own, and names it."))
        code = REFUSED
    # Nothing is buffered here, and what was registered before the fork is the child's.
    os._exit(code)
