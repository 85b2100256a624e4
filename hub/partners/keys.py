"""The keys access tokens and answers are signed with, a ring each: two are published at any time, none signs before that."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.errors import TokenRefused
from connectors.jose import LEEWAY, generate_key, public_part
from contracts.answers import ANSWER_LIFE
from hub.errors import RotationUnderWay

TOKEN_LIFE = timedelta(minutes=5)
CACHE_LIFE = timedelta(minutes=5)
"""How long anybody may keep the published set: a key signs at the earliest that long after it was published."""
_NONCE_LABEL = b"unefois/dpop-nonce/v1"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the keys of a ring sign: the first word of their names, and how long it may live."""

    word: str
    life: timedelta


TOKENS, ANSWERS = Signs("tokens", TOKEN_LIFE), Signs("answers", ANSWER_LIFE)


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """One state of the ring: private JWKs, each with when it was published and from when on it signs, if it does."""

    keys: tuple[Mapping[str, Any], ...]
    signs: Signs = TOKENS

    @classmethod
    def fresh(cls, now: datetime, signs: Signs = TOKENS) -> "TokenKeys":
        """Return a ring of one key that signs from now on, and one that waits."""
        return cls(({**_new(now, signs), "signs_from": _seconds(now)}, _new(now, signs)), signs)

    @classmethod
    def parse(cls, text: str, signs: Signs = TOKENS) -> "TokenKeys":
        """Read a ring as :meth:`text` writes it; raises ``ValueError`` for anything that cannot sign."""
        keys = json.loads(text)["keys"]
        try:
            kids = {public_part(key)["kid"] for key in keys}
        except (TokenRefused, KeyError, TypeError, AttributeError):
            raise ValueError("a ring of token keys holds private JWKs, each with a kid") from None
        whole = all("d" in key and isinstance(key.get("published_at"), int) for key in keys)
        if not whole or len(kids) != len(keys) or not any("signs_from" in key for key in keys):
            raise ValueError("a ring of token keys has one that signs, and no two of one name")
        return cls(tuple(keys), signs)

    def text(self) -> str:
        """Return the ring as its file holds it; it is a secret."""
        return json.dumps({"keys": list(self.keys)})

    def signing(self, now: datetime) -> Mapping[str, Any]:
        """Return the private JWK that signs at this moment."""
        begun = [key for key in self._by_turn() if key["signs_from"] <= now.timestamp()]
        return begun[-1] if begun else self._by_turn()[0]

    def public(self, now: datetime) -> list[dict[str, Any]]:
        """Return the public JWKs: the key that signs, those that will, and those whose tokens may still live."""
        return [public_part(key) for key in self.keys if not self._over(key, now)]

    def rotated(self, now: datetime) -> "TokenKeys":
        """Return the ring with the waiting key's turn come and a new one waiting.

        A key published a moment ago begins once every cache of the set is over. Raises :class:`RotationUnderWay` where
        one is still to begin.
        """
        if any(key["signs_from"] > now.timestamp() for key in self._by_turn()):
            raise RotationUnderWay
        turned = []
        for key in self.keys:
            begins = max(_seconds(now), key["published_at"] + int(CACHE_LIFE.total_seconds()))
            turned.append(key if "signs_from" in key else {**key, "signs_from": begins})
        kept = TokenKeys(tuple(turned), self.signs)
        lasting = (key for key in kept.keys if not kept._over(key, now))
        return TokenKeys((*lasting, _new(now, self.signs)), self.signs)

    def told(self, now: datetime) -> list[str]:
        """Return in words, for an operator, which key does what."""
        signing = self.signing(now)["kid"]
        lines = []
        for key in self.keys:
            begins = key.get("signs_from")
            later = (
                "waits its turn" if begins is None else f"signs from {datetime.fromtimestamp(begins, UTC):%H:%M:%S} UTC"
            )
            past = begins is not None and begins <= now.timestamp()
            lines.append(
                f"{key['kid']}: {'signs' if key['kid'] == signing else 'published for a while' if past else later}"
            )
        return lines

    def nonce_secrets(self) -> list[bytes]:
        """Return what nonces are made under, newest first: the same in every process that reads this ring."""
        return [hmac.digest(str(key["d"]).encode(), _NONCE_LABEL, hashlib.sha256) for key in reversed(self._by_turn())]

    def _by_turn(self) -> Sequence[Mapping[str, Any]]:
        return sorted((key for key in self.keys if "signs_from" in key), key=lambda key: int(key["signs_from"]))

    def _over(self, key: Mapping[str, Any], now: datetime) -> bool:
        """Whether everything this key signed is over."""
        if "signs_from" not in key:
            return False
        after = [other["signs_from"] for other in self._by_turn() if other["signs_from"] > key["signs_from"]]
        return bool(after) and min(after) + (self.signs.life + 2 * LEEWAY).total_seconds() <= now.timestamp()


class KeyFile:
    """The ring in a file that a rotation replaces while the doors run."""

    def __init__(self, path: Path, signs: Signs = TOKENS) -> None:
        """Read it; raises ``ValueError`` as :meth:`TokenKeys.parse` does."""
        self._path = path
        self._signs = signs
        self._seen: tuple[int, int] | None = None
        self._ring = self.ring()

    def ring(self) -> TokenKeys:
        """Return the ring as the file has it now; the file is read again only where it was replaced."""
        told = self._path.stat()
        seen = (told.st_mtime_ns, told.st_ino)
        if seen != self._seen:
            self._ring, self._seen = TokenKeys.parse(self._path.read_text(encoding="utf-8"), self._signs), seen
        return self._ring


def _new(now: datetime, signs: Signs) -> dict[str, Any]:
    name = f"{signs.word}-{now.astimezone(UTC):%Y%m%d}-{secrets.token_hex(4)}"
    return {**generate_key(name), "published_at": _seconds(now)}


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
