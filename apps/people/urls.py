from django.contrib.auth.views import LogoutView, PasswordChangeDoneView
from django.urls import include, path

from . import views

people = [
    path("me/", views.me, name="me"),
    path("me/appearance/", views.appearance, name="appearance"),
    path("me/sessions/end/", views.end_sessions, name="end_sessions"),
    path("me/tokens/", views.own_tokens, name="tokens"),
    path("me/tokens/<uuid:pk>/revoke/", views.revoke_token, name="revoke_token"),
]

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("people/me/password/", views.ChangePassword.as_view(), name="password_change"),
    path("people/me/password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("people/", include((people, "people"))),
]
