"""Parquet that is small as a file and large in memory, told before it is unpacked."""

from __future__ import annotations

from pathlib import Path

import pytest

from wortlaut.errors import DataError
from wortlaut.io import parquet

ONE = "a" * 100_000


@pytest.mark.parametrize(
    ("column", "size"),
    [([ONE] * 500, 50), ([[ONE] * 500], 50), (["x" * 50_000_000], 50), ([{"x": [ONE] * 500}], 50)],
)
def test_what_a_row_group_takes_is_told_before_it_is_taken(tmp_path: Path, column: object, size: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": column}), path, compression="zstd")
    assert path.stat().st_size < 10_000
    before = pa.total_allocated_bytes()
    too_much = pytest.raises(DataError, match=rf"row group 1: takes {size} MB")
    with too_much, path.open("rb") as file, parquet.opened(file, str(path), 40 << 20):
        pass
    assert pa.total_allocated_bytes() - before < 1 << 20
    with path.open("rb") as file, parquet.opened(file, str(path), 60 << 20) as table:
        assert table.metadata.num_rows == len(column)  # type: ignore[arg-type]
