"""The columns of a plan: what each holds, and by which other names people call it."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from budgets.domain.periods import MONTHS
from budgets.domain.scopes import KEYS

SCOPE = tuple(KEYS)
#: In the order in which they are written; planned amounts follow, a column for each day that a period begins.
COLUMNS = (
    *("id", "parent_id", "path", "name", "amount", "period", "anchor", "starts_on", "ends_on"),
    *SCOPE,
    *("owner", "rollover", "over_allocation", "thresholds", "archived"),
)
ALSO = {
    "id": ("budget id",),
    "parent_id": ("parent id", "under id"),
    "path": ("parent", "parents", "parent path", "parent budget", "under", "budget above"),
    "name": ("budget", "budget name", "title"),
    "amount": ("limit", "budget amount", "agreed", "agreed amount", "limit for one period"),
    "period": ("cycle", "frequency", "period kind"),
    "anchor": ("begins", "period begins", "starts in"),
    "starts_on": ("start", "starts", "start date", "first day", "from", "valid from"),
    "ends_on": ("end", "ends", "end date", "last day", "until", "valid until"),
    "departments": ("department",),
    "teams": ("team",),
    "projects": ("project",),
    "environments": ("environment", "env", "envs"),
    "providers": ("provider", "vendor"),
    "models": ("model",),
    "users": ("user", "people"),
    "tags": ("tag", "labels"),
    "owner": ("owner email", "owner's email", "owner e-mail", "responsible"),
    "rollover": ("carry over", "carries over", "carryover", "roll over"),
    "over_allocation": ("overallocation", "over allocation"),
    "thresholds": ("threshold", "alerts", "alert thresholds"),
    "archived": ("archive", "closed"),
}
PLANNED = "amount "
FIRST_LETTERS = [month[:3].lower() for month in MONTHS]


def _plain(heading: str) -> str:
    text = re.sub(r"\(.*?\)|\[.*?\]", " ", heading.replace("’", "'").lower())
    return " ".join(re.sub(r"[_\-]+", " ", text).replace("*", " ").split())


KNOWN = {_plain(name): field for field in COLUMNS for name in (field, *ALSO[field])}


def field_of(heading: str) -> str | None:
    """The field that a heading names: one of COLUMNS, or the ISO day of planned amounts; None for another.

    Case, underscores and what stands in brackets do not count: "Amount (USD)" is the amount.
    """
    text = _plain(heading)
    return KNOWN.get(text) or _planned_day(heading)


def is_day(field: str) -> bool:
    """Whether a field is the day of planned amounts."""
    return field[:1].isdigit()


def planned_heading(day: str) -> str:
    """The heading of the amounts planned for the periods that begin on a day."""
    return f"{PLANNED}{day}"


def _planned_day(heading: str) -> str | None:
    """ "amount 2027-01-01", "2027-01", "Jan 2027": the day that those periods begin."""
    text = " ".join(heading.lower().replace(",", " ").split()).removeprefix(PLANNED).removeprefix("limit ")
    if found := re.fullmatch(r"(\d{4})-(\d\d?)(?:-(\d\d?))?", text):
        year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    elif (found := re.fullmatch(r"([a-z]{3,9})\.? (\d{4})", text)) and found[1][:3] in FIRST_LETTERS:
        year, month, day = int(found[2]), FIRST_LETTERS.index(found[1][:3]) + 1, 1
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def nearest(heading: str) -> str | None:
    """The column that an unknown heading may have meant."""
    near = get_close_matches(_plain(heading), KNOWN, 1, 0.75)
    return KNOWN[near[0]] if near else None
