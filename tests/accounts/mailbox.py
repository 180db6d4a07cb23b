"""A real mail server on loopback, which keeps what it is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.live import free_port


class Mailbox:
    """The letters that came, the first first; while `hangs` is set none is answered, with `refuses` none is taken."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.asked = 0
        self.hangs = False
        self.refuses = ""
        self.port = free_port()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Takes a letter."""
        self.asked += 1
        while self.hangs:
            await asyncio.sleep(0.05)
        if self.refuses:
            return self.refuses
        assert isinstance(envelope.content, bytes)
        self.letters.append(BytesParser(policy=default).parsebytes(envelope.content))  # type: ignore[arg-type]
        return "250 OK"

    @property
    def url(self) -> str:
        """Its address for COSTOPS_EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}?tls=none"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server until the block ends."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        box.hangs = False
        controller.stop()


def text_in(letter: EmailMessage) -> str:
    """What a letter says."""
    part = letter.get_body(("plain",))
    assert part is not None
    content: Any = part.get_content()
    return str(content).replace("\r\n", "\n")


def link_in(letter: EmailMessage) -> str:
    """The path of the one link for a new password."""
    (path,) = re.findall(r"^https?://[^/]+(/account/reset/\S+)$", text_in(letter), flags=re.M)
    return str(path)
