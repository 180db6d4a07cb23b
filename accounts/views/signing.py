"""Signing in and out: allauth's views with our forms and words."""

from __future__ import annotations

from allauth.account.views import LoginView, LogoutView
from django.http import HttpResponse
from django.utils.decorators import method_decorator

from accounts.forms.signing import SignInForm
from accounts.views.counting import counting


@method_decorator(counting, name="dispatch")
class SignIn(LoginView):
    """The sign-in page. Who is signed in already goes on to where they were going."""

    form_class = SignInForm
    template_name = "accounts/sign_in.html"

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """The form with what is wrong; 429 where no password was looked at."""
        answer: HttpResponse = super().form_invalid(form)
        if form.locked_for:
            answer.status_code = 429
            answer["Retry-After"] = str(form.locked_for)
        return answer


class SignOut(LogoutView):
    """Ends the session, by POST alone; GET asks, as no link may sign anybody out."""

    http_method_names = ("get", "head", "post", "options")
    template_name = "accounts/sign_out.html"
