"""Signing in, and the forms of people in the admin site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm


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
