"""What describes the calls of one program: its models with their tokens, who calls, where and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MOSTLY_PROD: Final[Mapping[str | None, int]] = {"prod": 92, "staging": 5, "development": 3}


@dataclass(frozen=True)
class Kind:
    """One kind of call: a model, its share of a workload's calls, and its median tokens.

    `cached` is the share of the input that a cache held, `reasoning` the share of the output that was reasoning.
    """

    provider: str
    model: str
    weight: int
    input_tokens: int
    output_tokens: int
    cached: float = 0.0
    reasoning: float = 0.0
    tier: str = "default"


@dataclass(frozen=True)
class Workload:
    """Calls of one program. `calls` is how many there are on a weekday of the last month, before growth is counted.

    `environments` are weights. `began` and `ended` are days ago, the first and the last with calls. Its calls move from
    `kinds` to `moves_to`, where that is given.
    """

    project: str | None
    team: str | None
    calls: int
    kinds: tuple[Kind, ...]
    environments: Mapping[str | None, int]
    users: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    moves_to: tuple[Kind, ...] = ()
    began: int | None = None
    ended: int = 0
    weekend: float = 0.35
    growth: float = 0.15  # by how much calls grew over the 120 days
    runs_away: bool = False
    nightly: bool = False
    at_once: bool = False  # within four hours of the afternoon


def people(*names: str) -> tuple[str, ...]:
    """The addresses of people of the company, as calls name them."""
    return tuple(f"{name}@company.com" for name in names)
