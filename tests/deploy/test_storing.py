"""What a document writes is what is read back, and writing it again writes nothing."""

import copy
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings

from apps.audit.models import Change
from apps.catalog import dimensions, documents, rewriting, snapshots, storing
from apps.catalog.models import Capsule
from tests.factories.documents import capsule_documents

APPENDIX_A = Path(__file__).parent.parent / "catalog" / "documents" / "appendix_a.yaml"
pytestmark = pytest.mark.django_db


def wanted_of(capsule):
    """The state that a document wants where nothing is stored: without what is no part of a state.

    It is read from text, as every document is: a file has no -0.0.
    """
    state = documents.read(documents.write(documents.canonical(capsule))).documents[0].canonical
    return {key: value for key, value in state.items() if key not in ("statistics", "version_history")}


def the_state(urn):
    return next(iter(snapshots.states(Capsule.objects.filter(urn=urn).values_list("pk", flat=True)).values()))


def stored_again(state):
    """Write the state once more with every dimension asked, as if nothing was known of what is stored."""
    before = Change.objects.count()
    storing.store({state["urn"]: state}, {})
    return Change.objects.count() - before


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking asks the database for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(capsule_documents())
def test_what_is_written_is_read_back(written):
    Capsule.objects.all().delete()
    state = wanted_of(written)

    storing.store({state["urn"]: copy.deepcopy(state)}, {})

    assert documents.write(the_state(state["urn"])) == documents.write(state)
    assert stored_again(state) == 0


@pytest.mark.parametrize("few", [rewriting.FEW, 0], ids=["by INSERT", "by COPY"])
def test_the_design_s_own_example_is_read_back(few, monkeypatch):
    monkeypatch.setattr(rewriting, "FEW", few)
    state = wanted_of(documents.read(APPENDIX_A.read_bytes()).documents[0].canonical)

    storing.store({state["urn"]: state}, {})

    assert documents.write(the_state(state["urn"])) == documents.write(state)
    assert stored_again(state) == 0


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(capsule_documents("orders"), capsule_documents("orders"))
def test_one_state_is_followed_by_another_and_comes_back(first, second):
    Capsule.objects.all().delete()
    one, other = wanted_of(first), wanted_of(second)
    urn = one["urn"]
    storing.store({urn: one}, {})

    storing.store({urn: other}, {urn: one})
    then = the_state(urn)
    storing.store({urn: one}, {urn: then})

    assert documents.write(then) == documents.write(other)
    assert documents.write(the_state(urn)) == documents.write(one)


@pytest.mark.parametrize("dimension", [one.slug for one in dimensions.everything()])
def test_a_failure_in_any_dimension_leaves_everything_as_it_was(dimension, monkeypatch):
    state = wanted_of(documents.read(APPENDIX_A.read_bytes()).documents[0].canonical)
    urn = state["urn"]
    storing.store({urn: state}, {})
    other = {key: value for key, value in state.items() if key in ("urn", "name")}
    before = documents.write(the_state(urn))
    broken = dimensions.get(dimension)

    def fail(wanted):
        broken.write(wanted)
        raise RuntimeError("the disk is full")

    monkeypatch.setitem(dimensions._registry, dimension, replace(broken, write=fail))
    with pytest.raises(RuntimeError), transaction.atomic():
        storing.store({urn: other}, {urn: state})

    assert documents.write(the_state(urn)) == before
