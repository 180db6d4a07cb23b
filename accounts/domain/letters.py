"""Letters about signing in. A link leads to the public URL and never to what a Host header says."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import int_to_base36

from accounts.models import User


def sends_mail() -> bool:
    """Whether a mail server is configured."""
    return bool(settings.COSTOPS_SENDS_MAIL)


def reset_letter(user: User) -> EmailMessage:
    """The link by which `user` sets a new password: once, within the hour, and while the password is what it is."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": int_to_base36(user.pk), "key": default_token_generator.make_token(user)},
    )
    minutes = settings.PASSWORD_RESET_TIMEOUT // 60
    return _letter(user, "reset", f"Set a new password for {_whose()}", link=_address(path), minutes=minutes)


def changed_letter(user: User) -> EmailMessage:
    """Tells `user` that the password is another now, in case it was not they who changed it."""
    return _letter(
        user, "changed", f"Your password for {_whose()} was changed", link=_address(reverse("accounts:reset"))
    )


def _letter(user: User, name: str, subject: str, **more: object) -> EmailMessage:
    context = {"user": user, "whose": _whose(), "home": settings.PUBLIC_URL, **more}
    body = render_to_string(f"accounts/mail/{name}.txt", context)
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [user.email])


def _address(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def _whose() -> str:
    return f"CostOps at {settings.COSTOPS_COMPANY}" if settings.COSTOPS_COMPANY else "CostOps"
