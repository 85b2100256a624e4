"""Every route says who may call it, and every reason has its problem."""

import pytest
from fastapi.routing import iter_route_contexts

from contracts.problems import PROBLEMS
from hub.api import authorisation, callers
from hub.api.description import dependencies_of
from hub.api.problems import REASONS
from hub.app import partners_routes, residents_routes
from hub.errors import HubError
from tests.architecture.source import import_all
from vault.errors import VaultError

PUBLIC = {
    "GET /health": "says that the process answers, and nothing else",
    "GET,HEAD /openapi.json": "the contract",
    "GET /": "greets who is signed in and who is not",
    "GET /sign-in/{provider}": "begins a sign-in",
    "GET /sign-in/{provider}/callback": "ends one: proved by state, cookie and code",
    "POST /sign-out": "ends a session if there is one; refuses another site's page itself",
    "GET /.well-known/oauth-authorization-server": "RFC 8414 metadata",
    "GET /oauth/jwks": "public keys",
    "GET /answers/jwks": "public keys",
    "POST /oauth/token": "proved by a signed assertion",
    "POST /oauth/revoke": "proved by a signed assertion",
    "GET /agents": "greets who is signed in as an agent and who is not",
    "POST /agents/sign-out": "ends an agent's session if there is one; refuses another site's page itself",
    "GET /looks/copy/{ticket}": "proved by a ticket that serves once",
    "GET /looks/exchange/{ticket}": "proved by a ticket that serves once",
    "GET /looks/notes/{ticket}": "proved by a ticket that serves once",
    "GET /looks/values/{ticket}": "proved by a ticket that serves once",
    "GET /previews/{ticket}": "proved by a ticket that serves once",
    "GET /explanations/{line_id}/{ticket}": "the same",
    "GET /previews/{ticket}/{line_id}": "the same",
    "GET /exports/{ticket}": "proved by a ticket that serves once",
    "GET /journal/key": "public key",
    "GET /echanges": "the list that everybody may read (CRPA L.114-8 III)",
    "GET /v1/data-exchanges": "the same for programmes",
    "GET /hub/v1/webhook-keys": "public keys",
    "GET /v1/figures": "how often families were asked and spared: counts for everybody",
    "GET /journal/checkpoints/latest": "made to be published",
    "GET /journal/checkpoints/{size}": "made to be published",
    "GET /journal/checkpoints/stamped": "made to be published",
    "GET /journal/checkpoints/{size}/stamp": "made to be published",
    "GET /journal/consistency/{first}/{second}": "made to be published",
    "/static": "style and script",
    "OPTIONS /v1/uploads": "says which version of the upload protocol is spoken",
}
CALLERS = {
    callers.resident,
    callers.own_resident,
    callers.agent,
    callers.operator,
    callers.watcher,
    callers.watching_socket,
    authorisation.caller_of,
}
UNREACHED = {
    "ScopeRefused": "said as RFC 6749 5.2 has it",
    "DetailsRefused": "said as RFC 9396 5 has it",
    "TokenForeign": "said as RFC 7009 2.2.1 has it",
    "RotationUnderWay": "said to the operator who rotates keys",
    "PartnerFilesRefused": "said to the operator who applies the files",
    "KeyRightMissing": "a process was assembled with the wrong right: a fault of ours",
    "NothingChanged": "whoever asks for it says what it means",
    "HolderKeyMissing": "the key was destroyed between two looks: a fault of ours",
    "KeyFileMissing": "start refuses",
    "KeyFileExists": "provisioning refuses",
    "KeyFileUnsafe": "start refuses",
    "KeyFileMalformed": "start refuses",
    "JournalKeyMalformed": "start refuses",
    "RecordRefused": "an entry of ours is wrong: a fault of ours",
    "EntryUnknown": "asked of the journal by the command line only",
    "EntryNotSequenced": "said as « not yet » where a receipt is asked for",
    "ProofMalformed": "asked of the journal by the command line only",
    "JournalBroken": "the sequencer's alarm",
    "DocumentRefused": "raised in the limited child; ends as the reading's reason",
    "ReaderUnavailable": "raised in the worker only",
    "TrustStoreUnreadable": "start refuses",
    "TrustListRefused": "start refuses",
    "LockUnavailable": "start refuses",
    "ObjectRetained": "deleting objects is housekeeping behind an erasure",
    "RotationUnfinished": "said to the operator who rotates keys",
    "ErasureLogMalformed": "read when a backup is restored, by the operator",
    "BackupMalformed": "the same",
    "BackupBroken": "the same",
    "BodyGone": "asked for by the engine of exchanges, which parks what it cannot repeat",
    "LongBody": "our own ciphertext is longer than announced: a fault of ours",
}


