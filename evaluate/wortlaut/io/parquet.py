"""Opening a Parquet file that somebody else wrote: whole, and of a size that memory holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from wortlaut.errors import DataError
from wortlaut.io import memory

_BROKEN = "It may be cut short or damaged: fetch it again, or write it anew."
#: Packed bytes of a column that are looked into: no honest one of this size unpacks to more than is allowed.
_SMALL = 1 << 24


@contextmanager
def opened(file: IO[bytes], where: str, most: int | None = None) -> Iterator[Any]:
    """A :class:`pyarrow.parquet.ParquetFile`. Raises DataError, also while it is read, where it is damaged.

    What a row group takes when it is unpacked is told before it is: more than ``most`` bytes (by default what
    :func:`wortlaut.io.memory.allowed` says) is an error, too.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file, page_checksum_verification=True)
        _check_size(table, file, where, memory.allowed() if most is None else most)
        yield table
    except DataError:
        raise
    # What Arrow says over other bytes: its own errors, OSError without a number, and Python's over bad UTF-8.
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        said = str(error).strip().partition("\n")[0]
        raise DataError(f"cannot be read as Parquet: {said}", where=where, hint=_BROKEN) from error


def _check_size(table: Any, file: IO[bytes], where: str, most: int) -> None:
    for number in range(table.num_row_groups):
        group = table.metadata.row_group(number)
        columns = [group.column(at) for at in range(group.num_columns)]
        place = f"{where}, row group {number + 1}"
        size = sum(max(column.total_uncompressed_size, 8 * column.num_values) for column in columns)
        memory.check(size, place, most)
        # What a dictionary holds once can stand in every row.
        for column in columns:
            rows = column.num_values * column.total_uncompressed_size
            if rows > most and column.total_compressed_size < _SMALL and column.physical_type == "BYTE_ARRAY":
                size += _repeated(file, number, column.path_in_schema)
                memory.check(size, place, most)


def _repeated(file: IO[bytes], group: int, column: str) -> int:
    """Bytes of the values of a column, each counted as often as it stands there."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.ParquetFile(file, read_dictionary=[column])
    size = 0
    for batch in table.iter_batches(row_groups=[group], columns=[column], use_threads=False):
        values = batch.column(0)
        while not hasattr(values, "dictionary"):
            values = values.flatten() if hasattr(values, "value_lengths") else values.field(0)
        lengths = pc.binary_length(values.dictionary)
        size += pc.sum(lengths.take(values.indices)).as_py() or 0
    return int(size)
