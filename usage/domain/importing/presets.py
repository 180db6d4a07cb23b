"""Presets: how the exports of known tools name their columns.

A tool is here only when its columns are documented and each row is one call: sums of many calls would be priced wrongly
where a price depends on the size of a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Preset:
    """A known export: its columns by our fields, columns to leave alone, and the zone of times that name none."""

    title: str
    columns: Mapping[str, str]
    ignored: frozenset[str] = frozenset()
    zone: str | None = None


PRESETS: Final[dict[str, Preset]] = {
    # https://github.com/Azure/AzurePublicDataset/blob/master/AzureLLMInferenceDataset2023.md, and its 2024 edition
    "azure-llm-trace": Preset(
        title="Azure LLM inference traces (AzurePublicDataset, 2023 and 2024)",
        columns={"occurred_at": "TIMESTAMP", "input_tokens": "ContextTokens", "output_tokens": "GeneratedTokens"},
        zone="UTC",
    ),
    # The table LiteLLM_SpendLogs of the LiteLLM proxy's schema.prisma. Its request_id is a primary key.
    "litellm-spend-logs": Preset(
        title="the table LiteLLM_SpendLogs of a LiteLLM proxy, one row a request",
        columns={
            "id": "request_id",
            "occurred_at": "startTime",
            "provider": "custom_llm_provider",
            "model": "model",
            "input_tokens": "prompt_tokens",
            "output_tokens": "completion_tokens",
            "cost": "spend",
            "free": "cache_hit",
            "team": "team_id",
            "user": "user",
        },
        ignored=frozenset({"metadata"}),  # The proxy's own, of any size.
        zone="UTC",
    ),
}
