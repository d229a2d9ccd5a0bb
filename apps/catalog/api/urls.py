"""Addresses of the catalogue in the API. `{urn}` is one segment: a URN in any spelling, or the row's id."""

from django.urls import path

from apps.people.rest.routes import Router

from .capsules import CapsuleViewSet
from .columns import ColumnsOfCapsule, ColumnViewSet
from .products import DataProductViewSet, Membership
from .reference import ColumnTagging, DomainViewSet, OwnerViewSet, SourceSystemViewSet, Tagging, TagViewSet
from .structure import ConstraintsOfCapsule, ConstraintViewSet, IndexesOfCapsule, IndexViewSet
from .versions import Difference, VersionsOfCapsule

LIST = {"get": "list"}
LIST_AND_ADD = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}

router = Router()
router.register("domains", DomainViewSet, "domain")
router.register("owners", OwnerViewSet, "owner")
router.register("tags", TagViewSet, "tag")
router.register("source-systems", SourceSystemViewSet, "source-system")
router.register("data-products", DataProductViewSet, "data-product")

urlpatterns = [
    path("capsules", CapsuleViewSet.as_view(LIST_AND_ADD, basename="capsule"), name="capsule-list"),
    path("capsules/<segment:urn>", CapsuleViewSet.as_view(ONE, basename="capsule"), name="capsule-detail"),
    path(
        "capsules/<segment:urn>/restore",
        CapsuleViewSet.as_view({"post": "restore"}),
        name="capsule-restore",
    ),
    path("capsules/<segment:urn>/purge", CapsuleViewSet.as_view({"post": "purge"}), name="capsule-purge"),
    path("capsules/<segment:urn>/columns", ColumnsOfCapsule.as_view(LIST_AND_ADD), name="capsule-columns"),
    path(
        "capsules/<segment:urn>/constraints",
        ConstraintsOfCapsule.as_view(LIST_AND_ADD),
        name="capsule-constraints",
    ),
    path("capsules/<segment:urn>/indexes", IndexesOfCapsule.as_view(LIST_AND_ADD), name="capsule-indexes"),
    path("capsules/<segment:urn>/tags/<key:tag>", Tagging.as_view(), name="capsule-tag"),
    path("capsules/<segment:urn>/versions", VersionsOfCapsule.as_view(LIST_AND_ADD), name="capsule-versions"),
    path(
        "capsules/<segment:urn>/versions/<segment:version>",
        VersionsOfCapsule.as_view(ONE),
        name="capsule-version",
    ),
    path(
        "capsules/<segment:urn>/versions/<segment:version>/diff/<segment:other>",
        Difference.as_view(),
        name="capsule-difference",
    ),
    path("columns", ColumnViewSet.as_view(LIST), name="column-list"),
    path("columns/<segment:urn>", ColumnViewSet.as_view(ONE, basename="column"), name="column-detail"),
    path("columns/<segment:urn>/tags/<key:tag>", ColumnTagging.as_view(), name="column-tag"),
    path("constraints", ConstraintViewSet.as_view(LIST), name="constraint-list"),
    path("constraints/<key:pk>", ConstraintViewSet.as_view(ONE), name="constraint-detail"),
    path("indexes", IndexViewSet.as_view(LIST), name="index-list"),
    path("indexes/<key:pk>", IndexViewSet.as_view(ONE), name="index-detail"),
    *router.urls,
    path("data-products/<key:pk>/capsules/<segment:urn>", Membership.as_view(), name="data-product-member"),
]
