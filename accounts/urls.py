"""Addresses of `accounts`."""

from django.urls import path

from accounts import views
from accounts.views import exports, lists

app_name = "accounts"
urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", views.Logout.as_view(), name="logout"),
    path("client/", views.ClientSwitch.as_view(), name="client"),
    path("settings/", views.Profile.as_view(), name="profile"),
    path("columns/", lists.ListColumns.as_view(), name="columns"),
    path("views/save/", lists.ViewSave.as_view(), name="save_view"),
    path("views/<int:pk>/rename/", lists.ViewRename.as_view(), name="rename_view"),
    path("views/<int:pk>/delete/", lists.ViewDelete.as_view(), name="delete_view"),
    path("exports/", exports.ExportList.as_view(), name="exports"),
    path("exports/toasts/", exports.ExportToasts.as_view(), name="export_toasts"),
    path("exports/new/", exports.ExportNew.as_view(), name="export_new"),
    path("exports/<int:pk>/", exports.ExportPage.as_view(), name="export"),
    path("exports/<int:pk>/file/", exports.ExportFile.as_view(), name="export_file"),
    path("users/", views.UserList.as_view(), name="users"),
    path("clients/<slug:slug>/support/", views.SupportRefunds.as_view(), name="support_refunds"),
    path("users/add/", views.UserAdd.as_view(), name="add_user"),
    path("users/<int:pk>/", views.UserDetail.as_view(), name="user"),
    path("users/<int:pk>/edit/", views.UserEdit.as_view(), name="edit_user"),
    path("users/<int:pk>/password/", views.UserPassword.as_view(), name="user_password"),
    path("users/<int:pk>/deactivate/", views.UserDeactivate.as_view(), name="deactivate_user"),
    path("users/<int:pk>/activate/", views.UserActivate.as_view(), name="activate_user"),
]
