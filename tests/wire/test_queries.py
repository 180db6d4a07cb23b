"""Ids in addresses: what is none is told apart before the database is asked."""

from __future__ import annotations

import pytest

from tests.factories import api, budget
from wire.queries import id_in

NO_IDS = ["", "x", "-1", "1.5", " 1", "1_000", "٣", "²", "9" * 19, "9" * 5000]


@pytest.mark.parametrize("text", [None, *NO_IDS])
def test_what_is_no_id_is_none(text: str | None) -> None:
    assert id_in(text) is None


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("007", 7), ("9" * 18, 10**18 - 1)])
def test_digits_are_an_id(text: str, number: int) -> None:
    assert id_in(text) == number


@pytest.mark.django_db
@pytest.mark.parametrize("text", NO_IDS[1:])
def test_a_parameter_that_is_no_id_is_refused_in_words(text: str) -> None:
    answer = api().get("budgets/", parent=text)
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {"parent": ["Write an id: a whole number."]}


@pytest.mark.django_db
def test_the_largest_id_that_is_read_is_one_that_the_database_takes() -> None:
    budget("Company")
    answer = api().get("budgets/", parent="9" * 18)
    assert (answer.status_code, answer.json()["results"]) == (200, [])
