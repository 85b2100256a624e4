"""Tokens no library of ours would make."""

import base64
import json
from typing import Any


def b64(raw: bytes) -> str:
    """Canonical base64url."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any], *, signature: bytes = b"x" * 64) -> str:
    """A token of any header with any bytes for a signature."""
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}.{b64(signature)}"
