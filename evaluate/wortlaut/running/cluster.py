"""Ray: a cluster that is there, or one that is started on this machine."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wortlaut.errors import MissingExtraError, WortlautError

#: Seconds that a cluster has to be reached.
_ANSWER = 10.0


@contextmanager
def connected(address: str | None, hint: str, **options: Any) -> Iterator[tuple[Any, bool]]:
    """``ray``, running, and whether this has connected it; what this starts or joins is left at the end.

    Without an address Ray is started here, with the options of ``ray.init``. Raises MissingExtraError without
    Ray, and WortlautError, with the hint, where no cluster answers.
    """
    # Nothing is reported to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        install = "Install it: python -m pip install 'wortlaut[ray]'"
        raise MissingExtraError("ray is not installed", where="--engine ray", hint=install) from error
    mine = not ray.is_initialized()
    if mine:
        on_term = signal.getsignal(signal.SIGTERM)
        try:
            if address:
                _answers(address)
            # Without "local" it would be whatever cluster somebody happens to have started on this machine.
            ray.init(address or "local", include_dashboard=False, **options)
        except (OSError, RuntimeError, ValueError) as error:
            what = f"no Ray cluster answers: {str(error).partition(chr(10))[0]}"
            raise WortlautError(what, where=address or "ray", hint=hint) from error
        # Ray takes the signal for itself, and would end the process before it has put its things in order.
        if callable(on_term) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_term)
    try:
        yield ray, mine
    finally:
        if mine:
            ray.shutdown()


def _answers(address: str) -> None:
    """Raises OSError where nothing listens at ``HOST:PORT``: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _ANSWER).close()
