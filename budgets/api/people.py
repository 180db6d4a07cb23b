"""Who may do what with a budget, and who did what: budgets/{id}/shares/ and budgets/{id}/changes/."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.scopes import BUDGETS_READ, BUDGETS_WRITE
from accounts.models import User
from budgets.api.fields import ChangeSerializer, SharesRequestSerializer, SharesSerializer
from budgets.api.finding import actor_of, find, find_editable
from budgets.domain.scopes import COMPANY_WIDE
from budgets.domain.sharing import Grant, Share, set_shares, sharing_of
from budgets.models import Budget, BudgetChange
from wire.openapi import PAGE_PARAMETERS, page_of
from wire.pagination import BAD_CURSOR, PARAMETERS, Keyset, id_in_cursor
from wire.queries import Query
from wire.times import rfc3339

EXAMPLE = OpenApiExample(
    "A lead and all engineers",
    request_only=True,
    value={
        "shares": [
            {"user": "team-lead@company.com", "may": ["see", "edit", "request"]},
            {"group": "engineer", "may": ["see"]},
        ]
    },
)


class BudgetShares(APIView):
    """Who may do what."""

    needs = {"GET": BUDGETS_READ, "PUT": BUDGETS_WRITE}

    @extend_schema(
        operation_id="budgets_shares",
        summary="Read who may do what",
        description="What is given on a budget holds for all below it.",
        responses=SharesSerializer,
        tags=["budgets"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """What was given here, and what comes from above."""
        return Response(_shares(find(request.user, pk), request.user))

    @extend_schema(
        operation_id="budgets_shares_set",
        summary="Set who may do what",
        description="Replaces all that is given on the budget itself. What comes from above stays.",
        request=SharesRequestSerializer,
        responses=SharesSerializer,
        examples=[EXAMPLE],
        tags=["budgets"],
    )
    def put(self, request: Request, pk: int) -> Response:
        """The shares as they then are; empty when they no longer let the caller see the budget."""
        budget = find_editable(request.user, pk)
        wanted = SharesRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        actor = actor_of(request, wanted.validated_data.get("reason", ""))
        set_shares(budget, _grants(wanted.validated_data["shares"]), actor, timezone.now())
        return Response(_shares(budget, request.user))


def _grants(wanted: list[dict[str, Any]]) -> list[Grant]:
    people = {
        person.email: person
        for person in User.objects.filter(email__in=[row["user"].lower() for row in wanted if "user" in row])
        if person.is_active
    }
    groups = {group.name: group for group in Group.objects.filter(name__in=[row.get("group") for row in wanted])}
    grants: list[Grant] = []
    errors: dict[str, list[str]] = {}
    for index, row in enumerate(wanted):
        if ("user" in row) == ("group" in row):
            errors[f"shares.{index}"] = ["Name a user or a group, one of them."]
            continue
        name = "user" if "user" in row else "group"
        who: User | Group | None = people.get(row["user"].lower()) if name == "user" else groups.get(row["group"])
        if who is None:
            errors[f"shares.{index}.{name}"] = [f"There is no such {name}."]
        elif who in [grant.who for grant in grants]:
            errors[f"shares.{index}.{name}"] = [f"This {name} is there twice. Put all into one."]
        else:
            grants.append(Grant(who, row["may"]))
    if errors:
        raise ValidationError(errors)
    return grants


def _shares(budget: Budget, user: Any) -> dict[str, Any]:
    sharing = sharing_of(budget, user)
    named = {found.pk: {"id": found.pk, "name": found.name} for found in [*sharing.above, budget]}
    return {
        "shares": [_share(share) for share in sharing.given],
        "inherited": [
            {
                **_share(share),
                "source": "owner" if share.as_owner else "share",
                "budget": named.get(share.of.pk),
            }
            for share in sharing.inherited
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    person = isinstance(share.who, User)
    return {
        "user": share.who.email if isinstance(share.who, User) else None,
        "group": None if person else str(share.who),
        "may": list(share.may),
    }


class BudgetChanges(APIView):
    """One budget's history."""

    needs = {"GET": BUDGETS_READ}

    @extend_schema(
        operation_id="budgets_changes",
        summary="Read a budget's history",
        description="Every change with who made it and why, the latest first.",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ChangeSerializer, "Change"),
        tags=["budgets"],
    )
    def get(self, request: Request, pk: int) -> Response:
        """A page of changes."""
        budget = find(request.user, pk)
        Query(request.query_params, PARAMETERS).checked()
        page = Keyset(request, 1)
        rows = BudgetChange.objects.filter(budget=budget).select_related("by")
        if page.position is not None:
            edge = rows.filter(pk=id_in_cursor(page.position[0])).first()
            if edge is None:
                raise ValidationError(BAD_CURSOR)
            side = "gt" if page.backwards else "lt"
            rows = rows.filter(Q(**{f"at__{side}": edge.at}) | Q(at=edge.at, **{f"pk__{side}": edge.pk}))
        order = ("at", "pk") if page.backwards else ("-at", "-pk")
        found = list(rows.order_by(*order)[: page.size + 1])
        above = {place for row in found for place in (row.before.get("parent"), row.after.get("parent")) if place}
        visible = set(Budget.objects.visible_to(request.user).filter(pk__in=above).values_list("pk", flat=True))
        return Response(page.answer(found, lambda row: [str(row.pk)], lambda row: _change(row, visible)))


def _change(row: BudgetChange, visible: set[int]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": rfc3339(row.at),
        "by": row.by.email if row.by else None,
        "by_name": row.by_name,
        "reason": row.reason,
        "what": row.what,
        "before": _fields(row.before, visible),
        "after": _fields(row.after, visible),
        "effective_from": rfc3339(row.effective_from) if row.effective_from else None,
    }


def _fields(kept: dict[str, Any], visible: set[int]) -> dict[str, Any]:
    """A snapshot in the API's names; a parent that the caller may not see is not named."""
    fields = dict(kept)
    if "parent" in fields:
        parent = fields.pop("parent")
        fields["parent_budget"] = parent if parent in visible else None
    if "scope" in fields:
        fields["scope"] = fields["scope"] or COMPANY_WIDE
    if "shares" in fields:
        fields["shares"] = [{name: value for name, value in row.items() if name != "id"} for row in fields["shares"]]
    if "thresholds" in fields:
        fields["alerts"] = [{**row, "threshold": float(row["threshold"])} for row in fields.pop("thresholds")]
    return fields
