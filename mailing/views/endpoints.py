"""Clients' endpoints: the list, one with its log, a notification with its attempts, and what is done about them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import Http404
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.models import Client
from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActionView, ActView, DetailPage, Empty, ListPage, Segment, chosen_client
from mailing.filters import NotificationFilter
from mailing.forms import EndpointEditForm, EndpointForm
from mailing.models import Endpoint, Notification
from mailing.services.notify import secret_of
from mailing.services.notify_endpoints import (
    add_endpoint,
    change_endpoint,
    retry_failed,
    retry_notification,
    rotate_secret,
    send_test_event,
)
from mailing.states import DELIVERY_LABELS, EVENT_LABELS, RETRY, Delivery
from mailing.tables import EndpointTable, NotificationTable, delivery_badge, endpoint_badge, purchase_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

SHOWN_ONCE: Final = "endpoint_key"
"""Where the session keeps which secret its user may see, once: the endpoint's number and the key's name."""
LATEST: Final = 8


class Endpoints(ListPage):
    """The endpoints of a client, or of all."""

    right = Right.POLICY
    title = "Notifications"
    template_name = "mailing/endpoints.html"
    table_class = EndpointTable
    noun = ("endpoint", "endpoints")
    empty = Empty(
        "No endpoints yet",
        "Add the address of your own system: it is told, signed and within seconds, when an order is placed, released, "
        "paid, canceled, refunded or dunned.",
    )

    def get_rows(self) -> Any:
        """All endpoints, with what waits and what failed."""
        return Endpoint.objects.select_related("client").with_counts()


class EndpointAdd(ActView):
    """Add an endpoint."""

    right = Right.POLICY
    title = "Add endpoint"
    button = "Add"
    form_class = EndpointForm

    @property
    def client(self) -> Client | None:
        """Whose endpoint it becomes: the user's client's, or the chosen one's; with All Clients the form asks."""
        chosen: Client | None = self.user.client or chosen_client(self.request)
        return chosen

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.show(self.get_form())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Add it, once, and show its secret on its page."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.home())
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        said = form.cleaned_data
        client = self.client or Client.objects.get(pk=said["client"])
        try:
            endpoint = add_endpoint(client, url=said["url"], events=said["events"], by=self.user, at=self.at)
        except Refused as refused:
            return self.show(form, status=INVALID, problem=refused.message)
        self.spend()
        request.session[SHOWN_ONCE] = [endpoint.pk, endpoint.key_id]
        messages.success(request, "The endpoint is added. Copy its secret now: it is shown only once.")
        return self.leave(reverse("mailing:endpoint", args=[endpoint.pk]))

    def get_form(self, data: Any = None, files: Any = None) -> EndpointForm:
        """The form; all events are chosen to begin with."""
        clients = () if self.client else list(Client.objects.order_by("name", "pk"))
        every = [event for event, _ in EndpointForm.base_fields["events"].choices]  # type: ignore[attr-defined]
        return EndpointForm(data, files, clients=clients, initial={"events": every})

    def home(self) -> str:
        """The list."""
        return reverse("mailing:endpoints")


