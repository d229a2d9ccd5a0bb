"""Each route × each kind of caller: who may, who may not, and in which words."""

import pytest

from tests.api.conftest import Caller
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    ColumnFactory,
    ConstraintFactory,
    DataProductFactory,
    DomainFactory,
    IndexFactory,
    OwnerFactory,
    SourceSystemFactory,
    StewardshipFactory,
    TagFactory,
    TeamMembershipFactory,
    TransformationCodeFactory,
    UserFactory,
)

PERSONAS = ("anonymous", "analyst", "auditor", "administrator", "own", "other", "steward", "elsewhere")
RUN = ("own", "other", "steward", "elsewhere")
EVERYBODY = dict.fromkeys(PERSONAS, 200) | {"anonymous": 401}


def may(status, *names):
    """What everybody gets who is not among `names`: 401 without a sign-in, else 403."""
    return {name: status if name in names else 403 for name in PERSONAS} | {"anonymous": 401}


@pytest.fixture
def world(db):
    """A capsule of a team in a domain, with something of every kind on it, and callers of every kind."""
    team, sales = OwnerFactory(name="Orders team"), DomainFactory(name="Sales")
    capsule = CapsuleFactory(name="orders", owner=team, domain=sales, columns=["order_id", "amount"])
    column = capsule.columns.get(name="amount")
    edge = CapsuleEdgeFactory(target=capsule)
    rows = {
        "capsule": capsule,
        "retired": CapsuleFactory(owner=team, domain=sales, retired_at="2026-01-01T00:00:00Z"),
        "column": column,
        "constraint": ConstraintFactory(column=column, kind="check", check_expression="amount > 0"),
        "index": IndexFactory(capsule=capsule, column_names=["amount"]),
        "edge": edge,
        "upstream": edge.source,
        "code": TransformationCodeFactory(capsule=capsule),
        "domain": DomainFactory(),
        "owner": OwnerFactory(),
        "tag": TagFactory(),
        "system": SourceSystemFactory(),
        "product": DataProductFactory(owner=team, domain=sales),
    }
    people = {
        "analyst": UserFactory(role="analyst"),
        "auditor": UserFactory(role="auditor"),
        "administrator": UserFactory(role="administrator"),
        "own": TeamMembershipFactory(owner=team, user__role="producer").user,
        "other": TeamMembershipFactory(user__role="producer").user,
        "steward": StewardshipFactory(domain=sales, user__role="steward").user,
        "elsewhere": StewardshipFactory(user__role="steward").user,
    }
    return rows, {name: Caller(user) for name, user in people.items()} | {"anonymous": Caller()}


