"""Publishing: whole or not at all, into a folder and to a Hub that breaks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from fake_hub import TOKEN, running
from shared import ROOT

from wortlaut.corpus.load import load_corpus
from wortlaut.errors import DataError, WortlautError
from wortlaut.release import publish as publishing
from wortlaut.release.checks import validate
from wortlaut.release.publish import check_target, describe, make, publish

CLEAN = ROOT / "tests/cases/validate/clean"
REPO = "haus/brief"
#: Four configurations of the article, and the probes in two splits.
TABLES = 6


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def root(tmp_path):
    shutil.copytree(CLEAN, tmp_path / "root")
    shutil.copy(ROOT / "annotations/statement.yaml", tmp_path / "root/annotations/statement.yaml")
    return tmp_path / "root"


@pytest.fixture
def release(root, tmp_path):
    return make(root, tmp_path / "release", stand_off=False)


@pytest.fixture
def hub(monkeypatch):
    """A Hub on loopback that the client talks to; large files go by LFS, pauses are short."""
    import time

    from huggingface_hub import constants

    with running() as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        # As where hf_xet is installed, which this Hub does not speak.
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", False)
        monkeypatch.delenv("HF_HUB_DISABLE_XET", raising=False)
        monkeypatch.setattr("huggingface_hub.hf_api.constants.ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(publishing, "PAUSE", 0.01)
        pause = time.sleep
        monkeypatch.setattr(time, "sleep", lambda seconds: pause(min(seconds, 0.01)))
        yield hub


# ---------------------------------------------------------------- folders


def test_a_folder_is_written_whole_and_replaced_whole(release, tmp_path):
    publish(release, str(tmp_path / "neu" / "ort"))
    assert content(tmp_path / "neu/ort") == content(release.folder)
    assert validate([tmp_path / "neu/ort"]) == []
    (tmp_path / "neu/ort/alt.txt").write_text("x")
    publish(release, str(tmp_path / "neu/ort"))
    assert content(tmp_path / "neu/ort") == content(release.folder)
    assert [path.name for path in (tmp_path / "neu").iterdir()] == ["ort"]


def test_a_folder_with_something_else_stays(release, tmp_path, root):
    before = content(root)
    with pytest.raises(DataError, match="not replaced"):
        publish(release, str(root))
    assert content(root) == before


def test_a_failure_leaves_the_old_release(release, tmp_path, monkeypatch):
    publish(release, str(tmp_path / "ort"))
    before = content(tmp_path / "ort")

    def fail(source, target, **options):
        shutil.copy(next(source.iterdir()), target / "halb")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publishing.shutil, "copytree", fail)
    with pytest.raises(WortlautError, match="No space left"):
        publish(release, str(tmp_path / "ort"))
    assert content(tmp_path / "ort") == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".ort")]


def test_the_card_says_how_to_load_it_from_where_it_is_published(root, tmp_path):
    for target, place, ref in (
        ("hub:haus/brief", '"haus/brief"', "hub:haus/brief"),
        (str(tmp_path / "ort"), "getcwd()", "."),
    ):
        made = make(root, tmp_path / target[-5:], target=target, stand_off=False)
        card = (made.folder / "README.md").read_text("utf-8")
        assert f'load_dataset({place}, "documents", split="test")' in card
        assert f'--corpus "{ref}"' in card


@pytest.mark.long
def test_what_the_card_says_loads_the_folder_whatever_it_is_called(root, tmp_path, monkeypatch):
    import datasets

    (root / "annotations/splits.yaml").write_text("train: [brief]\n", "utf-8")
    target = str(tmp_path / "ort")
    publish(make(root, tmp_path / "made", target=target, stand_off=False), target)
    (tmp_path / "ort").rename(tmp_path / "woanders")
    card = (tmp_path / "woanders/README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    (ref,) = re.findall(r'--corpus "(.*?)"', card)
    monkeypatch.chdir(tmp_path / "woanders")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    found = {}
    exec(code, found)
    assert found["documents"]["id"] == ["brief"]
    assert [document.id for document in load_corpus(ref).documents] == ["brief"]


def test_what_is_shown(release):
    lines = list(describe(release, "hub:haus/brief"))
    assert "WITH the full text" in lines[0] and release.hash in lines[1]
    assert any("datasets/haus/brief" in line for line in lines)
    for name, (size, digest) in release.files.items():
        assert any(name in line and str(size) in line and digest[:16] in line for line in lines)


@pytest.mark.parametrize("target", ["hub:", "hub:brief", "hub:a/b/c", "hub:../x"])
def test_names_that_are_none(target):
    with pytest.raises(DataError, match="no repository"):
        check_target(target)


@pytest.mark.parametrize(
    ("licence", "texts"), [("unknown", False), ("", False), ("cc0-1.0", True), ("other", True)]
)
def test_texts_that_nobody_has_licensed_are_left_out(root, tmp_path, licence, texts):
    """By default; the article of this project is such a text."""
    path = root / "annotations/statement.yaml"
    stated = path.read_text("utf-8")
    assert "\nlicense: unknown\n" in stated
    named = "license_name: own\nlicense_link: LICENSE\n" if licence == "other" else ""
    stated += "evaluation_framework: rahmen\n"
    path.write_text(
        stated.replace("license: unknown\n", f"license: {licence}\n{named}" if licence else ""), "utf-8"
    )
    made = make(root, tmp_path / "release")
    assert ("croissant.json" in made.files) == texts
    assert "eval.yaml" in made.files
    assert made.license == {"cc0-1.0": "cc0-1.0", "other": "own"}.get(licence, "cc-by-4.0")
    benchmark = yaml.safe_load((made.folder / "eval.yaml").read_text("utf-8"))
    assert benchmark["name"] == "Wortlaut" and benchmark["evaluation_framework"] == "rahmen"
    assert benchmark["description"].endswith("The number is F1, strict.")
    tasks, split = ("entities", "quotes", "cues", "speakers", "joint"), "test" if texts else "train"
    assert benchmark["tasks"] == [{"id": id, "config": "documents", "split": split} for id in tasks]


def test_what_is_not_fit_is_not_published(root, tmp_path):
    (root / "annotations/statement.yaml").unlink()
    for stand_off in (False, True):
        with pytest.raises(DataError, match="not fit to be published") as caught:
            make(root, tmp_path / f"release-{stand_off}", stand_off=stand_off)
        assert caught.value.hint.startswith("Write annotations/statement.yaml, ")
        assert "title, summary, curation_rationale" in caught.value.hint
    (root / "annotations/statement.yaml").write_text("title: Briefe\nsummary: Briefe.\n")
    with pytest.raises(DataError, match="not fit") as caught:
        make(root, tmp_path / "release", stand_off=False)
    assert caught.value.hint.startswith("Missing in annotations/statement.yaml: curation_rationale, ")


# ---------------------------------------------------------------- the Hub


def test_one_commit_with_every_file(hub, release):
    url = publish(release, f"hub:{REPO}")
    assert url == f"{hub.url}/datasets/{REPO}/commit/{hub.sha(REPO)}"
    there = dict(hub.files[REPO])
    assert there.pop(".gitattributes") and there == content(release.folder)
    assert hub.calls["send_commit"] == 1 and hub.calls["upload"] == hub.calls["verify"] == TABLES


def test_again_changes_nothing_and_a_new_one_replaces(hub, release, root, tmp_path):
    publish(release, f"hub:{REPO}")
    commits = list(hub.commits[REPO])
    publish(release, f"hub:{REPO}")
    assert hub.commits[REPO] == commits
    hub.commit(REPO, hub.files[REPO] | {"data/alt.parquet": b"alt", "NOTES.md": b"theirs"})
    other = make(root, tmp_path / "other", stand_off=True)
    publish(other, f"hub:{REPO}")
    there = dict(hub.files[REPO])
    # Tables of an older release would be read with the new ones; what others wrote at the top stays.
    tables = [name for name in there if name.startswith("data/")]
    assert len(tables) == 2 and all(name.startswith("data/probes/") for name in tables)
    assert there["NOTES.md"] == b"theirs" and there["README.md"] == content(other.folder)["README.md"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "call", ["create", "info", "tree", "preupload", "batch", "upload", "verify", "send_commit"]
)
def test_resumes_after_a_broken_connection(hub, release, call, when):
    hub.breaks[call] = (1, when)
    publish(release, f"hub:{REPO}")
    there = dict(hub.files[REPO])
    assert there.pop(".gitattributes") and there == content(release.folder)
    # The first commit is that of the new repository.
    assert len(hub.commits[REPO]) == 2


def test_settings_of_the_client_are_as_they_were(hub, release, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_DISABLE_XET", "0")
    seen = []
    hub.before_commit = lambda: seen.append(constants.HF_HUB_DISABLE_XET)
    publish(release, f"hub:{REPO}")
    assert seen == [True] and hub.calls["upload"] == TABLES
    assert constants.HF_HUB_DISABLE_XET is False and os.environ["HF_HUB_DISABLE_XET"] == "0"


@pytest.mark.parametrize("call", ["upload", "send_commit"])
def test_never_half_a_commit(hub, release, call):
    hub.breaks[call] = (1000, "before")
    with pytest.raises(WortlautError, match="connection broke") as caught:
        publish(release, f"hub:{REPO}")
    assert len(hub.commits[REPO]) == 1 and set(hub.files[REPO]) == {".gitattributes"}
    assert TOKEN not in str(caught.value)
    # What had arrived is not sent again.
    sent = hub.calls["upload"]
    hub.breaks.clear()
    publish(release, f"hub:{REPO}")
    assert len(hub.commits[REPO]) == 2
    assert hub.calls["upload"] - sent == (0 if call == "send_commit" else TABLES)


def test_nothing_is_written_over_what_others_wrote(hub, release):
    publish(release, f"hub:{REPO}")
    (release.folder / "README.md").write_text("---\nlicense: mit\n---\nneu\n")

    def meanwhile():
        if len(hub.commits[REPO]) == 2:
            hub.commit(REPO, hub.files[REPO] | {"theirs.txt": b"theirs"})

    hub.before_commit = meanwhile
    with pytest.raises(WortlautError, match="somebody else"):
        publish(release, f"hub:{REPO}")
    assert hub.files[REPO]["README.md"] != b"---\nlicense: mit\n---\nneu\n"


def test_a_login_that_may_not_write(hub, release, monkeypatch):
    hub.refuse = True
    with pytest.raises(WortlautError, match="refuses") as caught:
        publish(release, f"hub:{REPO}")
    assert TOKEN not in str(caught.value)
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    with pytest.raises(WortlautError, match="nobody is logged in"):
        publish(release, f"hub:{REPO}")


# ---------------------------------------------------------------- the command


def run(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-c", "from wortlaut.cli import main; main()", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT / "evaluate")} | environment,
    )


@pytest.mark.long
def test_the_command_asks_and_tells(root, tmp_path):
    asked = run("publish", str(tmp_path / "ort"), cwd=root)
    assert asked.returncode == 2 and "nobody is there to be asked" in asked.stderr
    full = run("publish", str(tmp_path / "ort"), "--dry-run", "--with-text", cwd=root)
    assert full.returncode == 0 and "WITH the full text" in full.stdout and "licence unknown" in full.stdout
    dry = run("publish", str(tmp_path / "ort"), "--dry-run", cwd=root)
    assert dry.returncode == 0 and "without the text" in dry.stdout and "documents.jsonl" in dry.stdout
    assert not (tmp_path / "ort").exists()
    done = run("publish", str(tmp_path / "ort"), "--yes", "--stand-off", cwd=root)
    assert done.returncode == 0 and "published:" in done.stdout
    merged = run("merge", str(tmp_path / "ort"), "seeds", "-o", str(tmp_path / "zurück"), cwd=root)
    assert merged.returncode == 0, merged.stderr
    assert load_corpus(f"native:{tmp_path / 'zurück'}").hash in merged.stdout
    (root / "seeds/brief.txt").write_text("Etwas anderes.\n")
    failed = run("merge", str(tmp_path / "ort"), "seeds", "-o", str(tmp_path / "nein"), cwd=root)
    assert failed.returncode == 2 and "paragraph 1" in failed.stderr and "Traceback" not in failed.stderr


@pytest.mark.long
def test_the_command_publishes_to_the_hub_that_the_environment_names(root):
    with running() as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN}
        done = run("publish", f"hub:{REPO}", "--yes", cwd=root, **settings)
        assert done.returncode == 0, done.stderr
        assert len(hub.commits[REPO]) == 2 and "README.md" in hub.files[REPO]
        assert TOKEN not in done.stdout + done.stderr
        refused = run("publish", f"hub:{REPO}", "--yes", cwd=root, **settings | {"HF_TOKEN": "hf_wrong"})
        assert refused.returncode == 2 and "refuses" in refused.stderr and "hf_wrong" not in refused.stderr
