"""The seed's scenes, through the SDK against a running installation, as far as the product has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import LiveCostOps

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT.parent / "shared" / "acceptance" / "seed_walkthrough.py"
SCENES = ("1", "2", "5")
pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="The acceptance scripts are not beside this checkout.")


def test_the_scenes_that_the_product_has(live_costops: LiveCostOps) -> None:
    live_costops.do("user", "create", "walk@company.com", "--role", "admin")
    key = live_costops.do("apikey", "create", "--user", "walk@company.com", "--name", "walk")
    told = {"LCOPS_API_KEY": key, "LCOPS_ENDPOINT": live_costops.url, "PYTHONPATH": str(ROOT / "sdk" / "src")}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *SCENES], env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "".join(f"scene {scene}: ok\n" for scene in SCENES)), (
        done.stdout + done.stderr
    )
