"""What is asked of a plan's rows once all are assigned: of the tree as it would be, by the rules of single changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from budgets.domain.allocation import refuse_over_allocation
from budgets.domain.candidates import label_sets
from budgets.domain.changes import ALLOCATION, refuse_to_restore
from budgets.domain.errors import BudgetError
from budgets.domain.placing import MAY_NOT_PLACE, MAY_NOT_PLACE_BELOW, reach_of, refuse_beyond, refuse_position
from budgets.domain.plan.matching import Entry
from budgets.domain.plan.outcome import Plan
from budgets.domain.plan.standing import Standing
from budgets.domain.scopes import ScopeIndex
from budgets.domain.spans import charged_outside
from budgets.models import Budget
from usage.rules import seen_by

NOT_YOURS = "You may see this budget but not change it. Ask someone who may edit it, or take the row out."
ARCHIVED = "This budget is archived. Write no under archived to bring it back, or take the row out."
NEW_ARCHIVED = "A new budget cannot be archived. Write no, or take the row out."
BACK_WITH_ABOVE = "It comes back with the budget above it. Archive it once it is back, or leave the one above archived."


@contextmanager
def told(entry: Entry, standing: Standing) -> Iterator[None]:
    """Notes what the domain refuses at the entry that it is about, in words that name no budget not to be seen."""
    try:
        yield
    except BudgetError as error:
        refuse(entry, error, standing)


def refuse(entry: Entry, error: BudgetError, standing: Standing) -> None:
    """Notes one thing that the domain refused. A plan changes no history, so it says where that can be done."""
    hidden = error.about is not None and not standing.sees(error.about)
    message = error.elsewhere if hidden else error.message
    for words, instead in ELSEWHERE.items():
        message = message.replace(words, instead)
    entry.refuse(_column(error.field), message)


ELSEWHERE = {
    ", unless it changes for all history (all_history)": ". To change the past, edit the budget",
    ", or change all history (all_history)": ", or edit the budget to change all history",
}
COLUMN_OF = {"parent_budget": "path", "non_field_errors": "", "alerts": "thresholds", "amounts": "planned amounts"}


def _column(refused: str) -> str:
    name = refused.removeprefix("scope.").partition(".")[0]
    return COLUMN_OF.get(name, name)


def check(plan: Plan) -> None:
    """Archives and brings back what rows say, then notes at each entry what is refused and what is doubtful."""
    _restore(plan)
    _archive(plan)
    for entry in plan.entries:
        _refuse_place(entry, plan.standing)
    for entry in plan.entries:
        _refuse_rest(entry, plan)
    _refuse_to_uncharge(plan)
    _warn_of_no_usage(plan)


def _refuse_place(entry: Entry, standing: Standing) -> None:
    budget = entry.budget
    if entry.problems or not (entry.is_new or entry.moves):
        return
    with told(entry, standing):
        refuse_position(budget, lambda: standing.height_of(budget))


def _restore(plan: Plan) -> None:
    """Brings back what rows say, each with those below that were archived together with it."""
    standing = plan.standing
    back = [
        entry
        for entry in plan.entries
        if not entry.is_new and entry.budget.archived_at is not None and entry.row.values.get("archived") is False
    ]
    for entry in back:
        since = entry.budget.archived_at
        opened = [found for found in standing.below(entry.budget) if found.archived_at == since]
        plan.restored |= {found: found.archived_at for found in opened if found.archived_at is not None}
        entry.kinds.append("restored")
        _say_others(entry, plan, opened, "comes back", "come back")
    for found in plan.restored:
        found.archived_at = None
    for entry in back:
        with told(entry, standing):
            refuse_to_restore(entry.budget)


def _archive(plan: Plan) -> None:
    """Archives what rows say, each with all that is below it once the rows have moved what they move."""
    standing = plan.standing
    for entry in plan.entries:
        budget = entry.budget
        if not entry.row.values.get("archived") or (budget.pk is None and not entry.is_new):
            continue
        if entry.is_new:
            entry.refuse("archived", NEW_ARCHIVED)
        elif budget in plan.restored:
            entry.refuse("archived", BACK_WITH_ABOVE)
        elif budget.archived_at is None or budget.pk in plan.archived:
            closed = [found for found in standing.below(budget) if found.archived_at is None and found.pk is not None]
            _say_others(entry, plan, closed, "is archived", "are archived")
            plan.archived |= {found.pk: found for found in [budget, *closed]}
            for found in closed:
                found.archived_at = standing.now
            entry.kinds.append("archived")


def _say_others(entry: Entry, plan: Plan, found: Sequence[Budget], one: str, many: str) -> None:
    others = sum(budget is not entry.budget and plan.standing.sees(budget) for budget in found)
    if others:
        entry.warnings.append(f"{others} budget{'s' if others > 1 else ''} below it {many if others > 1 else one} too.")


def _refuse_rest(entry: Entry, plan: Plan) -> None:
    """What is asked of the tree as it would be: rights, reach, over-allocation."""
    budget, standing = entry.budget, plan.standing
    if entry.problems:
        return
    edit = plan.edits.get(entry)
    does_more = bool({"archived", "restored"} & set(entry.kinds))
    changes = entry.is_new or entry.moves or bool(entry.fields)
    if not (changes or does_more):
        return
    if not entry.is_new and not standing.may_edit(budget):
        entry.refuse("", NOT_YOURS)
        return
    if changes and budget.archived_at is not None and budget.pk not in plan.archived:
        entry.refuse("archived", ARCHIVED)
        return
    places = [budget.parent] if entry.is_new else [edit.above, budget.parent] if edit and entry.moves else []
    for place in places:
        if not standing.may_place(place):
            entry.refuse(
                "path", (MAY_NOT_PLACE if place is None else MAY_NOT_PLACE_BELOW).replace("parent_budget", "path")
            )
            return
    wanted = reach_of(budget)
    own = edit.own if edit else None
    with told(entry, standing):
        if standing.limited and wanted != own:
            above = standing.parent_of(budget)
            refuse_beyond(wanted, own, [standing.present_reach(above)] if above is not None else [])
        names = set(entry.fields) | ({"parent"} if entry.moves else set())
        if (entry.is_new or ALLOCATION & names or does_more) and budget.pk not in plan.archived:
            refuse_over_allocation(budget, standing.now, standing)


def _refuse_to_uncharge(plan: Plan) -> None:
    dated = [entry for entry in plan.edits if {"starts_on", "ends_on"} & set(entry.fields) and not entry.problems]
    refused = charged_outside([entry.budget for entry in dated])
    for entry in dated:
        if error := refused.get(entry.budget.pk):
            refuse(entry, error, plan.standing)


def _warn_of_no_usage(plan: Plan) -> None:
    """A scope that no usage matches may be misspelt: told of those that are new, by the usage that the person sees."""
    asked = [entry for entry in plan.entries if not entry.problems and entry.fields.get("scope")]
    if not asked:
        return
    index = ScopeIndex(list(enumerate(entry.budget.scope for entry in asked)))
    user = plan.standing.user
    seen = label_sets(seen_by(user).label_sets) if plan.standing.limited else label_sets()
    unmatched = set(range(len(asked)))
    for labels in seen:
        unmatched -= index.matching(labels)
        if not unmatched:
            break
    for number in sorted(unmatched):
        asked[number].warnings.append("No usage fits its scope yet. Check the spelling of its names.")
