"""What a person or a group reaches: each budget with what they may do there, through what, and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple, overload

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.domain.roles import ROLES
from accounts.models import User
from budgets.domain.sharing import OWNER_MAY, WORDS, in_order
from budgets.domain.since import Dates
from budgets.models import Budget
from budgets.rules import opened_groups


class Place(NamedTuple):
    """A budget as far as a list needs it."""

    pk: int
    name: str
    parent: int | None
    archived: bool


class Held(NamedTuple):
    """What someone was given on one budget, as a person or a member of `group`, or has as its owner."""

    who: User | Group
    words: tuple[str, ...]
    as_owner: bool = False


class Reason(NamedTuple):
    """Why someone may do something with a budget.

    `of` is the budget that it was given on, None where the reader may not see that one; `here` is whether it is the
    budget itself. `since` holds the words with the instant from which on each held.
    """

    held: Held
    of: Place | None
    here: bool
    since: list[tuple[tuple[str, ...], datetime | None]]

    @property
    def group(self) -> str:
        """The name of the group through which it comes; empty for a person's own."""
        return self.held.who.name if isinstance(self.held.who, Group) else ""

    @property
    def by_role(self) -> bool:
        """Whether that group is a role: everyone of it."""
        return self.group in ROLES


class Reached(NamedTuple):
    """A budget that someone reaches: `above` are the budgets above it that the reader may see, the top first."""

    place: Place
    above: list[Place]
    may: tuple[str, ...]
    reasons: list[Reason]


class Reach(Sequence[Reached]):
    """The budgets that `who` reaches by what was given to them, as far as `reader` sees those, in the tree's order.

    What a role sees without being given anything is not among them, nor what a person has through a group of which the
    reader may not know who is in it: it would tell that they are. Slices cost the same queries whatever their size.
    """

    def __init__(self, who: User | Group, reader: Any) -> None:
        columns = Budget.objects.order_by().values_list("pk", "name", "parent_id", "archived_at")
        self._places = {pk: Place(pk, name, parent, at is not None) for pk, name, parent, at in columns}
        self._seen = set(Budget.objects.visible_to(reader).values_list("pk", flat=True))
        self._held = _held_by(who)
        if isinstance(who, User):
            told = set(opened_groups(reader).values_list("pk", flat=True))
            self._held = {
                pk: kept for pk, held in self._held.items() if (kept := [h for h in held if _is_told(h, told)])
            }
        found = [pk for pk in self._seen if any(pk in self._held for pk in self._line(pk))]
        self._found = sorted(found, key=self._order)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Reached]:
        return iter(self[:])

    @overload
    def __getitem__(self, index: int) -> Reached: ...

    @overload
    def __getitem__(self, index: slice) -> list[Reached]: ...

    def __getitem__(self, index: int | slice) -> Reached | list[Reached]:
        if isinstance(index, int):
            return self._rows([self._found[index]])[0]
        return self._rows(self._found[index])

    def _rows(self, wanted: Sequence[int]) -> list[Reached]:
        dates = Dates(pk for one in wanted for pk in self._line(one))
        return [self._row(pk, dates) for pk in wanted]

    def _row(self, pk: int, dates: Dates) -> Reached:
        line = self._line(pk)
        reasons = [
            self._reason(held, line[: number + 1], dates)
            for number, source in enumerate(line)
            for held in self._held.get(source, ())
        ]
        above = [self._places[one] for one in reversed(line[1:]) if one in self._seen]
        may = in_order(word for reason in reasons for word in reason.held.words)
        return Reached(self._places[pk], above, may, reasons)

    def _reason(self, held: Held, path: Sequence[int], dates: Dates) -> Reason:
        of = self._places[path[-1]] if path[-1] in self._seen else None
        return Reason(held, of, len(path) == 1, since(held, path, dates))

    def _line(self, pk: int) -> list[int]:
        """A budget and all above it, nearest first."""
        line, place = [], self._places.get(pk)
        while place is not None:
            line.append(place.pk)
            place = self._places.get(place.parent) if place.parent else None
        return line

    def _order(self, pk: int) -> list[tuple[str, int]]:
        """As in the tree, in which budgets that the reader does not see are not there."""
        return [(self._places[one].name.casefold(), one) for one in reversed(self._line(pk)) if one in self._seen]


def _is_told(held: Held, groups: Collection[int]) -> bool:
    """Whether a reader to whom these groups are open may know of it; what a role is given is no secret."""
    return not isinstance(held.who, Group) or held.who.pk in groups or held.who.name in ROLES


def since(held: Held, path: Sequence[int], dates: Dates) -> list[tuple[tuple[str, ...], datetime | None]]:
    """The words of what is held on the last budget of `path`, by the instant from which on they hold on the first."""
    if held.as_owner:
        return [(held.words, dates.of_owner(path))]
    words: dict[datetime | None, list[str]] = defaultdict(list)
    for word in held.words:
        words[dates.of_right(held.who, word, path)].append(word)
    return [(tuple(found), at) for at, found in words.items()]


def _held_by(who: User | Group) -> dict[int, list[Held]]:
    """What was given to someone, by the budget that it was given on: as owner, to the person, then to their groups."""
    wanted = {
        "content_type": ContentType.objects.get_for_model(Budget),
        "permission__codename__in": list(WORDS),
    }
    held: dict[int, list[Held]] = defaultdict(list)
    words: dict[tuple[int, User | Group], set[str]] = defaultdict(set)
    if isinstance(who, User):
        for pk in Budget.objects.filter(owner=who).values_list("pk", flat=True):
            held[pk].append(Held(who, OWNER_MAY, as_owner=True))
        own = UserObjectPermission.objects.filter(user=who, **wanted)
        for pk, codename in own.values_list("object_pk", "permission__codename"):
            words[int(pk), who].add(WORDS[codename])
        groups = GroupObjectPermission.objects.filter(group__user=who, **wanted)
    else:
        groups = GroupObjectPermission.objects.filter(group=who, **wanted)
    for row in groups.select_related("group", "permission").order_by("group__name"):
        words[int(row.object_pk), row.group].add(WORDS[row.permission.codename])
    for (pk, one), found in words.items():
        held[pk].append(Held(one, in_order(found)))
    return held
