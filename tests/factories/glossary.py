import factory
from factory.django import DjangoModelFactory

from apps.glossary.models import Refusal, Term, TermImport, TermLink

from .catalog import ColumnFactory
from .people import UserFactory


class TermFactory(DjangoModelFactory):
    class Meta:
        model = Term

    name = factory.Sequence("revenue_{}".format)
    display_name = "Revenue"
    definition = "Money received for goods delivered, net of returns."
    category = "financial"
    author = factory.SubFactory(UserFactory)

    class Params:
        under_review = factory.Trait(
            status=Term.Status.UNDER_REVIEW, submitted_by=factory.SelfAttribute("author")
        )
        approved = factory.Trait(
            status=Term.Status.APPROVED,
            submitted_by=factory.SelfAttribute("author"),
            approved_by_user=factory.SubFactory(UserFactory),
            approved_by=factory.SelfAttribute("approved_by_user.username"),
        )


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
