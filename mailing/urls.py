"""Addresses of `mailing`."""

from django.urls import path

from mailing.views import bulk, outbox, report, texts

app_name = "mailing"
urlpatterns = [
    path("", outbox.Outbox.as_view(), name="list"),
    path("send/", bulk.SendMany.as_view(), name="send_many"),
    path("hold/", bulk.HoldMany.as_view(), name="hold_many"),
    path("queue/", bulk.QueueMany.as_view(), name="queue_many"),
    path("texts/", texts.Texts.as_view(), name="texts"),
    path("texts/<slug:slug>/", texts.TextsOfClient.as_view(), name="texts_of"),
    path("texts/<slug:slug>/<str:kind>/<str:language>/", texts.TextEdit.as_view(), name="text"),
    path("texts/<slug:slug>/<str:kind>/<str:language>/message/", texts.TextMessage.as_view(), name="text_message"),
    path("report/<str:token>/", report.ProviderReport.as_view(), name="report"),
    path("<int:pk>/", outbox.EmailDetail.as_view(), name="email"),
    path("<int:pk>/message/", outbox.EmailBody.as_view(), name="body"),
    path("<int:email>/files/<int:pk>/", outbox.EmailAttachment.as_view(), name="attachment"),
    path("<int:pk>/send/", outbox.EmailSend.as_view(), name="send"),
    path("<int:pk>/send-copy/", outbox.EmailSendCopy.as_view(), name="send_copy"),
    path("<int:pk>/resend/", outbox.EmailResend.as_view(), name="resend"),
    path("<int:pk>/hold/", outbox.EmailHold.as_view(), name="hold"),
    path("<int:pk>/queue/", outbox.EmailQueue.as_view(), name="queue"),
    path("<int:pk>/cancel/", outbox.EmailCancel.as_view(), name="cancel"),
    path("<int:pk>/delivered/", outbox.EmailConfirm.as_view(), name="confirm_delivered"),
    path("<int:pk>/send-again/", outbox.EmailSendAgain.as_view(), name="send_again"),
    path("<int:pk>/bounced/", outbox.EmailBounce.as_view(), name="bounce"),
]
