"""One e-mail to one address over SMTP (RFC 5321), and how far it got: a server that took it is never asked again."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal, Protocol

from pydantic import SecretStr

from contracts.outcomes import ExchangeOutcome, OutcomeKind

TIMEOUT_S = 15.0
Tls = Literal["implicit", "starttls", "none"]


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent, and to whom; ``message`` is the same however often it is tried, and becomes the Message-ID."""

    message: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class MailWay(Protocol):
    """What carries a letter."""

    def send(self, letter: Letter) -> ExchangeOutcome:
        """Carry it; a fault of the network is an outcome, never an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Smtp:
    """The City's mail server, and under which address it sends for us."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    username: str = ""
    password: SecretStr = field(default=SecretStr(""), repr=False)
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    def send(self, letter: Letter) -> ExchangeOutcome:
        """Carry a letter: applied, refused for good, unavailable where surely nothing was taken, or in doubt."""
        try:
            server = self._connected()
            try:
                return self._converse(server, letter)
            finally:
                # Whatever becomes of the goodbye, the answer to the text is what counts.
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
                server.close()
        except smtplib.SMTPResponseException as refusal:
            return _refused(refusal)
        except (OSError, smtplib.SMTPException) as error:
            # Before the text was sent: nothing can have been taken.
            return ExchangeOutcome(OutcomeKind.UNAVAILABLE, code=type(error).__name__)

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        server.ehlo()
        if self.tls == "starttls":
            # Raises where the server offers none: nothing goes on in clear.
            server.starttls(context=context)
            server.ehlo()
        if self.username:
            server.login(self.username, self.password.get_secret_value())
        return server

    def _converse(self, server: smtplib.SMTP, letter: Letter) -> ExchangeOutcome:
        for code, words in (server.mail(self.sender), server.rcpt(letter.to)):
            if code >= 400:
                raise smtplib.SMTPResponseException(code, words)
        try:
            code, words = server.data(self._written(letter).as_bytes())
        except smtplib.SMTPResponseException:
            raise
        except (OSError, smtplib.SMTPException) as error:
            # The text was on its way: the server may have taken it and not been able to say so.
            return ExchangeOutcome(OutcomeKind.IN_DOUBT, code=type(error).__name__)
        if code >= 400:
            raise smtplib.SMTPResponseException(code, words)
        return ExchangeOutcome(OutcomeKind.APPLIED, code=str(code))

    def _written(self, letter: Letter) -> EmailMessage:
        mail = EmailMessage()
        mail["Message-ID"] = f"<{letter.message}@{self.sender.rpartition('@')[2]}>"
        mail["Date"] = format_datetime(self.now())
        mail["From"], mail["To"], mail["Subject"] = self.sender, letter.to, letter.subject
        # RFC 3834: no holiday notice answers a machine.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(letter.text)
        return mail


def _refused(refusal: smtplib.SMTPResponseException) -> ExchangeOutcome:
    kind = OutcomeKind.REJECTED if refusal.smtp_code >= 500 else OutcomeKind.UNAVAILABLE
    return ExchangeOutcome(kind, code=str(refusal.smtp_code))
