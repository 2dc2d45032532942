"""Extraction on a Ray cluster of two nodes, each with one actor, started here."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from extracted import asked, failures, files, found, jsonl, run, shards, texts
from faulty import SPEC

from wortlaut.errors import DataError, ExtractorError, WortlautError
from wortlaut.formats.shards import read_manifest
from wortlaut.running.on_ray import Cluster

ray = pytest.importorskip("ray", reason="ray is not installed: python -m pip install 'wortlaut[ray]'")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")
pytestmark = pytest.mark.long

WORDS = {5: "RAISE", 13: "GARBAGE", 47: "EXIT"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two nodes with one core each; what is tested joins it by its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster as Nodes

    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        nodes.add_node(num_cpus=1)
        nodes.wait_for_nodes(60)
        yield Cluster(nodes.address, (2, 2))
    finally:
        nodes.shutdown()


def on_ray(corpus: str, out: Path, cluster: Cluster, **options: Any) -> Any:
    return run(corpus, out, engine="ray", cluster=cluster, **options)


def test_it_gives_the_same_bytes_as_the_local_engine_and_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    documents = texts(90, WORDS)
    table = pa.table({"id": list(documents), "text": list(documents.values())})
    corpus = str(tmp_path / "corpus.parquet")
    # Three shards begin in the first row group: one task.
    pq.write_table(table, corpus, row_group_size=50)
    run(corpus, tmp_path / "local")
    done = on_ray(corpus, tmp_path / "ray", cluster)
    assert files(tmp_path / "ray") == files(tmp_path / "local")
    assert (done.documents, done.failures, done.made, done.finds) == (90, 3, 90, ("entities",))
    assert done.restarts >= 1
    manifests = [json.loads((tmp_path / name / "manifest.json").read_bytes()) for name in ("local", "ray")]
    assert manifests[0] == manifests[1]
    # A shard is lost: it, and nothing else, is made anew, by either engine.
    (tmp_path / "ray/shards/00001.parquet").unlink()
    done = on_ray(corpus, tmp_path / "ray", cluster)
    assert (done.made, done.damaged) == (20, ("shards/00001.parquet",))
    assert files(tmp_path / "ray") == files(tmp_path / "local")
    assert run(corpus, tmp_path / "ray").made == 0


def test_a_corpus_that_only_one_can_read_and_its_faults(cluster: Cluster, tmp_path: Path) -> None:
    documents = texts(50)
    corpus = f"predictions:{jsonl(tmp_path / 'corpus.jsonl', documents)}"
    out = f"file://{tmp_path / 'out'}"
    on_ray(corpus, out, cluster)  # type: ignore[arg-type]
    run(corpus, tmp_path / "local")
    assert shards(tmp_path / "out") == shards(tmp_path / "local")
    assert len(found(out)) == 50
    documents["a0000"] = "Another"
    jsonl(tmp_path / "corpus.jsonl", documents)
    with pytest.raises(DataError, match="the corpus has changed"):
        on_ray(corpus, tmp_path / "out", cluster)


def test_it_reads_json_lines_side_by_side(cluster: Cluster, tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(50))
    run(corpus, tmp_path / "local")
    on_ray(corpus, tmp_path / "ray", cluster)
    assert files(tmp_path / "ray") == files(tmp_path / "local")


def test_what_ends_a_run_is_told_and_what_is_finished_is_kept(cluster: Cluster, tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(100, dict.fromkeys((2, 30, 31, 95), "RAISE")))
    with pytest.raises(ExtractorError, match="more documents failed than --max-failures allows"):
        on_ray(corpus, tmp_path / "out", cluster, max_failures=1)
    done = on_ray(corpus, tmp_path / "out", cluster, max_failures=4)
    assert (done.documents, done.failures) == (100, 4)
    assert set(failures(tmp_path / "out").values()) == {"raised"}
    assert read_manifest(tmp_path / "out").complete
    with pytest.raises(WortlautError, match="no such file"):
        on_ray(corpus, tmp_path / "new", cluster, spec=f"{tmp_path}/none.py:create")
    assert not (tmp_path / "new").exists()
    assert not ray.is_initialized()


def test_a_cluster_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    corpus = jsonl(tmp_path / "corpus.jsonl", texts(5))
    begun = time.monotonic()
    with pytest.raises(WortlautError, match=r"no Ray cluster answers: .*refused\n.*HOST:PORT"):
        on_ray(corpus, tmp_path / "out", Cluster("127.0.0.1:1"))
    assert time.monotonic() - begun < 60, "Ray itself tries for minutes"
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_an_actor_that_is_killed_is_replaced_and_nothing_is_lost(cluster: Cluster, tmp_path: Path) -> None:
    corpus, log = jsonl(tmp_path / "corpus.jsonl", texts(80)), tmp_path / "log"
    killed: list[int] = []

    def kill() -> None:
        while len(asked(log)) < 10:
            time.sleep(0.05)
        worker = log.read_text("utf-8").split()[0]
        killed.append(int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1]))
        os.kill(killed[0], signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    done = on_ray(corpus, tmp_path / "ray", cluster, spec=f"{SPEC}?log={log}&seconds=0.05")
    assert len(killed) == 1
    assert (done.documents, done.failures) == (80, 0)
    run(corpus, tmp_path / "local")
    assert files(tmp_path / "ray") == files(tmp_path / "local")