def routes(app) -> list:
    return list(iter_route_contexts(app.routes))


def name_of(route) -> str:
    # HEAD comes along with GET where the framework adds it by itself.
    return " ".join(filter(None, (",".join(sorted(route.methods or ())), str(route.path))))


DOORS = {"residents": residents_routes, "partners": partners_routes}


@pytest.mark.parametrize("door", DOORS)
def test_every_route_declares_its_caller_or_is_public_for_a_reason(door):
    undeclared = [
        name_of(route)
        for route in routes(DOORS[door]())
        if not (getattr(route, "dependant", None) and dependencies_of(route.dependant) & CALLERS)
    ]
    assert sorted(set(undeclared) - PUBLIC.keys()) == []


FRESH_OR_NOT = {
    # What closes, or changes nothing for anybody else: an old sign-in does.
    "POST /sign-out": "ends the session",
    "POST /v1/documents": "hands a paper in",
    "POST /deposer": "the same",
    "POST /v1/uploads": "the same, in parts",
    "PATCH /v1/uploads/{token}": "the same",
    "DELETE /v1/uploads/{token}": "gives up one's own unfinished upload",
    "PUT /v1/documents/{document_id}/replacement": "puts a newer paper of one's own first; the older one stays to be seen",
    "POST /documents/{document_id}/remplacer": "the same",
    "DELETE /v1/documents/{document_id}/resemblances/{other_id}": "keeps two papers",
    "POST /documents/{document_id}/garder/{other_id}": "the same",
    "POST /v1/documents/{document_id}/preview-tickets": "shows one's own paper to oneself",
    "POST /documents/{document_id}/voir": "the same",
    "POST /dossiers/{line_id}/calcul": "shows one's own tariff to oneself",
    "POST /v1/children": "claims a child: proved by a paper or an agent",
    "POST /enfants": "the same",
    "PUT /v1/contact": "how one is reached",
    "PUT /v1/residence": "where one lives",
    "POST /v1/residence/unchanged": "the same",
    "POST /domicile/inchange": "the same",
    "POST /dossiers/{line_id}/copie": "shows oneself what a service would get",
    "POST /v1/contact/code": "the same",
    "POST /me-joindre": "the same",
    "POST /me-joindre/code": "the same",
    "POST /me-joindre/{way}": "the same",
    "PUT /v1/contact/dashboard": "what one's own dashboard shows",
    "POST /me-joindre/mon-paris": "the same",
    "POST /courrier": "leads to what one's own letter asks for",
    "POST /v1/confirmations/{confirmation}": "answers the other guardian",
    "POST /accords/{confirmation}": "the same",
    "POST /v1/authorisations/{authorisation}/refusal": "closes",
    "POST /v1/authorisations/{authorisation}/pause": "closes",
    "DELETE /v1/authorisations/{authorisation}": "closes",
    "POST /autorisations/{authorisation}/non": "closes",
    "POST /v1/mandates/acceptance": "becomes somebody's helper: proved by their code",
    "POST /mandats/code": "the same",
    "DELETE /v1/mandates/{mandate}": "closes",
    "DELETE /v1/mandates/{mandate}/themes/{theme}": "closes",
    "POST /mandats/{mandate}/arreter": "closes",
    "PUT /v1/acting": "opens nothing that the mandate does not",
    "POST /mandats/{mandate}/agir": "the same",
    "DELETE /v1/acting": "acts for oneself again",
    "POST /mandats/fin": "the same",
    "DELETE /v1/partner-links/{link}": "closes",
    "POST /services-relies/{link}": "closes",
    "POST /v1/rights-information/{information_id}/opposition": "closes",
    "POST /autorisations/droits/{information}": "closes",
    # What opens papers only where it is asked to: these take a fresh sign-in then (tests/journeys/test_fresh_sign_in.py).
    "POST /v1/requests": "with « reuse_authorised » only",
    "POST /demandes/nouvelle": "the same",
    "POST /v1/moves": "the same",
    "POST /demenagement": "the same",
    "POST /v1/life-events": "the same",
    "POST /evenements/{page}": "the same",
}


