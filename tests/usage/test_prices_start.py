"""A repricing and an attribution are sent to the workers at once, by a name that they know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from celery import current_app
from celery.signals import before_task_publish
from django.conf import settings

from tests.factories import budget
from tests.usage.repricing import agree, call, post
from usage import tasks

pytestmark = pytest.mark.django_db
DOORS = ("tasks", "api", "views", "forms", "admin", "urls", "management")


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The names of the tasks that are sent."""
    names: list[str] = []

    def note(sender: str, **message: object) -> None:
        names.append(sender)

    before_task_publish.connect(note)
    yield names
    before_task_publish.disconnect(note)


def test_what_agreements_and_scopes_start_are_tasks_of_a_worker(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        post(call(1))
        agree(2, percent_off=Decimal(5))
        budget(scope={"tags": {"feature": ["search"]}})
    assert sent == [tasks.reprice_waiting.name, tasks.reattribute_tags.name]
    assert set(sent) <= set(current_app.tasks)


@pytest.mark.parametrize("room", ["accounts", "usage", "budgets"])
def test_no_domain_imports_a_door(room):
    doors = {f"{room}.{door}" for room in ("accounts", "usage", "budgets") for door in DOORS}
    found = []
    for path in Path(settings.BASE_DIR, room, "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and any(
                node.module == door or str(node.module).startswith(f"{door}.") for door in doors
            ):
                found.append(f"{path.name}: {node.module}")
    assert found == []
