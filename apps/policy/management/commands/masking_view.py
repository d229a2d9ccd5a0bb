"""Print the view that masks a capsule on its platform: `manage.py masking_view URN --dialect postgres`."""

import json
import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.audit.context import acting
from apps.catalog import urns
from apps.catalog.models import Capsule, Column
from apps.people.reader import system
from apps.policy import masking_rows, platform_views
from apps.policy.masking import WRITERS, keyed


class Command(BaseCommand):
    help = "Print CREATE VIEW for a capsule: its columns masked by the enabled rules, for the roles of the platform."

    def add_arguments(self, parser):
        parser.add_argument("urn")
        parser.add_argument("--dialect", choices=sorted(WRITERS), default="postgres")
        parser.add_argument(
            "--relation", help="The table, as the platform writes it; by itself its schema and name."
        )
        parser.add_argument(
            "--name", help="The view, as the platform writes it; by itself the table with _masked."
        )
        parser.add_argument(
            "--readers", default="", help="The role that may read the view and not the table."
        )
        parser.add_argument(
            "--keys", help="Write the keys that the view asks for to this new file, for nobody else to read."
        )

    def handle(self, *, urn, dialect, relation, name, readers, keys, **options):
        with acting(system("masking_view")):
            capsule = Capsule._base_manager.filter(urn__in=urns.spellings(urn)).first()
            if capsule is None:
                raise CommandError(f"There is no capsule {urn}.")
            columns = Column._base_manager.filter(capsule=capsule, retired_at=None).order_by(
                "ordinal_position", "name"
            )
            seen = masking_rows.seen(list(columns), on=timezone.now().date())
        if not seen:
            raise CommandError("The capsule has no columns.")
        to = WRITERS[dialect]()
        place = ".".join(to.name_of(part) for part in (capsule.schema_name, capsule.name) if part)
        masked = ".".join(
            to.name_of(part) for part in (capsule.schema_name, f"{capsule.name}_masked") if part
        )
        found = platform_views.view(dialect, name or masked, relation or place, seen, readers=readers)
        self.stdout.write(found.sql)
        if keys:
            self._write(Path(keys), found.infos)

    def _write(self, path, infos):
        """The keys of the view, {name: key}, in a file that must not be there yet."""
        told = {info: key_of(info) for info in infos}
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError("The file for the keys is there already.") from None
        with os.fdopen(descriptor, "w") as file:
            json.dump(told, file, indent=1)


def key_of(info):
    """The key that a view calls by this name."""
    keys = masking_rows.MaskingKeys()
    parts = info.split(":", 1)
    if parts[0] == "alphabet":
        return keyed.scrambled(keyed.key_text(keys, parts[1].replace(":", "\0", 1)))
    return keyed.key_text(keys, info.replace(":", "\0", 1))
