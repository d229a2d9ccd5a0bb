from django.urls import path

from . import views

app_name = "workflow"

urlpatterns = [
    path("reviews/", views.reviews, name="reviews"),
    path("reviews/<int:number>/", views.review, name="review"),
    path("reviews/<int:number>/decide/", views.decide, name="decide"),
    path("reviews/<int:number>/comment/", views.comment, name="comment"),
    path("reviews/<int:number>/merge/", views.merge, name="merge"),
    path("reviews/<int:number>/watch/", views.watch, name="watch"),
    path("reviews/<int:number>/<slug:step>/", views.take, name="step"),
    path("notifications/", views.notifications, name="notifications"),
    path("absence/", views.absence, name="absence"),
    path("absence/<uuid:pk>/end/", views.end_absence, name="end_absence"),
]
