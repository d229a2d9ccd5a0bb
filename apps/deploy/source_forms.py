"""The form of a source system: a few facts for each engine, secrets by name alone."""

from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog import connections, engines
from apps.catalog.models import SourceSystem
from apps.dcs import cron
from apps.payload.sources.secrets import reference_of

NONE = "none"
ENGINES = {
    engines.POSTGRES: "PostgreSQL",
    engines.DUCKDB: gettext_lazy("DuckDB file"),
    engines.SQLITE: gettext_lazy("SQLite file"),
    NONE: gettext_lazy("No connection"),
}
SERVER = ("address", "host", "port", "database", "user", "password", "sslmode", "schemas")
FACTS = {engines.POSTGRES: SERVER, engines.DUCKDB: ("path", "schemas"), engines.SQLITE: ("path",), NONE: ()}
# Keys of a connection by the field that people write them in; what is not here is shown above the form.
FIELDS = {"url": "address", "dsn": "address", "secrets.password": "password", "password_env": "password"}
# Words that end an address of these pages: a source called so could not be reached.
RESERVED = ("new", "edit", "test", "read", "schedule", "remove")


class Unechoed(forms.TextInput):
    """A text that is not shown again if it looks like a secret: a page is no place for one that was pasted."""

    def format_value(self, value):
        return None if value and connections.looks_secret(str(value)) else super().format_value(value)


class Reference(forms.TextInput):
    """A text that is shown again only if it is the name of a secret, never if it may be one."""

    def format_value(self, value):
        named = value and connections.REFERENCE.fullmatch(str(value))
        return super().format_value(value) if named else None


def _text(label, *, longest=255, widget=Unechoed, help_text=""):
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(
        label=label, required=False, max_length=longest, widget=widget(attrs=attrs), help_text=help_text
    )


