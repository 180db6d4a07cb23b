"""Signing in and out: Django's views with our form and words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.forms import SignInForm


class SignIn(LoginView):
    """The sign-in page. Who is signed in already goes on to where they were going."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session, by POST alone; GET asks, as no link may sign anybody out."""

    http_method_names = ("get", "head", "post", "options")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Who is not signed in is at the sign-in page already."""
        return (
            render(request, "accounts/sign_out.html") if request.user.is_authenticated else redirect("accounts:sign-in")
        )
