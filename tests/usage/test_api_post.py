"""POST usage/: what is good goes into the ledger once, what is bad is told by its place and field, and nothing else."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest
from django.test import Client

from tests.factories import Api, api, budget, now, person
from usage.api.documents import PostedEventSerializer
from usage.domain.calls import Call
from usage.models import Attribution, HourlyUsage, UsageEvent

pytestmark = pytest.mark.django_db
GOOD = {"provider": "openai", "model": "gpt-4", "input_tokens": 1_000_000}
ANSWER = {"accepted": 0, "duplicates": 0, "unpriced": 0, "rejected": []}


@pytest.fixture
def engineer() -> Api:
    return api("engineer")


def test_an_event_is_priced_and_in_the_ledger_when_the_answer_comes(engineer):
    response = engineer.post("usage/", {"events": [GOOD]})
    assert (response.status_code, response.json()) == (202, {**ANSWER, "accepted": 1})
    event = UsageEvent.objects.get()
    assert (event.cost, event.api_key_id) == (30, engineer.key.pk)
    assert HourlyUsage.objects.get().cost == 30


def test_every_field_of_an_event_arrives(engineer):
    event = {
        "id": str(uuid.uuid4()),
        "occurred_at": (now() - timedelta(hours=3)).isoformat(),
        "provider": "openai",
        "model": "gpt-4",
        "input_tokens": 100,
        "output_tokens": 50,
        "cached_input_tokens": 10,
        "cache_write_tokens": 5,
        "cache_write_1h_tokens": 4,
        "reasoning_tokens": 7,
        "audio_input_tokens": 3,
        "audio_output_tokens": 2,
        "web_searches": 1,
        "service_tier": "batch",
        "cost": "0.1234567891",
        "free": False,
        "project": "search",
        "environment": "prod",
        "department": "engineering",
        "team": "backend",
        "user": "Ann@company.com",
        "tags": {"feature": "ranking", "try": 2, "beta": True},
        "reservation_id": str(uuid.uuid4()),
        "metadata": {"trace": {"span": [1, 2]}},
    }
    assert set(event) == {field.name for field in msgspec.structs.fields(Call)} == set(PostedEventSerializer().fields)
    assert engineer.post("usage/", {"events": [event]}).json()["accepted"] == 1
    shown = engineer.user and api().get("usage/events/").json()["results"][0]
    assert shown["cost_source"] == "reported"
    assert shown["tags"] == {"feature": "ranking", "try": "2", "beta": "true"}
    told = {name: value for name, value in event.items() if name not in ("free", "tags", "occurred_at")}
    assert {name: shown[name] for name in told} == told


def test_good_events_are_kept_when_others_are_bad(engineer):
    events = [GOOD, {**GOOD, "input_tokens": -1}, {**GOOD, "model": "nobody-knows"}, {**GOOD, "cost": -1618.8}]
    response = engineer.post("usage/", {"events": events})
    assert response.status_code == 202
    answer = response.json()
    assert (answer["accepted"], answer["duplicates"], answer["unpriced"]) == (2, 0, 1)
    assert [(row["index"], list(row["errors"])) for row in answer["rejected"]] == [(1, ["input_tokens"]), (3, ["cost"])]
    assert UsageEvent.objects.count() == 2


def test_metadata_of_which_nobody_sees_the_ground_is_rejected_and_that_of_fifty_levels_is_read_again(engineer):
    def nested(levels: int) -> dict:
        text = '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)
        return {**GOOD, "metadata": json.loads(text)}

    answer = engineer.post("usage/", {"events": [nested(50), nested(51), nested(800)]}).json()
    said = {"metadata": ["Metadata goes at most 50 levels deep."]}
    assert (answer["accepted"], answer["rejected"]) == (1, [{"index": n, "errors": said} for n in (1, 2)])
    assert api().get("usage/events/").json()["results"][0]["metadata"] == nested(50)["metadata"]


def test_an_event_posted_again_is_a_duplicate_within_a_post_and_between_posts(engineer):
    event = {**GOOD, "id": str(uuid.uuid4()), "occurred_at": now().isoformat()}
    assert engineer.post("usage/", {"events": [event, event]}).json() == {**ANSWER, "accepted": 1, "duplicates": 1}
    assert engineer.post("usage/", {"events": [event]}).json() == {**ANSWER, "duplicates": 1}
    assert HourlyUsage.objects.get().cost == 30


def test_a_negative_cost_is_rejected_and_lowers_nothing(engineer):
    company = budget(amount=100)
    admin = api()
    engineer.post("usage/", {"events": [{"cost": "7"}]})
    response = engineer.post("usage/", {"events": [{"cost": -1618.8}]})
    assert response.status_code == 400
    assert response.json()["error"]["fields"] == {"events.0.cost": ["A cost is never negative (-1618.8)."]}
    assert admin.get(f"budgets/{company.pk}/status/").json()["current"] == "7.00"


def test_a_key_fills_dimensions_and_a_locked_one_keeps_them():
    filling = api("engineer", project="search", team="backend")
    locked = api("engineer", project="search", environment="prod", locked=True)
    filling.post("usage/", {"events": [{**GOOD, "project": "chat"}]})
    locked.post("usage/", {"events": [{**GOOD, "project": "chat", "team": "web"}]})
    labels = Attribution.objects.order_by("id").values_list("project", "environment", "team")
    assert list(labels) == [("chat", None, "backend"), ("search", "prod", "web")]


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 202), ("finance", 202), ("lead", 202), ("engineer", 202), ("approver", 403), ("viewer", 403)],
)
def test_roles_that_read_do_not_post(role, status):
    response = api(role).post("usage/", {"events": [GOOD]})
    assert response.status_code == status
    assert UsageEvent.objects.count() == (status == 202)


def test_someone_signed_in_posts_with_their_csrf_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("engineer"))
    token = "a" * 32
    client.cookies["csrftoken"] = token
    options = {"content_type": "application/json", "headers": {"X-CSRFToken": token}}
    response = client.post("/api/v1/usage/", {"events": [GOOD]}, **options)
    assert (response.status_code, response.json()) == (202, {**ANSWER, "accepted": 1})


@pytest.mark.parametrize("use", [lambda key: key.get("budgets/"), lambda key: key.post("usage/", {"events": [GOOD]})])
def test_whatever_a_key_does_it_says_when_it_was_last_used(use):
    key = api("engineer")
    before = now()
    assert use(key).status_code in (200, 202)
    key.key.refresh_from_db()
    assert before <= key.key.last_used_at <= now()


def test_a_revoked_key_and_one_of_someone_who_left_open_nothing(engineer):
    from accounts.domain.keys import forget, revoke_key

    assert engineer.post("usage/", {"events": [GOOD]}).status_code == 202
    revoke_key(engineer.key)
    assert engineer.post("usage/", {"events": [GOOD]}).status_code == 401
    leaver = api("engineer")
    leaver.user.is_active = False
    leaver.user.save()
    forget()
    assert leaver.post("usage/", {"events": [GOOD]}).status_code == 401


def future(**ahead: int) -> str:
    return (now() + timedelta(**ahead)).isoformat()


def events(count: int) -> bytes:
    return b'{"events":[' + b",".join([b'{"cost":1}'] * count) + b"]}"


WHOLE = [
    ("not JSON", b"{", 400, "not JSON"),
    ("nothing", b"", 400, "The body is empty"),
    ("no object", b"[]", 400, "Expected object"),
    ("no events", b"{}", 400, "at least one event"),
    ("an empty list", b'{"events": []}', 400, "at least one event"),
    ("events that are no list", b'{"events": 5}', 400, "Expected array"),
    ("5,001 events", events(5001), 413, "at most 5,000 events; this one has 5,001"),
    ("invalid UTF-8", b'{"events":[{"model":"\xff"}]}', 400, "not UTF-8"),
    ("an unknown field beside events", b'{"events":[{}],"evnts":[]}', 400, "evnts"),
    ("too deep", b'{"events":[{"metadata":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}]}", 400, ""),
]


@pytest.mark.parametrize(("what", "body", "status", "sentence"), WHOLE, ids=[row[0] for row in WHOLE])
def test_a_body_that_cannot_be_taken_is_refused_with_the_reason(engineer, what, body, status, sentence):
    response = engineer.post("usage/", body)
    assert response.status_code == status
    assert sentence in response.json()["error"]["message"]
    assert not UsageEvent.objects.exists()


BAD = [
    ("negative tokens", {"input_tokens": -1}, "input_tokens"),
    ("absurd tokens", {"output_tokens": 10**12}, "output_tokens"),
    ("tokens beyond any number", {"output_tokens": 10**30}, "output_tokens"),
    ("a fraction of a token", {"input_tokens": 1.5}, "input_tokens"),
    ("tokens that are text", {"input_tokens": "many"}, "input_tokens"),
    ("parts larger than their whole", {"input_tokens": 10, "cached_input_tokens": 11}, "input_tokens"),
    ("more reasoning than output", {"output_tokens": 1, "reasoning_tokens": 2}, "output_tokens"),
    ("a cost that is NaN", {"cost": "NaN"}, "cost"),
    ("an infinite cost", {"cost": "Infinity"}, "cost"),
    ("a negative cost", {"cost": -0.01}, "cost"),
    ("an absurd cost", {"cost": 1e300}, "cost"),
    ("a cost that is text", {"cost": "much"}, "cost"),
    ("a free call with a cost", {"cost": 1, "free": True}, "free"),
    ("a time in the future", {"occurred_at": future(hours=2)}, "occurred_at"),
    ("a time long before LLMs", {"occurred_at": "1999-01-01T00:00:00Z"}, "occurred_at"),
    ("a time without its zone", {"occurred_at": "2025-03-01T09:30:00"}, "occurred_at"),
    ("a time that is none", {"occurred_at": "yesterday"}, "occurred_at"),
    ("an id without its time", {"id": str(uuid.uuid4())}, "occurred_at"),
    ("an id that is none", {"id": "42", "occurred_at": "2025-03-01T09:30:00Z"}, "id"),
    ("an unknown field", {"tokens": 5}, "tokens"),
    ("an unknown tier", {"service_tier": "free"}, "service_tier"),
    ("1 MB of tags", {"tags": {f"tag{n}": "x" * 500 for n in range(2000)}}, "tags"),
    ("one tag of 1 MB", {"tags": {"a": "x" * 1_000_000}}, "tags"),
    ("tags that are a list", {"tags": ["a"]}, "tags"),
    ("tags within tags", {"tags": {"a": {"b": "c"}}}, "tags"),
    ("a label without end", {"project": "x" * 201}, "project"),
    ("NUL in a label", {"model": "gpt\x00"}, "model"),
    ("NUL in a tag", {"tags": {"a": "\x00"}}, "tags"),
    ("NUL in a tag's key", {"tags": {"a\x00": "b"}}, "tags"),
    ("NUL in metadata", {"metadata": {"a": ["\x00"]}}, "metadata"),
    ("metadata without end", {"metadata": {"a": "x" * 20_000}}, "metadata"),
    ("no event at all", 5, "event"),
]


@pytest.mark.parametrize(("what", "change", "field"), BAD, ids=[row[0] for row in BAD])
def test_an_event_that_cannot_be_believed_is_refused_by_its_field(engineer, what, change, field):
    event = {**GOOD, "output_tokens": 10, **change} if isinstance(change, dict) else change
    response = engineer.post("usage/", {"events": [event]})
    assert response.status_code == 400
    error = response.json()["error"]
    assert list(error["fields"]) == [f"events.0.{field}"]
    assert error["message"].startswith(f"events.0.{field}: ")
    assert len(response.content) < 2000
    assert (UsageEvent.objects.count(), HourlyUsage.objects.count(), Attribution.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e99999999999999999999"])
def test_numbers_that_json_does_not_have(engineer, number):
    response = engineer.post("usage/", f'{{"events":[{{"cost":{number}}}]}}'.encode())
    assert response.status_code == 400
    assert not UsageEvent.objects.exists()


@pytest.mark.parametrize("text", ["\\ud800", "\\udfff x"])
def test_half_a_surrogate_pair(engineer, text):
    for event in (f'{{"model":"{text}"}}', f'{{"tags":{{"a":"{text}"}}}}', f'{{"metadata":{{"a":"{text}"}}}}'):
        response = engineer.post("usage/", f'{{"events":[{event}]}}'.encode())
        assert response.status_code == 400
    assert not UsageEvent.objects.exists()


def test_costs_keep_ten_decimals_and_round_half_to_even(engineer):
    for cost in ("0.00000000005", "0.00000000015", "1234.0000000001"):
        engineer.post("usage/", {"events": [{"cost": cost}]})
    kept = sorted(UsageEvent.objects.values_list("cost", flat=True))
    assert kept == [Decimal(0), Decimal("0.0000000002"), Decimal("1234.0000000001")]


def test_a_full_post_of_5000_is_taken(engineer):
    assert engineer.post("usage/", events(5000)).json() == {**ANSWER, "accepted": 5000}


def test_the_errors_of_a_post_without_a_good_event_are_no_larger_than_they_need_to_be(engineer):
    body = json.dumps({"events": [{"cost": -1}] * 5000}).encode()
    response = engineer.post("usage/", body)
    assert response.status_code == 400
    assert len(response.json()["error"]["fields"]) == 100


def test_half_of_a_surrogate_pair_is_called_what_it_is(engineer):
    body = b'{"events": [{"provider": "openai", "model": "gpt-4", "cost": 1, "metadata": {"a": "\\ud800"}}]}'
    refused = engineer.post("usage/", body)
    assert refused.status_code == 400
    assert "half of a surrogate pair is no character" in refused.json()["error"]["message"]
    cut = engineer.post("usage/", body.replace(rb"\ud800", rb"a \\ud800")[:-4])
    assert "truncated" in cut.json()["error"]["message"]
