"""The form of sharing: a row of rights for everyone whom the budget is shared with, and one for who comes new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.models import Group

from accounts.domain.roles import ADMIN, FINANCE, ROLES
from accounts.models import User
from budgets.domain.sharing import CODENAMES, Grant, Share
from budgets.people_forms import people_addressed

RIGHTS = {"see": "See", "edit": "Edit", "request": "Request", "decide": "Decide"}
#: Those roles see and change everything, so nothing need be shared with them.
NEED_NONE = (ADMIN, FINANCE)


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
        help_text="Their e-mail addresses, with commas between them. Begin to type a name or an address.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    group = forms.CharField(
        label="Group",
        required=False,
        max_length=200,
        help_text="Its name, or a role such as engineer for everyone of it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
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
        return people_addressed(self.cleaned_data["people"])

    def clean_group(self) -> Group | None:
        """The group of the name, in any case."""
        name = " ".join(self.cleaned_data["group"].split())
        if not name:
            return None
        if name.lower() in NEED_NONE:
            raise forms.ValidationError(f"Everyone of the role {name.lower()} sees and changes every budget anyway.")
        exact = Group.objects.filter(name=name).first()
        found = exact or Group.objects.exclude(name__in=NEED_NONE).filter(name__iexact=name).first()
        if found is None:
            raise forms.ValidationError(f"There is no group {name!r}. Choose one that is offered while you type.")
        return found

    def clean(self) -> dict[str, Any]:
        """Whoever is named gets a right, and is named once."""
        data = super().clean() or {}
        for row in self.rows():
            if not data.get(row.may.name) and not data.get(row.remove.name) and row.may.name not in self.errors:
                self.add_error(row.may.name, f"Choose what {row.name} may do, or remove them.")
        self._new = list(data.get("people") or [])
        if data.get("group"):
            self._new.append(data["group"])
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
