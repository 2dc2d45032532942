"""The engine of a cluster: Ray Data with a pool of actors, a shard at a time.

Each actor keeps one worker process of the local engine: a hang, a crash or a leak is dealt with beside the
document, and Ray deals with actors and machines that get lost. Actors read Parquet and JSON Lines themselves
and write the shards themselves; what comes back is a line for the manifest.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from wortlaut.document import Text
from wortlaut.errors import MissingExtraError, WortlautError
from wortlaut.formats.shards import Shard
from wortlaut.scale.local import Counted, Job, Outcome, check_failures, run_local
from wortlaut.scale.pool import Pool
from wortlaut.scale.shards import Quarantined
from wortlaut.scale.source import Piece, Source, read
