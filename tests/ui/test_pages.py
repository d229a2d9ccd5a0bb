"""The pages that must show even when nothing else works, and the frame around all others."""

from html.parser import HTMLParser

import pytest
from django import forms
from django.template.loader import render_to_string

ALONE = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


class Reader(HTMLParser):
    """Collects elements, and complains about one that is never closed."""

    def __init__(self):
        super().__init__()
        self.open, self.found, self.faults = [], [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ALONE:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def read(template, **context):
    reader = Reader()
    reader.feed(render_to_string(template, context))
    assert not reader.faults
    assert not reader.open
    return reader


@pytest.mark.parametrize("code", ["400", "403", "404", "500"])
def test_an_error_page_needs_neither_request_nor_database(code):
    page = read(f"{code}.html", detail="Nothing was changed.", request_id="3f2a")

    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1


def test_an_error_page_says_what_happened_and_where_to_look():
    html = render_to_string("500.html", {"detail": "Something failed.", "request_id": "3f2a"})

    assert "Something failed." in html
    assert "3f2a" in html
    assert "Traceback" not in html


def test_a_portal_without_its_database_offers_to_try_again():
    html = render_to_string("errors/503.html", {"detail": "The database does not answer."})

    assert "The database does not answer." in html
    assert "Try again" in html


def test_the_frame_has_landmarks_a_skip_link_and_one_voice():
    page = read("base.html")

    assert page.all("a")[0] == {"class": "skip", "href": "#content"}
    assert [main["id"] for main in page.all("main")] == ["content"]
    assert [tag["id"] for _, tag in page.found if tag.get("aria-live")] == ["announce"]


def test_the_theme_of_a_person_is_there_before_the_first_paint():
    dark = read("base.html", theme="dark", density="compact").all("html")[0]
    system = read("base.html", theme="auto").all("html")[0]

    assert (dark["data-theme"], dark["data-density"]) == ("dark", "compact")
    assert "data-theme" not in system


def test_the_settings_of_htmx_keep_to_the_content_policy():
    config = next(meta for meta in read("base.html").all("meta") if meta.get("name") == "htmx-config")[
        "content"
    ]

    assert '"includeIndicatorStyles":false' in config
    assert '"allowEval":false' in config
    assert '"historyCacheSize":0' in config


def test_every_id_of_a_page_is_its_own():
    ids = [
        tag["id"] for _, tag in read("base.html", nav=[{"title": "Home", "url": "/"}]).found if tag.get("id")
    ]

    assert len(ids) == len(set(ids))


class Proposal(forms.Form):
    definition = forms.CharField(min_length=10, help_text="Singular.")
    severity = forms.ChoiceField(choices=[("error", "Error")], widget=forms.RadioSelect)
    blocking = forms.BooleanField(required=False, help_text="Holds what is downstream.")


def test_each_fault_is_told_above_and_at_its_field():
    form = Proposal({"definition": "Refunds"})

    html = render_to_string("components/form.html", {"form": form})

    assert "2 fields need attention" in html
    assert 'href="#id_definition"' in html
    assert 'id="id_definition_error"' in html
    assert 'aria-describedby="id_definition_helptext id_definition_error"' in html
    assert "Refunds" in html


def test_a_form_without_faults_has_no_summary():
    html = render_to_string("components/form.html", {"form": Proposal()})

    assert 'role="alert"' not in html
    assert "optional" not in html.split("Severity")[0]


def test_a_running_job_asks_again_and_a_finished_one_does_not():
    job = {
        "title": "Run Q-9",
        "state": "running",
        "text": "18 of 40 rules",
        "done": 18,
        "total": 40,
        "url": "/runs/9/",
    }

    running = render_to_string("components/job_progress.html", {"job": job})
    finished = render_to_string(
        "components/job_progress.html", {"job": {**job, "state": "completed", "finished": True}}
    )

    assert 'hx-trigger="every 2s"' in running
    assert "hx-trigger" not in finished


def test_a_chosen_filter_without_matches_can_still_be_taken_back():
    values = [
        {"value": "a", "title": "A", "count": 0, "chosen": True},
        {"value": "b", "title": "B", "count": 0},
    ]

    page = read("components/facets.html", facets=[{"name": "domain", "title": "Domain", "values": values}])

    boxes = [box for box in page.all("input") if box["type"] == "checkbox"]
    assert "checked" in boxes[0]
    assert "disabled" not in boxes[0]
    assert "disabled" in boxes[1]
