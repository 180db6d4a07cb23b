"""Evaluation of conditions: exact decimals, and a third answer, None, for what is not known. Pure."""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from operator import eq, ge, gt, le, lt, ne

from simpleeval import SimpleEval


def _of_known(operation: Callable[..., object]) -> Callable[..., object]:
    """The operation, unknown (None) where an operand is or where there is no answer."""

    def apply(*operands: object) -> object:
        if any(operand is None for operand in operands):
            return None
        try:
            return operation(*operands)
        except (TypeError, DecimalException):
            return None

    return apply


# 60 digits hold every sum and product of the ledger's amounts exactly.
EXACT = Context(prec=60, traps=[InvalidOperation, DivisionByZero, Overflow])
ARITHMETIC: dict[type[ast.AST], Callable[..., object]] = {
    ast.Add: EXACT.add,
    ast.Sub: EXACT.subtract,
    ast.Mult: EXACT.multiply,
    ast.Div: EXACT.divide,
    ast.USub: EXACT.minus,
    ast.UAdd: EXACT.plus,
}
COMPARISONS: dict[type[ast.AST], Callable[..., object]] = {
    ast.Eq: eq,
    ast.NotEq: ne,
    ast.Lt: lt,
    ast.LtE: le,
    ast.Gt: gt,
    ast.GtE: ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.Not: lambda one: not one,
}
OPERATORS: dict[type[ast.AST], Callable[..., object]] = {
    **{kind: _of_known(operation) for kind, operation in (ARITHMETIC | COMPARISONS).items()},
    ast.Is: lambda one, none: one is none,
    ast.IsNot: lambda one, none: one is not none,
}


class _Evaluator(SimpleEval):  # type: ignore[misc]
    """simpleeval with facts for names, decimals for numbers and a third answer, None, for what is not known."""

    def __init__(self) -> None:
        super().__init__(operators=OPERATORS, functions={}, names={})

    def _eval_name(self, node: ast.Name) -> object:
        value = self.names.get(node.id)
        if isinstance(value, float):
            value = Decimal(repr(float(value)))
        return None if isinstance(value, Decimal) and value.is_nan() else value

    def _eval_subscript(self, node: ast.Subscript) -> object:
        tags = self._eval(node.value)
        return tags.get(self._eval(node.slice)) if isinstance(tags, Mapping) else None

    def _eval_compare(self, node: ast.Compare) -> bool | None:
        left = self._eval(node.left)
        result: bool | None = True
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self._eval(comparator)
            holds = self.operators[type(operation)](left, right)
            if holds is False:
                return False
            result = None if holds is None else result
            left = right
        return result

    def _eval_boolop(self, node: ast.BoolOp) -> bool | None:
        decisive = isinstance(node.op, ast.Or)
        result: bool | None = not decisive
        for part in node.values:
            answer: bool | None = self._eval(part)
            if answer is decisive:
                return answer
            result = None if answer is None else result
        return result


_own = threading.local()


def evaluate(text: str, tree: ast.expr, facts: Mapping[str, object]) -> object:
    """What a parsed condition says of these facts: True, False, or None where that is not known. Never raises.

    Each thread has an evaluator of its own: it holds the facts meanwhile, and making one takes longer than most
    conditions.
    """
    if not hasattr(_own, "evaluator"):
        _own.evaluator = _Evaluator()
    evaluator: _Evaluator = _own.evaluator
    outer, evaluator.names = evaluator.names, facts
    try:
        found: object = evaluator.eval(text, tree)
        return found
    finally:
        evaluator.names = outer
