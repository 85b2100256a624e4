"""Refusals of the hub; the docstring of each class is its message, and one table elsewhere gives each a problem type."""


class HubError(Exception):
    """The hub refused."""

    def __init__(self, detail: str = "") -> None:
        """Keep ``detail``: identifiers, counts and words of ours, never personal data."""
        self.detail = detail
        super().__init__(detail or (type(self).__doc__ or "").strip())


class SignInRequired(HubError):
    """Nobody is signed in."""


class SignInFailed(HubError):
    """The sign-in did not succeed."""


class SignInStale(HubError):
    """The sign-in is too old for this."""


class LevelTooLow(HubError):
    """The account's level of assurance does not allow this."""


class NothingHere(HubError):
    """There is nothing here for this person; also said of what exists and is somebody else's."""


class InvalidValue(HubError):
    """A value given by the caller is not valid; ``detail`` names the field and the rule."""


class IdempotencyKeyMissing(HubError):
    """A write came without an Idempotency-Key."""


class IdempotencyKeyInFlight(HubError):
    """A request with this Idempotency-Key is being handled."""


class IdempotencyKeyReused(HubError):
    """This Idempotency-Key was used for another content."""


class AlreadyRequested(HubError):
    """This service has a pending request for this child already."""


class NoGround(HubError):
    """No ground allows this release; ``detail`` says which condition is missing."""


class OutsideAgreement(HubError):
    """The recipient's agreement does not cover what was asked."""


class InvalidClient(HubError):
    """The partner's client authentication failed."""


class InvalidToken(HubError):
    """The access token is not valid."""


class ExchangeInFlight(HubError):
    """Another process is carrying out this exchange."""


class CrossSite(HubError):
    """A browser sent this from another site's page."""


class LengthRequired(HubError):
    """The body came without its length."""


class HeaderMalformed(HubError):
    """A header that the protocol needs is missing or malformed; ``detail`` names it."""


class ProtocolVersionRefused(HubError):
    """The upload protocol's version is not one that is spoken here."""


class BodyTypeRefused(HubError):
    """The body is not of the type that this route takes."""


class ChecksumWrong(HubError):
    """The bytes are not those that the sender's checksum was made of."""


class SenderGone(HubError):
    """The sender went away before the body was whole."""
