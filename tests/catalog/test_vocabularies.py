"""Words with an order are compared by rank, in Python and in SQL alike."""

import pytest

from apps.catalog.models import Capsule
from apps.catalog.vocabularies import LAYERS, SENSITIVITY, Rank, sensitivity_rank
from apps.policy.models import Policy
from tests import factories as make


def test_secret_is_above_public_though_not_by_the_alphabet():
    assert sorted(SENSITIVITY, key=sensitivity_rank) == SENSITIVITY
    assert sensitivity_rank("secret") == 5


def test_a_word_that_is_no_level_is_an_error():
    with pytest.raises(ValueError):
        sensitivity_rank("banana")


@pytest.mark.django_db
def test_the_database_ranks_sensitivity_as_we_do():
    for level in ("public", "restricted", "confidential"):
        make.PolicyFactory(sensitivity_level=level)

    found = Policy.objects.order_by(Rank("sensitivity_level", SENSITIVITY).desc())

    assert [policy.sensitivity_level for policy in found] == ["restricted", "confidential", "public"]


@pytest.mark.django_db
def test_layers_go_from_source_to_use_and_unknown_ones_come_last():
    for layer in ("gold", "somewhere", "bronze", None, "silver"):
        make.CapsuleFactory(layer=layer)

    found = Capsule.objects.order_by(Rank("layer", LAYERS).asc(nulls_last=True), "layer")

    assert [capsule.layer for capsule in found] == ["bronze", "silver", "gold", "somewhere", None]
