"""Addresses for machines: liveness, readiness, metrics."""

from __future__ import annotations

import ipaddress
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

from costops import readiness
from wire.errors import error_response


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process answers; asks nobody else, so that a database that is down restarts no web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database, broker and beat are at work, else 503 and what is wrong."""
    parts = readiness.parts()
    ready = all(state == readiness.OK for state in parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for those who may read it."""
    if not _may_read_metrics(request):
        return error_response(
            403, "permission_denied", "Set COSTOPS_METRICS_TOKEN and send it: Authorization: Bearer <token>."
        )
    answer: HttpResponse = ExportToDjangoView(request)
    return answer


def _may_read_metrics(request: HttpRequest) -> bool:
    """With a token: who sends it. Without: this machine, as long as no proxy may speak for others."""
    if token := settings.COSTOPS_METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        return secrets.compare_digest(sent.encode(), f"Bearer {token}".encode())
    if settings.COSTOPS_PUBLIC or "X-Forwarded-For" in request.headers:
        return False
    return ipaddress.ip_address(request.META["REMOTE_ADDR"]).is_loopback


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
