"""Forms that propose a change of a capsule, or a new one: its first facts, and a table each of columns, keys, indexes."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalog import vocabularies
from apps.catalog.forms import TagsField
from apps.catalog.models import Constraint, Domain, Index, Owner
from apps.ui import widgets

from . import proposals

MOST_ROWS = 5_000
ACTIONS = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")


def _text(label, *, rows=0, help_text="", **attributes):
    widget = widgets.Area(attrs={"rows": rows, **attributes}) if rows else widgets.Text(attrs=attributes)
    return forms.CharField(label=label, required=False, strip=True, widget=widget, help_text=help_text)


class AboutForm(forms.Form):
    """What a capsule is and where its data lies."""

    description = _text(
        gettext_lazy("Description"),
        rows=3,
        help_text=gettext_lazy("What one row stands for, and what was left out."),
    )
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    domain = forms.ChoiceField(label=gettext_lazy("Domain"), required=False)
    layer = forms.ChoiceField(label=gettext_lazy("Layer"), required=False)
    tags = TagsField(
        label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Words parted by commas.")
    )
    location = _text(
        gettext_lazy("Location"), help_text=gettext_lazy("Where the data lies, without passwords.")
    )
    database_name = _text(gettext_lazy("Database"))
    schema_name = _text(gettext_lazy("Schema"))
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    compression = forms.ChoiceField(label=gettext_lazy("Compression"), required=False)
    materialization = forms.ChoiceField(label=gettext_lazy("Materialization"), required=False)
    partition_strategy = forms.ChoiceField(label=gettext_lazy("Partitioned by"), required=False)
    partition_key = _text(
        gettext_lazy("Partition columns"), help_text=gettext_lazy("Names of columns, parted by commas.")
    )
    partition_expression = _text(gettext_lazy("Partition expression"))

    STORAGE = ("location", "database_name", "schema_name", "format", "compression", "materialization")
    PARTITIONS = ("partition_strategy", "partition_key", "partition_expression")
    FACTS = ("description", "owner", "domain", "layer", "tags")

    def __init__(self, *args, reader, before=None, **kwargs):
        super().__init__(*args, **kwargs)
        before = before or {}
        owners = Owner.objects.visible_to(reader).order_by("name").values_list("name", flat=True)
        domains = Domain.objects.visible_to(reader).order_by("name").values_list("name", flat=True)
        self._offer("owner", {name: name for name in owners}, before, _("Nobody yet"))
        self._offer("domain", {name: name for name in domains}, before, _("None"))
        known = {"layer": vocabularies.LAYERS, "materialization": vocabularies.MATERIALIZATIONS}
        known |= {"format": vocabularies.STORAGE_FORMATS}
        for name, words in known.items():
            self._offer(name, {word: known.title for word, known in words.items()}, before, _("Not said"))
        for name, words in (
            ("compression", ("gzip", "snappy", "zstd", "lz4", "none")),
            ("partition_strategy", ("range", "list", "hash", "none")),
        ):
            self._offer(name, {word: word for word in words}, before, _("Not said"))

    def _offer(self, name, words, before, none):
        stored = before.get(name)
        if stored and stored not in words:
            words = {**words, stored: stored}
        self.fields[name].choices = [("", none), *words.items()]

    def part(self, names):
        """The bound fields of a part of the form."""
        return [self[name] for name in names]

    @property
    def facts(self):
        return self.part(self.FACTS)

    @property
    def storage(self):
        return self.part(self.STORAGE)

    @property
    def partitions(self):
        return self.part(self.PARTITIONS)


class NewCapsuleForm(AboutForm):
    """The same for a capsule that is not there yet: first of all what it is called."""

    system = forms.ChoiceField(label=gettext_lazy("System"), initial="manual")
    capsule_type = forms.ChoiceField(label=gettext_lazy("Type"))
    namespace = forms.CharField(
        label=gettext_lazy("Namespace"),
        help_text=gettext_lazy("Such as project.schema; with the name it makes the address."),
        max_length=200,
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=255)

    NAMES = ("name", "namespace", "system", "capsule_type")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["system"].choices = [(word, one.title) for word, one in vocabularies.SOURCE_TYPES.items()]
        self.fields["capsule_type"].choices = [
            (word, one.title) for word, one in vocabularies.CAPSULE_TYPES.items()
        ]

    @property
    def names(self):
        return self.part(self.NAMES)


class Row(forms.Form):
    """A row of a table of the form; `was` says which entry of the document it was made from."""

    NEEDED = {}
    FIRST = ("name", "type")  # where one begins to write in a new row

    was = forms.CharField(required=False, widget=widgets.Hidden, strip=False)
    gone = forms.BooleanField(label=gettext_lazy("Retire"), required=False, widget=widgets.Checkbox)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "was":
                field.widget.attrs["aria-label"] = field.label

    @property
    def is_new(self):
        return not self["was"].value()

    @property
    def is_blank(self):
        """True for a new row in which nothing was written."""
        return self.is_new and not any(str(self[name].value() or "").strip() for name in self.BLANK)

    def clean(self):
        found = super().clean()
        if not self.is_blank and not found.get("gone"):
            for name, words in self.NEEDED.items():
                if not found.get(name):
                    self.add_error(name, words)
        return found

    @property
    def said(self):
        """What the row says; None for one that was left blank."""
        return None if self.is_blank else self.cleaned_data


class ColumnRow(Row):
    BLANK = ("name", "data_type", "description")
    NEEDED = {"name": gettext_lazy("Name the column."), "data_type": gettext_lazy("Say its type.")}

    name = _text(gettext_lazy("Name"), spellcheck="false")
    data_type = _text(gettext_lazy("Type"), list="data-types", spellcheck="false")
    nullable = forms.BooleanField(
        label=gettext_lazy("May be empty"), required=False, initial=True, widget=widgets.Checkbox
    )
    description = _text(gettext_lazy("Description"), rows=1)


class KeyRow(Row):
    BLANK = ("columns", "name", "says")
    NEEDED = {"columns": gettext_lazy("Name the columns.")}

    SAYS = {
        "foreign_key": gettext_lazy("Say the column that it refers to, such as customers.customer_id."),
        "check": gettext_lazy("Say the condition."),
    }

    type = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=Constraint.Kind.choices, widget=widgets.Choice
    )
    columns = _text(gettext_lazy("Columns"), spellcheck="false")
    says = _text(gettext_lazy("Refers to, condition or value"), spellcheck="false")
    name = _text(gettext_lazy("Name"), spellcheck="false")
    on_delete = forms.ChoiceField(
        label=gettext_lazy("When the other row goes"),
        required=False,
        widget=widgets.Choice,
        choices=[("", gettext_lazy("Not said")), *((word, word.capitalize()) for word in ACTIONS)],
    )

    def clean(self):
        found = super().clean()
        words = self.SAYS.get(found.get("type"))
        if words and not found.get("says") and not found.get("gone") and not self.is_blank:
            self.add_error("says", words)
        return found


class IndexRow(Row):
    BLANK = ("columns", "name", "where")
    NEEDED = {"name": gettext_lazy("Name the index.")}

    name = _text(gettext_lazy("Name"), spellcheck="false")
    columns = _text(gettext_lazy("Columns"), spellcheck="false")
    type = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Index.Kind.choices, widget=widgets.Choice)
    unique = forms.BooleanField(label=gettext_lazy("Unique"), required=False, widget=widgets.Checkbox)
    where = _text(gettext_lazy("Only where"), spellcheck="false")


def _table(row):
    return forms.formset_factory(row, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


TABLES = {
    "columns": (_table(ColumnRow), proposals.columns_of),
    "keys": (_table(KeyRow), proposals.keys_of),
    "indexes": (_table(IndexRow), proposals.indexes_of),
}


ROW = {
    "columns": gettext_lazy("Column %(n)s"),
    "keys": gettext_lazy("Key or check %(n)s"),
    "indexes": gettext_lazy("Index %(n)s"),
}
BLANK = {"columns": [{"nullable": True}]}  # a new capsule begins with a row to write in


class ProposalForm:
    """The whole form: the first facts and three tables, unbound from a document or bound to what was sent."""

    def __init__(self, data=None, *, reader, document=None):
        self.document = document or {}
        about = NewCapsuleForm if document is None else AboutForm
        before = proposals.about_of(self.document)
        self.about = about(data, reader=reader, before=before, initial=before)
        self.tables = {
            name: table(data, prefix=name)
            if data is not None
            else table(initial=rows(self.document) if document is not None else BLANK.get(name), prefix=name)
            for name, (table, rows) in TABLES.items()
        }

    @classmethod
    def with_row(cls, data, table, **kwargs):
        """The form as it was sent, with one empty row more in a table."""
        data = data.copy()
        said = data.get(f"{table}-TOTAL_FORMS", "")
        number = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0
        data[f"{table}-TOTAL_FORMS"] = str(min(number + 1, MOST_ROWS))
        if table == "columns":
            data[f"{table}-{number}-nullable"] = "on"
        form = cls(data, **kwargs)
        first = next(
            field for name, field in form.tables[table].forms[-1].fields.items() if name in Row.FIRST
        )
        first.widget.attrs |= {"autofocus": True, "data-focus": ""}
        return form

    def is_valid(self):
        """True if every part can be read; what the document thinks of it is asked later."""
        return all([self.about.is_valid(), *(table.is_valid() for table in self.tables.values())])

    @property
    def said(self):
        """What the form says, for `proposals.proposal`."""
        rows = {name: [row.said for row in table.forms] for name, table in self.tables.items()}
        return proposals.Said(self.about.cleaned_data, **rows)

    def blame(self, found, problems):
        """Put each problem of the document beside the field that it comes from."""
        for problem in problems:
            place = found.place(problem.pointer)
            form, name = self._field(*place) if place else (self.about, None)
            form.add_error(name, f"{problem.message} {problem.hint}".strip())

    def _field(self, table, row, rest):
        if table == "about":
            return self.about, row if row in self.about.fields else None
        form = self.tables[table].forms[row]
        named = {"is_nullable": "nullable", "references": "says", "expression": "says", "value": "says"}
        name = named.get(rest[0], rest[0]) if rest else ""
        return form, name if name in form.fields else next(iter(form.NEEDED))

    @property
    def faults(self):
        """[(id of the field, label, text)] of everything that is wrong, in order."""
        found = [("", "", error) for error in self.about.non_field_errors()]
        forms_of = [("", self.about)]
        for name, table in self.tables.items():
            forms_of += [(ROW[name] % {"n": n}, row) for n, row in enumerate(table.forms, 1)]
        for row, form in forms_of:
            for field in form:
                label = f"{row}, {field.label}" if row else field.label
                found += [(field.id_for_label, label, error) for error in field.errors]
        return found
