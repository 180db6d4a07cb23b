"""Importing: files of calls that were made elsewhere become usage, once, however often the import is run.

``mapping`` which column is which field; ``presets`` mappings of known exports; ``cells`` from what a file holds to
values; ``sources`` CSV, JSON Lines and Parquet, streamed; ``rows`` from a row to a call; ``rejects`` lines that could
not be taken; ``run`` all of it, posted to the ledger in batches.
"""

from usage.domain.importing.mapping import Mapping, MappingError, read_mapping
from usage.domain.importing.presets import PRESETS, Preset
from usage.domain.importing.rejects import Reject
from usage.domain.importing.run import Progress, Summary, import_file
from usage.domain.importing.sources import FORMATS, SourceError

__all__ = [
    "FORMATS",
    "PRESETS",
    "Mapping",
    "MappingError",
    "Preset",
    "Progress",
    "Reject",
    "SourceError",
    "Summary",
    "import_file",
    "read_mapping",
]
