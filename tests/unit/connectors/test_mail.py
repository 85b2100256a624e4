"""A letter reaches a real mail server or it is known how far it got."""

import socket
import threading
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from connectors.mail import Letter, Smtp
from connectors.sandbox.mailbox import Mailbox, serve
from contracts.outcomes import OutcomeKind

LETTER = Letter("0b54", "nora@exemple.example", "Un document est demandé", "Bonjour,\nà bientôt\n")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Smtp]]:
    box, port = Mailbox(), free_port()
    server = serve(box, port)
    yield box, Smtp("127.0.0.1", port, "ville@une-fois.example", "none")
    server.stop()


def test_a_letter_arrives_with_its_identifier_and_its_accents(mailbox):
    box, smtp = mailbox
    assert smtp.send(LETTER).kind is OutcomeKind.APPLIED
    (came,) = box.of("nora@exemple.example")
    assert came["id"] == "<0b54@une-fois.example>"
    assert (came["subject"], came["text"].rstrip().splitlines()) == (LETTER.subject, LETTER.text.splitlines())


def test_without_encryption_offered_nothing_is_sent(mailbox):
    box, smtp = mailbox
    strict = Smtp(smtp.host, smtp.port, smtp.sender, "starttls")
    assert strict.send(LETTER).kind is OutcomeKind.UNAVAILABLE
    assert box.of(None) == []


def test_a_server_that_is_not_there_has_taken_nothing():
    assert Smtp("127.0.0.1", free_port(), "a@b.example", "none").send(LETTER).kind is OutcomeKind.UNAVAILABLE


class Refusing:
    """Says no to everybody."""

    def __init__(self, words: str) -> None:
        self.words = words

    async def handle_RCPT(self, *_: object) -> str:  # noqa: N802 - the library's name
        return self.words


@pytest.mark.parametrize(
    ("words", "kind"), [("550 nobody here", OutcomeKind.REJECTED), ("451 later", OutcomeKind.UNAVAILABLE)]
)
def test_a_refusal_for_good_and_one_for_now_are_told_apart(words, kind):
    server = Controller(Refusing(words), hostname="127.0.0.1", port=free_port())
    server.start()
    found = Smtp("127.0.0.1", server.port, "a@b.example", "none").send(LETTER)
    server.stop()
    assert found.kind is kind


def after_the_text(answer: bytes, goodbye: bytes) -> OutcomeKind:
    """What a letter comes to where the server takes its text and then says, or does, something else."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve_badly() -> None:
            line, _ = listening.accept()
            line.sendall(b"220 here\r\n")
            while not line.recv(4096).lower().startswith(b"data"):
                line.sendall(b"250 well\r\n")
            line.sendall(b"354 go on\r\n")
            heard = b""
            while not heard.endswith(b"\r\n.\r\n"):
                heard += line.recv(4096)
            line.sendall(answer)
            if goodbye:
                line.recv(4096)
                line.sendall(goodbye)
            line.close()

        thread = threading.Thread(target=serve_badly)
        thread.start()
        found = Smtp("127.0.0.1", listening.getsockname()[1], "a@b.example", "none").send(LETTER)
        thread.join()
    return found.kind


def test_a_line_that_breaks_after_the_text_was_sent_leaves_a_doubt():
    assert after_the_text(b"", b"") is OutcomeKind.IN_DOUBT


def test_a_letter_that_was_taken_is_sent_however_the_server_says_goodbye():
    assert after_the_text(b"250 taken\r\n", b"500 what?\r\n") is OutcomeKind.APPLIED
    assert after_the_text(b"250 taken\r\n", b"") is OutcomeKind.APPLIED


def test_a_text_that_is_refused_was_not_taken():
    assert after_the_text(b"552 too long\r\n", b"221 bye\r\n") is OutcomeKind.REJECTED
