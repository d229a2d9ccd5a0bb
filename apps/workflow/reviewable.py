"""What a model must say about itself so that changes of it can be reviewed (errata row E17)."""

import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from apps.dcs.canonical import plain

LEVELS = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Risk:
    """How much a change can harm: its level, how many must agree, and words for what is dangerous about it."""

    level: str = "medium"
    quorum: int = 1
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Affected:
    """Something that a change would touch, for the list of who feels it."""

    title: str
    url: str = ""
    meta: str = ""


@dataclass(frozen=True)
class Member:
    """One record that a proposal about many would make (`new`) or change; `content` is {column: value} of what it becomes."""

    model: type
    key: uuid.UUID
    title: str
    content: dict
    new: bool = False


class Reviewable:
    """Mixin for models that change by proposals once somebody relies on them.

    A model says which fields are governed, who decides, and when it is in force; it may refine risk, checking and
    whom a change affects. Content is a dict with the columns of the governed fields as keys.
    """

    governed_fields = ()
    review_kind = ""
    review_permission = ""
    review_icon = "file-pen-line"
    # Fields that are read only when somebody asks for them.
    large_fields = ()

    @property
    def is_in_force(self):
        """True if people rely on the row as it stands: it then changes only by an approved review."""
        return True

    @property
    def is_edited_freely(self):
        """True while the row is nobody's but its author's: not in force, and not waiting for a decision."""
        spec = self.transition_for("submit") if hasattr(self, "transition_for") else None
        return not self.is_in_force and (spec is None or self.state in spec.sources)

    @property
    def review_rank(self):
        """The clearance that its proposals need: that of the row, more where they hold what the row keeps to few."""
        return getattr(self, "visibility_rank", 2)

    @property
    def review_domain(self):
        """The domain whose stewards decide; None leaves it to all who have the role."""
        return getattr(self, "domain", None)

    @classmethod
    def decided_with(cls):
        """The permissions that open rows of this kind to those who decide on them."""
        return {cls.review_permission}

    @classmethod
    def lock_around(cls, pk):
        """Lock the other rows that applying a proposal about the row writes, where somebody else locks them first."""

    @classmethod
    def governed(cls):
        """{column: field} of what a proposal holds."""
        return {field.column: field for field in map(cls._meta.get_field, cls.governed_fields)}

    def canonical_content(self):
        """What a proposal about the row would hold if nothing changed."""
        return plain({column: getattr(self, field.attname) for column, field in self.governed().items()})

    def content_in_force(self):
        """The content that people rely on; None if nobody does yet."""
        return self.canonical_content() if self.is_in_force else None

    def checked(self, content):
        """`content` complete and normalised: what it leaves out stays as it is.

        Raises `ValidationError`, by column, for what could not be stored.
        """
        governed = self.governed()
        if unknown := sorted(set(content) - set(governed)):
            raise ValidationError({name: [_("This is no part of the proposal.")] for name in unknown})
        draft = type(self)._base_manager.get(pk=self.pk)
        problems = {}
        for column, value in content.items():
            try:
                setattr(draft, governed[column].attname, to_python(governed[column], value))
            except (ValidationError, ValueError, TypeError) as error:
                problems[column] = getattr(error, "messages", [str(error)])
        if problems:
            raise ValidationError(problems)
        others = {field.name for field in self._meta.fields} - {field.name for field in governed.values()}
        try:
            draft.clean_fields(exclude=others)
            draft.clean()
            draft.validate_constraints()
        except ValidationError as error:
            raise ValidationError(by_column(self, error)) from None
        try:
            return draft.canonical_content()
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def take_over(self, content):
        """Set the governed fields to `content`; the caller saves."""
        for column, field in self.governed().items():
            if column in content:
                setattr(self, field.attname, to_python(field, content[column]))

    def note_writer(self, review):
        """Hear whose proposal about the row in force is being applied; the caller saves."""

    def risk_of(self, base, proposal):
        """The `Risk` of going from `base` (None if nothing was in force) to `proposal`."""
        return Risk()

    def rank_of_proposal(self, proposal):
        """The visibility rank that reading a proposal about the row needs."""
        return getattr(self, "visibility_rank", 2)

    def consequences(self, proposal, reader):
        """Sentences about what people would notice of a proposal, for those who decide."""
        return []

    def affected(self, reader):
        """(how many things the change touches, the first of them as `Affected`), as far as `reader` may know."""
        return 0, []

    def in_short(self, base, proposal, changed):
        """The line under the title in lists; `changed` are the columns that differ."""
        if base is None:
            said = next((proposal[key] for key in ("definition", "description") if proposal.get(key)), "")
            return _("New: %(text)s") % {"text": said} if said else _("New")
        titles = [str(self.governed()[name].verbose_name) for name in changed if name in self.governed()]
        return _("Changes %(fields)s") % {"fields": ", ".join(titles[:4])}

    def rivals(self, review):
        """Keys of reviews of other rows that `review`, now applied, has overtaken."""
        return ()

    def let_go(self, review):
        """Hear that a proposal about the record was rejected or withdrawn; the row is locked."""

    def in_words(self, column, value):
        """A governed value as people read it: the name behind a key, for one."""
        field = self.governed().get(column)
        if isinstance(field, models.ForeignKey) and value:
            row = field.related_model._base_manager.filter(pk=value).first()
            return str(row) if row is not None else _("something that is gone")
        if field is not None and field.choices and value is not None:
            return str(dict(field.flatchoices).get(value, value))
        return value


class ReviewableMany(Reviewable):
    """Mixin for what proposes to make and change many records at once, such as an import: one review holds them all.

    The row itself is the carrier. Its proposal is what `summed_up` says and the hash over all members; nothing of
    them is touched before `carry_out`.
    """

    @property
    def is_in_force(self):
        """Never: people rely on the members."""
        return False

    @property
    def is_edited_freely(self):
        """Never: another content is another plan."""
        return False

    def members(self, reader):
        """The `Member`s as they would be now, planned against what is stored; empty if nothing would change."""
        raise NotImplementedError

    def summed_up(self, members):
        """What of `members` stands in the proposal itself: counts, names of their domains as `domains`."""
        raise NotImplementedError

    def rank_of(self, members):
        """The visibility rank that a reader of the members needs."""
        return self.visibility_rank

    def carry_out(self, review, *, by, reason):
        """Write the members of an approved review, in its transaction; `apps.workflow.members` does it by sets."""
        raise NotImplementedError

    def moved(self, review):
        """Titles of the members that cannot be written as they were put down; locks the rows behind the others."""
        from . import members

        return members.moved(review)

    def effect(self, proposal):
        """What approving does, as the rest of a sentence that begins with “Approving”."""
        raise NotImplementedError

    def read_as(self, contents):
        """What people compare of the contents of some members, [{title: value in words}], in a few queries for all."""
        return contents


def to_python(field, value):
    """A stored spelling as the field wants it: a key for a reference, a number for its text."""
    if value is None:
        return None
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return value
    if not isinstance(value, str) and isinstance(target, models.CharField | models.TextField):
        raise ValidationError(_("Write a text."))
    return target.to_python(value)


def by_column(record, error):
    """The messages of a `ValidationError` under the columns that they are about."""
    if not hasattr(error, "error_dict"):
        return error.messages
    names = {field.name: column for column, field in record.governed().items()}
    return {names.get(name, name): list(texts) for name, texts in error.message_dict.items()}
