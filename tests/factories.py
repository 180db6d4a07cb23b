"""What tests are made of: people and their keys, budgets and usage, each made as the product makes it."""

from __future__ import annotations

import json
import uuid
from copy import copy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client
from guardian.shortcuts import assign_perm

from accounts.domain.keys import create_key
from accounts.domain.roles import ADMIN, give_role
from accounts.domain.scopes import ALL
from accounts.models import User
from budgets.domain.changes import create_budget
from budgets.domain.history import Actor
from budgets.models import Budget
from usage.domain.calls import Call
from usage.domain.ingest import Outcome, Post, ingest

_numbers = count(1)


def now() -> datetime:
    """This instant."""
    return datetime.now(UTC)


def person(role: str = ADMIN, email: str | None = None, *, password: str | None = None) -> User:
    """Someone with one of the six roles."""
    user = User.objects.create_user(email or f"{role}-{next(_numbers)}@company.com", password)
    give_role(user, role)
    return user


class Api:
    """A program that calls the API with a key of `user`, and speaks JSON."""

    def __init__(self, user: User, **key: Any) -> None:
        self.user = user
        self.key, self.secret = create_key(user, f"key {next(_numbers)}", **{"scopes": ALL, **key})
        self.client = self._client()

    def _client(self) -> Client:
        return Client(raise_request_exception=False, headers={"authorization": f"Bearer {self.secret}"})

    def again(self) -> Api:
        """The same program in another thread, which needs a client of its own."""
        twin = copy(self)
        twin.client = self._client()
        return twin

    def get(self, path: str, **query: Any) -> HttpResponse:
        """Reads an address under /api/v1/."""
        return self.client.get(_url(path), query)

    def send(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", **headers: str
    ) -> HttpResponse:
        """Sends a body, as JSON unless it is bytes; headers in Python's spelling, as in idempotency_key."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, _url(path), content, content_type, headers=named)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        """Creates something."""
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: Any, **options: Any) -> HttpResponse:
        """Changes something."""
        return self.send("PATCH", path, body, **options)

    def put(self, path: str, body: Any, **options: Any) -> HttpResponse:
        """Replaces something."""
        return self.send("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> HttpResponse:
        """Takes something away."""
        return self.send("DELETE", path, **options)


def _url(path: str) -> str:
    return path if path.startswith(("/", "http:")) else f"/api/v1/{path}"


def api(role: str = ADMIN, **key: Any) -> Api:
    """The API as a new person of this role calls it."""
    return Api(person(role), **key)


def budget(name: str = "", amount: object = 1000, parent: Budget | None = None, **fields: Any) -> Budget:
    """A budget, company-wide and monthly unless `fields` say otherwise; `at` is when it is made."""
    made_at = fields.pop("at", now())
    all_history = fields.pop("all_history", True)
    values = {"name": name or f"Budget {next(_numbers)}", "amount": Decimal(str(amount)), "parent": parent, **fields}
    return create_budget(Actor(None), values, made_at, all_history=all_history)


def share(found: Budget, user: User, *permissions: str) -> None:
    """Lets someone see a budget, or do more with it."""
    for permission in permissions or ("view_budget",):
        assign_perm(permission, user, found)


def call(cost: object | None = None, at: datetime | None = None, **fields: Any) -> Call:
    """A call of now, or of `at`, that reports its cost."""
    return Call(
        **{
            "id": uuid.uuid4(),
            "occurred_at": at or now() - timedelta(seconds=1),
            "provider": "openai",
            "model": "gpt-4",
            "cost": None if cost is None else Decimal(str(cost)),
            **fields,
        }
    )


def recorded_for_years() -> None:
    """A first call of long ago, which costs nothing: the company has recorded ever since."""
    spend(call(0, datetime(2019, 1, 1, tzinfo=UTC), user="the first"))


def spend(*calls: Call) -> Outcome:
    """Brings calls into the ledger."""
    return ingest([Post(list(calls))], now())[0]
