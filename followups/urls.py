"""Addresses of `followups`."""

from django.urls import path

from followups import views
from followups.views import acts, chain, entry, many, settings

app_name = "followups"
urlpatterns = [
    path("", views.FollowUpList.as_view(), name="list"),
    path("add/", entry.FollowUpAdd.as_view(), name="add"),
    path("add/many/", many.FollowUpMany.as_view(), name="add_many"),
    path("done/", acts.FollowUpDoneMany.as_view(), name="done_many"),
    path("snooze/", acts.FollowUpSnoozeMany.as_view(), name="snooze_many"),
    path("assign/", acts.FollowUpAssignMany.as_view(), name="assign_many"),
    path("digest/", settings.DigestSwitch.as_view(), name="digest"),
    path("categories/", settings.CategoryList.as_view(), name="categories"),
    path("categories/add/", settings.CategoryAdd.as_view(), name="add_category"),
    path("categories/<slug:code>/", settings.CategoryEdit.as_view(), name="category"),
    path("<int:pk>/", views.FollowUpDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", chain.FollowUpEdit.as_view(), name="edit"),
    path("<int:pk>/next/", chain.FollowUpNext.as_view(), name="next"),
    path("<int:pk>/done/", acts.FollowUpDone.as_view(), name="done"),
    path("<int:pk>/reopen/", acts.FollowUpReopen.as_view(), name="reopen"),
    path("<int:pk>/snooze/", acts.FollowUpSnooze.as_view(), name="snooze"),
    path("<int:pk>/assign/", acts.FollowUpAssign.as_view(), name="assign"),
    path("<int:pk>/delete/", acts.FollowUpDelete.as_view(), name="delete"),
]
