"""Every way the translation of the outside can refuse; the docstring of each class is its message."""


class ConnectorError(Exception):
    """A connector refused."""

    def __init__(self, detail: str = "") -> None:
        """Keep ``detail``: identifiers, counts and words of ours, never a value a person could be known by."""
        self.detail = detail
        super().__init__(detail or (type(self).__doc__ or "").strip())


class ManifestInvalid(ConnectorError):
    """The manifest beside a codec does not say what it must."""


class SecretMissing(ConnectorError):
    """The binding does not hold the secret this codec needs."""


class OperationNotEnabled(ConnectorError):
    """The binding is not enabled for this operation: its use case or its habilitation does not allow it."""


class MessageTooLarge(ConnectorError):
    """The message is over the size its receivers accept."""


class AddressRefused(ConnectorError):
    """An address is none that we send to."""


class FileRefused(ConnectorError):
    """The file is not what its format prescribes."""


class FileTooLarge(FileRefused):
    """The file is larger than any we take from this partner."""


class ArchiveRefused(FileRefused):
    """The ZIP holds what the format does not know, or is packed in a way that is not read."""


class FolderUnreachable(ConnectorError):
    """A partner's folder cannot be reached."""


class FileTruncated(FileRefused):
    """The file ends before its trailer, or the trailer counts other lines than there are."""


class FileAltered(FileRefused):
    """The digest in the trailer is not the digest of the lines."""


class XmlRefused(ConnectorError):
    """The XML is none that we read."""


class XmlEmpty(XmlRefused):
    """The document holds nothing."""


class XmlTooLarge(XmlRefused):
    """The document is larger than any we read."""


class XmlTooDeep(XmlRefused):
    """The elements of the document lie too deep inside one another."""


class XmlTooManyElements(XmlRefused):
    """The document holds more elements than any we read."""


class XmlDoctype(XmlRefused):
    """The document has a DOCTYPE, which is never read."""


class XmlCharset(XmlRefused):
    """The bytes of the document are not in a charset we read, or not in the one it declares."""


class XmlMalformed(XmlRefused):
    """The document is not well-formed XML."""

    def __init__(self, line: int, rule: str, words: str) -> None:
        """Keep ``line`` and ``rule`` (libxml2's name for it); ``words`` may quote the document and is never logged."""
        self.line, self.rule, self.words = line, rule, words
        super().__init__(f"line {line}: {rule}")


class SchemaRefused(ConnectorError):
    """The schema cannot be used."""


class SchemaOfAnotherKind(SchemaRefused):
    """The file is not the kind of schema its name says."""


class SchemaMalformed(SchemaRefused):
    """The schema does not compile."""


class CatalogueMiss(SchemaRefused):
    """A schema asks for a file that is not in its folder, and nothing is ever fetched."""


class CatalogueAmbiguous(SchemaRefused):
    """A schema asks for a file by a name that several different files of its folder have."""


class ContractMissing(SchemaRefused):
    """A schema file of the contract is not there."""


class ContractChanged(SchemaRefused):
    """A schema file of the contract is not the one that was locked."""


class WebhookRefused(ConnectorError):
    """The notification cannot be trusted."""


class WebhookHeaderMissing(WebhookRefused):
    """A header of the notification is missing."""


class WebhookTimestampInvalid(WebhookRefused):
    """The timestamp of the notification is not a number of seconds."""


class WebhookTimestampOutOfTolerance(WebhookRefused):
    """The timestamp of the notification is too far from now."""


class WebhookSignatureMalformed(WebhookRefused):
    """The signature header of the notification cannot be read."""


class WebhookSignatureMismatch(WebhookRefused):
    """No signature of the notification is right."""


class WebhookSecretInvalid(WebhookRefused):
    """A webhook secret is « whsec_ » and 24 to 64 bytes in base64."""


class WebhookKeyInvalid(WebhookRefused):
    """A webhook key is « whsk_ » or « whpk_ » and 32 bytes in base64."""


class TokenRefused(ConnectorError):
    """The token cannot be trusted."""


class TokenTooLong(TokenRefused):
    """The token is longer than any token we accept."""


class TokenMalformed(TokenRefused):
    """The token is not a canonical compact JWS holding a JSON object."""


class TokenHeaderRefused(TokenRefused):
    """The header of the token holds a member that is not accepted."""


class TokenTypeRefused(TokenRefused):
    """The token is of another type than the one expected."""


class TokenAlgorithmRefused(TokenRefused):
    """The algorithm of the token is not the one its key is for."""


class TokenKeyUnknown(TokenRefused):
    """No usable key verifies this token."""


class TokenSignatureInvalid(TokenRefused):
    """The signature of the token is wrong."""


class TokenClaimRefused(TokenRefused):
    """A claim of the token is missing or not the one expected."""


class SignInRefused(ConnectorError):
    """The identity provider did not sign the person in."""


class SignInStateMismatch(SignInRefused):
    """The answer of the identity provider belongs to another attempt."""


class ProviderUnavailable(SignInRefused):
    """The identity provider did not answer."""


class ProviderBreach(SignInRefused):
    """The identity provider answered something its contract does not know."""


class MessageOutsideContract(ConnectorError):
    """A message of ours would break the partner's schema, and is not sent."""


class StampsUnavailable(ConnectorError):
    """The time-stamping authority gave no time-stamp; it may be asked again."""


class StampNotGranted(ConnectorError):
    """The time-stamping authority does not grant this time-stamp."""


class StampRootsUnreadable(ConnectorError):
    """The file of trusted roots of the time-stamping authority holds no certificate that can be read."""


class StampRefused(ConnectorError):
    """The time-stamp cannot be trusted."""


class StampMalformed(StampRefused):
    """What came is no time-stamp token."""


class StampOfOtherData(StampRefused):
    """The time-stamp is of other data, or of another digest of them, than was sent."""


class StampOfOtherRequest(StampRefused):
    """The time-stamp does not carry the nonce of our query."""


class StampPolicyRefused(StampRefused):
    """The time-stamp was made under another policy than the one that was asked for."""


class StampSignatureInvalid(StampRefused):
    """The signature of the time-stamp is wrong, or does not name its certificate."""


class StampSignerRefused(StampRefused):
    """The signer is not one for time-stamping alone, or led to no root of ours when it signed."""


class StampTimeImplausible(StampRefused):
    """The moment of the time-stamp is too far from our clock."""
