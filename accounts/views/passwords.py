"""Passwords: one's own changed, or set anew by a link that was sent by mail."""

from __future__ import annotations

from typing import Any

from allauth.account.views import PasswordResetFromKeyView, PasswordResetView
from allauth.decorators import rate_limit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from accounts.domain import lockout, sessions
from accounts.domain.letters import sends_mail
from accounts.domain.people import to_ask
from accounts.domain.roles import ADMIN
from accounts.forms.signing import NewPasswordForm, PasswordForm, ResetForm
from accounts.models import User
from accounts.tasks import tell_of_change
from accounts.views.counting import counting

NOT_NOW = "No mail can be sent at the moment. Try again in a few minutes."


@method_decorator(
    [counting, login_required, rate_limit(action="change_password"), sensitive_post_parameters(), never_cache],
    name="dispatch",
)
class ChangePassword(PasswordChangeView):
    """One's own password; this browser stays signed in, all others are signed out."""

    form_class = PasswordForm
    template_name = "accounts/password.html"
    success_url = reverse_lazy("accounts:account")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Changes it, says so here and by mail."""
        before = self.request.session.session_key
        answer = super().form_valid(form)
        sessions.rename(before, self.request.session.session_key)
        sessions.end_others(form.user, self.request.session.session_key)
        tell_of_change(form.user)
        messages.success(self.request, "Your password was changed. Other browsers are signed out.")
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the rules for a password, one by one."""
        return super().get_context_data(**kwargs, password_rules=password_validators_help_texts(), section="account")


@method_decorator([counting, never_cache], name="dispatch")
class AskReset(PasswordResetView):
    """Asks for the link. The answer is the same for every address, and comes as fast."""

    form_class = ResetForm
    template_name = "accounts/reset.html"
    success_url = reverse_lazy("accounts:reset-sent")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without a mail server there is nothing to send: the page says whom to ask."""
        answer: HttpResponse = super().post(request, *args, **kwargs) if sends_mail() else self.get(request)
        return answer

    def form_valid(self, form: ResetForm) -> HttpResponse:
        """Orders the letter; says so where that cannot be."""
        try:
            answer: HttpResponse = super().form_valid(form)
        except OperationalError:
            form.add_error(None, NOT_NOW)
            answer = self.form_invalid(form)
            answer.status_code = 503
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With whom to ask where no mail is sent."""
        more = {} if sends_mail() else {"ask": to_ask(ADMIN) or "an administrator"}
        context: dict[str, Any] = super().get_context_data(**kwargs, sends_mail=sends_mail(), **more)
        return context


@require_safe
@never_cache
def reset_sent(request: HttpRequest) -> HttpResponse:
    """GET /account/reset/sent/: what happens next, whoever asked."""
    return render(request, "accounts/reset_sent.html")


@require_safe
@never_cache
def reset_done(request: HttpRequest) -> HttpResponse:
    """GET /account/reset/done/: the new password holds."""
    return render(request, "accounts/reset_done.html")


@method_decorator([counting, sensitive_post_parameters(), never_cache], name="dispatch")
class Reset(PasswordResetFromKeyView):
    """Where the link leads. It works once, whoever comes twice at the same moment."""

    form_class = NewPasswordForm
    template_name = "accounts/reset_password.html"
    success_url = reverse_lazy("accounts:reset-done")
    reset_user: User | None

    def form_valid(self, form: NewPasswordForm) -> HttpResponse:
        """Sets the password, signs the person out everywhere, and lets them in again if they were locked out."""
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=form.user.pk)
            if not (user.is_active and default_token_generator.check_token(user, self.key)):
                self.reset_user = None
                gone: HttpResponse = self.render_to_response(self.get_context_data(token_fail=True))
                return gone
            form.user = self.reset_user = user
            answer: HttpResponse = super().form_valid(form)
        sessions.end_all(user)
        lockout.forget_tries(self.request, user.email)
        tell_of_change(user)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the rules for a password, one by one."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {**context, "password_rules": password_validators_help_texts()}
