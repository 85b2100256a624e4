"""Judge whether the client at the token end-point is the one it says it is."""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.errors import TokenRefused
from connectors.jose import check_claims, verify_compact
from connectors.oidc.flow import ASSERTION_TYPE
from connectors.sandbox.identity.grants import Grants
from connectors.sandbox.provisioning import CLIENT_ID, client_key, client_secret
from connectors.sandbox.settings import SandboxSettings

ASSERTION_MAX_LIFE = timedelta(seconds=60)


def is_client(
    settings: SandboxSettings, provider: str, form: Mapping[str, str], *, grants: Grants, now: datetime
) -> bool:
    """Tell whether ``form`` authenticates the door: by assertion at FranceConnect, by secret elsewhere."""
    if form.get("client_id", CLIENT_ID) != CLIENT_ID:
        return False
    if provider == "franceconnect":
        return _by_assertion(settings, provider, form, grants=grants, now=now)
    expected = client_secret(settings.state, provider)
    return expected is not None and hmac.compare_digest(form.get("client_secret", "").encode(), expected.encode())


def _by_assertion(
    settings: SandboxSettings, provider: str, form: Mapping[str, str], *, grants: Grants, now: datetime
) -> bool:
    key = client_key(settings.state, provider)
    if key is None or form.get("client_assertion_type") != ASSERTION_TYPE:
        return False
    try:
        claims = verify_compact(form.get("client_assertion", ""), [key], algorithms=("ES256",), typ=None)
        check_claims(claims, issuer=CLIENT_ID, audience=settings.issuer(provider), now=now, max_life=ASSERTION_MAX_LIFE)
    except TokenRefused:
        return False
    assertion_id = claims.get("jti")
    named = claims.get("sub") == CLIENT_ID and isinstance(assertion_id, str) and assertion_id
    return bool(named) and grants.first_use(f"{provider}:{assertion_id}", now)
