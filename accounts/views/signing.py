"""Signing in and out: Django's views with our form and words."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView

from accounts.forms import SignInForm


class SignIn(LoginView):
    """The sign-in page. Who is signed in already goes on to where they were going."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session, by POST alone."""
