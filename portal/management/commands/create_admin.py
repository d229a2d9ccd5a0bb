"""Make the first administrator: the portal has no password that everybody knows."""

import sys

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.audit.context import acting
from apps.people import passwords
from apps.people.models import Membership, User
from apps.people.reader import system


class Command(BaseCommand):
    help = "Make an administrator and print a one-time password, to be replaced at the first sign-in."

    def add_arguments(self, parser):
        parser.add_argument("name", help="User name, such as sam.otieno.")
        parser.add_argument("--email", default="")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="Read the password from standard input; it then stays.",
        )

    def handle(self, *args, name, email, first_name, last_name, password_stdin, **options):
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else passwords.one_time()
        call_command("sync_roles", verbosity=0)
        person = User(
            username=name,
            email=email,
            first_name=first_name,
            last_name=last_name,
            is_staff=True,
            must_change_password=not password_stdin,
        )
        try:
            person.set_password(password)
            person.full_clean()
            validate_password(password, person)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with acting(system("create_admin"), reason="Administrator made on the command line"):
            person.save()
            Membership.objects.create(user=person, group=Group.objects.get(name="administrator"))
        if not password_stdin:
            self.stdout.write(password)
        self.stderr.write(f"{name} can sign in as an administrator.")
