"""Requests that nobody would write: whatever the description allows, and more, is answered and never a failure."""

import contextlib
import json
import os
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core import NotSet

from portal.api import docs
from tests.api.conftest import Caller
from tests.factories import (
    CapsuleEdgeFactory,
    CapsuleFactory,
    CapsuleVersionFactory,
    ColumnEdgeFactory,
    ConstraintFactory,
    DataProductFactory,
    IndexFactory,
    SourceSystemFactory,
    TagFactory,
    TransformationCodeFactory,
    UserFactory,
)

SHAPE = {"detail", "code", "request_id"}
PARTS = 4
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))  # for each route and each kind of case


@pytest.fixture
def there(db):
    """Rows that addresses may name, by the parameter and the first word of the path."""
    capsule = CapsuleFactory(columns=["order_id", "amount"], complete=True)
    version = CapsuleVersionFactory(capsule=capsule, number=1)
    return {
        "urn": {"columns": capsule.columns.first().urn, "": capsule.urn},
        "tag": {"": str(TagFactory().pk)},
        "version": {"": str(version.number)},
        "id": {
            "constraints": str(ConstraintFactory(column=capsule.columns.first()).pk),
            "indexes": str(IndexFactory(capsule=capsule).pk),
            "domains": str(capsule.domain.pk),
            "owners": str(capsule.owner.pk),
            "tags": str(TagFactory().pk),
            "source-systems": str(SourceSystemFactory().pk),
            "data-products": str(DataProductFactory().pk),
            "transformation-code": str(TransformationCodeFactory(capsule=capsule).pk),
            "lineage": str(CapsuleEdgeFactory(target=capsule).pk),
            "column-edges": str(ColumnEdgeFactory().pk),
            "": str(capsule.pk),
        },
    }


@pytest.fixture
def caller(db):
    user = UserFactory(roles=["steward", "producer", "administrator"])
    return Caller(user, scopes=["read", "write"])


@pytest.mark.parametrize(
    "kind", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["described", "other"]
)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_request_is_a_failure_of_the_server(part, kind, there, caller):
    described = schemathesis.openapi.from_dict(docs.document())
    operations = [found.ok() for found in described.get_all_operations()][part::PARTS]
    assert operations

    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=kind), named=st.booleans())
        def answered(case, named):
            cache.clear()
            if named:
                name_what_is_there(case, there)
            with transaction.atomic():
                answer = sent(caller, case)
                transaction.set_rollback(True)
            about = (
                case.method,
                case.formatted_path,
                case.query,
                case.headers,
                case.body,
                answer.raw[:500],
            )
            assert answer.status_code < 500, about
            if answer.status_code >= 400:
                assert set(answer.body) >= SHAPE, about

        # A route that takes nothing cannot be asked otherwise than described.
        with contextlib.suppress(Unsatisfiable):
            answered()


def sent(caller, case):
    """The answer to a generated case, over the test client."""
    query = urlencode(case.query or {}, doseq=True)
    headers = {name.replace("-", "_"): str(value) for name, value in (case.headers or {}).items()}
    body = None if isinstance(case.body, NotSet) else case.body
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body)
    return caller.call(case.method, f"{case.formatted_path}?{query}", body, **headers)


def name_what_is_there(case, there):
    """Let the address name rows that exist, so that the body is looked at."""
    first = case.path.split("/")[3]
    for name in case.path_parameters or {}:
        known = there.get(name, {})
        case.path_parameters[name] = known.get(first, known.get("", case.path_parameters[name]))
