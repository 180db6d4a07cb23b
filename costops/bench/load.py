"""A small HTTP load generator: keep-alive connections, each posting one request after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True)
class Load:
    """What a run of requests took: requests per second and seconds per request."""

    rate: float
    p50: float
    p95: float
    p99: float


def summary(seconds: list[float], whole: float) -> Load:
    """The figures of a list of request times and the time that all took together."""
    cuts = quantiles(seconds, n=100)
    return Load(len(seconds) / whole, cuts[49], cuts[94], cuts[98])


def run(host: str, port: int, requests: list[bytes] | Callable[[int], bytes], count: int, connections: int) -> Load:
    """Sends `count` requests over `connections` sockets at once; every answer must be a 2xx.

    `requests` are whole HTTP/1.1 requests, or a function from a number to one.
    """
    make = requests if callable(requests) else requests.__getitem__
    started = time.perf_counter()
    seconds = asyncio.run(_run(host, port, make, count, connections))
    return summary(seconds, time.perf_counter() - started)


def once(host: str, port: int, request: bytes) -> float:
    """How many seconds one request takes over a new connection; the answer must be a 2xx."""
    return asyncio.run(_run(host, port, lambda _: request, 1, 1))[0]


async def _run(host: str, port: int, make: Callable[[int], bytes], count: int, connections: int) -> list[float]:
    numbers = iter(range(count))
    seconds: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=2**24)
        for number in numbers:
            started = time.perf_counter()
            writer.write(make(number))
            status, _ = await _answer(reader)
            seconds.append(time.perf_counter() - started)
            if not 200 <= status < 300:
                raise RuntimeError(f"The server answered {status}.")
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return seconds


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    headers = head.lower()
    if b"content-length:" in headers:
        length = int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return status, await reader.readexactly(length)
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return status, body


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
