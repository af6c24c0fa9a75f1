"""Addresses of `mailing`."""

from django.urls import path

from mailing.views import bulk, endpoints, outbox, report, texts

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
    path("endpoints/", endpoints.Endpoints.as_view(), name="endpoints"),
    path("endpoints/add/", endpoints.EndpointAdd.as_view(), name="endpoint_add"),
    path("endpoints/<int:pk>/", endpoints.EndpointPage.as_view(), name="endpoint"),
    path("endpoints/<int:pk>/edit/", endpoints.EndpointEdit.as_view(), name="endpoint_edit"),
    path("endpoints/<int:pk>/secret/", endpoints.EndpointRotate.as_view(), name="endpoint_rotate"),
    path("endpoints/<int:pk>/test/", endpoints.EndpointTest.as_view(), name="endpoint_test"),
    path("endpoints/<int:pk>/retry/", endpoints.EndpointRetry.as_view(), name="endpoint_retry"),
    path("endpoints/<int:endpoint>/<int:pk>/", endpoints.NotificationPage.as_view(), name="notification"),
    path("endpoints/<int:endpoint>/<int:pk>/retry/", endpoints.NotificationRetry.as_view(), name="notification_retry"),
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
