"""Completes the names of models and providers while somebody who sets prices types one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from usage.domain import ground
from usage.domain.price_names import Named, models_like, priced_like, providers_like
from usage.rules import require_may_set_prices, seen_by
from usage.views.filtering import LONGEST, OFFERED, Value

MOST_SELLERS = 3


@login_required
@require_safe
@never_cache
def names(request: HttpRequest, what: str) -> HttpResponse:
    """GET /models/names/<what>/?q=: `models`, those in use first; `priced`, those that have a price, at
    `priced_provider` where it is given; or `providers`."""
    seen, text = seen_by(require_may_set_prices(request.user)), _asked(request, "q")
    if not text:
        found = []
    elif what == "providers":
        found = [Value(name, name, "") for name in providers_like(seen, text, OFFERED)]
    elif what == "priced":
        provider = _asked(request, "priced_provider")
        found = _offered(priced_like(ground.current().prices, seen, text, timezone.now(), OFFERED, provider))
    else:
        found = _offered(models_like(seen, text, OFFERED))
    return render(request, "parts/completions.html", {"found": found})


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:LONGEST]


def _offered(models: list[Named]) -> list[Value]:
    return [Value(model.name, model.name, _sellers(model.providers)) for model in models]


def _sellers(providers: tuple[str, ...]) -> str:
    more = len(providers) - MOST_SELLERS
    return ", ".join(providers[:MOST_SELLERS]) + (f" and {more} more" if more > 0 else "")
