"""Addresses of `customers`."""

from django.urls import path

from customers.views import anonymize, merging, profile

app_name = "customers"
urlpatterns = [
    path("", profile.CustomerList.as_view(), name="list"),
    path("duplicates/", merging.Duplicates.as_view(), name="duplicates"),
    path("merges/<int:pk>/undo/", merging.MergeUndo.as_view(), name="undo_merge"),
    path("<int:pk>/", profile.CustomerDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", profile.CustomerEdit.as_view(), name="edit"),
    path("<int:pk>/anonymize/", anonymize.CustomerAnonymize.as_view(), name="anonymize"),
    path("<int:pk>/merge/", merging.MergeChoice.as_view(), name="merge_choice"),
    path("<int:pk>/merge/<int:other>/", merging.CustomerMerge.as_view(), name="merge"),
    path("<int:pk>/not-the-same/<int:other>/", merging.NotSame.as_view(), name="not_the_same"),
    path("<int:pk>/contacts/add/", profile.ContactEdit.as_view(), name="add_contact"),
    path("<int:pk>/contacts/merge/", merging.ContactsMerge.as_view(), name="merge_contacts"),
    path("<int:pk>/contacts/<slug:kind>/", profile.ContactEdit.as_view(), name="edit_contact"),
]
