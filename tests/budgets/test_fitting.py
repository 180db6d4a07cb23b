"""What a scope fits is found in a fixed number of statements, however many label sets there are."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budgets.domain.fitting import Unmet, fit
from tests.factories import call, now, person, spend

pytestmark = pytest.mark.django_db
SCOPE = {"teams": ["search", "serach"], "users": ["ann@company.com"]}


def test_ids_of_label_sets_go_to_the_database_as_one_value() -> None:
    spend(*[call(1, team="search", user="Ann@company.com", project=f"p{number}") for number in range(50)])
    spend(call(5, team="other"))
    admin = person("admin")
    with CaptureQueriesContext(connection) as found:
        since = now() - timedelta(days=1)
        fits = fit(SCOPE, admin, since, begins=since)
    assert (fits.cost, fits.requests) == (50, 50)
    assert fits.unmet == (Unmet("teams", "serach", "search"),)
    assert not [query["sql"] for query in found if re.search(r"IN \(\d+, \d+", query["sql"])]
