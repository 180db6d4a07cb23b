"""Addresses of the pages of budgets."""

from django.urls import path

from budgets.views import closing, detail, edit, fit, limits, names, plan, share, tree

app_name = "budgets"
urlpatterns = [
    path("budgets/", tree.tree, name="tree"),
    path("budgets/export.csv", tree.export, name="export"),
    path("budgets/new/", edit.create, name="create"),
    path("budgets/fit/", fit.preview, name="fit"),
    path("budgets/plan.csv", plan.download, name="plan"),
    path("budgets/import/", plan.bring_in, name="import"),
    path("budgets/import/<uuid:pk>/", plan.preview, name="import-preview"),
    path("budgets/import/<uuid:pk>/again/", plan.again, name="import-again"),
    path("budgets/import/<uuid:pk>/apply/", plan.apply, name="import-apply"),
    path("budgets/names/", names.names, name="names"),
    path("budgets/limits/", limits.limits, name="limits"),
    path("budgets/<int:pk>/", detail.detail, name="detail"),
    path("budgets/<int:pk>/edit/", edit.edit, name="edit"),
    path("budgets/<int:pk>/share/", share.share, name="share"),
    path("budgets/<int:pk>/archive/", closing.archive, name="archive"),
    path("budgets/<int:pk>/restore/", closing.restore, name="restore"),
]
