"""Kills a run at each of its steps and looks at what it left.

``python killed.py build|publish exchange|renames old|none FOLDER [strace]``: what is run, how the folders
change places, and whether there is a release to be replaced. Each run is a fork, so that what it needs is
imported once. A step is a call that changes a folder, as Python's audit events tell it; with ``strace`` a
system call. Prints how often a run was killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from wortlaut.io import folders
from wortlaut.release.build import build
from wortlaut.release.publish import make, publish

ROOT = Path(__file__).parents[2]
_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate"}
_CALLS = (
    "mkdir,rename,renameat2,unlink,unlinkat,rmdir,openat,write,pwrite64,ftruncate,chmod,fchmod,fsync,close,"
    "copy_file_range,sendfile,utimensat"
).split(",")


def forked(work: Callable[[], object]) -> int:
    """How the work ended in a process of its own: 0, or below it the signal that ended it."""
    pid = os.fork()
    if not pid:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_at(step: int, work: Callable[[], object]) -> int:
    def run() -> None:
        done = 0

        def count(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal done
            opened = event == "open" and int(arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            exchanged = event == "ctypes.dlsym" and arguments[1] == "renameat2"
            if opened or exchanged or event in _CHANGES:
                done += 1
                if done == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        work()

    return forked(run)


def killed_by_strace(call: str, number: int, work: Callable[[], object]) -> int:
    ready, go = os.pipe()
    pid = os.fork()
    if not pid:
        os.read(ready, 1)
        try:
            work()
        finally:
            os._exit(0)
    tracer = subprocess.Popen(
        [
            "strace",
            "-f",
            "-o",
            os.devnull,
            "-p",
            str(pid),
            "-e",
            f"inject={call}:signal=SIGKILL:when={number}",
        ],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr is not None
    assert b"attached" in tracer.stderr.readline()
    os.write(go, b".")
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    tracer.communicate()
    os.close(ready)
    os.close(go)
    return ended


def content(folder: Path) -> dict[str, bytes] | None:
    if not folder.exists():
        return None
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kills(strace: bool, work: Callable[[], object], *, every: bool = True) -> Iterator[int]:
    """Runs the work until it has been killed at every step; yields after each.

    Without ``every`` each kind of call is met its first three times, then ever more rarely.
    """
    for call in _CALLS if strace else ("",):
        number = 0
        while True:
            number += 1 if every else 1 + number // 3
            ended = killed_by_strace(call, number, work) if strace else killed_at(number, work)
            if ended == 0:
                break
            assert ended == -signal.SIGKILL, ended
            yield number


def main(what: str, how: str, before: str, folder: Path, strace: bool) -> None:
    root, out, old, new = (folder / name for name in ("root", "place/out", "old", "new"))
    shutil.copytree(ROOT / "tests/cases/validate/clean", root)
    shutil.copy(ROOT / "annotations/statement.yaml", root / "annotations/statement.yaml")
    out.parent.mkdir()
    # The card names the folder that it stands in.
    make(root, old, target=str(out), stand_off=False)
    gold = root / "annotations/gold/brief.jsonl"
    gold.write_text(gold.read_text("utf-8").replace('"annotator": "beispiel"', '"annotator": "wir"'), "utf-8")
    release = make(root, new, target=str(out), stand_off=False)
    if how == "renames":
        folders._exchanged = lambda one, other: False
    first = content(old) if before == "old" else None
    allowed = [first, content(new)]

    def work() -> None:
        if what == "publish":
            publish(release, str(out))
        else:
            build(root, out)

    def reset() -> None:
        shutil.rmtree(out, ignore_errors=True)
        if first is not None:
            shutil.copytree(old, out)

    reset()
    seen, gone = 0, 0
    # A build writes many small pieces, each of which leaves the same behind.
    for number in kills(strace, work, every=not (strace and what == "build")):
        seen += 1
        left = content(out)
        if left not in allowed:
            # Between two renames there is nothing under the name until the next run begins.
            assert (how, left) == ("renames", None), (number, left and sorted(left))
            gone += 1
            with folders.parts_of(out):
                assert content(out) == first
        assert forked(work) == 0
        assert content(out) == allowed[1], number
        assert [path.name for path in out.parent.iterdir()] == ["out"], number
        reset()
    assert content(out) == first or content(out) == allowed[1]
    assert (gone > 0) == (how == "renames" and before == "old"), gone
    print(seen)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]), "strace" in sys.argv)
