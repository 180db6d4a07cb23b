"""Addresses of the pages of budgets."""

from django.urls import path

from budgets.views import detail, tree

app_name = "budgets"
urlpatterns = [
    path("budgets/", tree.tree, name="tree"),
    path("budgets/new/", tree.tree, name="create"),
    path("budgets/<int:pk>/", detail.detail, name="detail"),
    path("budgets/<int:pk>/restore/", tree.tree, name="restore"),
    path("budgets/<int:pk>/archive/", tree.tree, name="archive"),
    path("budgets/<int:pk>/edit/", tree.tree, name="edit"),
]
