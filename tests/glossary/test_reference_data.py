"""A value domain of reference data asks the table that holds it."""

import duckdb
import pytest

from apps.catalog.models import ValueDomain
from apps.glossary import vocabularies
from apps.people.reader import reader_of
from tests.factories import CapsuleFactory, ColumnFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def countries(tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    duckdb.sql("SELECT * FROM (VALUES ('DE'), ('FR')) t(code)").write_parquet(
        str(tmp_path / "countries.parquet")
    )
    table = CapsuleFactory(name="countries", storage_location="countries.parquet", storage_format="parquet")
    return ColumnFactory(capsule=table, name="code")


def domain(column):
    return ValueDomain(kind="reference_data", reference_column_urn=column.urn)


def verdicts(column, values, reader):
    return [found.valid for found in vocabularies.judge(domain(column), values, reader)]


def test_a_value_belongs_when_a_row_of_the_table_holds_it(countries):
    assert verdicts(countries, ["DE", "XX", None, ["DE"]], reader_of(UserFactory(role="steward"))) == [
        True,
        False,
        True,
        False,
    ]


def test_without_a_source_the_list_in_the_catalogue_decides():
    column = ColumnFactory(allowed_values=["open", "done"])

    assert verdicts(column, ["open", "eaten"], reader_of(UserFactory(role="steward"))) == [True, False]


def test_without_a_source_and_a_list_nobody_can_tell():
    with pytest.raises(vocabularies.Unreachable, match="cannot be read"):
        verdicts(ColumnFactory(), ["open"], reader_of(UserFactory(role="steward")))


def test_values_that_the_reader_may_not_see_cannot_be_guessed_one_by_one(countries):
    type(countries).objects.filter(pk=countries.pk).update(sensitivity_rank=4)

    with pytest.raises(vocabularies.Unreachable, match="may not read"):
        verdicts(countries, ["DE"], reader_of(UserFactory(role="analyst")))
