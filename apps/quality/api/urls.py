"""Addresses of quality in the API."""

from django.urls import path

from apps.people.rest.routes import Router

from .checks import CheckReading
from .exports import RuleExport
from .gate import GateOfCapsule
from .profiles import LatestProfileOfColumn, ProfilesOfColumn
from .rules import RulesOfCapsule, RulesOfColumn, RuleViewSet
from .runs import RunViewSet
from .schedules import ScheduleOfCapsule
from .score import ScoreOfCapsule
from .types import RuleTypes

OF_CAPSULE, OF_COLUMN = "capsules/<segment:urn>", "columns/<segment:urn>"
ROWS = {"get": "list", "post": "create"}

router = Router()
router.register("quality-rules", RuleViewSet, "quality-rule")
router.register("quality-checks", CheckReading, "quality-check")
router.register("quality-runs", RunViewSet, "quality-run")

urlpatterns = [
    path("quality-rules/types", RuleTypes.as_view(), name="quality-rule-types"),
    path(
        "quality-runs/<key:pk>/cancel",
        RunViewSet.as_view({"post": "cancel"}, basename="quality-run"),
        name="quality-run-cancel",
    ),
    *router.urls,
    path(f"{OF_CAPSULE}/quality-rules", RulesOfCapsule.as_view(ROWS), name="capsule-quality-rules"),
    path(f"{OF_CAPSULE}/quality-rules/export", RuleExport.as_view(), name="capsule-quality-rules-export"),
    path(f"{OF_COLUMN}/quality-rules", RulesOfColumn.as_view(ROWS), name="column-quality-rules"),
    path(f"{OF_COLUMN}/profile", LatestProfileOfColumn.as_view({"get": "retrieve"}), name="column-profile"),
    path(f"{OF_COLUMN}/profiles", ProfilesOfColumn.as_view(ROWS), name="column-profiles"),
    path(f"{OF_CAPSULE}/quality-score", ScoreOfCapsule.as_view(), name="capsule-quality-score"),
    path(f"{OF_CAPSULE}/quality-schedule", ScheduleOfCapsule.as_view(), name="capsule-quality-schedule"),
    path(f"{OF_CAPSULE}/gate", GateOfCapsule.as_view(), name="capsule-gate"),
]
