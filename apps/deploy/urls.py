from django.urls import path

from . import views

app_name = "deploy"
urlpatterns = [
    path("ingestion/", views.jobs, name="ingestion"),
    path("ingestion/upload/", views.upload, name="upload"),
    path("ingestion/<int:number>/", views.job, name="job"),
    path("ingestion/<int:number>/cancel/", views.cancel, name="cancel"),
]
