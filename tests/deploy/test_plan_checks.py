"""What a plan changed is checked, where that was asked for."""

import pytest

from apps.audit.context import acting
from apps.catalog.models import Capsule
from apps.deploy import applying, plan
from apps.people.reader import reader_of
from apps.quality.models import QualityRun
from tests.factories import UserFactory
from tests.factories.quality import QualityScheduleFactory
from tests.quality import shop

from .test_apply_races import ORDERS, text

pytestmark = pytest.mark.django_db


def apply(document, reader):
    with acting(reader):
        made = plan.make(document, reader)
    applying.apply(made, reader=reader)


def test_an_applied_plan_asks_for_a_run_of_what_it_changed(tmp_path, settings):
    settings.PAYLOAD_ROOTS = [str(tmp_path)]
    reader = reader_of(UserFactory(role="producer"))
    storage = {"location": str(shop.write(tmp_path)), "format": "parquet"}
    apply(text(ORDERS, **storage), reader)
    orders = Capsule.objects.get(urn=ORDERS)
    QualityScheduleFactory(capsule=orders, cron="", after_ingest=True)
    assert not QualityRun.objects.exists()

    apply(text(ORDERS, **storage, description="One row for each order."), reader)

    run = QualityRun.objects.get()
    assert (run.capsule, run.trigger) == (orders, "ingest")
