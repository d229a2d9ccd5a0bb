"""What differs between two versions, on the page, in the API and as Markdown."""

import pytest

from apps.audit.context import acting
from apps.catalog import comparison
from apps.catalog.changes.lines import lines
from apps.catalog.models import Column
from apps.people.reader import reader_of, system
from tests.discovery.pages import page, signed_in
from tests.discovery.pages import text as read_all
from tests.factories import CapsuleFactory, CapsuleVersionFactory, ColumnFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana():
    return UserFactory(username="ana", first_name="Ana", last_name="Ruiz", role="steward")


@pytest.fixture
def orders(ana):
    """Three versions: as made, with a column gone and one come, with other words."""
    with acting(system("load")):
        orders = CapsuleFactory(name="orders", columns=["order_id", "status_code"], tags=["daily", "sales"])
    with acting(ana, reason="The code is gone from the shop."):
        orders.columns.get(name="status_code").delete()
        ColumnFactory(capsule=orders, name="channel", data_type="text")
    with acting(ana):
        orders.description, orders.tags = "Orders, one row each, cleaned twice.", ["daily", "finance"]
        orders.save(update_fields=["description", "tags"])
    return orders


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def text(html):
    """What is read on a page; a place where a long name may break is no blank."""
    return read_all(html.replace("<wbr>", "")).replace(" :", ":")


def url(capsule, pair, query=""):
    return f"/capsules/{capsule.urn}/diff/{pair}/{query}"


def test_the_page_says_what_breaks_and_why_for_whom(analyst, orders):
    read = text(page(analyst, url(orders, "1..2")))

    assert "1 breaking, 1 compatible" in read or "1 breaking, 1 to notice" in read
    assert "Column status_code removed" in read
    assert "Readers: Queries that name status_code fail: the column is gone." in read
    assert "Producers: status_code need no longer be delivered." in read
    assert "Changed by Ana Ruiz" in read
    assert "The code is gone from the shop." in read


def test_words_and_members_are_marked(analyst, orders):
    html = page(analyst, url(orders, "2..3"))

    assert "cleaned<ins> twice</ins>." in html
    assert '<td class="was">daily, <del>sales</del></td>' in html
    assert '<td class="now">daily, <ins>finance</ins></td>' in html


@pytest.mark.parametrize("layout", ["unified", "summary"])
def test_other_layouts_tell_the_same(analyst, orders, layout):
    read = text(page(analyst, url(orders, "1..2", f"?layout={layout}")))

    assert "Column status_code removed" in read
    assert "Queries that name status_code fail" in read


def test_it_narrows_to_a_dimension_or_to_what_breaks(analyst, orders):
    structure = text(page(analyst, url(orders, "1..3", "?dimension=structural")))
    breaking = text(page(analyst, url(orders, "1..3", "?breaking=true")))

    assert "Column channel added" in structure
    assert "Description changed" not in structure
    assert "Column channel added" not in breaking
    assert "Column status_code removed" in breaking


def test_two_that_are_equal_say_so(analyst, orders):
    assert "No difference between version 3, live and version 3, live" in text(
        page(analyst, url(orders, "3..live"))
    )


@pytest.mark.parametrize("pair", ["1..9", "x..1", "1", "2026-01-01..1", "99999999999..1"])
def test_what_is_not_there_is_404(analyst, orders, pair):
    assert analyst.get(url(orders, pair)).status_code == 404


def test_live_and_days_are_addresses(analyst, orders):
    read = text(page(analyst, url(orders, "1..2999-01-01")))

    assert "version 1 to version 3, as of" in read
    assert "Column channel added" in read


def test_the_two_that_were_ticked_are_compared(analyst, orders):
    answer = analyst.get(f"/capsules/{orders.urn}/diff/?a=1&b=3")

    assert answer["Location"] == url(orders, "1..3")


def test_markdown_can_be_pasted(analyst, orders):
    answer = analyst.get(url(orders, "1..2", "?format=md"))

    assert answer["Content-Type"].startswith("text/markdown")
    assert "- **Breaking**: Column status\\_code removed" in answer.content.decode()


def test_a_hidden_column_is_in_no_difference(analyst, orders):
    Column.objects.filter(capsule=orders, name="channel").update(visibility_rank=5)

    html = page(analyst, url(orders, "1..3"))

    assert "channel" not in html


def test_values_that_need_clearance_are_left_out():
    capsule = CapsuleFactory()
    document = {
        "urn": capsule.urn,
        "columns": {"amount": {"example_values": ["12"], "unit_of_measure": "EUR"}},
        "column_policies": {
            "amount": {"masking_rules": [{"name": "m", "method": "hash", "config": {"salt": "x"}}]}
        },
        "lineage": {"upstream": ["urn:dcs:dbt:model:jaffle_shop.staging:board_salaries"]},
    }
    CapsuleFactory(name="board_salaries", visibility_rank=5)

    (seen,) = comparison.disclosed([document], capsule, reader_of(UserFactory(role="analyst")))
    (whole,) = comparison.disclosed([document], capsule, system("export"))

    assert seen["columns"] == {"amount": {"unit_of_measure": "EUR"}}
    assert seen["column_policies"]["amount"]["masking_rules"] == [{"name": "m", "method": "hash"}]
    assert seen["lineage"]["upstream"] == []
    assert whole == document


def test_two_thousand_columns_come_in_pages(analyst):
    capsule = CapsuleFactory(name="wide")
    columns = [{"name": f"column_{n}", "data_type": "text"} for n in range(2000)]
    base = {"urn": capsule.urn, "name": "wide"}
    CapsuleVersionFactory(capsule=capsule, number=1, snapshot=base)
    CapsuleVersionFactory(capsule=capsule, number=2, snapshot={**base, "schema": {"columns": columns}})

    read = text(page(analyst, url(capsule, "1..2")))

    assert "2000 changes" in read
    assert "1–100 of 2,000" in read
    assert "101–200 of 2,000" in text(page(analyst, url(capsule, "1..2", "?from=100")))


def test_the_versions_tab_offers_each_with_the_one_before(analyst, orders):
    html = page(analyst, f"/capsules/{orders.urn}/versions/")

    assert f'href="{url(orders, "2..3")}" data-key="d"' in html
    assert "Ana Ruiz" in html
    assert "Column status_code removed" in text(html)
    assert "Column status_code removed" not in text(
        page(analyst, f"/capsules/{orders.urn}/versions/?dimension=semantic")
    )


@pytest.mark.parametrize("many", [False, True])
def test_a_comparison_costs_the_same_for_more_changes(analyst, orders, many, django_assert_max_num_queries):
    if many:
        with acting(system("load")):
            for n in range(30):
                ColumnFactory(capsule=orders, name=f"more_{n}")
    page(analyst, url(orders, "1..live"))

    with django_assert_max_num_queries(34):
        page(analyst, url(orders, "1..live"))


def test_unchanged_lines_of_code_are_folded():
    before = "\n".join(f"line {n}" for n in range(40))
    after = before.replace("line 20", "line twenty")

    found = lines(before, after)

    assert [line.kind for line in found] == ["fold", *["same"] * 3, "was", "now", *["same"] * 3, "fold"]
    assert (found[0].folded, found[4].old, found[5].new) == (17, 21, 21)
