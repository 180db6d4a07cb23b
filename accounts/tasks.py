"""Jobs of accounts: letters, which no page waits for, and what is tidied up."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from celery import Task, shared_task
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.domain import sessions
from accounts.domain.letters import changed_letter, reset_letter, sends_mail
from accounts.models import User
from wire.jobs import soon

PAUSES = (10, 60, 300)  # seconds before a letter is tried again; who waits for one asks for another soon
logger = logging.getLogger(__name__)


@shared_task(bind=True)
def send_reset(self: Task, address: str) -> None:
    """Sends the link for a new password to whom this address belongs, if anybody.

    Looked up here, so that the page takes as long for an address that has no user; the link is made here, so that the
    broker never holds it.
    """
    user = User.objects.filter(email=address.strip().lower(), is_active=True).first()
    if user is not None and user.has_usable_password():
        _send(self, reset_letter(user))


@shared_task(bind=True)
def send_changed(self: Task, pk: int) -> None:
    """Tells someone that their password was changed."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is not None:
        _send(self, changed_letter(user))


def tell_of_change(user: User) -> None:
    """Orders the letter about a changed password. The change stands whether or not the letter can be sent."""
    if sends_mail():
        soon(send_changed, user.pk)


@shared_task
def forget_sessions() -> None:
    """Forgets sessions that ran out."""
    sessions.forget_ended(timezone.now())


def _send(task: Task, letter: EmailMessage) -> None:
    """Hands a letter to the mail server; one that does not take it is tried three times more."""
    try:
        letter.send()
    except (SMTPException, OSError) as error:
        tries = task.request.retries
        logger.warning("A letter could not be handed to the mail server (%s), try %d.", type(error).__name__, tries + 1)
        if tries < len(PAUSES):
            raise task.retry(countdown=PAUSES[tries], max_retries=len(PAUSES), exc=error) from None