def test_what_a_resident_changes_takes_a_fresh_sign_in_or_says_why_not():
    changing = {"POST", "PUT", "PATCH", "DELETE"}
    lax = {
        name_of(route)
        for route in routes(residents_routes())
        if set(route.methods or ()) & changing
        and callers.fresh_resident not in dependencies_of(route.dependant)
        and callers.agent not in dependencies_of(route.dependant)
    }
    assert lax - FRESH_OR_NOT.keys() - {"POST /agents/sign-out"} == set()
    assert FRESH_OR_NOT.keys() - lax == set()


WITHOUT_A_KEY = {
    "POST /v1/uploads": "tus 1.0: an upload is begun anew, and ends by itself where nobody goes on",
    "PATCH /v1/uploads/{token}": "tus 1.0: Upload-Offset says what is there already",
    "DELETE /v1/uploads/{token}": "tus 1.0: what is gone is gone",
    "POST /oauth/token": "an assertion serves once; whoever asks again gets another token",
    "POST /oauth/revoke": "RFC 7009 2.2: what is revoked stays revoked, and is answered alike",
}


def test_every_write_takes_an_idempotency_key_or_says_why_not():
    keyless = {
        f"{method.upper()} {path}"
        for door in DOORS.values()
        for path, methods in door().openapi()["paths"].items()
        for method, operation in methods.items()
        if method not in ("get", "head", "options")
        and "idempotency-key" not in {one["name"].lower() for one in operation.get("parameters", ())}
    }
    assert keyless == WITHOUT_A_KEY.keys()


def every(root: type[Exception]) -> set[type[Exception]]:
    return {root}.union(*(every(kind) for kind in root.__subclasses__())) if root.__subclasses__() else {root}


def reasons() -> set[type[Exception]]:
    import_all("hub", "vault")
    roots = {HubError, VaultError}
    return {kind for root in roots for kind in every(root)} - roots


def test_every_reason_of_hub_and_vault_has_its_problem_or_cannot_reach_a_door():
    missing = {kind.__name__ for kind in reasons()} - {kind.__name__ for kind in REASONS}
    assert missing - UNREACHED.keys() == set()


def test_every_reason_names_a_problem_of_the_closed_list():
    assert set(REASONS.values()) <= PROBLEMS.keys()


def test_every_problem_is_said_in_both_languages_and_can_happen():
    for problem in PROBLEMS.values():
        assert problem.title.endswith(".")
        assert problem.fr.endswith(".")
        assert 400 <= problem.status < 600
    by_other_ways = {"internal", "malformed", "method-not-allowed", "too-large"}
    assert PROBLEMS.keys() - set(REASONS.values()) <= by_other_ways


def test_every_reason_says_in_its_docstring_what_happened():
    assert [kind.__name__ for kind in reasons() if not (kind.__doc__ or "").strip().endswith(".")] == []
