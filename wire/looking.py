"""The period that pages look at: chosen once, held from page to page, and always said in the address.

An address without one means the present month to everybody, whatever they looked at before: so one that is sent to a
colleague shows them the same. Whoever chose another period and follows a link from page to page is led to the address
that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from wire.calendar import KINDS, MONTH, Stretch, present, read

PARAMETER = "period"


@dataclass(frozen=True)
class Look:
    """A stretch of the company's calendar, and the instant that a page speaks of: now, or the end of what is over."""

    stretch: Stretch
    now: datetime

    @property
    def at(self) -> datetime:
        """Until when there is something to see."""
        return min(self.now, self.stretch.ends)

    @property
    def is_present(self) -> bool:
        """Whether it is under way."""
        return self.stretch.starts <= self.now < self.stretch.ends

    @property
    def is_default(self) -> bool:
        """Whether an address need not name it."""
        return self.is_present and self.stretch.kind == MONTH

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """For each kind its name, how an address names the one that fits, and whether it is this one."""
        found = []
        for kind in KINDS:
            fitting = present(kind, min(self.now, self.stretch.ends - self.now.resolution))
            found.append((kind.capitalize(), self._written(fitting), kind == self.stretch.kind))
        return found

    @property
    def earlier(self) -> str:
        """The address of the one before."""
        return self.stretch.moved(-1).written

    @property
    def later(self) -> str | None:
        """The address of the one after; None where that has not begun."""
        after = self.stretch.moved(1)
        return self._written(after) if after.starts <= self.now else None

    @property
    def day(self) -> int:
        """Which day of it this is."""
        return self.stretch.day_number(self.now)

    @property
    def kept(self) -> str:
        """What is remembered of it: what is under way is followed into the next."""
        return self.stretch.kind if self.is_present else self.stretch.written

    def _written(self, stretch: Stretch) -> str:
        return "" if Look(stretch, self.now).is_default else stretch.written


def look_at(request: HttpRequest) -> Look:
    """What `holds_period` found for this request."""
    look: Look = request.look  # type: ignore[attr-defined]
    return look


def look_at_now(request: HttpRequest) -> None:
    """Forgets a time before that was chosen: for who made something, which that knows nothing of."""
    if request.session.get(PARAMETER, MONTH) not in KINDS:
        del request.session[PARAMETER]


View = Callable[..., HttpResponseBase]


def holds_period(view: View) -> View:
    """For pages that look at a period: gives `request` its look, or leads to the address that names what was chosen.

    An empty `period` goes back to the present month; one that there is not, or not yet, is a page that there is not.
    """
    return _holding(view, or_day=False)


def holds_period_or_day(view: View) -> View:
    """The same for pages that know a period by its first day too; what is remembered stays, and the look is present."""
    return _holding(view, or_day=True)


def _holding(view: View, *, or_day: bool) -> View:

    @wraps(view)
    def looking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        now, text = timezone.now(), request.GET.get(PARAMETER)
        kept = request.session.get(PARAMETER, MONTH)
        if text is None and kept != MONTH and _from_within(request):
            remembered = present(kept, now) if kept in KINDS else read(kept)
            if remembered is not None:
                query = request.GET.copy()
                query[PARAMETER] = remembered.written
                return redirect(f"{request.path}?{query.urlencode()}")
        is_day = or_day and text is not None and _is_day(text)
        stretch = read(text) if text and not is_day else present(MONTH, now)
        if stretch is None or stretch.starts > now:
            raise Http404
        look = Look(stretch, now)
        if look.kept != kept and not is_day:
            request.session[PARAMETER] = look.kept
        request.look = look  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return looking


def _from_within(request: HttpRequest) -> bool:
    """Whether a link of the product's own led here, rather than an address that was typed, kept or sent.

    Browsers tell it by Sec-Fetch-Site (Fetch Metadata Request Headers, W3C), over plain HTTP by the Referer alone.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Referer", "")).netloc == request.get_host()


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
