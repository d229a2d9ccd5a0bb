"""Forms of what schemas are read from."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .forms import ManyFilesField
from .readers.ddl import DIALECTS
from .schema_files import DDL, FILES


class SchemaForm(forms.Form):
    """What every reading asks for."""

    source = forms.CharField(
        label=_("Source system"),
        max_length=100,
        help_text=_(
            "The name of the system that it describes, such as shop. It stands in the address of every capsule."
        ),
    )

    def clean_source(self):
        """A name that can stand in an address."""
        found = self.cleaned_data["source"].strip()
        if any(sign in found for sign in ":/?#"):
            raise forms.ValidationError(_("Leave out : / ? and #: the name stands in addresses."))
        return found

    @property
    def choices(self):
        """What the job keeps."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("file", "files")}


class DDLForm(SchemaForm):
    """A file of SQL."""

    file = forms.FileField(
        label=_("File with SQL"),
        help_text=_("CREATE TABLE and CREATE VIEW, as a dump without rows has them (pg_dump --schema-only)."),
        error_messages={"required": _("Choose a file with SQL.")},
    )
    dialect = forms.ChoiceField(
        label=_("Dialect"),
        choices=[(key, title) for key, (title, _schema) in DIALECTS.items()],
        initial="postgres",
    )
    database = forms.CharField(
        label=_("Database"),
        max_length=100,
        required=False,
        help_text=_("The database of names that say none. Leave it empty where the system has only one."),
    )
    schema = forms.CharField(
        label=_("Schema"),
        max_length=100,
        required=False,
        help_text=_("The schema of names that say none; else that of the dialect, such as public."),
    )
    whole = forms.BooleanField(
        label=_("The file describes these schemas entirely"),
        required=False,
        help_text=_("Tables that an earlier file brought and this one does not name are listed as vanished."),
    )
    field_order = ["file", "source", "dialect", "database", "schema", "whole"]

    def clean_database(self):
        """A name without points, which would be read as a schema."""
        return _without_points(self.cleaned_data["database"])

    def clean_schema(self):
        """A name without points."""
        return _without_points(self.cleaned_data["schema"])

    @property
    def brought(self):
        """The files, as (name, file)."""
        file = self.cleaned_data["file"]
        return [(file.name, file)]


class FilesForm(SchemaForm):
    """Data files, sent or lying where the portal may read."""

    files = ManyFilesField(
        label=_("Data files"),
        required=False,
        help_text=_(
            "Parquet, CSV, Avro (.avsc or .avro) or an Iceberg metadata.json. Each becomes a capsule; they are not kept."
        ),
    )
    location = forms.CharField(
        label=_("Or a place on the server"),
        max_length=1000,
        required=False,
        help_text=_(
            "A file or folder below those that the portal may read. A folder of one table's files is one capsule, a folder "
            "of folders is many; folders of Delta and Iceberg are tables."
        ),
    )
    field_order = ["files", "location", "source"]

    def clean(self):
        found = super().clean()
        if not self.errors and bool(self.brought) == bool(found.get("location", "").strip()):
            self.add_error("files", _("Choose files, or name a place; one of the two."))
        return found

    @property
    def brought(self):
        """The files, as (name, file)."""
        return [(file.name, file) for file in self.cleaned_data.get("files") or () if file]


def _without_points(text):
    found = text.strip()
    if any(sign in found for sign in ".:/?#"):
        raise forms.ValidationError(_("Write one name, without . : / ? and #."))
    return found


FORMS = {DDL: DDLForm, FILES: FilesForm}
TITLES = {"dbt": _("A dbt project"), DDL: _("SQL that makes tables"), FILES: _("Data files")}
