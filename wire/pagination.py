"""Pages of a list, by cursor: they neither repeat nor skip a row while the list grows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from wire.parsing import is_unstorable
from wire.queries import id_in

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
PARAMETERS = ("cursor", "page_size")
BAD_CURSOR = {"cursor": ["This is no cursor of this list. Take it from next or previous, or leave it out."]}
Row = TypeVar("Row")


def page_size_of(request: Request) -> int:
    """How many rows the caller wants; 400 when that is no number from 1 to 1,000."""
    text = request.query_params.get("page_size", str(PAGE_SIZE))
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_PAGE_SIZE:
        return int(text)
    raise ValidationError({"page_size": [f"Choose a number from 1 to {MAX_PAGE_SIZE:,}."]})


class CursorPages(CursorPagination):
    """{"next", "previous", "results"}; `page_size` up to 1,000."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    ordering: tuple[str, ...] | str = ("id",)

    def get_page_size(self, request: Request) -> int:
        """The size that the caller asked for."""
        return page_size_of(request)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The cursor of the request; 400 when it is none."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise ValidationError(BAD_CURSOR) from None
        if cursor is not None and is_unstorable(str(cursor.position)):
            raise ValidationError(BAD_CURSOR)
        return cursor

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The rows of the page; 400 when the cursor's position is none of this list's."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, TypeError, ModelError) as error:
            raise ValidationError(BAD_CURSOR) from error


class Keyset:
    """One page of rows that are ordered by a key which no two rows share.

    The cursor is the key of the row at the edge, so a page costs the same wherever it is. `position` is that key as a
    list of strings and nulls (None on the first page), and `backwards` says on which side of it the page lies.
    """

    def __init__(self, request: Request, length: int | None = None) -> None:
        """Reads `cursor`, whose key has `length` parts, and `page_size`; 400 when they make no sense."""
        self._url = request.build_absolute_uri()
        self.size = page_size_of(request)
        self.position: list[str | None] | None = None
        self.backwards = False
        if token := request.query_params.get("cursor"):
            self.backwards, self.position = _read(token, length)

    def answer(
        self,
        rows: Sequence[Row],
        key_of: Callable[[Row], Sequence[str | None]],
        shown: Callable[[Row], Any],
    ) -> dict[str, Any]:
        """The list as the API answers it. `rows` are up to `size` + 1, nearest to the position first."""
        more = len(rows) > self.size
        page = list(rows[: self.size])
        if self.backwards:
            page.reverse()
        after = bool(page) and (more or self.backwards)
        before = bool(page) and (more if self.backwards else self.position is not None)
        return {
            "next": self._link(False, key_of(page[-1])) if after else None,
            "previous": self._link(True, key_of(page[0])) if before else None,
            "results": [shown(row) for row in page],
        }

    def _link(self, backwards: bool, key: Sequence[str | None]) -> str:
        token = json.dumps([int(backwards), *key], ensure_ascii=False, separators=(",", ":")).encode()
        link: str = replace_query_param(self._url, "cursor", base64.urlsafe_b64encode(token).decode().rstrip("="))
        return link


def id_in_cursor(text: str | None) -> int:
    """The row's id in a key's text; 400 when there is none."""
    found = id_in(text)
    if found is None:
        raise ValidationError(BAD_CURSOR)
    return found


def _read(token: str, length: int | None) -> tuple[bool, list[str | None]]:
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        direction, *key = json.loads(base64.b64decode(padded, b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise ValidationError(BAD_CURSOR) from None
    texts = [part for part in key if part is not None]
    sound = all(isinstance(part, str) and not is_unstorable(part) for part in texts)
    if direction not in (0, 1) or not sound or (length is not None and len(key) != length):
        raise ValidationError(BAD_CURSOR)
    return bool(direction), key
