"""Uploading the team directory: what a file would change is shown row by row, and done only as it was shown."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from usage.domain.directory_file import MOST_BYTES, Problem, Reading, Unreadable, decoded, read
from usage.domain.directory_plan import DirectoryMoved, Plan, carry_out, plan
from usage.rules import require_may_set_prices
from usage.teams_forms import FileForm

SHOWN = 200
MOVED = "The directory changed while you were here. This is what the file would change now: look again, then apply it."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """POST /people/teams/upload/ previews a `file`; with the `text` and the `mark` of a preview it carries that out."""
    by = require_may_set_prices(request.user)
    if request.method != "POST":
        return render(request, "usage/teams_upload.html", {"section": "people", "form": FileForm()})
    if "text" not in request.POST:
        return _from_file(request)
    text, now = request.POST["text"][:MOST_BYTES], timezone.now()
    try:
        reading = read(text, settings.COSTOPS_ZONE)
        done = carry_out(reading.lines, request.POST.get("mark", ""), by, now)
    except Unreadable as error:
        messages.error(request, str(error))
        return redirect("usage:teams-upload")
    except DirectoryMoved:
        return _preview(request, text, reading, notice=MOVED)
    count = len(done.changes)
    told = f"{count} {'entry is' if count == 1 else 'entries are'} added." if count else "Nothing was to change."
    messages.success(request, told)
    return redirect("usage:teams")


def _from_file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            text, guessed = decoded(form.cleaned_data["file"].read(MOST_BYTES + 1))
            return _preview(request, text, read(text, settings.COSTOPS_ZONE), guessed=guessed)
        except Unreadable as error:
            form.add_error("file", str(error))
    return render(request, "usage/teams_upload.html", {"section": "people", "form": form})


def _preview(
    request: HttpRequest, text: str, reading: Reading, *, notice: str = "", guessed: bool = False
) -> HttpResponse:
    found: Plan = plan(reading.lines, timezone.now())
    problems: list[Problem] = sorted([*reading.problems, *found.problems])
    context = {
        "section": "people",
        "form": FileForm(),
        "notice": notice,
        "guessed": guessed,
        "left_out": reading.left_out,
        "above": reading.above,
        "problems": problems[:SHOWN],
        "problem_count": len(problems),
        "problems_more": max(0, len(problems) - SHOWN),
        "changes": found.changes[:SHOWN],
        "change_count": len(found.changes),
        "changes_more": max(0, len(found.changes) - SHOWN),
        "same": found.same,
        "text": text,
        "mark": found.mark,
    }
    return render(request, "usage/teams_upload.html", context)
