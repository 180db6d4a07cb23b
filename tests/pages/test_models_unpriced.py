"""The page of models tells of every call without a price, however old, and what those lack whose name has one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import budget, call, now, person, share, spend
from tests.pages.reading import text_of
from usage.domain import reprice
from usage.domain.aliases import create_alias, draft_alias
from usage.models import UsageEvent

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
LONG_AGO = datetime(2023, 11, 16, 18, tzinfo=UTC)


def test_calls_without_a_price_of_any_age_are_shown_and_can_be_priced(signed_in: SignIn) -> None:
    spend(call(at=LONG_AGO, model="house", input_tokens=1_000_000))
    client = signed_in("finance")
    text = text_of(client.get("/models/"))
    assert "1 call left out of all sums" in text
    assert "house openai 1 Nov 16, 2023" in text
    begins = now() - timedelta(days=2_000)
    create_alias(draft_alias(pattern="house", priced_model="gpt-4", now=begins), None, begins, reprice=False)
    assert "has a price by now Look again" in text_of(client.get("/models/"))
    client.post("/models/price-again/", {"model": "house", "provider": "openai"})
    assert reprice.run_waiting(now()) == 1
    assert UsageEvent.objects.get().cost == 30
    assert "Every call has a price" in text_of(client.get("/models/"))


@pytest.mark.parametrize(
    ("provider", "model", "used", "lack"),
    [
        ("azure", "gpt-5.1", {"service_tier": "flex", "input_tokens": 10}, "no rate for flex calls"),
        ("groq", "llama-3.3-70b-versatile", {"service_tier": "batch", "input_tokens": 10}, "no rate for batch calls"),
        ("openai", "gpt-4", {"input_tokens": 10, "cached_input_tokens": 5}, "no rate for cached input"),
        ("openai", "gpt-4", {"web_searches": 1}, "no rate for web searches"),
        ("openai", "gpt-4", {"output_tokens": 10, "audio_output_tokens": 5}, "no rate for audio output"),
        ("openai", "text-embedding-3-small", {"input_tokens": 5, "output_tokens": 10}, "no rate for output"),
    ],
)
def test_a_tier_or_kind_without_a_rate_is_named_and_a_price_offered(
    signed_in: SignIn, provider: str, model: str, used: dict[str, object], lack: str
) -> None:
    spend(call(provider=provider, model=model, **used))
    client = signed_in("finance")
    page = client.get("/models/")
    assert f"{lack} Set a price" in text_of(page)
    assert "Look again" not in text_of(page)
    assert f"?give=contract&amp;pattern={model}&amp;provider={provider}#give" in page.content.decode()


def test_calls_of_which_one_tier_has_a_price_by_now_are_looked_at_again_and_then_tell_what_the_others_lack(
    signed_in: SignIn,
) -> None:
    begins, at = now() - timedelta(days=9), now() - timedelta(hours=30)
    tiers = [call(at=at, provider="azure", model="house", input_tokens=10, service_tier=t) for t in ("default", "flex")]
    spend(*tiers)
    create_alias(draft_alias(pattern="house", priced_model="gpt-5.1", now=begins), None, begins, reprice=False)
    client = signed_in("finance")
    assert "has a price by now Look again" in text_of(client.get("/models/"))
    client.post("/models/price-again/", {"model": "house", "provider": "azure"})
    assert reprice.run_waiting(now()) == 1
    text = text_of(client.get("/models/"))
    assert "no rate for flex calls Set a price" in text
    assert "Look again" not in text


def test_a_price_of_today_is_no_price_for_calls_before_it(signed_in: SignIn) -> None:
    spend(call(at=LONG_AGO, model="house", input_tokens=10))
    yesterday = now() - timedelta(days=1)
    draft = draft_alias(pattern="house", priced_model="gpt-4", effective_from=yesterday, now=now())
    create_alias(draft, None, now(), reprice=False)
    text = text_of(signed_in("finance").get("/models/"))
    assert "no price for the time of its calls Set a price" in text
    assert "Look again" not in text


def test_what_calls_lack_is_told_of_those_alone_that_the_person_may_see(signed_in: SignIn) -> None:
    mine, user = budget("Mine", 5, scope={"teams": ["mine"]}), person("viewer")
    share(mine, user)
    spend(
        call(model="gpt-4", team="mine", web_searches=1),
        call(model="gpt-4", team="others", input_tokens=1, service_tier="flex"),
    )
    text = text_of(signed_in(user).get("/models/"))
    assert "no rate for web searches" in text
    assert "flex" not in text


def test_the_page_asks_as_often_for_forty_names_as_for_two(signed_in: SignIn) -> None:
    create_alias(draft_alias(pattern="house-*", priced_model="gpt-4", now=now()), None, now(), reprice=False)
    client, counts = signed_in("finance"), []
    for names in (range(2), range(2, 40)):
        spend(*[call(model=f"house-{name}", web_searches=1) for name in names])
        client.get("/models/")
        with CaptureQueriesContext(connection) as queries:
            assert text_of(client.get("/models/")).count("no rate for web searches") == names.stop
        counts.append(len(queries))
    assert counts[0] == counts[1]
