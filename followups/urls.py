"""Addresses of `followups`."""

from django.urls import path

from followups import views

app_name = "followups"
urlpatterns = [
    path("", views.FollowUpList.as_view(), name="list"),
    path("add/", views.FollowUpAdd.as_view(), name="add"),
    path("add/many/", views.FollowUpMany.as_view(), name="add_many"),
    path("<int:pk>/", views.FollowUpDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.FollowUpEdit.as_view(), name="edit"),
    path("<int:pk>/done/", views.FollowUpDone.as_view(), name="done"),
    path("<int:pk>/reopen/", views.FollowUpReopen.as_view(), name="reopen"),
    path("<int:pk>/delete/", views.FollowUpDelete.as_view(), name="delete"),
]
