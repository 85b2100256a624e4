"""What the console shows of what waits for somebody: messages, notifications and folders, each in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.bootstrap import Door
from hub.exchanges.folders_aside import FolderAside
from hub.notifications.doubts import Doubt
from hub.notifications.held import HeldWebhook
from hub.notifications.stuck import Stuck
from hub.web.ops import words
from hub.web.ops.views import partner_name


@dataclass(frozen=True, slots=True)
class MessageCard:
    """A message that may not have arrived."""

    message_id: UUID
    state: str
    kind: str
    channel: str
    to: str
    since: str
    outcome: str


@dataclass(frozen=True, slots=True)
class WebhookCard:
    """A webhook that takes nothing, or refuses something."""

    siret: str
    name: str
    since: str
    why: str
    stopped: bool
    """Whether nothing is sent, or tried ever more rarely; otherwise one notification is refused."""
    waiting: int
    goes_on: str


@dataclass(frozen=True, slots=True)
class FolderCard:
    """A folder of HubEE's that was set aside, in words."""

    binding: str
    partner: str
    notification_id: UUID
    why: str
    since: str
    next: str
    lies: bool
    may_again: bool
    may_give_up: bool


def folder_card(door: Door, one: FolderAside) -> FolderCard:
    """Return a folder in words."""
    return FolderCard(
        binding=one.binding,
        partner=partner_name(door, one.siret),
        notification_id=one.notification_id,
        why=words.FOLDERS.get(one.why, one.why),
        since=words.exact(one.seen_at),
        next=words.exact(one.next_look),
        lies=one.lies,
        may_again=one.may_again,
        may_give_up=one.may_give_up,
    )


@dataclass(frozen=True, slots=True)
class StuckCard:
    """A notification that its partner does not take."""

    delivery_id: UUID
    tone: str
    state: str
    since: str
    attempts: int
    outcome: str
    goes_from: str
    may_let_go: bool
    given_up: bool


def stuck_card(one: Stuck, *, now: datetime) -> StuckCard:
    """Return a notification in words."""
    return StuckCard(
        delivery_id=one.delivery_id,
        tone="off" if one.given_up else "missing",
        state="n'est plus envoyée" if one.given_up else "attend",
        since=words.exact(one.since),
        attempts=one.attempts,
        outcome=one.last_outcome,
        goes_from=words.exact(one.may_go_from),
        may_let_go=one.may_go_from is not None and one.may_go_from <= now,
        given_up=one.given_up,
    )


def message_card(one: Doubt) -> MessageCard:
    """Return a message in words."""
    return MessageCard(
        message_id=one.message_id,
        state=words.MESSAGES.get(one.state, one.state),
        kind=one.kind,
        channel=one.channel,
        to=one.siret or "une famille",
        since=words.exact(one.since),
        outcome=one.last_outcome,
    )


def webhook_card(one: HeldWebhook) -> WebhookCard:
    """Return a webhook in words."""
    return WebhookCard(
        siret=one.siret,
        name=one.name,
        since=words.exact(one.since),
        why=words.WEBHOOKS.get(one.off_for, "en échec, réessayé" if one.failing else "refuse une annonce"),
        stopped=bool(one.off_for) or one.failing,
        waiting=one.waiting,
        goes_on=words.exact(one.goes_on),
    )
