"""Addresses of signing in and out, and of one's own account."""

from django.urls import path

from accounts.views.account import account, create, revoke, rotate
from accounts.views.passwords import AskReset, ChangePassword, reset_done, reset_sent
from accounts.views.sessions import end, end_others, places
from accounts.views.signing import SignIn, SignOut

app_name = "accounts"
urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", SignOut.as_view(), name="sign-out"),
    path("account/", account, name="account"),
    path("account/password/", ChangePassword.as_view(), name="password"),
    path("account/reset/", AskReset.as_view(), name="reset"),
    path("account/reset/sent/", reset_sent, name="reset-sent"),
    path("account/reset/done/", reset_done, name="reset-done"),
    path("account/sessions/", places, name="sessions"),
    path("account/sessions/end/", end_others, name="end-others"),
    path("account/sessions/<int:pk>/end/", end, name="end-session"),
    path("account/keys/", create, name="create-key"),
    path("account/keys/<int:pk>/rotate/", rotate, name="rotate-key"),
    path("account/keys/<int:pk>/revoke/", revoke, name="revoke-key"),
]
