"""How the admin site looks: Unfold's settings, in the product's name and colours."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def icon(request: HttpRequest) -> str:
    """The address of the product's sign."""
    return static("img/costops.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "CostOps",
    "SITE_HEADER": "CostOps",
    "SITE_SUBHEADER": "Admin",
    "SITE_URL": "/",
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "BORDER_RADIUS": "7px",
    "SIDEBAR": {"show_search": True},
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(96.2% .018 272.314)",
            "100": "oklch(93% .034 272.788)",
            "200": "oklch(87% .065 274.039)",
            "300": "oklch(78.5% .115 274.713)",
            "400": "oklch(67.3% .182 276.935)",
            "500": "oklch(58.5% .233 277.117)",
            "600": "oklch(45.2% .19 272.4)",
            "700": "oklch(40.5% .18 273)",
            "800": "oklch(36% .15 274)",
            "900": "oklch(31% .12 275)",
            "950": "oklch(25.7% .09 281.288)",
        },
    },
}
