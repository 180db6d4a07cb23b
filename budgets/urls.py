"""Addresses of the pages of budgets."""

from django.urls import path

from budgets.views import detail, edit, fit, share, tree

app_name = "budgets"
urlpatterns = [
    path("budgets/", tree.tree, name="tree"),
    path("budgets/export.csv", tree.export, name="export"),
    path("budgets/new/", edit.create, name="create"),
    path("budgets/fit/", fit.preview, name="fit"),
    path("budgets/<int:pk>/", detail.detail, name="detail"),
    path("budgets/<int:pk>/edit/", edit.edit, name="edit"),
    path("budgets/<int:pk>/share/", share.share, name="share"),
    path("budgets/<int:pk>/archive/", edit.archive, name="archive"),
    path("budgets/<int:pk>/restore/", edit.restore, name="restore"),
]
