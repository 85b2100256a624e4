"""Figures of the story, read where they were recorded."""

from datetime import datetime
from statistics import median

from sqlalchemy import select

from hub.notifications.tables import DELIVERY
from orchestration.demo.people import Outside
from orchestration.stack.addresses import addresses
from orchestration.stack.places import Places
from vault.db import Database
from vault.standing import Purpose, standing


def event_to_notification_ms(places: Places) -> float:
    """Return the median time, in ms, from an event's transaction to its verified receipt at a partner."""
    database = Database.connect(addresses(places.layout).dsn("unefois_worker", driver="psycopg"), pool_size=1)
    try:
        with standing(purpose=Purpose.SENDING), database.read() as tx:
            created = {str(row.delivery_id): row.created_at for row in tx.execute(select(DELIVERY))}
    finally:
        database.close()
    outside = Outside(places)
    arrived = [
        (note["message"], datetime.fromisoformat(note["at"]))
        for slug in ("caisse-13", "paris-familles")
        for note in outside.received(slug)["notifications"]
    ]
    waits = [(at - created[message]).total_seconds() * 1000 for message, at in arrived if message in created]
    return round(median(waits), 1) if waits else float("nan")
