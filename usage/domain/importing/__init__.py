"""Importing: files of calls that were made elsewhere become usage, once, however often the import is run.

``mapping`` which column is which field; ``presets`` mappings of known exports; ``cells`` from what a file holds to
values; ``sources`` CSV, JSON Lines and Parquet, streamed; ``rows`` from a row to a call; ``rejects`` lines that could
not be taken; ``run`` all of it, posted to the ledger in batches. All but ``run`` are pure.
"""
