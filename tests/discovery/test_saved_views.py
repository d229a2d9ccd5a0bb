"""Views of lists that people keep: the address by a name, never the rows."""

import pytest

from apps.discovery.models import SavedView
from tests.factories import CapsuleFactory, UserFactory

from .pages import page, signed_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    return signed_in(client, "analyst")


def saved(client, **about):
    return client.post("/views/save/", {"name": "Gold", "place": "catalog", "query": "layer=gold", **about})


def test_a_list_under_filters_is_saved_and_opened_again(analyst):
    CapsuleFactory(name="orders", layer="gold")
    CapsuleFactory(name="stg_orders", layer="silver")

    answer = saved(analyst, query="sort=-updated&layer=gold&after=abc&q=&format=csv")

    # in the order that lists write their addresses, without the page
    assert answer["Location"] == "/capsules/?layer=gold&sort=-updated"
    shown = text(page(analyst, answer["Location"]))
    assert "Saved as “Gold”." in shown
    assert "stg_orders" not in shown
    assert "Gold" in text(page(analyst, "/views/"))
    assert "Your views" in text(page(analyst, "/?as=analyst"))


def test_the_same_name_replaces_the_view_in_any_case(analyst):
    saved(analyst)
    saved(analyst, name="GOLD", query="layer=gold&domain=Sales")
    assert [(view.name, view.query) for view in SavedView.objects.all()] == [
        ("GOLD", "domain=Sales&layer=gold")
    ]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"name": " "}, "required"),
        ({"name": "x" * 81}, "80"),
        ({"place": "nowhere"}, "nowhere"),
        ({"query": "q=" + "x" * 2001}, "2000"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_nothing(analyst, about, why):
    answer = saved(analyst, **about)
    assert not SavedView.objects.exists()
    assert why in text(page(analyst, answer["Location"]))


def test_others_open_a_shared_view_and_change_it_not(client, analyst):
    page(analyst, saved(analyst)["Location"])
    mine = SavedView.objects.get()
    client.force_login(UserFactory(role="steward"))
    assert "Gold" not in text(page(client, "/views/"))
    assert client.post(f"/views/{mine.pk}/", {"do": "delete"}).status_code == 404

    client.force_login(mine.person)
    client.post(f"/views/{mine.pk}/", {"do": "share"})
    client.force_login(UserFactory(role="steward"))
    shown = text(page(client, "/views/"))

    assert "Shared by others" in shown
    assert "Gold Catalog" in shown
    assert client.post(f"/views/{mine.pk}/", {"do": "keep"}).status_code == 404
    assert SavedView.objects.get().shared


def test_a_view_is_deleted_by_its_owner(analyst):
    saved(analyst)
    analyst.post(f"/views/{SavedView.objects.get().pk}/", {"do": "delete"})
    assert not SavedView.objects.exists()
    assert "No view has been saved yet" in text(page(analyst, "/views/"))


def test_nobody_keeps_more_than_can_be_read(analyst, monkeypatch):
    monkeypatch.setattr("apps.discovery.saved.MOST", 2)
    for name in ("one", "two", "three"):
        saved(analyst, name=name)
    assert sorted(SavedView.objects.values_list("name", flat=True)) == ["one", "two"]
    # one that is there may still be replaced
    saved(analyst, name="two", query="layer=raw")
    assert SavedView.objects.get(name="two").query == "layer=raw"


def test_views_need_a_sign_in(client):
    for answer in (client.get("/views/"), saved(client)):
        assert answer.status_code == 302
        assert "/sign-in" in answer["Location"] or "login" in answer["Location"]


def test_the_list_of_views_costs_the_same_for_many(analyst, django_assert_max_num_queries):
    for number in range(30):
        saved(analyst, name=f"View {number}")
    analyst.get("/views/")
    with django_assert_max_num_queries(12):
        analyst.get("/views/")
