"""Every kind of review has an icon that there is: a misspelt one would take the desk down."""

from apps.ui import icons
from apps.workflow.models import reviewable_models


def test_every_kind_of_review_has_an_icon():
    models = reviewable_models().values()
    assert len(models) >= 4
    for model in models:
        assert "<svg" in icons.icon(model.review_icon), model
