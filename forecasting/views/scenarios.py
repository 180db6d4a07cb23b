"""The workbench of scenarios: what a budget's period would come to, compared; kept by name, shared by a link."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from budgets.domain.course import course_of
from budgets.domain.outline import standing_of
from budgets.domain.projection import CONFIDENCE
from budgets.domain.terms import present_terms
from budgets.models import Budget
from budgets.templatetags.limits import to_cent
from budgets.views.detail import find_budget
from budgets.views.head import head_of
from forecasting.domain import saved_sets
from forecasting.domain.assumptions import Scenario, ScenarioError, scenarios_in
from forecasting.domain.scenarios import Outcome
from forecasting.domain.subjects import Subject, compare, of_budget
from forecasting.models import ScenarioSet
from forecasting.scenario_chart import ahead_in, compared, drawn, needs_cents
from forecasting.scenario_forms import ON_A_PAGE, Question, asked_in, first_question, question_of
from forecasting.scenario_words import assumed_in_words
from wire.queries import id_in
from wire.templatetags.money import in_words
from wire.transactions import one_snapshot

PLACE = "forecasts:scenarios"
CURRENT = Scenario("Current rate")
#: What one may begin with, as the address says it.
STARTS = (
    ("10% growth a month", "?1-name=10%25+growth&1-growth=10"),
    ("10,000 more requests", "?1-name=New+feature&1-requests=10%2C000&1-each=0.05"),
    ("30% cheaper", "?1-name=After+optimization&1-reduction=30"),
)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def scenarios(request: HttpRequest, pk: int, saved: UUID | None = None) -> HttpResponse:
    """GET, POST /budgets/<id>/scenarios/ and /budgets/<id>/scenarios/<set>/. The whole question is in the address; a
    saved set is opened with its own until the address asks another. A POST keeps, changes or deletes a set.
    """
    budget = find_budget(request, pk)
    kept = _kept(request, budget, saved)
    asked = asked_in(request.GET)
    if request.method == "POST":
        return _write(request, budget, kept, asked)
    if (elsewhere := _tidied(request, asked)) is not None:
        return redirect(elsewhere)
    return _page(request, budget, kept, asked)


def _kept(request: HttpRequest, budget: Budget, saved: UUID | None) -> ScenarioSet | None:
    if saved is None:
        return None
    found = saved_sets.find_set(request.user, saved)
    if found is None or found.budget_id != budget.pk:
        raise Http404
    return found


def _tidied(request: HttpRequest, asked: Question | None) -> str | None:
    """Where a form that was sent leads: the address that asks the same in short, and so can be shared."""
    if not {"add", "remove", "work"} & request.GET.keys():
        return None
    asked = asked or first_question()
    if "remove" in request.GET:
        asked = asked.without(id_in(request.GET["remove"]) or 0)
    elif "add" in request.GET:
        asked = asked.with_another()
    return request.path + asked.address


def _write(request: HttpRequest, budget: Budget, kept: ScenarioSet | None, asked: Question | None) -> HttpResponse:
    wanted, name, now = request.POST.get("do", ""), request.POST.get("name", ""), timezone.now()
    if wanted != "save-as" and (kept is None or not saved_sets.may_change(request.user, kept)):
        raise PermissionDenied(saved_sets.NOT_YOURS)
    if kept is not None and wanted == "delete":
        kept.delete()
        messages.success(request, f"{kept.name} is deleted.")
        return redirect(PLACE, budget.pk)
    question = asked or _question_of(kept)
    if question.errors:
        return _page(request, budget, kept, question, refused="Correct the scenarios first.", name=name)
    try:
        if kept is not None and wanted == "save":
            kept = saved_sets.change(kept, kept.name, question.scenarios, now)
        else:
            kept = saved_sets.keep(budget, request.user, name, question.scenarios, now)
    except saved_sets.Deleted:
        raise Http404 from None
    except ScenarioError as error:
        return _page(request, budget, kept, question, refused=str(error), name=name)
    messages.success(request, f"{kept.name} is saved.")
    return redirect("forecasts:saved", budget.pk, kept.pk)


def _question_of(kept: ScenarioSet | None) -> Question:
    return first_question() if kept is None else question_of(scenarios_in(kept.scenarios))


@one_snapshot()
def _page(
    request: HttpRequest,
    budget: Budget,
    kept: ScenarioSet | None,
    asked: Question | None,
    *,
    refused: str = "",
    name: str = "",
) -> HttpResponse:
    now = timezone.now()
    question = asked or _question_of(kept)
    subject = of_budget(request.user, budget, CONFIDENCE, now)
    outcomes = [] if subject.outlook.at_rest else _worked_out(subject, question)
    changed = kept is not None and asked is not None and _plain(question) != kept.scenarios
    context = {
        **_head(request, subject, now),
        "outlook": subject.outlook,
        "kept": kept,
        "may_change": kept is not None and saved_sets.may_change(request.user, kept),
        "changed": changed,
        "question": question,
        "errors": question.errors,
        "starts": STARTS if asked is None and kept is None else (),
        "may_add": len(question.forms) < ON_A_PAGE,
        "most": ON_A_PAGE,
        "refused": refused,
        "name": name or ("" if kept is None or not changed else f"{kept.name} 2"),
        "sets": saved_sets.sets_of(budget)[: saved_sets.MOST],
        **_comparison(subject, outcomes),
    }
    return render(request, "scenarios/workbench.html", context, status=400 if refused else 200)


def _plain(question: Question) -> list[dict[str, Any]]:
    return [scenario.plain() for scenario in question.scenarios]


def _head(request: HttpRequest, subject: Subject, now: datetime) -> dict[str, Any]:
    assert subject.status is not None
    status = subject.status
    return head_of(request, status, standing_of(status), now, PLACE, terms=present_terms(status).budget)


def _worked_out(subject: Subject, question: Question) -> list[Outcome]:
    """The current rate, then what can be worked out; what turns out to be wrong stands beside its field then."""
    asked = question.asked
    try:
        return compare(subject, [CURRENT, *asked.values()])
    except ScenarioError as error:
        question.refuse(error, [-1, *asked])
        return compare(subject, [CURRENT, *question.asked.values()])


def _comparison(subject: Subject, outcomes: list[Outcome]) -> dict[str, Any]:
    """The table and the chart; nothing where nothing more is to come."""
    if subject.outlook.at_rest or subject.status is None:
        return {"figure": None, "rows": []}
    course = course_of(subject.status)
    found = drawn(course, outcomes)
    cents = needs_cents(found)
    rows = [(one, assumed_in_words(one.outcome.scenario.assumptions), *_against_limit(one.outcome)) for one in found]
    steps = ahead_in(course)
    return {
        "rows": rows,
        "cents": cents,
        "figure": compared(course, found, subject.status.limit, cents=cents),
        "chart_label": _label(found[0].outcome, outcomes[1:], subject.status.limit, cents=cents),
        "steps": [(step.day, step.ends, [one.totals[number] for one in found]) for number, step in enumerate(steps)],
        "unit": course.unit,
        "drawn": found,
    }


def _against_limit(outcome: Outcome) -> tuple[Decimal, Decimal]:
    """What the limit leaves, and by how much it is passed; 0 where it is not."""
    left = (outcome.limit or Decimal(0)) - outcome.projected
    return left, max(-left, Decimal(0))


def _label(current: Outcome, others: list[Outcome], limit: Decimal, *, cents: bool) -> str:
    """What the chart shows, for who does not see it."""
    said = [f"{one.scenario.name} {in_words(one.projected, cents)}" for one in others]
    return ", ".join(
        [f"At the current rate {in_words(current.projected, cents)}", *said, f"against a limit of {to_cent(limit)}"]
    )
