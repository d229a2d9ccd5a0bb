import factory
from factory.django import DjangoModelFactory

from apps.glossary import imports
from apps.glossary.models import Refusal, Term, TermImport, TermLink
from apps.people.reader import reader_of
from apps.workflow import reviews

from .catalog import ColumnFactory, StewardshipFactory
from .people import UserFactory


def approve(record, *, by=None):
    """Take a draft through its review, decided by `by` or by a steward who is made for it."""
    if by is None:
        by = UserFactory(role="steward")
        if record.review_domain is not None:
            StewardshipFactory(user=by, domain=record.review_domain)
    review = reviews.propose(record, {}, by=record.author, reason="Wanted by Finance.")
    reviews.decide(review, "approve", shown=review.proposal_hash, by=by, reason="Agreed with Finance.")
    record.refresh_from_db()
    return record


class TermFactory(DjangoModelFactory):
    class Meta:
        model = Term
        skip_postgeneration_save = True

    name = factory.Sequence("revenue_{}".format)
    display_name = "Revenue"
    definition = "Money received for goods delivered, net of returns."
    category = "financial"
    author = factory.SubFactory(UserFactory)

    @factory.post_generation
    def under_review(self, create, wanted, **kwargs):
        """`under_review=True`: submitted by its author."""
        if create and wanted:
            reviews.propose(self, {}, by=self.author, reason="Wanted by Finance.")
            self.refresh_from_db()

    @factory.post_generation
    def approved(self, create, wanted, **kwargs):
        """`approved=True`: submitted by its author, approved by somebody else; there is no other way."""
        if create and wanted:
            approve(self)


class TermLinkFactory(DjangoModelFactory):
    """A term that explains a column; `capsule=…` links it to that capsule instead."""

    class Meta:
        model = TermLink

    capsule = None
    column = factory.Maybe("capsule", None, factory.SubFactory(ColumnFactory))
    term = factory.SubFactory(TermFactory)
    added_by = "ada"


class RefusalFactory(DjangoModelFactory):
    """A term that does not explain a column; `capsule=…` makes it one of that capsule instead."""

    class Meta:
        model = Refusal

    capsule = None
    column = factory.Maybe("capsule", None, factory.SubFactory(ColumnFactory))
    term = factory.SubFactory(TermFactory)
    refused_by = "ada"
    reason = "It counts offers, not orders."


class TermImportFactory(DjangoModelFactory):
    class Meta:
        model = TermImport

    file_name = "finance.csv"
    format = "csv"
    author = factory.SubFactory(UserFactory)


def proposed_import(*rows, by, columns="term_name,definition", reason=""):
    """The review of a sheet with these rows, which nobody has decided on yet."""
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    sheet = "\n".join([columns, *lines]).encode()
    found = imports.plan(sheet, name="finance.csv", by=reader_of(by))
    return imports.propose(found, by=reader_of(by), reason=reason)