class EndpointPage(ListPage):
    """One endpoint: how it is, and what it was told."""

    right = Right.POLICY
    template_name = "mailing/endpoint.html"
    table_class = NotificationTable
    filterset_class = NotificationFilter
    noun = ("notification", "notifications")
    empty = Empty("Nothing yet", "What happens from now on is listed here. Send a test event to see that it arrives.")

    @cached_property
    def endpoint(self) -> Endpoint:
        """The endpoint of the address; another client's does not exist."""
        rows = Endpoint.objects.visible_to(self.user, chosen_client(self.request)).with_counts()
        try:
            return rows.select_related("client", "created_by").get(pk=self.kwargs["pk"])
        except (Endpoint.DoesNotExist, OverflowError):
            raise Http404 from None

    def get_rows(self) -> Any:
        """What it was told; the bodies are shown one by one."""
        return Notification.objects.filter(endpoint=self.endpoint).defer("body")

    def segments(self) -> Sequence[Segment]:
        """What needs somebody, what waits, what is done."""
        return (
            Segment("all", "All"),
            Segment("waiting", "Waiting", lambda rows: rows.waiting()),
            Segment("failed", "Failed", lambda rows: rows.filter(status=Delivery.FAILED)),
            Segment("sent", "Delivered", lambda rows: rows.filter(status=Delivery.SENT)),
            Segment("canceled", "Canceled", lambda rows: rows.filter(status=Delivery.CANCELED)),
        )

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show it; a page with a secret is kept by nobody."""
        answer = super().get(request, *args, **kwargs)
        add_never_cache_headers(answer)
        return answer

    def context(self) -> dict[str, Any]:
        """The endpoint, its log, and its secret where that is new."""
        endpoint = self.endpoint
        context = super().context()
        changes = endpoint.history.select_related("history_user").order_by("-history_date", "-history_id")
        soon = Notification.objects.due(self.at).filter(endpoint=endpoint)
        return {
            **context,
            "title": endpoint.url,
            "endpoint": endpoint,
            "status": endpoint_badge(endpoint),
            "events": [EVENT_LABELS[event] for event in endpoint.events],
            "secret": self.new_secret(),
            "has_two_secrets": endpoint.previous_until is not None and endpoint.previous_until > self.at,
            "is_moving": soon.exists() or self.rows.filter(status=Delivery.SENDING).exists(),
            "changes": changes[:LATEST],
        }

    def new_secret(self) -> str:
        """The secret, once, to whoever made it."""
        pk, key_id = self.request.session.get(SHOWN_ONCE) or (None, "")
        if pk != self.endpoint.pk or self.is_htmx:
            return ""
        del self.request.session[SHOWN_ONCE]
        return secret_of(self.endpoint, key_id)


class EndpointAct(ActionView):
    """What is done about one endpoint."""

    right = Right.POLICY

    def get_rows(self) -> Any:
        """All endpoints."""
        return Endpoint.objects.select_related("client")

    def home(self) -> str:
        """The endpoint."""
        return reverse("mailing:endpoint", args=[self.row.pk])


class EndpointEdit(EndpointAct):
    """Change an endpoint."""

    title = "Change"
    button = "Save"
    form_class = EndpointEditForm
    action = change_endpoint

    def heading(self) -> str:
        """Short: the address is in the form."""
        return "Change endpoint"

    def get_initial(self) -> dict[str, Any]:
        """The endpoint as it is."""
        return {name: getattr(self.row, name) for name in ("url", "events", "is_active")}

    def sentence(self) -> str:
        """Say it."""
        return "Endpoint saved"


class EndpointRotate(EndpointAct):
    """Give an endpoint a new secret."""

    title = "New secret"
    button = "Make a new secret"
    action = rotate_secret

    def heading(self) -> str:
        """Short: one sees which endpoint it is."""
        return "New secret"

    def consequences(self) -> list[str]:
        """What will happen."""
        return [
            "The new secret is shown once, on the next page.",
            "For 24 hours notifications are signed with the previous one, too: change yours meanwhile.",
        ]

    def sentence(self) -> str:
        """Say it, and let who made it see it."""
        self.request.session[SHOWN_ONCE] = [self.row.pk, self.row.key_id]
        return "The secret is new. Copy it now: it is shown only once."


class EndpointTest(EndpointAct):
    """Send a test event."""

    title = "Send test event"
    action = send_test_event

    def heading(self) -> str:
        """Short: one sees which endpoint it is."""
        return self.title

    def consequences(self) -> list[str]:
        """What will happen."""
        return ["It goes out within seconds, signed like every other, and is tried once.", "It tells of no purchase."]

    def refusal(self) -> str:
        """Nothing goes to an endpoint that is off."""
        return "" if self.row.is_active else "This endpoint is switched off: switch it on first."

    def sentence(self) -> str:
        """Say it."""
        return "The test event goes out within seconds"


class EndpointRetry(EndpointAct):
    """Try all that failed again."""

    title = "Retry all failed"
    action = retry_failed

    def heading(self) -> str:
        """Short: one sees which endpoint it is."""
        return self.title

    def consequences(self) -> list[str]:
        """What will happen."""
        number = Notification.objects.filter(endpoint=self.row, status=Delivery.FAILED).count()
        return [f"Failed notifications: {number}. They go out again now, and are tried for another 48 hours."]

    def sentence(self) -> str:
        """Say it."""
        return f"Tried again: {self.result}"


class NotificationRows(DetailPage):
    """The notifications a user may see, each below its endpoint."""

    right = Right.POLICY

    def get_rows(self) -> Any:
        """Those of the endpoint of the address."""
        return Notification.objects.select_related("endpoint__client").filter(endpoint=self.kwargs["endpoint"])


class NotificationPage(NotificationRows):
    """One notification: its body as it goes out, every attempt."""

    template_name = "mailing/endpoint_notification.html"

    def context(self) -> dict[str, Any]:
        """All there is to know."""
        row = self.row
        is_due = row.status == Delivery.QUEUED and row.next_attempt_at <= self.at
        return {
            "row": row,
            "status": delivery_badge(row),
            "label": EVENT_LABELS[row.event],
            "next_attempt_at": max(filter(None, (row.next_attempt_at, row.endpoint.resting_until)), default=None),
            "purchase_link": purchase_link(row.reference),
            "tries": row.tries.order_by("-started_at", "-pk"),
            "changes": row.history.select_related("history_user").order_by("-history_date", "-history_id")[:LATEST],
            "may_retry": row.status in RETRY.sources,
            "is_moving": is_due or row.status == Delivery.SENDING,
        }


class NotificationRetry(NotificationRows, ActionView):
    """Try one again."""

    title = "Retry"
    action = retry_notification

    def heading(self) -> str:
        """What is tried again."""
        return f"Retry “{EVENT_LABELS[self.row.event]}” {self.row.reference}".strip()

    def consequences(self) -> list[str]:
        """What will happen."""
        return [
            "It goes out again now, and is tried for another 48 hours.",
            "The body and its event id stay the same: who had it already can tell.",
        ]

    def refusal(self) -> str:
        """Why it can't be tried again."""
        try:
            RETRY.check(self.row.status, label_of=DELIVERY_LABELS)
        except Refused as refused:
            return refused.message
        return "" if self.row.endpoint.is_active else "This endpoint is switched off: switch it on first."

    def home(self) -> str:
        """The notification."""
        return reverse("mailing:notification", args=[self.row.endpoint_id, self.row.pk])

    def sentence(self) -> str:
        """Say it."""
        return "It goes out within seconds"
