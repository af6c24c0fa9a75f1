"""Addresses of `taxexempt`."""

from django.urls import path

from taxexempt import views
from taxexempt.views import acts, certificate, edit

app_name = "taxexempt"
urlpatterns = [
    path("", views.CertificateList.as_view(), name="list"),
    path("add/", edit.CertificateChoice.as_view(), name="choose"),
    path("add/<int:customer>/", edit.CertificateAdd.as_view(), name="add"),
    path("<int:pk>/", certificate.CertificateDetail.as_view(), name="detail"),
    path("<int:pk>/edit/", edit.CertificateEdit.as_view(), name="edit"),
    path("<int:pk>/claim/", acts.Claim.as_view(), name="claim"),
    path("<int:pk>/assign/", acts.Assign.as_view(), name="assign"),
    path("<int:pk>/validate/", acts.Validate.as_view(), name="validate"),
    path("<int:pk>/invalid/", acts.MarkInvalid.as_view(), name="invalid"),
    path("<int:pk>/renewal/", acts.AskRenewal.as_view(), name="renewal"),
    path("<int:pk>/files/<int:file>/", certificate.CertificateAttachment.as_view(), name="file"),
    path("<int:pk>/files/<int:file>/<int:page>/", certificate.CertificatePage.as_view(), name="page"),
]
