"""The shapes of both directions, under the store's own names; what a body says of its own beside them is not read."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.notification_store.commands import STEPS, Show, Status

DEMAND_TYPE = "1750"
"""Under which number the store's list of kinds of requests has the hub; the City gives it, and this one is invented."""
SENDER = "Une Fois, Ville de Paris"
WORDS = {
    Status.ONGOING: ("En cours", "Votre demande est reçue."),
    Status.TO_COMPLETE: (
        "À compléter",
        "Il manque quelque chose à votre demande. Connectez-vous à Une Fois pour voir quoi.",
    ),
    Status.CLOSED: ("Terminé", "Votre demande est traitée. Connectez-vous à Une Fois pour voir la suite."),
}
"""Each status as the dashboard shows it: its words, and one sentence that tells nothing of anybody's papers."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Warned(_Read):
    """One warning or error; ``reason`` and ``message`` are the store's own texts."""

    type: str = Field(max_length=60)
    status: str = Field(max_length=60)
    reason: str = Field(default="", max_length=2000)
    message: str = Field(default="", max_length=2000)


class Acknowledge(_Read):
    """What became of a write, inside the answer: its status alone is worth nothing."""

    status: Literal["received", "warning", "error"]
    warnings: tuple[Warned, ...] = ()
    errors: tuple[Warned, ...] = ()


class Answer(_Read):
    """The answer to a write."""

    acknowledge: Acknowledge


class ListedDemand(_Read):
    """A request, as a notification of it names it."""

    id: str
    type_id: str


class Dashboard(_Read):
    """What the dashboard shows of a notification."""

    status_id: int


class Listed(_Read):
    """One notification that the store has."""

    date: int
    demand: ListedDemand
    mydashboard: Dashboard | None = None


class Listing(_Read):
    """What the store has of one request of one customer; ``number_result`` says how many there are."""

    number_result: int = Field(ge=0, alias="numberResult")
    notifications: tuple[Listed, ...]


def notification(told: Show) -> dict[str, Any]:
    """Return the body of a notification: the request, whose it is, and what the dashboard shows."""
    text, message = WORDS[told.status]
    demand = {
        "id": str(told.demand),
        "type_id": DEMAND_TYPE,
        "subtype_id": told.service,
        "reference": str(told.demand)[:8].upper(),
        "status_id": int(told.status),
        "max_step": len(STEPS),
        "current_step": STEPS[told.status],
        # Where only one of the two is known, the store looks the other up.
        "customer": {"id": told.customer, "connection_id": told.customer},
    }
    shown = {
        "status_id": int(told.status),
        "status_text": text,
        "message": message,
        "subject": told.label,
        "data": "",
        "sender_name": SENDER,
    }
    return {"notification": {"date": told.date, "demand": demand, "mydashboard": shown}}
