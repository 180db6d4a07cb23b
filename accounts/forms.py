"""Signing in, one's own password and keys, and the forms of people in the admin site."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import password_validators_help_texts
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminSelectWidget

from accounts.domain.keys import check_name
from accounts.domain.roles import ADMIN, ROLES, VIEWER, LastAdmin, check_admin_stays, role_of
from accounts.models import User


class SignInForm(AuthenticationForm):
    """E-mail and password; what does not fit is said beside the password, without saying which of the two it was."""

    error_messages = {
        "invalid_login": "E-mail address and password do not go together.",
        "inactive": "E-mail address and password do not go together.",
    }

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].widget = forms.EmailInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 254}
        )
        self.fields["username"].error_messages["required"] = "Enter your e-mail address."
        self.fields["password"].error_messages["required"] = "Enter your password."

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return str(self.cleaned_data["username"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """Puts the one error there is beside a field."""
        try:
            return super().clean()
        except forms.ValidationError as error:
            raise forms.ValidationError({"password": error.messages}) from None


class PasswordForm(PasswordChangeForm):
    """The old password and twice the new one."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "This is not your current password. Forgot it? An administrator can set a new one.",
        "password_mismatch": "The two new passwords differ.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "old_password": "Current password",
            "new_password1": "New password",
            "new_password2": "New password, again",
        }
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].error_messages["required"] = "Enter the password."
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())
        self.fields["new_password2"].help_text = ""


class KeyForm(forms.Form):
    """A new key of one's own. `fields_for()` is what the domain takes."""

    name = forms.CharField(
        max_length=100,
        error_messages={"required": "Give it a name."},
        help_text="What it is for, such as the program or the machine.",
    )
    project = forms.CharField(max_length=200, required=False)
    environment = forms.CharField(max_length=200, required=False)
    department = forms.CharField(max_length=200, required=False)
    team = forms.CharField(max_length=200, required=False)
    locked = forms.BooleanField(
        label="Locked: a call cannot say otherwise",
        required=False,
        help_text="Otherwise these only fill in what a call leaves out.",
    )
    days = forms.TypedChoiceField(
        label="Expires",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Never"), (30, "In 30 days"), (90, "In 90 days"), (365, "In a year")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def fields_for(self, now: datetime) -> dict[str, Any]:
        """What the domain takes."""
        data = dict(self.cleaned_data)
        days = data.pop("days")
        return {**data, "now": now, "expires_at": now + timedelta(days=days) if days else None}

    def refuse_with(self, error: forms.ValidationError) -> None:
        """Puts a refusal of the domain beside its field."""
        for name, words in error.message_dict.items():
            self.add_error(name if name in self.fields else None, words)


def _role_choices() -> list[tuple[str, str]]:
    return [(role, role) for role in ROLES]


class NewUserForm(UserCreationForm):
    """A new person: address, role and, where they sign in by it, a password."""

    role = forms.ChoiceField(choices=_role_choices, widget=UnfoldAdminSelectWidget, initial=VIEWER)

    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self) -> str:
        """Addresses are kept in lower case, so the same in capitals is taken too."""
        address = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email=address).exists():
            raise forms.ValidationError("This e-mail address has a user already.")
        return address


class UserForm(UserChangeForm):
    """A person: their role says what they may do, their groups what is shared with them."""

    role = forms.ChoiceField(choices=_role_choices, widget=UnfoldAdminSelectWidget)
    teams = forms.ModelMultipleChoiceField(
        queryset=Group.objects.exclude(name__in=ROLES),
        required=False,
        label="Groups",
        widget=UnfoldAdminSelectMultipleWidget,
        help_text="Groups that budgets are shared with.",
    )

    class Meta:
        model = User
        fields = ["email", "name", "password", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "role" in self.fields:
            held = role_of(self.instance)
            self.initial["role"] = held
            if held is None:
                self.fields["role"].required = False
                self.fields["role"].choices = [("", "No role yet"), *_role_choices()]
            self.initial["teams"] = Group.objects.filter(user=self.instance).exclude(name__in=ROLES)

    def clean(self) -> dict[str, Any]:
        """Leaves an active administrator."""
        data = super().clean() or self.cleaned_data
        if data.get("role", ADMIN) != ADMIN or not data.get("is_active", True):
            try:
                check_admin_stays(self.instance)
            except LastAdmin as error:
                raise forms.ValidationError(str(error)) from None
        return data


class KeyOfSomeoneForm(forms.ModelForm):
    """A key in the admin site."""

    def clean(self) -> dict[str, Any]:
        """Refuses a name that another key of the person has."""
        data = super().clean() or self.cleaned_data
        user, name = data.get("user", getattr(self.instance, "user", None)), data.get("name")
        if user and name and self.instance.revoked_at is None:
            check_name(user, name, self.instance if self.instance.pk else None)
        return data
