"""The column panel beside the structure table, and the page of the same column."""

from datetime import UTC, datetime

import pytest

from tests.discovery.pages import page, signed_in
from tests.factories import (
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    ConstraintFactory,
    PolicyFactory,
    QualityCheckFactory,
    QualityRuleFactory,
    TermFactory,
    TermLinkFactory,
)

from .test_capsule_page import text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def panel(client, capsule, name):
    return page(client, f"{url(capsule, 'structure')}?column={name}", HX_Request="true", HX_Target="columns")


@pytest.fixture
def email():
    """A column with something in every dimension."""
    column = ColumnFactory(name="email", pii_type="email", pii_detected_by="name", allowed_values=None)
    QualityCheckFactory(rule=QualityRuleFactory(column=column))
    PolicyFactory(column=column, sensitivity_level="confidential", active=True)
    TermLinkFactory(
        column=column, term=TermFactory(name="E-mail", definition="Where a customer is written to.")
    )
    ColumnEdgeFactory(source=ColumnFactory(name="mail", capsule__name="raw_customers"), target=column)
    ColumnEdgeFactory(source=column, target=ColumnFactory(name="contact", capsule__name="newsletter"))
    return column


def test_the_panel_and_the_page_say_the_same_of_a_column(analyst, email):
    for html in (panel(analyst, email.capsule, "email"), page(analyst, url(email.capsule, "columns/email"))):
        read = text(html)
        assert "What the customer paid, in euros." in read
        assert "by its name; its values were not looked at" in read
        assert "Where a customer is written to." in read
        assert "email is never empty" in read
        assert "Confidential" in read
        assert "raw_customers.mail" in read
        assert "newsletter.contact" in read
        assert "No profile yet" in read


def test_the_panel_takes_the_focus_and_the_table_marks_its_row(analyst, email):
    html = panel(analyst, email.capsule, "email")

    assert html.lstrip().startswith('<div id="columns"')
    assert html.count("data-focus") == 1
    assert 'aria-selected="true"' in html


def test_closing_the_panel_leads_back_to_the_row(analyst, email):
    html = panel(analyst, email.capsule, "email")
    back = f"{url(email.capsule, 'structure')}?from=email"
    assert f'hx-get="{back}"' in html
    assert f'hx-push-url="{url(email.capsule, "structure")}"' in html

    closed = page(analyst, back, HX_Request="true", HX_Target="columns")

    assert "column-panel" not in closed
    assert closed.count("data-focus") == 1


def test_the_keys_step_to_the_neighbours_without_losing_the_filter(analyst):
    capsule = CapsuleFactory(columns=["a_1", "b_2", "c_3"])

    html = page(analyst, f"{url(capsule, 'structure')}?column=b_2&q=_")

    assert f'href="{url(capsule, "structure")}?column=a_1&amp;q=_"' in html
    assert 'data-key="["' in html
    assert f'href="{url(capsule, "structure")}?column=c_3&amp;q=_"' in html
    assert 'data-key="]"' in html


def test_the_panel_opens_without_a_script(analyst, email):
    html = page(analyst, f"{url(email.capsule, 'structure')}?column=email")

    assert 'class="column-panel"' in html
    assert "<html" in html


def test_a_key_names_the_table_that_it_points_to(analyst):
    column, customers = ColumnFactory(), CapsuleFactory(name="customers")
    ConstraintFactory(column=column, kind="foreign_key", referenced_table_urn=customers.urn)

    html = page(analyst, url(column.capsule, f"columns/{column.name}"))

    assert "Foreign key" in text(html)
    assert f'href="{customers.get_absolute_url()}"' in html


def test_a_retired_column_has_a_page_that_says_so(analyst):
    column = ColumnFactory(name="old", retired_at=datetime(2026, 10, 1, tzinfo=UTC))

    assert "Retired 1 Oct 2026: gone from the source." in text(
        page(analyst, url(column.capsule, "columns/old"))
    )


def test_an_unknown_and_a_hidden_column_are_not_found(analyst):
    column = ColumnFactory(name="salary", visibility_rank=5)

    assert analyst.get(url(column.capsule, "columns/salary")).status_code == 404
    assert analyst.get(url(column.capsule, "columns/colour")).status_code == 404


@pytest.mark.parametrize("name", ["net/gross", "Größe", "a b", "x%y", "edit"])
def test_a_column_may_have_any_name(analyst, name):
    column = ColumnFactory(name=name)

    assert name in text(page(analyst, column.get_absolute_url()))


def test_the_panel_shows_nothing_of_a_hidden_neighbour(analyst):
    edge = ColumnEdgeFactory(source=ColumnFactory(name="salary", visibility_rank=5))

    assert "salary" not in page(analyst, url(edge.target.capsule, f"columns/{edge.target.name}"))
