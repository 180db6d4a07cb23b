"""Plans that were brought in are kept for a day, and of each person the newest few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from budgets.domain.plan.keeping import KEPT, MOST_KEPT
from budgets.models import PlanImport, PlanLine
from budgets.tasks import forget_plans
from tests.factories import person
from tests.pages.planning import Planner, written

pytestmark = pytest.mark.django_db
ROWS = [{"path": "", "name": "Company", "amount": 1000}]


def test_of_one_person_the_newest_few_are_kept_and_those_of_others_stay() -> None:
    ann, bob = Planner(person("finance")), Planner(person("finance"))
    bob.show(ROWS)
    addresses = []
    for _ in range(MOST_KEPT + 3):
        ann.show(ROWS)
        addresses.append(ann.address)
    assert [ann.client.get(address).status_code for address in addresses] == [404] * 3 + [200] * MOST_KEPT
    assert bob.look().status_code == 200
    assert PlanImport.objects.count() == PlanLine.objects.count() == MOST_KEPT + 1


def test_the_one_that_was_brought_in_last_can_always_be_applied() -> None:
    planner = Planner()
    for _ in range(MOST_KEPT + 1):
        planner.show(ROWS)
    assert "1 line of the plan was applied." in planner.apply()


def test_the_job_deletes_what_is_older_than_a_day_and_beyond_the_newest_few_of_each() -> None:
    now = timezone.now()
    makers = [person("finance"), person("admin")]
    for maker in makers:
        content = written(ROWS).encode()
        PlanImport.objects.bulk_create(
            PlanImport(maker=maker, content=content, made_at=now - timedelta(minutes=minute))
            for minute in range(MOST_KEPT + 5)
        )
    old = PlanImport.objects.create(maker=person("finance"), content=b"", made_at=now - KEPT - timedelta(minutes=1))
    forget_plans()
    assert [PlanImport.objects.filter(maker=maker).count() for maker in makers] == [MOST_KEPT] * 2
    oldest = now - timedelta(minutes=MOST_KEPT - 1)
    assert not PlanImport.objects.filter(made_at__lt=oldest).exists()
    assert not PlanImport.objects.filter(pk=old.pk).exists()
