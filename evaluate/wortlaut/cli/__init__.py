"""The command line: thin commands over plain functions.

Exit codes: 0 fine, 1 found wanting, 2 input that cannot be used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from wortlaut.cli.common import app, fail
from wortlaut.errors import WortlautError
from wortlaut.version import VERSION

# Their commands join the application, in the order of the help.
from wortlaut.cli import scores, show, stress, gate, bench, corpus, extract  # isort: skip # noqa: F401


#: As a shell says of SIGPIPE: 1 would be a verdict of check, bench or extract.
_PIPE = 141


def main() -> None:
    """The entry point: an error of the input is told in a sentence, without a traceback, with exit code 2."""
    # Started with a closed stream (a daemon, `>&-`), Python has None there.
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 (for as long as the program runs)
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    # A text with a lone surrogate, or a terminal without UTF-8, must not break the report of an error.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    out = sys.stdout
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (WortlautError, RecursionError) as error:
        deep = WortlautError("an input is nested too deeply to be read")
        fail(error if isinstance(error, WortlautError) else deep)
        raise SystemExit(2) from None
    except BrokenPipeError:
        # Nobody reads on: what is still buffered goes nowhere, and Python does not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_PIPE) from None
    except SystemExit:
        # Typer ends with 1 itself where nobody reads on, and leaves another stream there.
        if sys.stdout is not out:
            raise SystemExit(_PIPE) from None
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        fail(WortlautError(error.strerror or str(error), where=str(error.filename or "standard output")))
        raise SystemExit(2) from None


def _version(asked: bool) -> None:
    if asked:
        print(f"wortlaut {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Who said what, in exactly which words, and how well a program finds that out."""
