"""Tests of the SDK. They run against the tree, whatever is installed."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "sdk" / "src"))
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
