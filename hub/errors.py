"""Refusals of the hub; the docstring of each class is its message, and one table elsewhere gives each a problem type."""

from uuid import UUID


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


class AccountsDiffer(HubError):
    """The two accounts name different persons, and are not joined."""


class AccountsFull(HubError):
    """The other account holds papers or requests of its own; two agents look whether they join the two."""


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


class IdempotencyAnswerLost(HubError):
    """What was asked under this Idempotency-Key is done; its answer is lost."""


class AlreadyRequested(HubError):
    """This service has a pending request for this child already."""


class ServedElsewhere(HubError):
    """Another body has this service for this child in that time; a move is declared as such."""


class NeverAskTwice(HubError):
    """The hub holds this, can obtain it, or may not ask for it; ``detail`` says which (CRPA L.113-12)."""


class NoGround(HubError):
    """No ground allows this release; ``detail`` says which condition is missing."""


class StepRefused(HubError):
    """The authorisation cannot take this step from where it stands."""


class OutsideAgreement(HubError):
    """The recipient's agreement does not cover what was asked."""


class AnswerOnly(OutsideAgreement):
    """The recipient's agreement gives answers, and no document was ever part of it."""


class CopyNotMarked(HubError):
    """The copy is not in the form in which its recipient can be written on it, so it does not leave."""


class Superseded(HubError):
    """The subject was merged into another one of the same partner."""

    def __init__(self, surviving: UUID) -> None:
        """Keep the partner's own subject that goes on."""
        self.surviving = surviving
        super().__init__()


class OutsideMandate(HubError):
    """Who acts for somebody has no mandate for this, or no longer."""


class CodeRefused(HubError):
    """The code is wrong, used or over; which of these is not said."""


class InvalidClient(HubError):
    """The partner's client authentication failed."""


class InvalidToken(HubError):
    """The access token is not valid."""


class TokenMissing(InvalidToken):
    """No access token came with the request."""


class InvalidProof(HubError):
    """The proof of possession is missing or does not hold."""


class ProofNonceNeeded(HubError):
    """The proof of possession lacks a nonce of ours, or has one that is over."""

    def __init__(self, nonce: str) -> None:
        """Keep the nonce that the next proof shall carry."""
        self.nonce = nonce
        super().__init__()


class ScopeRefused(HubError):
    """The scope is none that partners can have."""


class DetailsRefused(HubError):
    """What a partner wants a token for cannot be read, or no agreement of its covers it."""


class CursorGone(HubError):
    """Events after this cursor are kept no more."""


class WebhookNotThere(HubError):
    """This partner has no webhook."""


class TokenForeign(HubError):
    """A token was to be revoked by somebody it was not issued to."""


class NotHabilitated(OutsideAgreement):
    """The agreement lists no such treatment and no such role of agents; ``detail`` says which of them."""


class PartnerFilesRefused(HubError):
    """Files of partners or agreements are wrong; ``detail`` names each file, field and rule."""


class ReleasesStopped(HubError):
    """The City has stopped every release to partners; ``detail`` is the reason it gave."""


class UnderMaintenance(HubError):
    """Nothing is written for a while, so that something can be changed beneath."""


class OutsideGrant(HubError):
    """The access token was not issued for this."""


class RotationUnderWay(HubError):
    """A key that is to sign access tokens is still to begin."""


class ExchangeInFlight(HubError):
    """Another process is carrying out this exchange."""


class PayloadDiffers(HubError):
    """An exchange with this natural key exists and brings something else; ``detail`` is its number."""


class NotRepeatable(HubError):
    """This exchange cannot be repeated; ``detail`` says why."""


class PartnerNotTold(HubError):
    """This partner was not told, or not long enough ago, that this goes unsent."""


class QuotaExceeded(HubError):
    """The caller has asked more often than it may within a minute."""

    def __init__(self, retry_after: int) -> None:
        """Keep how many seconds the caller has to wait."""
        self.retry_after = retry_after
        super().__init__()


class TooManyCodes(HubError):
    """Enough codes were sent to this person, or to this number, within a day."""


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


class AgentSignInRequired(HubError):
    """No agent is signed in."""


class PipelinesAway(HubError):
    """Dagster's pages do not answer."""


class AgentUnknown(HubError):
    """This account is that of no agent here: unknown, removed, of another establishment, or without a role."""


class ReviewTaken(HubError):
    """A colleague has taken this review."""


class ReviewNotTaken(HubError):
    """The agent has not taken this review, or no longer has it."""


class OpinionGiven(HubError):
    """The agent has given an opinion on this review already; the second one is a colleague's."""
