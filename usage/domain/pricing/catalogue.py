"""Finds a model in the lists of genai-prices, and only when the list really knows it.

genai-prices matches loosely (a prefix, a word inside): ``gemini-1.5-flash-8b`` would be charged as
``gemini-1.5-flash`` and any ``...titan-text-lite...`` as Titan. Here a name counts when a list names it to the letter,
or names it but for the date of a snapshot. Everything else is a model that nobody knows. The data is that of the
installed package; its automatic update over the network is never started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from genai_prices.data import providers as _providers
from genai_prices.types import (
    ClauseAnd,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    MatchLogic,
    ModelInfo,
    Provider,
)

from usage.domain.pricing.spelling import Spelled, bedrock_forms, bedrock_plain, dated_base, snapshot_base, tidy

#: Clouds that sell other makers' models at the makers' own token prices. genai-prices falls back further (DeepSeek,
#: xAI and Moonshot on Azure), but Microsoft charges its own prices for those.
_RESELLS: Final[dict[str, tuple[str, ...]]] = {"azure": ("openai", "anthropic"), "google": ("anthropic",)}

#: Entries that genai-prices carries under a maker who does not sell them: imported there from OpenRouter.
_NOT_SOLD: Final = frozenset(
    {("openai", "gpt-oss-120b"), ("openai", "gpt-oss-20b"), ("openai", "gpt-oss-safeguard-20b")}
)


class Found(NamedTuple):
    """A model that is known: who charges, whose list names it, the name that fitted, and its entry."""

    provider: str
    owner: str
    name: str
    model: ModelInfo


class _Shelf:
    """One provider's list, indexed by the names it writes out."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.exact: dict[str, ModelInfo] = {}
        self.regexes: list[tuple[re.Pattern[str], ModelInfo]] = []
        self.snapshots: dict[str, set[str]] = {}
        self.loose = [model for model in provider.models if any(not _literal(c) for c in _leaves(model.match))]
        for wanted in (True, False):
            for model in self.sold():
                for clause in _leaves(model.match):
                    if isinstance(clause, ClauseRegex):
                        if wanted and clause.regex.startswith("^") and clause.regex.endswith("$"):
                            self.regexes.append((re.compile(clause.regex), model))
                    elif isinstance(clause, ClauseEquals) is wanted:
                        self._add(next(iter(vars(clause).values())), model)
        for model in self.sold():
            if model.is_match(model.id):
                self._add(model.id, model)

    def sold(self) -> Iterator[ModelInfo]:
        """The entries of what the provider really sells."""
        return (model for model in self.provider.models if (self.provider.id, model.id) not in _NOT_SOLD)

    def _add(self, text: str, model: ModelInfo) -> None:
        name = text.lower()
        for form in {name, bedrock_plain(name) if self.provider.id == "aws" else name}:
            self.exact.setdefault(form, model)
        if (base := dated_base(name)) is not None:
            self.snapshots.setdefault(base, set()).add(model.id)

    def named(self, form: str) -> ModelInfo | None:
        """The model that the list names to the letter."""
        if found := self.exact.get(form):
            return found
        return next((model for regex, model in self.regexes if regex.search(form)), None)

    def find(self, name: str) -> ModelInfo | None:
        """The model that the list names to the letter or but for a snapshot's date."""
        if found := self.named(name):
            return found
        loosely = next((model for model in self.loose if model.is_match(name)), None)
        for form in bedrock_forms(name) if self.provider.id == "aws" else (name,):
            base = snapshot_base(form, self.provider.id)
            for known, dated in ((form, False), (base, True)):
                found = self.named(known) if known else None
                if found is not None and (
                    found is loosely or (loosely is None and dated and self._alone(known, found))
                ):
                    return found
        return None

    def _alone(self, base: str | None, model: ModelInfo) -> bool:
        """Whether no other snapshot of this base has an entry, and so perhaps a price, of its own."""
        if self.provider.id == "google" or base is None:
            return False
        return self.snapshots.get(base, set()) <= {model.id}


def _literal(clause: MatchLogic) -> bool:
    return isinstance(clause, ClauseEquals)


def _leaves(clause: MatchLogic) -> Iterator[MatchLogic]:
    if isinstance(clause, ClauseOr):
        for part in clause.or_:
            yield from _leaves(part)
    elif isinstance(clause, ClauseAnd):
        for part in clause.and_:
            yield from _leaves(part)
    else:
        yield clause


@cache
def _shelves() -> dict[str, _Shelf]:
    return {tidy(provider.id): _Shelf(provider) for provider in _providers}


def find(spelled: Spelled) -> Found | None:
    """The entry of the first of the names that the provider's list, or the list it resells from, knows."""
    if spelled.provider is None:
        return None
    shelves = _shelves()
    for owner in (spelled.provider, *_RESELLS.get(spelled.provider, ())):
        shelf = shelves.get(owner)
        for name in spelled.names if shelf else ():
            if shelf and (model := shelf.find(name)):
                return Found(spelled.provider, owner, name, model)
    return None


def known_models() -> Iterator[tuple[str, ModelInfo]]:
    """Every (provider, model) of the lists."""
    for name, shelf in _shelves().items():
        for model in shelf.sold():
            yield name, model
