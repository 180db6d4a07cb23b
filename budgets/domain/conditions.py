"""Conditions: what alerts and controls ask of a budget's facts, as in `cost > mean + 2*stddev`.

A condition compares facts, numbers and texts with `== != < <= > >=`, in chains too, computes with `+ - * /`, and joins
with `and`, `or`, `not`. `team in ["a", "b"]` asks for one of a list, `"opus" in model` for a part of a text,
`tags["feature"] == "x"` for a tag and `"feature" in tags` whether it is there. Nothing else of Python is understood.

Numbers are exact decimals. A fact that is None, left out or NaN is unknown, and so is what is computed from it, a
division by zero, a number too large, and a comparison of things that have no order (a text with a number). An unknown
comparison is neither true nor false, as in SQL: `not` leaves it unknown, `and` and `or` decide without it where they
can, and a condition that stays unknown does not hold. So no alert fires and no rule blocks for want of history; `team
is None` asks for the unknown itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from budgets.domain.evaluation import ARITHMETIC, evaluate

MAX_LENGTH = 500
MAX_DEPTH = 50
MAX_DIGITS = 100
TAGS = "tags"

# What people bring along from other languages, and what to write instead.
FOREIGN = {
    "&&": "Write `and`.",
    "||": "Write `or`.",
    "===": "Write `==`.",
    "!==": "Write `!=`.",
    "<>": "Write `!=`.",
    "=>": "Write `>=`.",
    "=<": "Write `<=`.",
    "AND": "Write `and`.",
    "OR": "Write `or`.",
    "NOT": "Write `not`.",
    "!": "Write `not`.",
    "=": "Write `==` to compare.",
    "%": "Write 0.9 for 90%.",
    "“": 'Write straight quotes: "a".',
    "”": 'Write straight quotes: "a".',
}
FOREIGN_WORDS = re.compile(r"&&|\|\||!==|===|<>|=>|=<|\b(?:AND|OR|NOT)\b|!(?!=)|(?<![<>=!])=(?!=)|%|[“”]")
REFUSED: dict[type[ast.AST], str] = {
    ast.Call: "A condition calls no functions.",
    ast.Attribute: "A condition knows no dots. Its facts are plain names.",
    ast.Subscript: 'Only a tag is asked for in brackets: tags["feature"].',
    ast.List: "A list stands right of `in` only.",
    ast.Tuple: "Join conditions with `and` or `or`, and write numbers without commas: 1000.",
    ast.Mod: "A condition has no `%`. Write 0.9 for 90%.",
    ast.Pow: "A condition has no powers.",
}


class ConditionError(ValueError):
    """A condition that can't be kept.

    `message` is a sentence that names the place, `position` the column it speaks of, from 1, and `suggestion` the
    nearest known name, where one is near.
    """

    def __init__(self, message: str, position: int, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was read and found sound. `names` are the facts that it asks for."""

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(repr=False, compare=False)

    def evaluate(self, facts: Mapping[str, object]) -> bool:
        """Whether it holds for these facts: numbers (Decimal, int, float), str, bool, None; a mapping for `tags`.

        Never raises, whatever the facts are.
        """
        return evaluate(self.text, self._tree, facts) is True


def parse(text: str, known_names: Collection[str]) -> Condition:
    """Reads a condition over the known names, once for each text and set of names. Raises ConditionError."""
    return _parse(text, frozenset(known_names))


@lru_cache(maxsize=4096)
def _parse(text: str, known_names: frozenset[str]) -> Condition:
    if not text.strip():
        raise _error(1, "Write a condition, such as budget_percentage >= 0.9.")
    if len(text) > MAX_LENGTH:
        raise _error(MAX_LENGTH + 1, f"A condition has at most {MAX_LENGTH} characters, not {len(text)}.")
    if not text.isprintable():
        position = next(number for number, character in enumerate(text, 1) if not character.isprintable())
        raise _error(position, f"Write one line without {text[position - 1]!r}.")
    try:
        tree = ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        raise _not_understood(text, error) from None
    except (RecursionError, MemoryError):
        raise _error(1, "Too many brackets. Make the condition simpler.") from None
    reader = _Reader(text, known_names)
    reader.truth(tree, 1)
    return Condition(text, frozenset(reader.names), tree)


def _error(position: int, sentence: str, suggestion: str | None = None) -> ConditionError:
    return ConditionError(f"Column {position}: {sentence}", position, suggestion)


def _not_understood(text: str, error: SyntaxError) -> ConditionError:
    indent = len(text) - len(text.lstrip())
    position = error.offset + indent if error.offset else len(text.rstrip()) + 1
    for word in FOREIGN_WORDS.finditer(text):
        if word.start() < position and not text[word.end() : position - 1].strip():
            return _error(word.start() + 1, f"`{word[0]}` is not understood. {FOREIGN[word[0]]}")
    reason = error.msg.split(" (")[0].split(";")[0]
    if not error.offset:
        reason = "something is missing here"
    return _error(position, f"Not understood: {reason}.")


