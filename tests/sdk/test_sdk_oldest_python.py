"""The package promises Python 3.9, though it is developed on a newer one."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sdk.seeing import SOURCE

FILES = sorted((SOURCE / "llm_cost_ops").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_grammar_is_that_of_3_9(path: Path) -> None:
    ast.parse(path.read_text(), filename=str(path), feature_version=(3, 9))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_annotations_are_never_evaluated(path: Path) -> None:
    """`int | None` is written in annotations; 3.9 would fail to compute it."""
    tree = ast.parse(path.read_text())
    if any(isinstance(node, (ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef)) for node in ast.walk(tree)):
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        assert [name.name for node in imports for name in node.names] == ["annotations"]


def test_every_module_can_be_read_by_3_9() -> None:
    """With the pure-Python libraries of this environment, which still run there; ours is what is tested."""
    python = _python_3_9()
    if python is None:
        pytest.skip("no Python 3.9 on this machine")
    modules = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in FILES]
    program = f"""
import importlib, sys, types
class Anything(type):
    __getattr__ = lambda cls, name: cls
class Stub(metaclass=Anything):
    pass
stub = types.ModuleType("httpx")
stub.__getattr__ = lambda name: Stub
sys.modules["httpx"] = stub
for name in {modules!r}:
    if not name.endswith("__main__"):
        importlib.import_module(name)
import typing, llm_cost_ops
from llm_cost_ops import Backoff, Limits
from llm_cost_ops.spool_folders import spool_folders
assert Backoff().wait(3) <= 2.0 and Limits().linger and spool_folders(None, "http://a", "k")
"""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def _python_3_9() -> str | None:
    """An interpreter of that version: on the path, or one of pyenv's."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for candidate in [shutil.which("python3.9"), *map(str, sorted(versions.glob("3.9.*/bin/python")))]:
        if candidate is not None and subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None
