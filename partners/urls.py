"""Addresses of `partners`."""

from django.urls import path

from partners import views

app_name = "partners"
urlpatterns = [
    path("", views.PartnerList.as_view(), name="list"),
    path("add/", views.PartnerAdd.as_view(), name="add"),
    path("<int:pk>/", views.PartnerDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", views.PartnerEdit.as_view(), name="edit"),
    path("<int:pk>/allow/", views.PartnerAllow.as_view(), name="allow"),
    path("<int:pk>/withdraw/", views.PartnerWithdraw.as_view(), name="withdraw"),
    path("<int:pk>/invite/", views.PartnerInvite.as_view(), name="invite"),
]
