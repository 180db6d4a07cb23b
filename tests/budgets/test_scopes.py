"""Scopes: what is kept of what people write, and which usage it means."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from budgets.domain.scopes import (
    KEYS,
    MAX_LENGTH,
    MAX_TAG_KEYS,
    MAX_VALUES,
    Labels,
    Scope,
    ScopeError,
    ScopeIndex,
    describe,
    normalise,
    tag_keys,
)

VALUES = st.sampled_from(["a", "b", "c", "A", "ß", "é"])
TAGS = st.dictionaries(st.sampled_from(["feature", "customer", "region"]), VALUES, max_size=3)
LABELS = st.builds(Labels, *[st.none() | VALUES for _ in range(7)], TAGS)
ASKED = st.lists(VALUES, min_size=1, max_size=3)
RAW_SCOPES = st.fixed_dictionaries(
    {},
    optional={key: ASKED for key in KEYS if key != "tags"}
    | {
        "tags": st.dictionaries(
            st.sampled_from(["feature", "customer", "region"]), ASKED | VALUES, min_size=1, max_size=3
        )
    },
)
SCOPES = RAW_SCOPES.map(normalise)


def means(scope: Scope, labels: Labels) -> bool:
    """The definition, read out: every key of the scope is met by one of its values."""
    for many, one in KEYS.items():
        if many in scope and many != "tags":
            label = getattr(labels, one)
            if one == "user" and label is not None:
                label = label.lower()
            if label not in scope[many]:
                return False
    return all(labels.tags.get(key) in values for key, values in scope.get("tags", {}).items())


@given(st.lists(SCOPES, max_size=40), LABELS)
@example([], Labels())
@example([{}] * 70, Labels())
def test_the_index_finds_exactly_the_scopes_whose_every_key_is_met(scopes: list[Scope], labels: Labels) -> None:
    expected = {number for number, scope in enumerate(scopes) if means(scope, labels)}
    assert ScopeIndex(enumerate(scopes)).matching(labels) == expected


def test_a_key_given_twice_matches_where_either_scope_does() -> None:
    index = ScopeIndex([("one", {"teams": ["a"]}), ("one", {"teams": ["b"]}), ("two", {"teams": ["c"]})])
    assert index.matching(Labels(team="b")) == {"one"}


@pytest.mark.parametrize(
    ("scope", "labels", "matches"),
    [
        ("company-wide", Labels(), True),
        ({}, Labels(project="anything"), True),
        ({"projects": ["production"], "environments": ["prod"]}, Labels("production", "prod"), True),
        ({"projects": ["production"], "environments": ["prod"]}, Labels("production", "dev"), False),
        ({"projects": ["production"], "environments": ["prod"]}, Labels("production"), False),
        ({"models": ["gpt-4", "gpt-4o"]}, Labels(model="gpt-4o"), True),
        ({"models": ["gpt-4"]}, Labels(model="GPT-4"), False),
        ({"users": ["Ann@Example.com"]}, Labels(user="aNN@example.COM"), True),
        ({"users": ["ann@example.com"]}, Labels(user=None), False),
        ({"teams": ["backend"], "tags": {"team": "backend"}}, Labels(team="backend", tags={"team": "backend"}), True),
        ({"teams": ["backend"], "tags": {"team": "backend"}}, Labels(team="backend"), False),
        ({"tags": {"a": ["1", "2"], "b": ["3"]}}, Labels(tags={"a": "2", "b": "3", "c": "4"}), True),
        ({"tags": {"a": ["1", "2"], "b": ["3"]}}, Labels(tags={"a": "2", "b": "2"}), False),
    ],
)
def test_a_scope_means_what_its_author_expects(scope: object, labels: Labels, matches: bool) -> None:
    assert (ScopeIndex([(1, normalise(scope))]).matching(labels) == {1}) is matches


@given(RAW_SCOPES)
def test_the_canonical_form_is_json_and_stays_as_it_is(raw: dict[str, Any]) -> None:
    scope = normalise(raw)
    assert normalise(scope) == scope
    assert list(normalise(json.loads(json.dumps(scope)))) == list(scope)


def test_two_ways_of_writing_a_scope_become_one() -> None:
    scope = normalise({"tags": {"z": " x ", " b": ["2", "1", "2"]}, "users": ["B@x", "b@X", "a@x"], "projects": "web"})
    written = '{"projects": ["web"], "users": ["a@x", "b@x"], "tags": {"b": ["1", "2"], "z": ["x"]}}'
    assert json.dumps(scope) == written


def test_a_scope_without_tags_asks_for_no_tag_keys() -> None:
    assert normalise({"teams": ["a"], "tags": {}}) == {"teams": ["a"]}
    assert tag_keys({"teams": ["a"]}) == frozenset()
    assert tag_keys({"tags": {"feature": ["a"], "region": ["b"]}}) == {"feature", "region"}


@pytest.mark.parametrize(
    ("key", "suggestion"),
    [
        ("project", "projects"),
        ("Teams", "teams"),
        ("enviroments", "environments"),
        ("tag", "tags"),
        ("model", "models"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(key: str, suggestion: str) -> None:
    with pytest.raises(ScopeError) as refused:
        normalise({key: ["a"]})
    assert (refused.value.field, refused.value.suggestion) == ("scope", suggestion)
    assert f'Did you mean "{suggestion}"?' in refused.value.message


def test_an_unknown_key_like_no_other_is_refused_with_the_list() -> None:
    with pytest.raises(ScopeError, match="Known are projects, environments") as refused:
        normalise({"galaxy": ["a"]})
    assert refused.value.suggestion is None


@pytest.mark.parametrize(
    ("raw", "field", "message"),
    [
        (None, "scope", 'Write "company-wide", or an object'),
        ("everything", "scope", 'Write "company-wide", or an object'),
        ([], "scope", 'Write "company-wide", or an object'),
        ({5: ["a"]}, "scope", "A scope has no key '5'"),
        ({"teams": {"a": 1}}, "scope.teams", "Write a list of strings."),
        ({"teams": None}, "scope.teams", "Write a list of strings."),
        ({"teams": []}, "scope.teams", "An empty list would match nothing"),
        ({"teams": [5]}, "scope.teams", 'A value must be a string, such as "backend", not 5.'),
        ({"teams": ["a", ["b"]]}, "scope.teams", "A value must be a string"),
        ({"teams": ["  "]}, "scope.teams", "A value can't be blank."),
        ({"teams": ["a\x00"]}, "scope.teams", "NUL"),
        ({"teams": ["\ud800"]}, "scope.teams", "half a surrogate pair"),
        ({"teams": ["x" * (MAX_LENGTH + 1)]}, "scope.teams", "At most 200 characters, not 201."),
        ({"users": ["İ" * MAX_LENGTH]}, "scope.users", "At most 200 characters, not 400."),
        ({"teams": [str(n) for n in range(MAX_VALUES + 1)]}, "scope.teams", "At most 200 values, not 201."),
        ({"tags": ["feature"]}, "scope.tags", "Write tags as an object"),
        ({"tags": {"feature": []}}, "scope.tags.feature", "An empty list"),
        ({"tags": {"feature": 1}}, "scope.tags.feature", "Write a list of strings."),
        ({"tags": {"": "x"}}, "scope.tags", "A value can't be blank."),
        ({"tags": {"a": "x", "a ": "y"}}, "scope.tags.a", "named twice"),
        ({"tags": {str(n): "x" for n in range(MAX_TAG_KEYS + 1)}}, "scope.tags", "at most 50 tags, not 51"),
    ],
)
def test_a_scope_that_says_nothing_sensible_is_refused_at_its_field(raw: object, field: str, message: str) -> None:
    with pytest.raises(ScopeError) as refused:
        normalise(raw)
    assert refused.value.field == field
    assert message in refused.value.message


def test_a_scope_may_be_as_large_as_the_limits_say() -> None:
    names = sorted(str(number) for number in range(MAX_VALUES))
    tags = {str(number): ["x" * MAX_LENGTH] for number in range(MAX_TAG_KEYS)}
    assert normalise({"teams": names, "tags": tags}) == {"teams": names, "tags": tags}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "Company-wide"),
        ({"teams": ["backend"], "departments": ["engineering"]}, "department: engineering · team: backend"),
        ({"models": ["gpt-4", "gpt-4o"], "tags": {"feature": "search"}}, "model: gpt-4, gpt-4o · tag feature: search"),
        ({"teams": list("abcd")}, "team: a, b, c, d"),
        ({"teams": list("abcde")}, "team: a, b, c, d and 1 more"),
    ],
)
def test_a_scope_is_told_in_words(raw: object, words: str) -> None:
    assert describe(normalise(raw)) == words
