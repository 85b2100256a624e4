"""The life of an authorisation to reuse papers, as the database enforces it, and how often one may serve."""

from enum import StrEnum


class AuthorisationState(StrEnum):
    """Where an authorisation stands; stored, so never renamed."""

    REQUESTED = "requested"
    """A body asked for it; nothing is allowed, and refusing costs nothing: the paper can be handed in directly."""
    ACTIVE = "active"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    EXPIRED = "expired"
    """Its time is over, or it served once."""


class Frequency(StrEnum):
    """How often it serves."""

    ONE_TIME = "one_time"
    """For one question of the body: each paper of the answer once."""
    RECURRING = "recurring"


_S = AuthorisationState
AUTHORISATION_TRANSITIONS: dict[AuthorisationState, frozenset[AuthorisationState]] = {
    _S.REQUESTED: frozenset({_S.ACTIVE, _S.REFUSED, _S.EXPIRED}),
    _S.ACTIVE: frozenset({_S.PAUSED, _S.WITHDRAWN, _S.EXPIRED}),
    _S.PAUSED: frozenset({_S.ACTIVE, _S.WITHDRAWN, _S.EXPIRED}),
    _S.WITHDRAWN: frozenset(),
    _S.REFUSED: frozenset(),
    _S.EXPIRED: frozenset(),
}
"""The one table; the database has the same and refuses every other step."""
