#!/usr/bin/env python
"""Run a management command, on the embedded database when no other is named."""

import os
import sys

WITHOUT_DATABASE = {"help", "version", "collectstatic", "compilemessages", "makemessages"}


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command not in WITHOUT_DATABASE and "--help" not in sys.argv:
        from apps.dcs import embedded

        with embedded.attached():
            execute_from_command_line(sys.argv)
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
