"""Code that people write down: beside the capsule and the edge, with its hash, its repository and a reason in the log."""

import hashlib
import re

import pytest

from apps.audit.models import Change
from apps.provenance import codes
from apps.provenance.models import TransformationCode
from tests.discovery.pages import page, signed_in, text
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnEdgeFactory,
    ColumnFactory,
    OwnerFactory,
    TransformationCodeFactory,
)

pytestmark = pytest.mark.django_db

SQL = "select order_id\r\n  from raw.orders\r\n"


@pytest.fixture
def producer(client):
    return signed_in(client, "producer")


@pytest.fixture
def edge():
    return CapsuleEdgeFactory(source=CapsuleFactory(name="stg"), target=CapsuleFactory(name="orders"))


def add(client, capsule, query="", **said):
    return client.post(
        f"{capsule.get_absolute_url()}code/new/{query}", {"language": "sql", "code_text": SQL, **said}
    )


def test_code_is_written_down_with_its_hash_and_a_reason(producer, edge):
    answer = add(producer, edge.target, file_path="models/orders.sql", reason="Asked for by Finance.")

    code = TransformationCode.objects.get()
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"{edge.target.get_absolute_url()}provenance/#n-code",
    )
    assert code.code_text == "select order_id\n  from raw.orders\n"
    assert code.code_hash == hashlib.sha256(code.code_text.encode()).hexdigest()
    assert Change.objects.of(code).get().change_reason == "Asked for by Finance."
    assert "models/orders.sql" in text(
        page(producer, f"{edge.target.get_absolute_url()}provenance/")
    ).replace(" ", "")


def test_code_of_an_edge_stands_beside_the_edge(producer, edge):
    add(producer, edge.target, f"?edge={edge.pk}")

    assert TransformationCode.objects.get().edge == edge
    panel = page(producer, f"/lineage/?focus={edge.target.urn}&edge={edge.pk}")
    assert "select order_id" in panel
    assert "Add code of this edge" in panel


def test_code_between_two_capsules_stands_beside_the_edge_of_their_columns(producer, edge):
    flow = ColumnEdgeFactory(
        source=ColumnFactory(capsule=edge.source, name="id"),
        target=ColumnFactory(capsule=edge.target, name="id"),
    )
    TransformationCodeFactory(edge=edge, code_text="select id from stg")

    assert "select id from stg" in page(
        producer, f"/lineage/?focus={edge.target.urn}&column=id&edge={flow.pk}"
    )


def test_an_edge_that_ends_elsewhere_is_not_found(producer, edge):
    assert add(producer, edge.source, f"?edge={edge.pk}").status_code == 404
    assert add(producer, edge.target, "?edge=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"code_text": "  \r\n"}, "Write the code."),
        ({"git_commit_sha": "xyz"}, "Write 7 to 64 hexadecimal digits."),
        ({"line_start": "9", "line_end": "3"}, "The last line stands before the first."),
        ({"line_start": "0"}, "Lines are counted from 1."),
        ({"language": "cobol"}, "Select a valid choice"),
    ],
)
def test_faults_are_named_at_their_fields(producer, edge, said, sentence):
    answer = add(producer, edge.target, **said)

    assert answer.status_code == 422
    assert sentence in text(answer.content.decode())
    assert not TransformationCode.objects.exists()


def test_the_same_code_twice_is_refused_and_elsewhere_is_not(producer, edge):
    add(producer, edge.target)

    twice, elsewhere = add(producer, edge.target), add(producer, edge.source)

    assert (twice.status_code, elsewhere.status_code) == (422, 302)
    assert "This very code is there already." in text(twice.content.decode())


def edited(client, code, **said):
    url = f"{codes.subject(code).get_absolute_url()}code/{code.pk}/edit/"
    form = page(client, url)
    seen = re.search(r'name="seen" value="([^"]+)"', form).group(1)
    return lambda: client.post(url, {"seen": seen, "language": "sql", "code_text": SQL, **said})


def test_an_edit_writes_a_new_hash(producer, edge):
    code = TransformationCodeFactory(capsule=edge.target)

    assert edited(producer, code)().status_code == 302
    code.refresh_from_db()
    assert code.code_hash == codes.digest(code.code_text)


def test_an_edit_that_came_too_late_stores_nothing(producer, edge):
    code = TransformationCodeFactory(capsule=edge.target)
    late = edited(producer, code)
    codes.revise(code, code_text="select 1")

    assert late().status_code == 409
    code.refresh_from_db()
    assert code.code_text == "select 1"


def test_a_conflict_shows_what_differs_and_no_line_ends(producer, edge):
    code = TransformationCodeFactory(capsule=edge.target, code_text="select 1\nfrom a")
    late = edited(
        producer, code, code_text="select 1\r\nfrom a", base_code_text="select 1\r\nfrom a", file_path="b.sql"
    )
    codes.revise(code, file_path="c.sql")

    read = text(late().content.decode())

    assert "Choose which text to keep for 1 field." in read


def test_what_an_ingestion_brought_is_not_edited_here(producer, edge):
    code = TransformationCodeFactory(capsule=edge.target, meta={"origin": "dbt"})
    url = f"{edge.target.get_absolute_url()}code/{code.pk}/"

    assert producer.get(f"{url}edit/").status_code == 403
    assert producer.post(f"{url}remove/").status_code == 403
    assert f"{code.pk}/edit/" not in page(producer, f"{edge.target.get_absolute_url()}provenance/")


def test_code_is_removed_after_a_question(producer, edge):
    code = TransformationCodeFactory(capsule=edge.target)
    url = f"{edge.target.get_absolute_url()}code/{code.pk}/remove/"

    assert "Remove models/staging/stg_orders.sql?" in text(page(producer, url))
    producer.post(url, {"reason": "It was of another model."})

    assert not TransformationCode.objects.exists()
    assert Change.objects.of(code).get(operation="DELETE").change_reason == "It was of another model."


def test_others_neither_add_nor_change_code(producer, client, edge):
    type(edge.target).objects.filter(pk=edge.target.pk).update(owner=OwnerFactory())
    code = TransformationCodeFactory(capsule=edge.target)

    assert add(producer, edge.target).status_code == 403
    assert producer.get(f"{edge.target.get_absolute_url()}code/{code.pk}/edit/").status_code == 403
    assert "Add code" not in page(producer, f"{edge.target.get_absolute_url()}provenance/")


def test_who_may_not_read_code_cannot_write_it(client, edge):
    guest = signed_in(client, "producer", clearance=1)
    type(edge.target).objects.update(visibility_rank=1)

    assert add(guest, edge.target).status_code == 403


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("https://github.com/acme/dwh", "https://github.com/acme/dwh/blob/abc1234/models/a%20b.sql#L3"),
        ("git@github.com:acme/dwh.git", "https://github.com/acme/dwh/blob/abc1234/models/a%20b.sql#L3"),
        ("https://gitlab.com/acme/dwh.git", "https://gitlab.com/acme/dwh/-/blob/abc1234/models/a%20b.sql#L3"),
        ("https://git.acme.org/dwh", "https://git.acme.org/dwh"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        (None, ""),
    ],
)
def test_the_link_to_a_repository_names_the_file_where_the_host_is_known(repository, address):
    code = TransformationCode(
        git_repository=repository, git_commit_sha="abc1234", file_path="models/a b.sql", line_start=3
    )

    assert codes.web_address(code) == address
