"""budgets/ and budgets/{id}/: made, listed, read, changed, archived and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import BUDGETS_READ, BUDGETS_WRITE
from budgets.api.answers import shown
from budgets.api.fields import (
    BudgetEditSerializer,
    BudgetRequestSerializer,
    BudgetSerializer,
    RestoreSerializer,
)
from budgets.api.finding import actor_of, find, find_editable
from budgets.api.refusals import told
from budgets.domain.changes import archive_budget, create_budget, edit_budget, restore_budget
from budgets.domain.status import State, statuses
from budgets.models import Budget
from budgets.models.budget import BudgetQuerySet
from wire.idempotency import idempotent
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import PARAMETERS, Keyset, id_in_cursor
from wire.queries import Query

NO_PARENT = {"parent_budget": ["There is no such budget that you may see."]}
OF_REQUEST = {"reason", "all_history", "version", "currency", "parent_budget", "alerts"}

SEED = OpenApiExample(
    "A project's budget with thresholds",
    request_only=True,
    value={
        "name": "Q1 2025 Production",
        "amount": 10000,
        "period": "monthly",
        "scope": {"projects": ["production"], "environments": ["prod"]},
        "alerts": [
            {"threshold": 0.5, "channels": ["email"]},
            {"threshold": 0.8, "channels": ["email", "slack"]},
        ],
    },
)
WHOLE = OpenApiExample(
    "The company's budget",
    request_only=True,
    value={"name": "Company AI Budget 2025", "amount": "100000.00", "period": "monthly", "scope": "company-wide"},
)
LIST_PARAMETERS = [
    OpenApiParameter("archived", bool, description="Default: false."),
    OpenApiParameter("parent", str, description="The id of the budget above, or none for the tops."),
    OpenApiParameter("owner", str, description="By e-mail."),
    OpenApiParameter("state", str, enum=[state.value for state in State]),
    OpenApiParameter("search", str, description="Part of the name or of the owner's name."),
    *PAGE_PARAMETERS,
]


class Budgets(APIView):
    """All budgets that the caller may see."""

    needs = {"GET": BUDGETS_READ, "POST": BUDGETS_WRITE}

    @extend_schema(
        operation_id="budgets_list",
        summary="List budgets",
        parameters=LIST_PARAMETERS,
        responses=page_of(BudgetSerializer, "Budget"),
        tags=["budgets"],
    )
    def get(self, request: Request) -> Response:
        """A page of budgets, by id."""
        query = Query(request.query_params, ["archived", "parent", "owner", "state", "search", *PARAMETERS])
        found = _filtered(Budget.objects.visible_to(request.user), query, request.user)
        state = query.choice("state", [state.value for state in State])
        query.checked()
        now = timezone.now()
        page = Keyset(request, 1)
        if state is not None:
            found = found.filter(pk__in=_in_state(found, state, now))
        if page.position is not None:
            side = "lt" if page.backwards else "gt"
            found = found.filter(**{f"pk__{side}": id_in_cursor(page.position[0])})
        rows = found.select_related("owner").order_by("-pk" if page.backwards else "pk")[: page.size + 1]
        answers = shown(list(rows), request.user, now)
        return Response(page.answer(answers, lambda answer: [str(answer["id"])], lambda answer: answer))

    @extend_schema(
        operation_id="budgets_create",
        summary="Make a budget",
        description="Finance and admin make budgets anywhere; others below a budget that they may change. A budget "
        "shows at once what its scope spent already.",
        request=BudgetRequestSerializer,
        responses={201: BudgetSerializer},
        examples=[SEED, WHOLE],
        tags=["budgets"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A new budget."""
        wanted = _checked(BudgetRequestSerializer(data=request.data))
        fields = _fields(wanted, request.user)
        now = timezone.now()
        with told(request.user):
            made = create_budget(
                actor_of(request, wanted.get("reason", "")), fields, now, all_history=wanted.get("all_history", False)
            )
        return Response(shown([made], request.user, now)[0], status=201)