class SourceForm(forms.Form):
    """What people write of a source system; `engine` decides which facts are asked for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("It becomes part of the addresses of what is read here."),
    )
    kind = forms.CharField(
        label=gettext_lazy("Kind"),
        max_length=50,
        help_text=gettext_lazy("Such as postgres, dbt, files."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    address = _text(
        gettext_lazy("Address"),
        longest=1000,
        help_text=gettext_lazy(
            "In one piece, such as postgresql://reader@warehouse.example:5432/shop, or field by field below. No password."
        ),
    )
    host = _text(gettext_lazy("Host"))
    port = forms.IntegerField(label=gettext_lazy("Port"), required=False, min_value=1, max_value=65535)
    database = _text(gettext_lazy("Database"))
    user = _text(gettext_lazy("Account"), help_text=gettext_lazy("One that may only read."))
    password = _text(
        gettext_lazy("Password"),
        widget=Reference,
        help_text=gettext_lazy(
            "Where it is kept, never the password itself: env:WAREHOUSE_PASSWORD or file:PATH."
        ),
    )
    sslmode = forms.ChoiceField(
        label=gettext_lazy("Encryption"), required=False, choices=[(mode, mode) for mode in engines.SSL_MODES]
    )
    path = _text(
        gettext_lazy("File"),
        longest=1000,
        help_text=gettext_lazy("Below one of the folders that the portal may read (PAYLOAD_ROOTS)."),
    )
    schemas = _text(
        gettext_lazy("Schemas"),
        longest=2000,
        help_text=gettext_lazy("Only these, parted by commas; all that the account may enter if empty."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data=None, *, engine, system=None):
        self.engine, self.system = engine, system
        super().__init__(data, initial=_told(system, engine))
        for name in {"path", *SERVER} - set(FACTS[engine]):
            del self.fields[name]

    def clean_name(self):
        name = " ".join(self.cleaned_data["name"].split())
        if (
            name.rpartition("/")[2].casefold() in RESERVED
            or name.startswith((".", "/"))
            or name.endswith("/")
            or "//" in name
        ):
            raise forms.ValidationError(_("Choose another name; this one cannot stand in an address."))
        others = SourceSystem._base_manager.filter(name=name)
        if self.system is not None:
            others = others.exclude(pk=self.system.pk)
        if others.exists():
            raise forms.ValidationError(_("A source system of this name exists."))
        return name

    def clean_seen(self):
        """When the row had last changed as the writer saw it; None if the form does not say."""
        try:
            return parse_datetime(self.cleaned_data["seen"])
        except ValueError:
            return None

    def clean_password(self):
        reference = self.cleaned_data["password"].strip()
        if reference and not connections.REFERENCE.fullmatch(reference):
            raise forms.ValidationError(
                _(
                    "Write where the password is kept, env:NAME or file:PATH. A password itself is never stored."
                )
            )
        if reference.startswith("vault:"):
            raise forms.ValidationError(
                _("No vault is connected to this portal. Write env:NAME or file:PATH.")
            )
        return reference

    def clean(self):
        found = super().clean()
        self.connection = {}
        if self.engine == NONE:
            return found
        written = _connection(found, self.engine, self.system)
        problems = connections.problems(written)
        try:
            self.connection = engines.settled(written, self.engine)
        except engines.Unfit as error:
            problems |= error.problems
        for key, words in problems.items():
            name = FIELDS.get(key, key)
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, words)
        return found

    def values(self):
        """What to store of the row."""
        said = self.cleaned_data
        return {
            "name": said["name"],
            "kind": said["kind"],
            "description": said["description"] or None,
            "connection": self.connection,
        }


def engine_for(system):
    """The engine whose fields an existing source shows first."""
    engine = engines.engine_of(system.connection, system.kind) if system.connection else NONE
    return engine if engine in ENGINES else NONE


def _told(system, engine):
    """What the fields show before anybody writes."""
    if system is None:
        return {"kind": "" if engine == NONE else engine, "sslmode": "require"}
    stored = system.connection
    found = {key: stored.get(key) for key in ("host", "port", "database", "user", "path")}
    return found | {
        "name": system.name,
        "kind": system.kind,
        "description": system.description,
        "password": reference_of(stored, "password"),
        "sslmode": stored.get("sslmode") or ("prefer" if stored.get("host") else "require"),
        "schemas": ", ".join(map(str, stored.get("schemas") or ())),
        "seen": system.updated_at.isoformat(),
    }


def _connection(said, engine, system):
    """The connection as written, with what the stored one says beyond the fields."""
    same = system is not None and engine_for(system) == engine
    shown = {"password", "password_env", "secrets", "url", "dsn", "driver", "address", *FACTS[engine]}
    kept = {key: value for key, value in (system.connection if same else {}).items() if key not in shown}
    found = {key: said.get(key) for key in FACTS[engine] if key not in ("address", "password", "schemas")}
    if said.get("address"):
        found["url"] = said["address"]
    if said.get("password"):
        found["secrets"] = {"password": said["password"]}
    if schemas := [name.strip() for name in (said.get("schemas") or "").split(",") if name.strip()]:
        found["schemas"] = schemas
    return {
        **kept,
        **{key: value for key, value in found.items() if value not in (None, "")},
        "engine": engine,
    }


class ScheduleForm(forms.Form):
    """When a source is read by itself."""

    cron = forms.CharField(
        label=gettext_lazy("When"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Minute, hour, day of month, month, day of week: “0 6 * * 1-5” is at six on working days, “0 6 L * *” on the last of a month."
        ),
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Such as Europe/Berlin or UTC."),
    )
    applies = forms.BooleanField(
        label=gettext_lazy("Apply what is found"),
        required=False,
        help_text=gettext_lazy(
            "Only if all of the source was read, nothing breaks or is gone, and nobody has to agree. Everything else waits for you."
        ),
    )
    is_on = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)

    def __init__(self, data=None, *, schedule=None):
        told = (
            {name: getattr(schedule, name) for name in ("cron", "zone", "applies", "is_on")}
            if schedule
            else {}
        )
        super().__init__(data, initial=told or {"zone": "UTC", "is_on": True})

    def clean(self):
        found = super().clean()
        if not self.errors and (said := cron.problem(found["cron"], found["zone"], after=timezone.now())):
            self.add_error("zone" if found["zone"] not in available_timezones() else "cron", said)
        return found
