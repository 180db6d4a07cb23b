"""The team directory."""

from django.http import HttpRequest, HttpResponse


def teams(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
