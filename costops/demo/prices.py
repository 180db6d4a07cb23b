"""What the demo company pays: two vendors' terms, a name of its own for a model, and its team directory."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from django.db import transaction

from accounts.models import User
from costops.demo.model_names import DEPLOYMENT
from usage.domain import ground
from usage.domain.aliases import create_alias, draft_alias
from usage.domain.lock import hold_exclusive
from usage.domain.overrides import create_override, draft_override
from usage.models import TeamDepartment

TEAMS: Final = {
    "backend": "engineering",
    "platform": "engineering",
    "search": "engineering",
    "mobile": "engineering",
    "security": "engineering",
    "labs": "engineering",
    "support": "product",
    "growth": "product",
    "analytics": "product",
    "people": "operations",
    "finance-operations": "operations",
    "legal": "operations",
}
FIRST_TERM: Final = Decimal(5)  # percent off Anthropic's list prices, and what the renewal brought
RENEWED: Final = Decimal(12)
MISTRAL: Final = {"input": Decimal("1.80"), "output": Decimal("5.40")}


def make_directory(since: datetime) -> None:
    """Which department each team belongs to, so that calls need to name their team alone."""
    with transaction.atomic():
        hold_exclusive()
        TeamDepartment.objects.bulk_create(
            TeamDepartment(team=team, department=department, effective_from=since) for team, department in TEAMS.items()
        )
        ground.bump("directory")


def make_prices(finance: User, since: datetime, renewal: datetime) -> None:
    """Contract prices and an alias, agreed at `since`; at `renewal` Anthropic gives more off."""
    agreement = partial(draft_override, provider="anthropic", model_pattern="*", note="Enterprise agreement")
    first = agreement(percent_off=FIRST_TERM, effective_from=since, effective_to=renewal)
    renewed = agreement(percent_off=RENEWED, effective_from=renewal, note="Enterprise agreement, renewed")
    mistral = draft_override(
        provider="mistral",
        model_pattern="mistral-large-latest",
        rates=MISTRAL,
        effective_from=since,
        note="Agreed until the next tender",
    )
    for draft, at in ((first, since), (mistral, since), (renewed, renewal)):
        create_override(draft, finance, at, reprice=False)
    alias = draft_alias(
        provider="azure", pattern=f"{DEPLOYMENT}*", priced_model="gpt-4o", effective_from=since, now=since
    )
    create_alias(alias, finance, since, reprice=False)