class _Reader:
    """Walks a condition, refuses what is not one, notes the names and makes its numbers Decimal."""

    def __init__(self, text: str, known_names: frozenset[str]) -> None:
        self.names: set[str] = set()
        self._known = known_names
        self._indent = len(text) - len(text.lstrip())
        self._source = text.lstrip().encode()

    def truth(self, node: ast.expr, depth: int) -> None:
        """Accepts what is true or false."""
        self._check_depth(node, depth)
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                self.truth(part, depth + 1)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.truth(node.operand, depth + 1)
        elif isinstance(node, ast.Compare):
            self._comparison(node, depth)
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
            self.value(node, depth)
            raise self._refuse(node, "This is neither true nor false. Compare it with something, as in `cost > 0`.")

    def _comparison(self, node: ast.Compare, depth: int) -> None:
        self.value(node.left, depth + 1)
        for position, (operation, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(operation, ast.Is | ast.IsNot):
                if not (isinstance(right, ast.Constant) and right.value is None):
                    raise self._refuse(right, "Only None stands right of `is`. Write `==` to compare.")
            elif isinstance(operation, ast.In | ast.NotIn) and isinstance(right, ast.List | ast.Tuple):
                members = tuple(self._literal(member, depth + 1) for member in right.elts)
                node.comparators[position] = ast.Constant(members)  # type: ignore[arg-type]
            elif isinstance(operation, ast.In | ast.NotIn) and isinstance(right, ast.Name) and right.id == TAGS:
                self._name(right)
            else:
                self.value(right, depth + 1)

    def value(self, node: ast.expr, depth: int) -> None:
        """Accepts what can be compared: a fact, a tag, a literal, or what is computed from them."""
        self._check_depth(node, depth)
        if isinstance(node, ast.Name):
            self._name(node)
            if node.id == TAGS:
                raise self._refuse(node, 'Name the tag: tags["feature"].')
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == TAGS:
            self._name(node.value)
            if not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
                raise self._refuse(node.slice, 'Write the tag\'s key as text: tags["feature"].')
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
            self._number(node.left, depth + 1)
            self._number(node.right, depth + 1)
        elif isinstance(node, ast.UnaryOp) and type(node.op) in ARITHMETIC:
            self._number(node.operand, depth + 1)
        elif isinstance(node, ast.Constant):
            node.value = self._literal(node, depth)
        elif isinstance(node, ast.Compare | ast.BoolOp | ast.UnaryOp):
            raise self._refuse(node, "Only numbers and texts are compared or computed with. Join with `and` or `or`.")
        else:
            kind = type(node.op) if isinstance(node, ast.BinOp) else type(node)
            raise self._refuse(node, REFUSED.get(kind, "This is not part of a condition."))

    def _number(self, node: ast.expr, depth: int) -> None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bool):
            raise self._refuse(node, "Only numbers can be computed with.")
        self.value(node, depth)

    def _literal(self, node: ast.expr, depth: int) -> Any:
        """The value of a literal: str, bool or Decimal, which takes its digits from the text, not from a float."""
        if isinstance(node, ast.UnaryOp) and type(node.op) is ast.USub and isinstance(node.operand, ast.Constant):
            self._number(node.operand, depth)
            return -node.operand.value  # type: ignore[operator]
        if not isinstance(node, ast.Constant):
            raise self._refuse(node, "A list holds only numbers and texts.")
        value: Any = node.value
        if value is None:
            raise self._refuse(node, "Write `is None` to ask whether a fact is unknown.")
        if isinstance(value, float):
            value = Decimal(self._source[node.col_offset : node.end_col_offset].decode().replace("_", ""))
        elif isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if isinstance(value, Decimal) and abs(value.adjusted()) > MAX_DIGITS:
            raise self._refuse(node, "This number is beyond all measure.")
        if not isinstance(value, Decimal | str | bool):
            raise self._refuse(node, 'Write numbers as 1.2 and texts as "a".')
        return value

    def _name(self, node: ast.Name) -> None:
        if node.id not in self._known:
            words = {name.lower(): name for name in (*sorted(self._known), "True", "False", "None")}
            near = get_close_matches(node.id.lower(), words, 1)
            suggestion = words[near[0]] if near else None
            hint = f"Did you mean `{suggestion}`?" if suggestion else f"Known are {', '.join(sorted(self._known))}."
            raise self._refuse(node, f"There is no fact `{node.id}`. {hint}", suggestion)
        self.names.add(node.id)

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise self._refuse(node, "Nested too deeply. Make the condition simpler.")

    def _refuse(self, node: ast.expr, sentence: str, suggestion: str | None = None) -> ConditionError:
        before = self._source[: node.col_offset].decode()  # the tree counts bytes, people count characters
        return _error(self._indent + len(before) + 1, sentence, suggestion)
