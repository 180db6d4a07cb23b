"""`python -m costops.cli` is the `costops` command."""

from costops.cli import main

main()