READ = [
    "/capsules",
    "/capsules/{capsule}",
    "/capsules/{capsule}/columns",
    "/capsules/{capsule}/constraints",
    "/capsules/{capsule}/indexes",
    "/capsules/{capsule}/versions",
    "/capsules/{capsule}/lineage",
    "/capsules/{capsule}/transformation-code",
    "/columns",
    "/columns/{column}",
    "/columns/{column}/lineage",
    "/constraints",
    "/constraints/{constraint}",
    "/indexes",
    "/indexes/{index}",
    "/lineage/edges",
    "/lineage/edges/{edge}",
    "/lineage/column-edges",
    "/transformation-code",
    "/transformation-code/{code}",
    "/domains",
    "/domains/{domain}",
    "/owners",
    "/owners/{owner}",
    "/tags",
    "/tags/{tag}",
    "/source-systems",
    "/source-systems/{system}",
    "/data-products",
    "/data-products/{product}",
]
EDITORS, STEWARDS, PRODUCERS = ("own", "steward"), ("steward", "elsewhere"), ("own", "other")
ALL_EDITORS = (*STEWARDS, *PRODUCERS)
WRITE = [
    ("POST", "/capsules", {"name": "new", "capsule_type": "table"}, may(201, *ALL_EDITORS)),
    ("PATCH", "/capsules/{capsule}", {"layer": "gold"}, may(200, *EDITORS)),
    ("PUT", "/capsules/{capsule}", {"name": "orders", "capsule_type": "model"}, may(200, *EDITORS)),
    ("DELETE", "/capsules/{capsule}", None, may(204, "steward")),
    ("POST", "/capsules/{retired}/restore", {}, may(200, "steward")),
    ("POST", "/capsules/{retired}/purge", {"change_reason": "Never real."}, may(204, "administrator")),
    ("POST", "/capsules/{capsule}/columns", {"name": "discount"}, may(201, *EDITORS)),
    ("PATCH", "/columns/{column}", {"description": "Euros."}, may(200, *EDITORS)),
    ("DELETE", "/columns/{column}", None, may(204, *EDITORS)),
    ("POST", "/capsules/{capsule}/tags/{tag}", {}, may(201, *EDITORS)),
    ("POST", "/columns/{column}/tags/{tag}", {}, may(201, *EDITORS)),
    (
        "POST",
        "/capsules/{capsule}/constraints",
        {"column_id": "{column}", "constraint_type": "not_null"},
        may(201, *EDITORS),
    ),
    ("PATCH", "/constraints/{constraint}", {"is_enforced": False}, may(200, *EDITORS)),
    ("DELETE", "/constraints/{constraint}", None, may(204, *EDITORS)),
    (
        "POST",
        "/capsules/{capsule}/indexes",
        {"index_name": "i", "column_names": ["amount"]},
        may(201, *EDITORS),
    ),
    ("PATCH", "/indexes/{index}", {"is_unique": True}, may(200, *EDITORS)),
    ("DELETE", "/indexes/{index}", None, may(204, *EDITORS)),
    (
        "POST",
        "/lineage/edges",
        {"source_id": "{upstream}", "target_id": "{capsule}", "edge_type": "depends_on"},
        may(201, *EDITORS),
    ),
    ("DELETE", "/lineage/edges/{edge}", None, may(204, *EDITORS)),
    (
        "POST",
        "/capsules/{capsule}/transformation-code",
        {"language": "sql", "code_text": "select 1"},
        may(201, *EDITORS),
    ),
    ("DELETE", "/transformation-code/{code}", None, may(204, *EDITORS)),
    ("POST", "/domains", {"name": "Risk"}, may(201, *STEWARDS)),
    ("PATCH", "/domains/{domain}", {"description": "x"}, may(200, *STEWARDS)),
    ("DELETE", "/domains/{domain}", None, may(204, *STEWARDS)),
    ("POST", "/owners", {"name": "Risk team"}, may(201, *STEWARDS)),
    ("DELETE", "/owners/{owner}", None, may(204, *STEWARDS)),
    ("POST", "/tags", {"name": "weekly"}, may(201, *STEWARDS)),
    ("DELETE", "/tags/{tag}", None, may(204, *STEWARDS)),
    ("POST", "/source-systems", {"name": "lake", "source_type": "files"}, may(201, "administrator")),
    ("PATCH", "/source-systems/{system}", {"description": "x"}, may(200, "administrator")),
    ("DELETE", "/source-systems/{system}", None, may(204, "administrator")),
    # The source has no connection: whoever may run is told so.
    ("POST", "/source-systems/{system}/test", None, may(409, *RUN, "administrator")),
    ("POST", "/source-systems/{system}/read", None, may(409, *RUN)),
    ("PUT", "/source-systems/{system}/schedule", {"cron": "0 6 * * *"}, may(409, *RUN)),
    ("POST", "/data-products", {"name": "Orders"}, may(201, *ALL_EDITORS)),
    ("PATCH", "/data-products/{product}", {"status": "deprecated"}, may(200, *EDITORS)),
    ("DELETE", "/data-products/{product}", None, may(204, *EDITORS)),
    ("PUT", "/data-products/{product}/capsules/{capsule}", {"role": "output"}, may(200, *EDITORS)),
]


def filled(text, rows):
    if isinstance(text, dict):
        return {key: filled(value, rows) for key, value in text.items()}
    return text.format(**{name: row.pk for name, row in rows.items()}) if isinstance(text, str) else text


@pytest.mark.parametrize("path", READ)
def test_reading_needs_a_sign_in_and_no_more(world, path):
    rows, callers = world

    seen = {name: callers[name].get(filled(path, rows)).status_code for name in PERSONAS}

    assert seen == EVERYBODY


@pytest.mark.parametrize(("method", "path", "body", "expected"), WRITE, ids=lambda value: str(value)[:50])
def test_writing_is_for_those_whom_it_concerns(world, method, path, body, expected):
    from django.db import transaction

    rows, callers = world

    seen = {}
    for name in PERSONAS:
        with transaction.atomic():
            answer = callers[name].call(method, filled(path, rows), filled(body, rows))
            seen[name] = answer.status_code
            transaction.set_rollback(True)
        if answer.status_code >= 400:
            assert set(answer.body) >= {"detail", "code", "request_id"}

    assert seen == expected


def test_a_token_does_what_its_scopes_say_and_no_more(world):
    rows, callers = world
    producer = callers["own"].user
    path = filled("/capsules/{capsule}", rows)
    allowed = {"read": (200, 403), "write": (403, 200), "execute": (403, 403), "ingest": (403, 403)}

    for scope, expected in allowed.items():
        caller = Caller(producer, scopes=[scope])
        answers = caller.get(path), caller.patch(path, {"layer": "gold"})
        assert tuple(answer.status_code for answer in answers) == expected, scope
        for answer in answers:
            if answer.status_code == 403:
                assert answer.body["code"] == "scope_missing"


