"""Addresses of `purchases`."""

from django.urls import path

from purchases.views import acts, desk, entry, lists, policy, viewer

app_name = "purchases"
urlpatterns = [
    path("", lists.PurchaseList.as_view(), name="list"),
    path("review/", lists.ReviewQueue.as_view(), name="review"),
    path("review/next/", desk.NextInReview.as_view(), name="review_next"),
    path("new/", entry.OrderEntry.as_view(), name="enter"),
    path("products/", lists.ProductList.as_view(), name="products"),
    path("policy/", policy.PolicyList.as_view(), name="policy"),
    path("policy/<slug:slug>/", policy.PolicyOfClient.as_view(), name="policy_of"),
    path("release/", acts.ReleaseMany.as_view(), name="release_many"),
    path("reject/", acts.RejectMany.as_view(), name="reject_many"),
    path("<str:reference>/", viewer.PurchaseViewer.as_view(), name="viewer"),
    path("<str:reference>/preview/", viewer.PurchasePreview.as_view(), name="preview"),
    path("<str:reference>/release/", acts.PurchaseRelease.as_view(), name="release"),
    path("<str:reference>/reject/", acts.PurchaseReject.as_view(), name="reject"),
    path("<str:reference>/convert/", acts.PurchaseConvert.as_view(), name="convert"),
    path("<str:reference>/document/", acts.PurchaseReceive.as_view(), name="receive"),
    path("<str:reference>/payment/", acts.PurchasePayment.as_view(), name="payment"),
    path("<str:reference>/refund/", acts.PurchaseRefund.as_view(), name="refund"),
    path("<str:reference>/cancel/", acts.PurchaseCancel.as_view(), name="cancel"),
    path("<str:reference>/documents/<str:number>.pdf", viewer.DocumentPdf.as_view(), name="document"),
    path("<str:reference>/received/<int:pk>/", viewer.PoDocumentFile.as_view(), name="po_document"),
    path("<str:reference>/received/<int:pk>/<int:page>/", desk.PoPage.as_view(), name="po_page"),
    path("<str:reference>/desk/", desk.ReviewDesk.as_view(), name="desk"),
    path("<str:reference>/check/", desk.CheckLine.as_view(), name="check"),
    path("<str:reference>/ask/", desk.AskAgain.as_view(), name="ask_again"),
]
