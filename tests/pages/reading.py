"""Reads pages as a person does: by the words in them."""

from __future__ import annotations

import re
from html import unescape

from django.http import HttpResponse


def text_of(page: HttpResponse | str) -> str:
    """The words of a page, blanks as one."""
    html = page if isinstance(page, str) else page.content.decode()
    html = re.sub(r"</?bdi>", "", html)
    html = re.sub(r"<(script|style|title)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def row_of(page: HttpResponse, name: str) -> str:
    """The words of the table row whose link is called `name`."""
    for row in re.findall(r"<tr\b.*?</tr>", re.sub(r"</?bdi>", "", page.content.decode()), flags=re.S):
        if re.search(rf">{re.escape(name)}</a>", row):
            return text_of(row)
    raise AssertionError(f"no row for {name!r}")


def names_in_order(page: HttpResponse) -> list[str]:
    """The budgets of a table, top to bottom."""
    body = re.sub(r"</?bdi>", "", page.content.decode()).split("<tbody", 1)[-1]
    return [unescape(name) for name in re.findall(r'<a href="/budgets/\d+/">(.*?)</a>', body)]
