"""Membership: a budget is charged for what it or a budget below it names, as the tree was at the time, and once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from budgets.domain.membership import Interval, Membership, Span, find_cycle
from budgets.domain.scopes import Labels, Scope

START = datetime(2025, 1, 1, tzinfo=UTC)
HOURS = 8
# Half past each hour, from before the first edge to after the last.
INSTANTS = [START + timedelta(hours=hour, minutes=30) for hour in range(-1, HOURS + 1)]
SCOPES: list[Scope] = [
    {},
    {"teams": ["a"]},
    {"teams": ["a", "b"]},
    {"teams": ["c"]},
    {"teams": ["b"], "tags": {"feature": ["x"]}},
]
LABELS = st.builds(
    lambda team, tags: Labels(team=team, tags=tags),
    st.none() | st.sampled_from("abc"),
    st.sampled_from([{}, {"feature": "x"}]),
)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


@st.composite
def histories(draw: st.DrawFn) -> list[Span]:
    """Up to seven budgets whose scope and parent change a few times, with gaps, and with cycles now and then."""
    spans = []
    for budget in range(1, draw(st.integers(1, 7)) + 1):
        cuts = sorted(draw(st.sets(st.integers(0, HOURS), max_size=4)))
        edges = [None, *(hour(cut) for cut in cuts), None]
        for starts, ends in pairwise(edges):
            if draw(st.integers(0, 4)):
                parent = draw(st.none() | st.integers(1, 7))
                spans.append(Span(budget, starts, ends, parent, draw(st.sampled_from(SCOPES))))
    return draw(st.permutations(spans))


def holds(interval: Interval, instant: datetime) -> bool:
    starts, ends = interval
    return (starts is None or starts <= instant) and (ends is None or instant < ends)


def means(scope: Scope, labels: Labels) -> bool:
    tags = scope.get("tags", {})
    in_team = "teams" not in scope or labels.team in scope["teams"]
    return in_team and all(labels.tags.get(key) in values for key, values in tags.items())


def way_up(places: dict[int, Span], budget: int | None) -> Iterator[int]:
    """The budget and those above it, each once, up to the first that does not apply."""
    seen: set[int] = set()
    while budget in places and budget not in seen:
        seen.add(budget)
        yield budget
        budget = places[budget].parent


def charged_at(spans: Iterable[Span], labels: Labels, instant: datetime) -> set[int]:
    """The definition, for one instant: every match goes all the way up."""
    places = {span.budget: span for span in spans if holds((span.starts, span.ends), instant)}
    own = [budget for budget, span in places.items() if means(span.scope, labels)]
    return {above for budget in own for above in way_up(places, budget)}


@given(histories(), LABELS)
def test_at_every_instant_exactly_those_are_charged_that_should_be(spans: list[Span], labels: Labels) -> None:
    charged = Membership(spans).of(labels)
    for instant in INSTANTS:
        found = {budget for budget, times in charged.items() if any(holds(one, instant) for one in times)}
        assert found == charged_at(spans, labels, instant)


@given(histories(), LABELS)
@example([Span(1, None, hour(1), None, {}), Span(1, hour(1), None, None, {})], Labels())
def test_intervals_are_in_order_and_never_touch(spans: list[Span], labels: Labels) -> None:
    for times in Membership(spans).of(labels).values():
        assert times
        assert all(starts is None or ends is None or starts < ends for starts, ends in times)
        assert all(starts is not None for starts, _ in times[1:])
        for (_, ends), (starts, _) in pairwise(times):
            assert ends is not None
            assert starts is not None
            assert ends < starts


@given(histories())
def test_a_cycle_is_found_if_and_only_if_there_is_one_at_some_instant(spans: list[Span]) -> None:
    there_is = False
    for instant in INSTANTS:
        places = {span.budget: span for span in spans if holds((span.starts, span.ends), instant)}
        there_is |= any(places[list(way_up(places, budget))[-1]].parent in places for budget in places)
    ring = find_cycle(spans)
    assert (ring is not None) == there_is
    if ring:
        assert ring[0] == min(ring)
        assert len(set(ring)) == len(ring)
        pairs = [*pairwise(ring), (ring[-1], ring[0])]
        together = [
            all(
                any(s.budget == low and s.parent == up and holds((s.starts, s.ends), at) for s in spans)
                for low, up in pairs
            )
            for at in INSTANTS
        ]
        assert any(together)


ALWAYS: list[Interval] = [(None, None)]


def test_a_call_of_a_team_is_charged_to_team_department_and_company() -> None:
    spans = [
        Span(1, None, None, None, {}),
        Span(2, None, None, 1, {"departments": ["engineering"]}),
        Span(3, None, None, 2, {"teams": ["backend"]}),
        Span(4, None, None, 1, {"departments": ["product"]}),
    ]
    # The team's budget is below engineering, whatever department the call itself names.
    assert Membership(spans).of(Labels(team="backend")) == {1: ALWAYS, 2: ALWAYS, 3: ALWAYS}
    assert Membership(spans).of(Labels(department="product")) == {1: ALWAYS, 4: ALWAYS}


def test_an_empty_company_is_charged_nothing() -> None:
    assert Membership([]).of(Labels(team="a")) == {}
    assert find_cycle([]) is None


def test_a_move_changes_who_is_above_from_then_on() -> None:
    spans = [
        Span(1, None, None, None, {"teams": ["nobody"]}),
        Span(2, None, None, None, {"teams": ["nobody"]}),
        Span(3, None, hour(4), 1, {"teams": ["a"]}),
        Span(3, hour(4), None, 2, {"teams": ["a"]}),
    ]
    assert Membership(spans).of(Labels(team="a")) == {1: [(None, hour(4))], 2: [(hour(4), None)], 3: ALWAYS}


def test_an_edit_of_scope_holds_from_then_on() -> None:
    spans = [Span(1, None, hour(2), None, {"teams": ["a"]}), Span(1, hour(2), None, None, {"teams": ["b"]})]
    assert Membership(spans).of(Labels(team="a")) == {1: [(None, hour(2))]}
    assert Membership(spans).of(Labels(team="b")) == {1: [(hour(2), None)]}


def test_a_charge_goes_up_only_while_the_parent_applies_and_never_around_it() -> None:
    spans = [
        Span(1, None, None, None, {"teams": ["nobody"]}),
        Span(2, hour(2), hour(5), 1, {"teams": ["nobody"]}),
        Span(3, hour(1), None, 2, {"teams": ["a"]}),
    ]
    middle = [(hour(2), hour(5))]
    assert Membership(spans).of(Labels(team="a")) == {1: middle, 2: middle, 3: [(hour(1), None)]}


def test_two_children_at_different_times_are_one_set_of_hours_of_the_parent() -> None:
    spans = [
        Span(1, None, None, None, {"teams": ["nobody"]}),
        Span(2, hour(0), hour(3), 1, {"teams": ["a"]}),
        Span(3, hour(2), hour(4), 1, {"teams": ["a"]}),
        Span(4, hour(6), hour(7), 1, {"teams": ["a"]}),
    ]
    assert Membership(spans).of(Labels(team="a"))[1] == [(hour(0), hour(4)), (hour(6), hour(7))]


def test_a_ring_of_budgets_ends_and_is_named() -> None:
    spans = [
        Span(7, None, None, 9, {"teams": ["a"]}),
        Span(9, None, None, 8, {"teams": ["b"]}),
        Span(8, None, None, 7, {"teams": ["b"]}),
        Span(5, None, None, 7, {"teams": ["b"]}),
    ]
    assert Membership(spans).of(Labels(team="a")) == {7: ALWAYS, 8: ALWAYS, 9: ALWAYS}
    assert find_cycle(spans) == [7, 9, 8]


def test_a_budget_below_itself_is_a_ring() -> None:
    assert find_cycle([Span(4, hour(1), hour(2), 4, {})]) == [4]


def test_a_ring_is_made_of_places_that_were_held_at_the_same_time() -> None:
    spans = [
        Span(1, hour(0), hour(1), 2, {}),
        Span(1, hour(1), hour(2), 3, {}),
        Span(2, hour(1), hour(2), 3, {}),
        Span(2, hour(0), hour(1), 1, {}),
        Span(3, hour(1), hour(2), 1, {}),
    ]
    assert find_cycle(spans) == [1, 2]


def test_a_span_that_ends_before_it_starts_charges_nothing() -> None:
    spans = [Span(1, hour(2), hour(1), None, {}), Span(2, hour(1), hour(1), None, {}), Span(3, None, None, None, {})]
    assert Membership(spans).of(Labels()) == {3: ALWAYS}


def test_two_budgets_that_swap_places_at_one_moment_are_no_ring() -> None:
    spans = [
        Span(1, None, hour(3), None, {}),
        Span(1, hour(3), None, 2, {}),
        Span(2, None, hour(3), 1, {}),
        Span(2, hour(3), None, None, {}),
    ]
    assert find_cycle(spans) is None


def test_a_chain_as_deep_as_there_are_budgets_is_no_trouble() -> None:
    size = 1_000
    spans = [Span(1, None, None, None, {}), *(Span(n, None, None, n - 1, {}) for n in range(2, size + 1))]
    assert len(Membership(spans).of(Labels())) == size
    assert find_cycle(spans) is None
    assert find_cycle([*spans[1:], Span(1, None, None, size, {})]) == [1, *range(size, 1, -1)]
