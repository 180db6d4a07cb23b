"""People in the admin site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminSelectWidget

from accounts.domain import sessions
from accounts.domain.roles import ADMIN, ROLES, VIEWER, LastAdmin, check_admin_stays, role_of
from accounts.models import User


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


class SetPasswordForm(AdminPasswordChangeForm):
    """A new password for somebody, which signs them out everywhere."""

    def save(self, commit: bool = True) -> User:
        """The person, signed out."""
        user: User = super().save(commit)
        if commit:
            sessions.end_all(user)
        return user
