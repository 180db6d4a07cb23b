"""Signing in, and passwords: changed, or set anew by a link."""

from __future__ import annotations

from typing import Any

from allauth.account.fields import EmailField
from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm, UserTokenForm
from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest

from accounts.adapter import LOCKED
from accounts.models import User
from accounts.tasks import send_reset


class SignInForm(LoginForm):
    """E-mail and password; what does not fit is said beside the password, without saying which of the two it was.

    `locked_for` are the seconds for which no password is looked at, 0 where one was.
    """

    locked_for = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = _address_field(autofocus=True)
        self.fields["password"] = forms.CharField(
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            error_messages={"required": "Enter your password."},
        )
        self.order_fields(["login", "password"])

    def clean(self) -> dict[str, Any]:
        """Puts a mismatch beside a field, and what holds for all passwords above them."""
        try:
            return super().clean()
        except forms.ValidationError as error:
            if error.code == LOCKED:
                self.locked_for = (error.params or {})["seconds"]
                raise
            raise forms.ValidationError({"password": error.messages}) from None


class ResetForm(ResetPasswordForm):
    """Whose password shall be set anew. Whether the address has a user is looked up where nobody waits for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = _address_field(autofocus=True)

    def clean_email(self) -> str:
        """In lower case, as addresses are kept."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Orders the letter. Raises kombu's OperationalError where the broker is away."""
        address: str = self.cleaned_data["email"]
        send_reset.apply_async([address], retry=False)
        return address


class ResetLinkForm(UserTokenForm):
    """What a link for a new password says; one of somebody who left leads nowhere."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a link that opens nothing."""
        data: dict[str, Any] = super().clean()
        if not self.reset_user.is_active:
            raise forms.ValidationError("The link was used or is too old.")
        return data


class NewPasswordForm(ResetPasswordKeyForm):
    """Twice the new password, for who came by a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in {"password1": "New password", "password2": "New password, again"}.items():
            self.fields[name].label = label
            self.fields[name].error_messages["required"] = "Enter the password."
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())

    def clean(self) -> dict[str, Any]:
        """Says where the two differ, beside what else is wrong with them."""
        data = forms.Form.clean(self) or self.cleaned_data
        # As they were typed: one that is too weak may differ from the other too.
        first, second = self["password1"].value(), self["password2"].value()
        if first and second and first != second:
            self.add_error("password2", "The two new passwords differ.")
        return data


class PasswordForm(PasswordChangeForm):
    """The old password and twice the new one."""

    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "This is not your current password.",
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

    def validate_password_for_user(self, user: User, *_: str) -> None:
        """Says what is wrong with the new password beside the first of the two, whether or not they are the same."""
        super().validate_password_for_user(user, "new_password1")


def _address_field(*, autofocus: bool = False) -> forms.EmailField:
    attrs = {"autocomplete": "username", "maxlength": 254, "autofocus": autofocus}
    words = "Enter your e-mail address."
    return EmailField(
        label="E-mail", widget=forms.EmailInput(attrs), error_messages={"required": words, "invalid": words}
    )
