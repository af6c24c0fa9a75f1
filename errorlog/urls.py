"""Addresses of `errorlog`."""

from django.urls import path

from errorlog import views

app_name = "errorlog"
urlpatterns = [
    path("", views.ErrorList.as_view(), name="list"),
    path("done/", views.ErrorDoneMany.as_view(), name="done_many"),
    path("retry/", views.ErrorRetryMany.as_view(), name="retry_many"),
    path("assign/", views.ErrorGiveMany.as_view(), name="give_many"),
    path("<int:pk>/", views.ErrorDetail.as_view(), name="detail"),
    path("<int:pk>/done/", views.ErrorDone.as_view(), name="done"),
    path("<int:pk>/reopen/", views.ErrorReopen.as_view(), name="reopen"),
    path("<int:pk>/retry/", views.ErrorRetry.as_view(), name="retry"),
    path("<int:pk>/edit/", views.ErrorEdit.as_view(), name="edit"),
]
