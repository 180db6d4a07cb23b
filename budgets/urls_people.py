"""Addresses of the pages of people."""

from django.urls import path

from budgets.views.people import complete, groups, keeping, listing, person

app_name = "people"
urlpatterns = [
    path("people/", listing.people, name="list"),
    path("people/people.csv", listing.export, name="export"),
    path("people/add/", keeping.add, name="add"),
    path("people/<int:pk>/", person.person, name="person"),
    path("people/<int:pk>/groups/", person.regroup, name="regroup"),
    path("people/<int:pk>/edit/", keeping.edit, name="edit"),
    path("people/<int:pk>/deactivate/", keeping.let_go, name="deactivate"),
    path("people/<int:pk>/bring-back/", keeping.let_in, name="bring-back"),
    path("people/<int:pk>/password/", keeping.password, name="password"),
    path("people/complete/people/", complete.complete_people, name="complete-people"),
    path("people/complete/groups/", complete.complete_groups, {"roles": True}, name="complete-groups"),
    path("people/complete/plain-groups/", complete.complete_groups, {"roles": False}, name="complete-plain-groups"),
    path("people/groups/", groups.groups, name="groups"),
    path("people/groups/<int:pk>/", groups.group, name="group"),
    path("people/groups/<int:pk>/rename/", groups.rename, name="rename-group"),
    path("people/groups/<int:pk>/members/", groups.members, name="members"),
    path("people/groups/<int:pk>/delete/", groups.delete, name="delete-group"),
]
