"""Addresses of contracts in the API."""

from django.urls import path

from apps.people.rest.routes import Router

from .announcements import AnnouncementsOfCapsule, AnnouncementViewSet, AnswersOfAnnouncement
from .contracts import (
    ContractOfCapsule,
    ContractsOfCapsule,
    ContractViewSet,
    EvaluationOfContract,
    StatusOfContract,
)
from .incidents import IncidentsOfCapsule, IncidentViewSet
from .measurements import MeasurementsOfContract

OF_CAPSULE, ONE = "capsules/<segment:urn>", "contracts/<key:pk>"

router = Router()
router.register("announcements", AnnouncementViewSet, "announcement")
router.register("contracts", ContractViewSet, "contract")
router.register("sla-incidents", IncidentViewSet, "sla-incident")

urlpatterns = [
    *router.urls,
    path("announcements/<key:pk>/answers", AnswersOfAnnouncement.as_view(), name="announcement-answers"),
    path(
        f"{OF_CAPSULE}/announcements",
        AnnouncementsOfCapsule.as_view({"get": "list"}),
        name="capsule-announcements",
    ),
    path(f"{ONE}/status", StatusOfContract.as_view(), name="contract-status"),
    path(f"{ONE}/evaluate", EvaluationOfContract.as_view(), name="contract-evaluate"),
    path(
        f"{ONE}/measurements",
        MeasurementsOfContract.as_view({"get": "list", "post": "create"}),
        name="contract-measurements",
    ),
    path(
        f"{OF_CAPSULE}/contract",
        ContractOfCapsule.as_view({"get": "retrieve", "post": "create"}),
        name="capsule-contract",
    ),
    path(f"{OF_CAPSULE}/contracts", ContractsOfCapsule.as_view({"get": "list"}), name="capsule-contracts"),
    path(
        f"{OF_CAPSULE}/sla-incidents",
        IncidentsOfCapsule.as_view({"get": "list"}),
        name="capsule-sla-incidents",
    ),
]
