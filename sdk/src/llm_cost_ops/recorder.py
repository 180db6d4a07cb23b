"""Recording usage: what both trackers share, up to the moment that the courier takes an event."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from llm_cost_ops.backoff import Backoff
from llm_cost_ops.courier import Courier
from llm_cost_ops.events import TagValue, usage_line
from llm_cost_ops.money import Money
from llm_cost_ops.other_keys import say_what_waits
from llm_cost_ops.records import Limits
from llm_cost_ops.sender import OnRejected
from llm_cost_ops.spool import Spool
from llm_cost_ops.spool_folders import folders_of_other_keys
from llm_cost_ops.transport import Transport, Wire


class Recorder:
    """The server's address, the courier, and the recording of usage."""

    def __init__(
        self,
        api_key: str | None = None,
        endpoint: str | None = None,
        *,
        spool_dir: str | os.PathLike[str] | None = None,
        timeout: float = 10.0,
        close_timeout: float = 5.0,
        on_rejected: OnRejected | None = None,
        backoff: Backoff | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Sets up a tracker; make one and keep it. Nothing is sent yet.

        `api_key` and `endpoint` fall back on LCOPS_API_KEY and LCOPS_ENDPOINT. `spool_dir` is where usage waits while
        the server is away; by default a folder of this server and key in the user's state folder. `timeout` is for
        one answer, `close_timeout` for sending what is left at the end, in seconds. `on_rejected(event, errors)` is
        called in a background thread for every event that the server will not have. `backoff` and `limits` tune the
        waiting. Raises ConfigurationError.
        """
        self._wire = Wire(api_key, endpoint, timeout)
        self._backoff = backoff or Backoff()
        folders = self._wire.spool_folders(spool_dir)
        self._transport = Transport(self._wire, self._backoff)
        self._courier = Courier(
            self._transport,
            lambda: Spool(folders),
            backoff=self._backoff,
            limits=limits or Limits(),
            on_rejected=on_rejected,
            close_timeout=close_timeout,
        )
        self._courier.send_leftovers()
        if spool_dir is None:
            for folder in folders_of_other_keys(folders):
                say_what_waits(folder)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self._wire.endpoint!r})"

    def record_usage(
        self,
        provider: str,
        model: str,
        *,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cached_input_tokens: int = 0,
        cache_write_tokens: int = 0,
        cache_write_1h_tokens: int = 0,
        reasoning_tokens: int = 0,
        audio_input_tokens: int = 0,
        audio_output_tokens: int = 0,
        web_searches: int = 0,
        service_tier: str | None = None,
        cost: Money | None = None,
        free: bool = False,
        project: str | None = None,
        environment: str | None = None,
        department: str | None = None,
        team: str | None = None,
        user: str | None = None,
        tags: Mapping[str, TagValue] | None = None,
        reservation_id: str | uuid.UUID | None = None,
        metadata: Mapping[str, Any] | None = None,
        id: str | uuid.UUID | None = None,
        occurred_at: datetime | None = None,
    ) -> str:
        """Records one call; returns the event's id. Neither waits for the server nor raises on its account.

        Token counts and searches are whole numbers: `input_tokens` is everything that went in, cached input, cache
        writes and audio included, `output_tokens` everything that came out, reasoning and audio included.
        `service_tier` is as served: default, batch, flex or priority. `cost` is what the provider reported, in the
        company's currency; without it the server prices the call. A cost of 0 is taken for unknown unless `free`.
        `project`, `environment`, `department`, `team`, `user` and `tags` say whose it is; `metadata` is kept beside
        it and must be plain JSON. `occurred_at` (with a time zone) is now unless given; an `id` of your own needs it,
        and posting the pair again changes nothing.

        Raises ValueError for a value that no server could take: a negative count, a cost that is no number, tags that
        are not text.
        """
        event_id, line = usage_line(
            now=datetime.now(timezone.utc),
            provider=provider,
            model=model,
            tokens={
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "cached_input_tokens": cached_input_tokens,
                "cache_write_tokens": cache_write_tokens,
                "cache_write_1h_tokens": cache_write_1h_tokens,
                "reasoning_tokens": reasoning_tokens,
                "audio_input_tokens": audio_input_tokens,
                "audio_output_tokens": audio_output_tokens,
                "web_searches": web_searches,
            },
            names={
                "service_tier": service_tier,
                "project": project,
                "environment": environment,
                "department": department,
                "team": team,
                "user": user,
            },
            cost=cost,
            free=free,
            tags=tags,
            metadata=metadata,
            reservation_id=reservation_id,
            id=id,
            occurred_at=occurred_at,
        )
        self._courier.record(line)
        return event_id
