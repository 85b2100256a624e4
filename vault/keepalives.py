"""A database that went away without a word (power cut, cable, firewall) is noticed within a minute, from either side.

Without them a system waits two hours (``tcp(7)``): a thread for an answer, and the locks of a dead process for its return.
"""

from typing import Final

IDLE_S, INTERVAL_S, COUNT = 30, 10, 3
UNANSWERED_MS = 60_000
ON_OUR_SIDE: Final[dict[str, int]] = {
    "keepalives_idle": IDLE_S,
    "keepalives_interval": INTERVAL_S,
    "keepalives_count": COUNT,
    "tcp_user_timeout": UNANSWERED_MS,
}
"""Parameters of a connection (libpq)."""
ON_THE_SERVERS: Final[dict[str, str]] = {
    "tcp_keepalives_idle": str(IDLE_S),
    "tcp_keepalives_interval": str(INTERVAL_S),
    "tcp_keepalives_count": str(COUNT),
    "tcp_user_timeout": str(UNANSWERED_MS),
}
"""Settings of a login (PostgreSQL): what its server does for each of its connections."""
