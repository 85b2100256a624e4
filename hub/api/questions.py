"""What a question is bound to: the SHA-256 of its body exactly as it arrived, and the keys that answers are signed with."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from hub.api.authorisation import DoorDep
from hub.partners.keys import CACHE_LIFE

router = APIRouter(tags=["answers"])
ANSWER_KEYS_PATH = "/answers/jwks"


async def _digest(request: Request) -> bytes:
    # No canonical form to agree on: the bytes that were sent are what both sides have.
    return hashlib.sha256(await request.body()).digest()


QuestionDep = Annotated[bytes, Depends(_digest)]


@router.get(ANSWER_KEYS_PATH)
def answer_keys(door: DoorDep, response: Response) -> dict[str, object]:
    """Return the public keys of answers (RFC 7517): the one that signs, the next, and those of the last day."""
    response.headers["cache-control"] = f"public, max-age={int(CACHE_LIFE.total_seconds())}"
    return door.answers.jwks(door.custody.now())