def test_a_token_never_does_more_than_its_owner(world):
    rows, callers = world
    caller = Caller(callers["analyst"].user, scopes=["read", "write"])

    assert caller.patch(filled("/capsules/{capsule}", rows), {"layer": "gold"}).status_code == 403


def test_a_wrong_or_expired_token_is_401_and_says_how_to_sign_in(anonymous):
    for header in ("Bearer dcs_nothing", "Basic YTpi", "Bearer"):
        answer = anonymous.get("/capsules", Authorization=header)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.body["code"] == "authentication_failed"


def test_without_credentials_one_is_asked_to_sign_in(anonymous):
    answer = anonymous.get("/capsules")

    assert (answer.status_code, answer.body["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_a_refusal_says_who_may(world):
    rows, callers = world
    capsule = filled("/capsules/{capsule}", rows)

    by_role = callers["analyst"].patch(capsule, {"layer": "gold"}).body["detail"]
    by_team = callers["other"].patch(capsule, {"layer": "gold"}).body["detail"]

    assert by_role == "This needs the role Steward or Producer. Your roles: Analyst."
    assert by_team == "Only members of Orders team and stewards of Sales may change this."


def test_what_belongs_to_nobody_may_be_changed_by_every_producer(world):
    _rows, callers = world
    capsule = CapsuleFactory()

    assert callers["other"].patch(f"/capsules/{capsule.pk}", {"layer": "gold"}).status_code == 200


def test_stewards_of_a_domain_look_after_the_domains_in_it(world):
    rows, callers = world
    inner = DomainFactory(parent=rows["capsule"].domain)
    capsule = CapsuleFactory(domain=inner)

    assert callers["steward"].patch(f"/capsules/{capsule.pk}", {"layer": "gold"}).status_code == 200
    assert callers["elsewhere"].patch(f"/capsules/{capsule.pk}", {"layer": "gold"}).status_code == 403


def test_nobody_registers_a_capsule_for_a_foreign_team(world):
    rows, callers = world
    body = {"name": "new", "capsule_type": "table", "owner_id": str(rows["capsule"].owner_id)}

    assert callers["other"].post("/capsules", body).status_code == 403
    assert callers["own"].post("/capsules", body).status_code == 201


def test_a_person_who_left_is_refused_at_the_next_request(world):
    _rows, callers = world
    user = callers["own"].user
    token = Caller(user, scopes=["read"])
    user.is_active = False
    user.save()

    assert callers["own"].get("/capsules").status_code == 401
    assert token.get("/capsules").status_code == 401


def test_a_session_needs_the_forgery_token_to_write():
    from django.test import Client

    caller = Caller(UserFactory(role="producer"))
    caller.client = Client(enforce_csrf_checks=True)
    caller.client.force_login(caller.user)

    answer = caller.post("/capsules", {"name": "orders", "capsule_type": "table"})

    assert answer.status_code == 403
    assert caller.get("/capsules").status_code == 200


def test_too_many_requests_are_429_with_the_time_to_wait(settings, anonymous):
    from rest_framework.settings import api_settings

    rates = {**api_settings.DEFAULT_THROTTLE_RATES, "person": "3/min", "address": "2/min"}
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": rates}
    analyst = Caller(UserFactory(role="analyst"))

    codes = [analyst.get("/capsules").status_code for _each in range(4)]
    strangers = [anonymous.get("/capsules", Authorization="Bearer dcs_guess") for _each in range(3)]

    assert codes == [200, 200, 200, 429]
    assert [answer.status_code for answer in strangers] == [401, 401, 429]
    assert 1 <= int(strangers[-1]["Retry-After"]) <= 60
    assert strangers[-1].body["code"] == "throttled"
    assert Caller(UserFactory(role="analyst")).get("/capsules").status_code == 200


def test_connection_facts_are_for_those_who_run_and_administer(world):
    rows, callers = world
    SourceSystemFactory._meta.model.objects.update(connection={"host": "warehouse"})

    seen = {
        name: "connection_info" in callers[name].get(filled("/source-systems/{system}", rows)).body
        for name in PERSONAS[1:]
    }

    assert {name for name, shown in seen.items() if shown} == {
        "administrator",
        "own",
        "other",
        "steward",
        "elsewhere",
    }


def test_sample_values_are_absent_for_those_without_the_clearance(world):
    rows, callers = world
    path = filled("/columns/{column}", rows)

    assert not {"example_values", "stats"} & set(callers["analyst"].get(path).body)
    assert {"example_values", "stats"} <= set(callers["own"].get(path).body)
    assert callers["analyst"].get(f"{path}?fields=example_values").status_code == 400


def test_hidden_columns_do_not_count(world):
    rows, callers = world
    ColumnFactory(capsule=rows["capsule"], visibility_rank=5)
    path = filled("/capsules/{capsule}", rows)

    assert callers["analyst"].get(path).body["column_count"] == 2
    assert callers["auditor"].get(path).body["column_count"] == 3
