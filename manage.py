#!/usr/bin/env python
"""Django's own command line, against the same database as the `costops` command."""

import os
import sys


def main() -> None:
    """Runs one Django management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "costops.settings")
    from django.core.management import execute_from_command_line

    from costops.embedded import use_embedded_services

    use_embedded_services()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
