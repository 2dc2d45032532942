"""Publishes a release: into a folder, or as one commit to a dataset repository of the Hugging Face Hub."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wortlaut.annotations.file import read_provenance
from wortlaut.annotations.validate import refuse_errors
from wortlaut.errors import DataError, WortlautError
from wortlaut.io.files import file_hash
from wortlaut.io.folders import whole_folder
from wortlaut.release import card, manifest, standoff
from wortlaut.release.build import build
from wortlaut.release.checks import problems
from wortlaut.release.manifest import CARD

#: How often a publication to the Hub is tried where the connection breaks, and the first pause in seconds.
ATTEMPTS = 4
PAUSE = 1.0
#: What a release may hold beside its own top files, and what is removed from there when it is gone.
_OURS = ("data/", "annotations/")
_HUB = "hub:"
#: Classes of errors by which client libraries tell that a connection broke.
_BROKEN = {"TransportError", "ConnectionError", "Timeout", "TimeoutError"}
_NAME = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


@dataclass(frozen=True, slots=True)
class Release:
    """What will be published: the folder it lies in, its manifest, and each file with size and SHA-256."""

    folder: Path
    format: str
    version: str
    hash: str
    files: dict[str, tuple[int, str]]
    license: str
    rights: tuple[str, ...]

    @property
    def with_text(self) -> bool:
        return self.format == manifest.FORMAT


def make(root: Path, folder: Path, *, target: str = "", stand_off: bool | None = None) -> Release:
    """Builds a release of the repository ``root`` in ``folder`` and checks it; its card names the ``target``.

    Where ``stand_off`` is None, the texts are left out if the statement gives no licence for them.
    Raises DataError for annotations with errors, a card that cannot be published, and words of the text in a
    stand-off release.
    """
    if stand_off or (stand_off is None and not card.licensed(root)):
        refuse_errors(root)
        standoff.write(root, folder)
    else:
        name = target.removeprefix(_HUB)
        build(root, folder, name if name != target else "")
    found = list(problems(folder, whole=True))
    if found:
        name, first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        missing = card.missing(root) if first.rule == "P05" else []
        hint = f"Missing in {card.STATEMENT}: {', '.join(missing)}." if missing else first.fix
        if missing and not (root / card.STATEMENT).is_file():
            hint = f"Write {card.STATEMENT}, a line `KEY: text` for each of: {', '.join(missing)}."
        raise DataError(
            f"not fit to be published: {first.what} ({first.rule}){more}",
            where=f"{name}:{first.line}" if first.line else name,
            hint=hint or f"Say what is missing in {card.STATEMENT}.",
        )
    return _opened(folder, root)


def _opened(folder: Path, root: Path) -> Release:
    """The release in ``folder``; the rights of the texts are told as ``root`` states them."""
    import yaml

    about = manifest.read(folder)
    head = yaml.safe_load((folder / CARD).read_text("utf-8").split("---\n")[1])
    rights = sorted({about.get("rights", "not stated") for about in read_provenance(root / "seeds").values()})
    return Release(
        folder,
        about["format"],
        about["version"],
        about["hash"],
        {name: (path.stat().st_size, file_hash(path)) for name, path in manifest.paths(folder).items()},
        str(head.get("license_name") or head["license"]),
        tuple(rights),
    )


def check_target(target: str) -> None:
    """Raises WortlautError where ``target`` (a folder, or ``hub:OWNER/NAME``) cannot be published to."""
    name = target.removeprefix(_HUB)
    if name == target:
        manifest.refuse_other(Path(target))
    elif not _NAME.fullmatch(name):
        raise DataError(f"{name!r} is no repository of the Hub", hint="Write hub:OWNER/NAME.")


def describe(release: Release, target: str) -> Iterator[str]:
    """What will go where, in lines."""
    kind = "WITH the full text" if release.with_text else "without the text"
    yield f"release {release.version}, {kind}"
    yield f"hash {release.hash}"
    yield f"licence {release.license}; texts: {'; '.join(release.rights) or 'rights not stated'}"
    yield f"to {_place(target)}"
    for name, (size, digest) in release.files.items():
        yield f"  {size:>9} B  {digest[:16]}…  {name}"
    yield f"{len(release.files)} files, {sum(size for size, _ in release.files.values())} B"


def publish(release: Release, target: str) -> str:
    """Publishes to ``target``, whole or not at all; where it is then."""
    check_target(target)
    if target.startswith(_HUB):
        return _to_hub(release, target.removeprefix(_HUB))
    try:
        with whole_folder(Path(target)) as new:
            shutil.copytree(release.folder, new, dirs_exist_ok=True)
    except OSError as error:
        raise WortlautError(
            f"cannot be written: {error.strerror or error}", where=str(Path(target))
        ) from error
    return str(Path(target))


def _place(target: str) -> str:
    if not target.startswith(_HUB):
        return str(Path(target).absolute())
    from huggingface_hub import constants

    return f"{constants.ENDPOINT}/datasets/{target.removeprefix(_HUB)}, one commit"


def _to_hub(release: Release, name: str) -> str:
    """One commit on the state that was found; a broken connection is tried again, and what is there is kept.

    Uploaded files are there under their hash, so that a second try sends only the others; and a commit of
    which only the answer was lost is found done, since nothing differs any more.
    """
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise WortlautError(
            "nobody is logged in to the Hub",
            where=f"hub:{name}",
            hint="Log in with `hf auth login`, or set HF_TOKEN.",
        )
    api = HfApi(library_name="wortlaut")
    head = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            api.create_repo(name, repo_type="dataset", exist_ok=True)
            head = head or str(api.repo_info(name, repo_type="dataset").sha)
            with _by_lfs():
                return _commit(api, release, name, head)
        # Whatever a client library raises: what passes is tried again, all else is told in a sentence.
        except Exception as error:
            if not _passes(error) or attempt == ATTEMPTS - 1:
                raise _told(error, name) from error
    raise AssertionError("unreachable")


@contextmanager
def _by_lfs() -> Iterator[None]:
    """Large files go by LFS, where a broken connection shows at once.

    With hf_xet, which would be taken wherever it is installed, no error had come after 200 seconds, and
    that error does not say whether a second try would help.
    """
    from huggingface_hub import constants

    # The constant is what newer versions look at, the variable what older ones do.
    before = constants.HF_HUB_DISABLE_XET, os.environ.get("HF_HUB_DISABLE_XET")
    constants.HF_HUB_DISABLE_XET, os.environ["HF_HUB_DISABLE_XET"] = True, "1"
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = before[0]
        os.environ.pop("HF_HUB_DISABLE_XET")
        if before[1] is not None:
            os.environ["HF_HUB_DISABLE_XET"] = before[1]


def _commit(api: Any, release: Release, name: str, head: str) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    operations: list[Any] = [
        *(
            CommitOperationAdd(path_in_repo=path, path_or_fileobj=release.folder / path)
            for path in release.files
        ),
        *(
            CommitOperationDelete(path_in_repo=path)
            for path in api.list_repo_files(name, repo_type="dataset")
            if path.startswith(_OURS) and path not in release.files
        ),
    ]
    info = api.create_commit(
        name,
        operations,
        commit_message=f"Release {release.version} ({release.hash[:12]})",
        repo_type="dataset",
        # Nothing is written over what somebody else has written in the meantime.
        parent_commit=head,
    )
    return str(info.commit_url)


def _passes(error: Exception) -> bool:
    """Whether the same call may work a little later: a broken connection, or a server that is busy."""
    status = _status(error)
    if status is not None:
        return status >= 500 or status == 429
    names = {base.__name__ for base in type(error).__mro__}
    # An upload that failed is told by another error, raised from the one that says why.
    return bool(names & _BROKEN) or (isinstance(error.__cause__, Exception) and _passes(error.__cause__))


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _told(error: Exception, name: str) -> WortlautError:
    status = _status(error)
    where = f"hub:{name}"
    if status in (401, 403):
        return WortlautError(
            "the Hub refuses to let this login write",
            where=where,
            hint="Is the token one that may write there? `hf auth whoami` says whose it is.",
        )
    if status in (409, 412):
        return WortlautError(
            "somebody else has written there in the meantime",
            where=where,
            hint="Look at what changed there, and publish again. Nothing was written.",
        )
    if _passes(error):
        return WortlautError(
            f"the connection broke {ATTEMPTS} times: {type(error).__name__}",
            where=where,
            hint="Nothing was committed, or all of it; publish again, and only what is missing is sent.",
        )
    said = str(error).strip().partition("\n")[0]
    return WortlautError(f"the Hub did not take it: {type(error).__name__}: {said}", where=where)
