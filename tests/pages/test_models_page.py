"""The page of models: what has no price, and giving it one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of
from usage.models import ModelAlias, PriceOverride
from wire.templatetags.moments import short_day

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
ALIAS = {"pattern": "acme-llm-2", "provider": "openai", "priced_model": "gpt-4o"}


def unpriced(**labels: str) -> None:
    """Ten calls of a model that nobody has a price for, a million tokens in each."""
    spend(*[call(model="acme-llm-2", input_tokens=1_000_000, **labels) for _ in range(10)])


def test_unpriced_models_come_first_with_their_calls(signed_in: SignIn) -> None:
    unpriced()
    spend(call(3, model="gpt-4o"))
    text = text_of(signed_in().get("/models/"))
    assert "10 calls left out of all sums" in text
    assert text.index("acme-llm-2") < text.index("gpt-4o openai 1 $3.00")


def test_a_preview_tells_what_would_change_and_changes_nothing(signed_in: SignIn) -> None:
    unpriced()
    page = signed_in("finance").post("/models/", ALIAS | {"preview": "yes"})
    assert "10 past calls change: +$25.00 in all. Without a price: 10 before, 0 after." in text_of(page)
    assert not ModelAlias.objects.exists()


def test_an_alias_is_added_and_ended(signed_in: SignIn) -> None:
    unpriced()
    client = signed_in("finance")
    assert "acme-llm-2 is priced as gpt-4o" in text_of(client.post("/models/", ALIAS, follow=True))
    alias = ModelAlias.objects.get()
    assert "Calls before now keep their price" in text_of(client.get(f"/models/aliases/{alias.pk}/end/"))
    client.post(f"/models/aliases/{alias.pk}/end/")
    alias.refresh_from_db()
    assert alias.effective_to is not None


def test_a_model_without_a_price_is_no_cure(signed_in: SignIn) -> None:
    page = signed_in("finance").post("/models/", ALIAS | {"priced_model": "gpt-4oo"})
    assert "Did you mean gpt-4o?" in text_of(page)
    assert not ModelAlias.objects.exists()


@pytest.mark.parametrize("role", ["lead", "approver", "engineer", "viewer"])
def test_others_look_but_set_nothing(signed_in: SignIn, role: str) -> None:
    client = signed_in(role)
    assert "Set a price" not in text_of(client.get("/models/"))
    assert client.post("/models/", ALIAS).status_code == 403
    assert client.post("/models/aliases/1/end/").status_code == 403
    assert not ModelAlias.objects.exists()


def test_nobody_sees_models_of_usage_that_is_not_charged_to_a_budget_of_theirs(signed_in: SignIn) -> None:
    mine = budget("Mine", 5, scope={"teams": ["mine"]})
    user = person("viewer")
    share(mine, user)
    spend(call(3, model="gpt-4o", team="mine"), call(3, model="gpt-4", team="others"))
    unpriced(team="others")
    text = text_of(signed_in(user).get("/models/"))
    assert "gpt-4o" in text
    assert "gpt-4 " not in text
    assert "acme-llm-2" not in text


def test_who_sees_a_part_of_the_usage_is_told_that_it_is_a_part(signed_in: SignIn) -> None:
    mine, user = budget("Mine", 5, scope={"teams": ["mine"]}), person("engineer")
    share(mine, user)
    spend(call(3, model="gpt-4o", team="mine"))
    unpriced(team="others")
    text = text_of(signed_in(user).get("/models/"))
    assert "Every call that you may see has a price" in text
    assert "In use calls you may see, since" in text
    unpriced(team="mine")
    assert "10 calls that you may see left out of all sums" in text_of(signed_in(user).get("/models/"))
    assert "you may see" not in text_of(signed_in("finance").get("/models/"))


def test_the_names_in_use_are_those_of_whole_days(signed_in: SignIn) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight - timedelta(days=89)
    spend(call(2, at=first.astimezone(UTC), model="gpt-4o"))
    spend(call(3, at=first.astimezone(UTC) - timedelta(hours=1), model="gpt-4"))
    text = text_of(signed_in().get("/models/"))
    assert f"since {short_day(first.date())} · prices per million tokens" in text
    assert "All 1 name 1 $2.00" in text
    explorer = text_of(signed_in().get("/usage/?range=90d&by=model"))
    assert "$2.00" in explorer
    assert "$5.00" not in explorer


def test_the_names_add_up_to_those_of_the_explorer(signed_in: SignIn) -> None:
    spend(call(2, model="gpt-4o"), call(3, model="gpt-4o", provider="azure"), call(4, model="gpt-4"))
    client = signed_in()
    assert "All 3 names 3 $9.00" in text_of(client.get("/models/"))
    unpriced()
    spend(call(1, model="once-unpriced"))
    long_ago = now() - timedelta(days=200)
    spend(*[call(at=long_ago, model="once-unpriced", input_tokens=1) for _ in range(5)])
    assert "All 4 names with a price 1 more without, above 4 $10.00" in text_of(client.get("/models/"))
    assert "All 5 $10.00" in text_of(client.get("/usage/?range=90d&by=model&by=provider"))


def test_a_name_in_use_leads_to_its_usage(signed_in: SignIn) -> None:
    spend(call(2, model="gpt-4o", team="a"), call(3, model="gpt-4o", provider=None, team="b"), call(9, model="gpt-4"))
    client = signed_in()
    links = re.findall(r'href="(/usage/\?[^"]+)">gpt-4o</a>', client.get("/models/").content.decode())
    pages = [text_of(client.get(unescape(link))) for link in links]
    assert ["All $3.00" in pages[0], "All $2.00" in pages[1]] == [True, True]
    assert "no provider" in pages[0]


def test_every_price_tells_since_when_as_far_as_anybody_knows(signed_in: SignIn) -> None:
    spend(call(2, model="gpt-4o"), call(3, model="o3"), call(1, model="gpt-4.1", provider="github-copilot"))
    text = text_of(signed_in().get("/models/"))
    assert re.search(r"gpt-4o openai .*? List price as of genai-prices [\d.]+ ", text)
    assert re.search(r"o3 openai .*? List price since Jun 10, 2025 ", text)
    assert "List price undated in our own table" in text


def offered(client: Client, what: str, **query: str) -> list[tuple[str, str]]:
    """The names that are offered, each with what is said beside it."""
    page = client.get(f"/models/names/{what}/", query).content.decode()
    return re.findall(r'data-value="([^"]*)"><span>[^<]*</span>(?:<small>([^<]*)</small>)?', page)


def test_models_and_providers_are_completed_from_those_in_use_and_the_price_list(signed_in: SignIn) -> None:
    spend(call(2, model="gpt-4-house", provider="open-ai"), call(1, model="gpt-4", provider="acme cloud"))
    spend(call(model="gpt-4-unpriced", input_tokens=1, provider="acme cloud"))
    client = signed_in("finance")
    names = offered(client, "models", q="GPT-4")
    assert [name for name, _ in names[:3]] == ["gpt-4", "gpt-4-house", "gpt-4-unpriced"]
    assert len(names) == 8
    priced = [name for name, _ in offered(client, "priced", q="gpt-4")]
    assert priced[0] == "gpt-4"
    assert "gpt-4-unpriced" not in priced
    assert offered(client, "priced", q="claude-opus-4-1", priced_provider="mistral") == []
    assert offered(client, "priced", q="gpt-4o-mini", priced_provider="azure")[0] == ("gpt-4o-mini", "azure")
    assert [name for name, _ in offered(client, "providers", q="a")][:2] == ["acme cloud", "anthropic"]
    assert offered(client, "models", q="") == offered(client, "models", q="\x00") == []


@pytest.mark.parametrize("what", ["models", "priced", "providers"])
def test_who_sets_no_prices_is_offered_no_names(signed_in: SignIn, client: Client, what: str) -> None:
    assert signed_in("engineer").get(f"/models/names/{what}/?q=gpt").status_code == 403
    assert client.get(f"/models/names/{what}/?q=gpt").status_code == 302


def test_many_aliases_and_contract_prices_are_paged_each_by_itself(signed_in: SignIn) -> None:
    since = now()
    ModelAlias.objects.bulk_create(
        ModelAlias(pattern=f"house-{n:03}", priced_model="gpt-4", effective_from=since) for n in range(120)
    )
    PriceOverride.objects.bulk_create(
        PriceOverride(model_pattern=f"deal-{n:03}", percent_off=5, effective_from=since) for n in range(120)
    )
    client, seen = signed_in("finance"), set()
    for page in range(1, 4):
        html = client.get(f"/models/?aliases={page}&contracts={page}").content.decode()
        seen |= set(re.findall(r"(?:house|deal)-\d{3}", html))
    assert len(seen) == 240
