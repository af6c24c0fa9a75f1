"""Addresses of `dunning`."""

from django.urls import path

from dunning.views import acts, runs, today

app_name = "dunning"
urlpatterns = [
    path("", today.Today.as_view(), name="today"),
    path("dunning/runs/", runs.RunList.as_view(), name="runs"),
    path("dunning/runs/<int:pk>/", runs.RunDetail.as_view(), name="run"),
    path("dunning/<str:reference>/hold/", acts.PurchaseHold.as_view(), name="hold"),
    path("dunning/<str:reference>/resume/", acts.PurchaseResume.as_view(), name="resume"),
    path("dunning/<str:reference>/promise/", acts.PurchasePromise.as_view(), name="promise"),
    path("dunning/<str:reference>/keep-active/", acts.PurchaseKeepActive.as_view(), name="keep_active"),
    path("dunning/<str:reference>/extend/", acts.PurchaseExtend.as_view(), name="extend"),
]
