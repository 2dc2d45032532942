"""Ray: work is done by actors, on a cluster that is there or on one that is started on this machine."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from wortlaut.errors import MissingExtraError, WortlautError

#: Seconds that a cluster has to be reached.
_CONNECT_TIMEOUT = 10.0
#: Tasks that an actor has at a time: one that it works on, and one that waits.
_TASKS = 2


class Work(Protocol):
    """What actors do: each has a copy, which makes what is costly, as an extractor, at its first task."""

    def do(self, task: Any) -> Any:
        """The answer to a task. Raises WortlautError, which ends the run."""

    def finish(self) -> Any:
        """What there is to say after the last task; not called where a run is ended by an error."""


@dataclass(frozen=True)
class Cluster:
    """Where Ray runs: ``address`` None starts it here.

    ``workers``: the fewest and the most actors; None for one on each core. ``gpus``: those of each actor.
    """

    address: str | None = None
    workers: tuple[int, int] | None = (1, 1)
    gpus: float = 0.0


def on_actors(
    work: Work,
    tasks: Iterable[Any],
    cluster: Cluster,
    *,
    hint: str,
    lost: Callable[[str], WortlautError],
    restart: bool,
    quiet: bool = False,
) -> Generator[Any, None, None]:
    """The answers to all tasks as they come, then what each actor says at its end.

    ``tasks`` are asked for one by one, when there is an actor for them. ``hint`` says how a cluster is named.
    With ``restart`` an actor that dies is replaced and its tasks are done again; otherwise, and where Ray
    gives up, the error is what ``lost`` makes of the reason. ``quiet``: what actors print is not shown.
    """
    with _connected(cluster, hint, quiet) as ray:
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        fewest, most = cluster.workers or (cores, cores)
        retries = -1 if restart else 0
        actor = ray.remote(
            num_cpus=1, num_gpus=cluster.gpus or None, max_restarts=retries, max_task_retries=retries
        )(_Actor)
        shared = ray.put(work)
        actors: list[Any] = []
        #: Tasks at each actor; one that is still to be started takes none.
        load: list[int] = []
        starting: dict[Any, int] = {}
        under_way: dict[Any, int] = {}

        def start(count: int) -> None:
            for number in range(len(actors), count):
                actors.append(actor.remote(shared, str(Path.cwd())))
                load.append(_TASKS)
                starting[actors[number].__ray_ready__.remote()] = number

        def take() -> Iterator[Any]:
            (ready,), _ = ray.wait([*starting, *under_way])
            try:
                answer = ray.get(ready)
            except ray.exceptions.RayError as error:
                raise lost(str(error).strip().rpartition("\n")[2].strip()) from error
            if ready in starting:
                load[starting.pop(ready)] = 0
                return
            load[under_way.pop(ready)] -= 1
            if isinstance(answer, WortlautError):
                raise answer
            yield answer

        start(fewest)
        for task in tasks:
            while min(load) == _TASKS:
                if not starting:
                    start(min(most, 2 * len(actors)))
                yield from take()
            number = load.index(min(load))
            load[number] += 1
            under_way[actors[number].call.remote("do", task)] = number
        while under_way:
            yield from take()
        under_way = {
            each.call.remote("finish"): i for i, each in enumerate(actors) if i not in starting.values()
        }
        while under_way:
            yield from take()


class _Actor:
    """Lives on a node as long as the run. An error is a value: Ray would wrap what is raised."""

    def __init__(self, work: Work, folder: str) -> None:
        # Specs may name files; on this machine the folder is there, elsewhere it may be.
        with suppress(OSError):
            os.chdir(folder)
        self._work = work

    def call(self, act: str, *task: Any) -> Any:
        """What the work's ``do`` or ``finish`` answers."""
        try:
            return getattr(self._work, act)(*task)
        except WortlautError as error:
            return error


@contextmanager
def _connected(cluster: Cluster, hint: str, quiet: bool) -> Iterator[Any]:
    """``ray``, running; what this starts or joins is left at the end.

    Raises MissingExtraError without Ray, and WortlautError where no cluster answers or GPUs are lacking.
    """
    # Nothing is reported to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray = import_module("ray")
    except ImportError as error:
        raise MissingExtraError(
            "ray is not installed",
            where="--engine ray",
            hint="Install it: python -m pip install 'wortlaut[ray]'",
        ) from error
    if ray.is_initialized():
        yield ray
        return
    on_term = signal.getsignal(signal.SIGTERM)
    cores = cluster.workers[1] if cluster.workers and not cluster.address else None
    try:
        if cluster.address:
            _check_answers(cluster.address)
        ray.init(
            # Without "local" it would be whatever cluster somebody happens to have started on this machine.
            cluster.address or "local",
            num_cpus=cores,
            include_dashboard=False,
            log_to_driver=not quiet,
            logging_level=logging.ERROR if quiet else logging.WARNING,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise WortlautError(
            f"no Ray cluster answers: {str(error).partition(chr(10))[0]}",
            where=cluster.address or "ray",
            hint=hint,
        ) from error
    try:
        # Ray takes the signal for itself, and would end the process before it has put its things in order.
        if callable(on_term) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_term)
        if not cluster.address and cluster.gpus > ray.cluster_resources().get("GPU", 0):
            raise WortlautError(
                "this machine has fewer GPUs",
                where=f"--gpus {cluster.gpus:g}",
                hint="Leave out --gpus, or name a cluster by --address.",
            )
        yield ray
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Raises OSError where nothing listens at ``HOST:PORT``: Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdigit() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_TIMEOUT).close()
