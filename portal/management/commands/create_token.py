"""Make an API token on the command line, for scripts that set a portal up."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from apps.audit.context import acting
from apps.people import tokens
from apps.people.models import Token, User
from apps.people.reader import system


class Command(BaseCommand):
    help = "Print a new API token of a person, once, and nothing else."

    def add_arguments(self, parser):
        parser.add_argument("person", help="User name of whom the token acts for.")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Token.Scope.values,
            help="What it may do; may be given several times (default: read).",
        )
        parser.add_argument(
            "--days",
            type=int,
            default=settings.REST_KNOX["TOKEN_TTL"].days,
            help=f"How long it lasts, 1 to {settings.TOKEN_MAX_DAYS} days (default: %(default)s).",
        )
        parser.add_argument("--name", default="command line", help="What uses it (default: %(default)s).")

    def handle(self, *args, person, scope, days, name, **options):
        with acting(system("create_token"), reason=f"Token for {person} made on the command line"):
            user = User.objects.filter(username=person, is_active=True).first()
            if user is None:
                raise CommandError(f"Nobody called {person} may sign in.")
            try:
                _row, secret = tokens.issue(user, name=name, scopes=scope or [Token.Scope.READ], days=days)
            except (ValueError, PermissionDenied) as error:
                raise CommandError(str(error)) from None
        self.stdout.write(secret)
