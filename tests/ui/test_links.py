from types import SimpleNamespace

from django.http import QueryDict
from django.template import Context, Template
from django.test import RequestFactory

from apps.ui import htmx, querystring, sorting


def page(path, source, **context):
    return Template("{% load ui %}" + source).render(
        Context({"request": RequestFactory().get(path), **context})
    )


def test_the_same_state_is_always_the_same_url():
    assert querystring.url("/capsules/", QueryDict("sort=name&domain=finance&q=")) == (
        "/capsules/?domain=finance&sort=name"
    )


def test_a_change_of_the_filter_goes_back_to_the_first_page():
    current = QueryDict("after=key&domain=finance")

    assert querystring.url("/", current, domain=["finance", "sales"]) == "/?domain=finance&domain=sales"
    assert querystring.url("/", current, after="other") == "/?after=other&domain=finance"


def test_nothing_left_is_the_bare_path():
    assert page("/capsules/?domain=finance", "{% query domain=None %}") == "/capsules/"


def test_a_form_keeps_the_rest_of_the_state():
    html = page("/capsules/?domain=finance&q=orders&after=x", '{% hidden_state "q" %}')

    assert html == '<input type="hidden" name="domain" value="finance">'


def test_a_query_cannot_break_out_of_its_attribute():
    html = page('/?q="><script>', '<a href="{% query sort="name" %}">')

    assert "<script>" not in html


def test_only_allowed_names_sort():
    allowed = {"name": "name", "updated": ("updated_at", "name")}

    found = sorting.sort(RequestFactory().get("/?sort=-updated"), allowed, "name")
    refused = sorting.sort(RequestFactory().get("/?sort=password"), allowed, "name")

    assert found.order == ("-updated_at", "name")
    assert str(found) == "-updated"
    assert refused.order == ("name",)
    assert "password" in refused.error


def test_a_second_press_turns_the_order_round():
    up = sorting.Sort("name", False, ("name",))

    html = page("/capsules/?sort=name", '{% sort_head sort "name" "Capsule" %}', sort=up)

    assert 'aria-sort="ascending"' in html
    assert 'href="/capsules/?sort=-name"' in html


def test_a_column_may_begin_with_the_largest():
    by_name = sorting.Sort("name", False, ("name",))

    html = page("/capsules/", '{% sort_head sort "updated" "Updated" num=True first="desc" %}', sort=by_name)

    assert "aria-sort" not in html
    assert 'class="num"' in html
    assert 'href="/capsules/?sort=-updated"' in html


def test_htmx_gets_the_part_it_names_and_a_reader_the_page():
    class Asked(SimpleNamespace):
        def __bool__(self):
            return True

    def request(target, **more):
        return SimpleNamespace(htmx=Asked(target=target, history_restore_request=False, **more))

    plain = SimpleNamespace(htmx=False)

    assert (
        htmx.fragment(request("results"), "glossary/terms.html", "results") == "glossary/terms.html#results"
    )
    assert htmx.fragment(request("section#results"), "glossary/terms.html", "results").endswith("#results")
    assert htmx.fragment(request("other"), "glossary/terms.html", "results") == "glossary/terms.html"
    assert htmx.fragment(plain, "glossary/terms.html", "results") == "glossary/terms.html"


def test_going_back_in_the_browser_gets_the_whole_page():
    restored = SimpleNamespace(htmx=SimpleNamespace(target="results", history_restore_request=True))

    assert htmx.fragment(restored, "glossary/terms.html", "results") == "glossary/terms.html"
