"""The forms of people and groups: what administrators type becomes what the domain takes."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from accounts.domain.groups import LONGEST, plain_groups
from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN, ROLES, VIEWER, role_of
from accounts.models import User
from accounts.templatetags.people import WORDS

ABOUT = {
    "admin": "sees and sets everything, people and roles too",
    "finance": "sees and sets all budgets, prices and teams",
    "lead": "sees what is shared with them; programs may post usage",
    "approver": "sees what is shared with them; decides where they may",
    "engineer": "sees what is shared with them; programs may post usage",
    "viewer": "sees what is shared with them",
}
ROLE_CHOICES = [(role, f"{WORDS[role]}: {ABOUT[role]}") for role in ROLES]
NAME_TOO_LONG = {"max_length": "At most %(limit_value)d characters; these are %(show_value)d."}


class PersonForm(forms.Form):
    """Who somebody is and what they may do by their role."""

    name = forms.CharField(
        required=False, max_length=200, error_messages=NAME_TOO_LONG, help_text="As others shall read it."
    )
    role = forms.ChoiceField(choices=ROLE_CHOICES, error_messages={"required": "Choose a role."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    @classmethod
    def of(cls, person: User, data: Any = None) -> PersonForm:
        """The form as it stands for a person."""
        form = cls(data, initial={"name": person.name, "role": role_of(person) or ""})
        if role_of(person) is None:
            field: forms.ChoiceField = form.fields["role"]  # type: ignore[assignment]
            field.choices = [("", "No role yet"), *ROLE_CHOICES]
        return form

    @property
    def changed(self) -> dict[str, str]:
        """The name and the role where the form says another than it was shown with."""
        return {field: self.cleaned_data[field] for field in self.changed_data}


class NewPersonForm(PersonForm):
    """Somebody new."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages={"required": "Enter their e-mail address.", "invalid": "This is no e-mail address."},
        help_text="They sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    groups = forms.CharField(
        required=False,
        max_length=2000,
        help_text="With semicolons between them. Begin to type a name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    field_order = ["email", "name", "role", "groups"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"role": VIEWER}, **kwargs})

    def clean_email(self) -> str:
        """An address that nobody has yet."""
        email: str = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError("This e-mail address has a user already.")
        return email

    def clean_groups(self) -> list[Group]:
        """The groups of these names."""
        return groups_named(self.cleaned_data["groups"])

    def refuse_with(self, error: ValidationError) -> None:
        """Puts a refusal of the domain beside its field."""
        for name, words in getattr(error, "error_dict", {"email": error.messages}).items():
            self.add_error(name if name in self.fields else None, words)


class GroupForm(forms.Form):
    """A group's name; how long it may be is the domain's business."""

    name = forms.CharField(
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": LONGEST}),
    )


class MembersForm(forms.Form):
    """People who come into a group."""

    people = forms.CharField(
        label="Add people",
        max_length=5000,
        error_messages={"required": "Enter their e-mail addresses."},
        help_text="E-mail addresses, with commas between them. Begin to type a name or an address.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    def clean_people(self) -> list[User]:
        """The people of the addresses."""
        return people_addressed(self.cleaned_data["people"])


def people_addressed(text: str) -> list[User]:
    """The active people of some addresses, each once. Raises ValidationError for those that nobody has."""
    typed = [word.lower() for word in re.split(r"[,;\s]+", text.replace("\x00", "")) if word]
    known = {user.email: user for user in User.objects.filter(email__in=typed, is_active=True)}
    unknown = [address for address in dict.fromkeys(typed) if address not in known]
    if unknown:
        ask = to_ask(ADMIN) or "an administrator"
        raise ValidationError(f"Nobody here has the address {', '.join(unknown)}. Ask {ask} to add them.")
    return list(dict.fromkeys(known[address] for address in typed))


def groups_named(text: str) -> list[Group]:
    """The groups of some names with semicolons between them, in any case. Raises ValidationError for unknown ones."""
    names = [name for name in (" ".join(part.split()) for part in text.replace("\x00", "").split(";")) if name]
    known = {group.name.casefold(): group for group in plain_groups()}
    unknown = [name for name in dict.fromkeys(names) if name.casefold() not in known]
    if unknown:
        raise ValidationError(f"There is no group {', '.join(map(repr, unknown))}. Make it under Groups first.")
    return list(dict.fromkeys(known[name.casefold()] for name in names))
