"""The form of sharing: a row of rights for everyone whom the budget is shared with, and one for who comes new."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.models import Group

from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, FINANCE, ROLES
from accounts.models import User
from budgets.domain.sharing import CODENAMES, Grant, Share

RIGHTS = {"see": "See", "edit": "Edit", "request": "Request", "decide": "Decide"}
#: Those roles see and change everything, so nothing need be shared with them.
NEED_NONE = (ADMIN, FINANCE)
GROUPS_OFFERED = 500


class Row(NamedTuple):
    """One person or group in the list, with its fields."""

    who: User | Group
    name: str
    about: str
    may: forms.BoundField
    remove: forms.BoundField


class ShareForm(forms.Form):
    """What is given on the budget itself. `grants()` is what the domain takes."""

    people = forms.CharField(
        label="People",
        required=False,
        max_length=5000,
        help_text="Their e-mail addresses, with commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    group = forms.ChoiceField(label="Group", required=False)
    may = forms.MultipleChoiceField(
        label="They may", required=False, choices=list(RIGHTS.items()), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        help_text="Kept in the history, with your name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, given: Sequence[Share], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given = given
        self._new: list[User | Group] = []
        group: forms.ChoiceField = self.fields["group"]  # type: ignore[assignment]
        group.choices = _groups([share.who for share in given])
        for share in given:
            key = _key(share.who)
            self.fields[f"may_{key}"] = forms.MultipleChoiceField(
                required=False,
                choices=[(word, RIGHTS[word]) for word in CODENAMES],
                initial=list(share.may),
                widget=forms.CheckboxSelectMultiple,
            )
            self.fields[f"remove_{key}"] = forms.BooleanField(required=False)

    def rows(self) -> Iterable[Row]:
        """The list as it is shown."""
        for share in self.given:
            key = _key(share.who)
            yield Row(share.who, name_of(share.who), about(share.who), self[f"may_{key}"], self[f"remove_{key}"])

    def clean_people(self) -> list[User]:
        """The people of the addresses."""
        typed = [text.lower() for text in re.split(r"[,;\s]+", self.cleaned_data["people"]) if text]
        known = {user.email: user for user in User.objects.filter(email__in=typed, is_active=True)}
        unknown = [address for address in dict.fromkeys(typed) if address not in known]
        if unknown:
            ask = to_ask(ADMIN) or "an administrator"
            raise forms.ValidationError(f"Nobody here has the address {', '.join(unknown)}. Ask {ask} to add them.")
        return list(dict.fromkeys(known[address] for address in typed))

    def clean(self) -> dict[str, Any]:
        """Whoever is named gets a right, and is named once."""
        data = super().clean() or {}
        for row in self.rows():
            if not data.get(row.may.name) and not data.get(row.remove.name) and row.may.name not in self.errors:
                self.add_error(row.may.name, f"Choose what {row.name} may do, or remove them.")
        self._new = list(data.get("people") or [])
        if data.get("group"):
            self._new.append(Group.objects.get(pk=data["group"]))
        stay = {share.who for share in self.given if not data.get(f"remove_{_key(share.who)}")}
        for who in self._new:
            if who in stay:
                text = f"The budget is shared with {name_of(who)} already. Change what they may do in the list."
                self.add_error("people" if isinstance(who, User) else "group", text)
        if self._new and not data.get("may") and "may" not in self.errors:
            self.add_error("may", "Choose what they may do.")
        if data.get("may") and not self._new and not {"people", "group"} & self.errors.keys():
            self.add_error("people", "Name a person or choose a group.")
        return data

    def grants(self) -> list[Grant]:
        """Everyone whom the budget shall be shared with."""
        data = self.cleaned_data
        stay = [share.who for share in self.given if not data[f"remove_{_key(share.who)}"]]
        return [
            *(Grant(who, data[f"may_{_key(who)}"]) for who in stay),
            *(Grant(who, data["may"]) for who in self._new),
        ]


def name_of(who: User | Group) -> str:
    """A person's or group's name in a list."""
    return who.get_full_name() if isinstance(who, User) else who.name


def about(who: User | Group) -> str:
    """What stands below the name."""
    if isinstance(who, User):
        address = who.email if who.name else ""
        return ", ".join(part for part in (address, "" if who.is_active else "cannot sign in any more") if part)
    return "everyone of this role" if who.name in ROLES else "group"


def _key(who: User | Group) -> str:
    return f"{'user' if isinstance(who, User) else 'group'}{who.pk}"


def _groups(there: Iterable[User | Group]) -> list[tuple[str, str]]:
    held = {who.pk for who in there if isinstance(who, Group)}
    groups = Group.objects.exclude(name__in=NEED_NONE).order_by("name")[:GROUPS_OFFERED]
    offered = [(str(group.pk), group.name) for group in groups if group.pk not in held]
    return [("", "No group"), *offered]
