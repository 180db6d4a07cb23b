"""What the frame of every page says of the company: whose days and times these are, and whose money."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def company(request: HttpRequest) -> dict[str, str]:
    """The company's time zone and currency, for templates."""
    return {"company_zone": settings.TIME_ZONE, "company_currency": settings.COSTOPS_CURRENCY}
