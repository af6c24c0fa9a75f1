"""Addresses of `mailing`."""

from django.urls import path

from mailing import views

app_name = "mailing"
urlpatterns = [
    path("", views.Outbox.as_view(), name="list"),
    path("<int:pk>/", views.EmailDetail.as_view(), name="email"),
    path("<int:pk>/message/", views.EmailBody.as_view(), name="body"),
    path("<int:email>/files/<int:pk>/", views.EmailAttachment.as_view(), name="attachment"),
    path("<int:pk>/send/", views.EmailSend.as_view(), name="send"),
    path("<int:pk>/send-copy/", views.EmailSendCopy.as_view(), name="send_copy"),
    path("<int:pk>/hold/", views.EmailHold.as_view(), name="hold"),
    path("<int:pk>/queue/", views.EmailQueue.as_view(), name="queue"),
    path("<int:pk>/cancel/", views.EmailCancel.as_view(), name="cancel"),
    path("<int:pk>/delivered/", views.EmailConfirm.as_view(), name="confirm_delivered"),
    path("<int:pk>/send-again/", views.EmailSendAgain.as_view(), name="send_again"),
    path("<int:pk>/bounced/", views.EmailBounce.as_view(), name="bounce"),
]