def _filtered(budgets: BudgetQuerySet, query: Query, user: Any) -> BudgetQuerySet:
    archived = query.flag("archived")
    found = budgets.exclude(archived_at=None) if archived else budgets.live()
    parent = query.text("parent")
    if parent == "none":
        found = found.filter(parent=None)
    elif (above := query.number("parent")) is not None:
        found = found.filter(parent__in=Budget.objects.visible_to(user).filter(pk=above))
    if owner := query.text("owner"):
        found = found.filter(owner__email=owner.lower())
    if text := query.text("search"):
        found = found.filter(Q(name__icontains=text) | Q(owner_name__icontains=text))
    return found


def _in_state(budgets: BudgetQuerySet, state: str, now: datetime) -> list[int]:
    """A state is a judgement on figures, which no column holds."""
    return [pk for pk, status in statuses(list(budgets), now).items() if status.state == state]


class BudgetDetail(APIView):
    """One budget."""

    needs = {"GET": BUDGETS_READ, "PATCH": BUDGETS_WRITE, "DELETE": BUDGETS_WRITE}

    @extend_schema(
        operation_id="budgets_retrieve", summary="Read a budget", responses=BudgetSerializer, tags=["budgets"]
    )
    def get(self, request: Request, pk: int) -> Response:
        """The budget with its status, archived or not."""
        return Response(shown([find(request.user, pk)], request.user, timezone.now())[0])

    @extend_schema(
        operation_id="budgets_update",
        summary="Change a budget",
        description="A new amount holds for the open period and those after it. A new scope or place holds from the "
        "start of the open period, rollover, dates and planned amounts from now on; with `all_history` each holds ever "
        "since. What is left out stays.",
        request=BudgetEditSerializer,
        responses=BudgetSerializer,
        tags=["budgets"],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """The budget as it then is."""
        budget = find_editable(request.user, pk)
        wanted = _checked(BudgetEditSerializer(data=request.data, partial=True))
        fields = _fields(wanted, request.user)
        now = timezone.now()
        with told(request.user):
            edit_budget(
                budget,
                actor_of(request, wanted.get("reason", "")),
                fields,
                now,
                all_history=wanted.get("all_history", False),
                version=wanted.get("version"),
            )
        return Response(shown([find(request.user, pk)], request.user, now)[0])

    @extend_schema(
        operation_id="budgets_archive",
        summary="Archive a budget",
        description="Closes the budget and all below it. Spend, name, owner and past periods stay readable.",
        parameters=[OpenApiParameter("reason", str, description="Kept in the history.")],
        responses={204: None},
        tags=["budgets"],
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Nothing; doing it again changes nothing."""
        budget = find_editable(request.user, pk)
        query = Query(request.query_params, ["reason"])
        reason = query.text("reason") or ""
        if len(reason) > 500:
            query.refuse("reason", "At most 500 characters.")
        query.checked()
        archive_budget(budget, actor_of(request, reason), timezone.now())
        return Response(status=204)


class BudgetRestore(APIView):
    """An archived budget, brought back."""

    needs = {"POST": BUDGETS_WRITE}

    @extend_schema(
        operation_id="budgets_restore",
        summary="Bring back a budget",
        description="With those that were archived together with it, as if they had never been away.",
        request=RestoreSerializer,
        responses={200: BudgetSerializer},
        tags=["budgets"],
    )
    def post(self, request: Request, pk: int) -> Response:
        """The budget; doing it again changes nothing."""
        budget = find_editable(request.user, pk)
        wanted = _checked(RestoreSerializer(data=request.data if request.data is not None else {}))
        now = timezone.now()
        with told(request.user):
            actor = actor_of(request, wanted.get("reason", ""))
            restore_budget(budget, actor, now, amount=wanted.get("amount"))
        return Response(shown([find(request.user, pk)], request.user, now)[0])


def _checked(serializer: Any) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def _fields(wanted: Mapping[str, Any], user: Any) -> dict[str, Any]:
    """The request in the model's terms."""
    fields = {name: value for name, value in wanted.items() if name not in OF_REQUEST}
    if "alerts" in wanted:
        fields["thresholds"] = wanted["alerts"]
    if "parent_budget" in wanted:
        fields["parent"] = _parent(wanted["parent_budget"], user)
    return fields


def _parent(pk: int | None, user: Any) -> Budget | None:
    if pk is None:
        return None
    found = Budget.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise ValidationError(NO_PARENT)
    return found
