"""Pages and files of tables are sent compressed; answers of the API, which programs read nearby, are not."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED = ("text/html", "text/csv")


class PageCompression(GZipMiddleware):
    """Django's compression, with the random length that keeps it from telling secrets, for what people load."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compresses pages and tables."""
        if not response.get("Content-Type", "").startswith(COMPRESSED):
            return response
        return super().process_response(request, response)
