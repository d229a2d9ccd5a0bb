import factory
from factory.django import DjangoModelFactory

from apps.dcs.models import JobProgress


class JobProgressFactory(DjangoModelFactory):
    class Meta:
        model = JobProgress

    kind = "ingest"
    asked_by = factory.Sequence("ada{}".format)
    total = 100
