"""Addresses under the names by which allauth asks for them."""

from django.urls import path, re_path

from accounts.views.passwords import Reset
from accounts.views.signing import SignIn

urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    re_path(
        r"^account/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        Reset.as_view(),
        name="account_reset_password_from_key",
    ),
]
