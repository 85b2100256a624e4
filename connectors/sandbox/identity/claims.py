"""What each provider says of a persona, in its own claims."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.identity.grants import Authorization
from connectors.sandbox.personas import Persona

ID_TOKEN_LIFE = timedelta(seconds=60)


def subject(provider: str, persona: Persona, client_id: str, salt: str) -> str:
    """Return the persona's pairwise identifier for this client; FranceConnect's end with « v1 »."""
    digest = hashlib.sha256(f"{salt}|{provider}|{client_id}|{persona.id}".encode()).hexdigest()
    return f"{digest}v1" if provider == "franceconnect" else digest[:36]


def id_token(authorization: Authorization, *, issuer: str, sub: str, now: datetime) -> dict[str, Any]:
    """Return the claims of the identity token."""
    at = int(now.timestamp())
    return {
        "iss": issuer,
        "aud": authorization.client_id,
        "sub": sub,
        "iat": at,
        "exp": at + int(ID_TOKEN_LIFE.total_seconds()),
        "auth_time": int(authorization.authenticated_at.timestamp()),
        "nonce": authorization.nonce,
        "acr": authorization.acr,
    }


def userinfo(authorization: Authorization, *, issuer: str, sub: str, now: datetime) -> dict[str, Any]:
    """Return the claims of the signed user information."""
    at = int(now.timestamp())
    told = _agent(authorization.persona) if authorization.provider == "proconnect" else _resident(authorization.persona)
    frame = {"iss": issuer, "aud": authorization.client_id, "iat": at, "sub": sub}
    return frame | {name: value for name, value in told.items() if value is not None}


def _resident(persona: Persona) -> dict[str, Any]:
    return {
        "family_name": persona.family_name,
        "given_name": " ".join(persona.given_names),
        "given_name_array": list(persona.given_names),
        "preferred_username": persona.preferred_username,
        "birthdate": persona.birthdate,
        "gender": persona.gender,
        "birthplace": persona.birthplace,
        "birthcountry": persona.birthcountry,
        "email": persona.email,
    }


def _agent(persona: Persona) -> dict[str, Any]:
    return {
        "usual_name": persona.family_name,
        "given_name": persona.given_names[0],
        "email": persona.email,
        "uid": persona.uid,
        "siret": persona.siret,
    }
