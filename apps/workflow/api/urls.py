"""Addresses of the API of reviews."""

from apps.people.rest.routes import Router

from .reviews import ReviewViewSet

router = Router()
router.register("reviews", ReviewViewSet, "review")
urlpatterns = router.urls
