"""Signing in, and the forms of people in the admin site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import Group
from unfold.forms import UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminSelectWidget

from accounts.domain.roles import ROLES, VIEWER
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
            held = set(self.instance.groups.values_list("name", flat=True))
            self.initial["role"] = next((role for role in ROLES if role in held), VIEWER)
            self.initial["teams"] = Group.objects.filter(user=self.instance).exclude(name__in=ROLES)
