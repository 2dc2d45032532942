"""wortlaut probes: what they test, and fresh ones as a corpus."""

from __future__ import annotations

import pytest
from command import run

from wortlaut.corpus.load import load_corpus


def test_it_lists_what_they_test(tmp_path):
    done = run("probes", "--seed", "1", "--size", "4", "--only", "er-sie", cwd=tmp_path)
    assert done.returncode == 0 and "1 phenomenon, 4 items, 2 pairs" in done.stdout
    assert "made text" in done.stdout and max(map(len, done.stdout.splitlines())) <= 120


def test_it_writes_a_corpus_like_any_other(tmp_path):
    asked = ("probes", "--seed", "7", "--size", "4", "--half", "test", "--only", "er-sie", "-o")
    assert run(*asked, "fresh", cwd=tmp_path).returncode == 0
    made = load_corpus(f"native:{tmp_path / 'fresh'}")
    assert made.hash == load_corpus("probes?seed=7&size=4&half=test&only=er-sie").hash
    assert dict(made[0].meta)["contrast"] == "er-sie"
    again = run(*asked, "fresh", cwd=tmp_path)
    assert again.returncode == 2 and "is there already" in again.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--seed", "1", "--only", "nothing"), "unknown phenomenon, contrast or template 'nothing'"),
        (("--seed", "1", "--half", "train"), "unknown half 'train'"),
        (("--seed", "1", "-o", "x.jsonl"), "the format does not show in the name"),
    ],
)
def test_what_cannot_be_made_ends_with_2(tmp_path, args, told):
    done = run("probes", *args, cwd=tmp_path)
    assert done.returncode == 2 and told in done.stderr and not list(tmp_path.iterdir())
