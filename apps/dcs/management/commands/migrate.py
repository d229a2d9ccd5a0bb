"""Django's migrate, run as the owner of the tables, with the grants that serving needs afterwards."""

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from apps.dcs import roles


class Command(Migrate):
    help = "Bring the database to the state of the code, as dcs_owner, and let dcs_app use it."

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args, **options):
        alias = options["database"]
        connection = connections[alias]
        try:
            roles.prepare(connection.settings_dict)
        except roles.ServerNotReady as error:
            raise CommandError(str(error)) from None
        super().handle(*args, **options)
        if not options.get("plan") and not options.get("check_unapplied"):
            roles.grant(connection)
