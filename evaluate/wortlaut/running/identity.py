"""What an extractor is, so that a run that goes on after a stop goes on with the same one."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from wortlaut.extractors.registry import BUILT_IN, GROUP, PREFIXES, Spec
from wortlaut.io.files import file_hash
from wortlaut.version import VERSION


def identity(spec: str) -> dict[str, str]:
    """The spec itself, the version of what brings it, and the SHA-256 of each file that its target names.

    Not seen: what a program or a module imports, what lies behind a name of the Hub or an address, and the
    files of options, which may be caches. Raises DataError for a spec that is none.
    """
    parsed = Spec.parse(spec)
    found = {"spec": spec, "wortlaut": VERSION}
    head, _, rest = parsed.target.partition(":")
    if head in PREFIXES and rest:
        found |= _versions([module for module, _ in PREFIXES[head][1].needs])
        # A program's command line names its script; other prefixes take a file or a folder.
        with suppress(ValueError):
            for word in shlex.split(rest) if head == "cmd" else [rest]:
                found |= dict(_files(Path(word)))
    elif parsed.target in BUILT_IN:
        found |= _versions([module for module, _ in BUILT_IN[parsed.target].needs])
    elif head.endswith(".py"):
        found |= dict(_files(Path(head)))
    else:
        points = metadata.entry_points(group=GROUP, name=parsed.target)
        modules = [point.module for point in points] or [head]
        found |= _versions([module.partition(".")[0] for module in modules])
        for module in modules:
            with suppress(ImportError, ValueError):
                place = importlib.util.find_spec(module)
                if place is not None and place.origin is not None:
                    found |= {f"module {module}": file_hash(Path(place.origin))}
    return found


def _versions(modules: list[str]) -> dict[str, str]:
    """Of the distributions that bring the modules."""
    # Which takes a fifth of a second.
    known = metadata.packages_distributions() if modules else {}
    return {
        name: metadata.version(name)
        for module in modules
        for name in sorted(set(known.get(module, ())))
        if name != "wortlaut"
    }


def _files(path: Path) -> Iterator[tuple[str, str]]:
    """``file NAME`` and its digest, of one file or of all below a folder."""
    with suppress(OSError, ValueError):
        if path.is_file():
            yield f"file {path}", file_hash(path)
        elif path.is_dir():
            files = (file for file in sorted(path.rglob("*")) if file.is_file())
            lines = "".join(f"{file.relative_to(path).as_posix()}\0{file_hash(file)}\n" for file in files)
            yield f"folder {path}", sha256(lines.encode()).hexdigest()
