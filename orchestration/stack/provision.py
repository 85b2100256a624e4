"""What a fresh state folder lacks: keys, sandbox partners and papers, migrations, and the partners' rows."""

import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.jose import generate_key, public_part
from connectors.oidc.provider import ACR_VALUES, DATA_SCOPES, SCOPES, Shape, standard_endpoints
from connectors.sandbox.papers import create_authority, create_registry
from connectors.sandbox.provisioning import (
    CLIENT_ID,
    create_api_token,
    create_binding_secret,
    create_client_secret,
    create_drop_folder,
    create_partner_keys,
    create_sftp_place,
    create_webhook_secret,
    register_client_key,
)
from hub.partners.applying import Change, Wanted, plan
from hub.partners.registry import read_partners
from hub.persons.agents import Role, add_agent
from hub.requirements.catalogue import load
from hub.schema.migrating import upgrade
from orchestration.stack.key_files import create_keys
from orchestration.stack.layout import CODE_ROOT, write_private
from orchestration.stack.partner_rows import PARTNERS, partner_files, put_in_force
from orchestration.stack.places import Places
from orchestration.stack.plan import StoreAddresses
from vault.bootstrap import utc_now
from vault.crypto import local
from vault.db import Database, ReadTx
from vault.standing import Purpose, standing

BINDINGS = CODE_ROOT / "contracts" / "bindings"
AGENTS = Path(__file__).with_name("agents.toml")
PROVIDERS = {
    "franceconnect": Shape.FRANCECONNECT,
    "mon-paris": Shape.MON_PARIS,
    "proconnect": Shape.PROCONNECT,
}


def provision_files(places: Places) -> None:
    """Make every key and sandbox file that is not there yet; harmless to repeat."""
    places.layout.keys.mkdir(mode=0o700, exist_ok=True)
    for folder in (places.sandbox, places.papers):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not places.key(local.PRIVATE_NAME).exists():
        local.create(places.layout.keys)
    create_keys(places.layout.keys)
    if not places.key("door-client.jwk.json").exists():
        write_private(places.key("door-client.jwk.json"), json.dumps(generate_key("door-client-1")))
    if not (places.papers / "trust" / "roots").exists():
        create_authority(places.papers)
        create_registry(places.papers)
    _sandbox(places)
    write_private(places.key("providers.json"), json.dumps(_providers(places)), durable=False)


def migrate(stores: StoreAddresses) -> None:
    """Bring the database to the newest revision."""
    upgrade(stores.dsn("unefois_owner", driver="psycopg"))


def planned_partners(places: Places, tx: ReadTx) -> list[Change]:
    """Return what applying the partners' files would change; nothing of it is done. Raises as :func:`apply_partners`."""
    return [change for wanted in _wanted_partners(places) for change in plan(tx, wanted)]


def apply_partners(places: Places, stores: StoreAddresses) -> list[Change]:
    """Bring partners and agreements in line with their files; return what changed.

    Raises :class:`PartnerFilesRefused`, and changes nothing, where a file is wrong.
    """
    master = local.LocalMasterKey.load(places.key(local.PUBLIC_NAME))
    database = Database.connect(stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    try:
        return put_in_force(
            database, _wanted_partners(places), master, lambda slug: create_webhook_secret(places.sandbox, slug)
        )
    finally:
        database.close()


def _wanted_partners(places: Places) -> list[Wanted]:
    found = []
    for file in partner_files():
        url = file.webhook_url and file.webhook_url.format(sandbox=places.url("sandbox"))
        # One machine plays its partners, and with their keys.
        keys = () if file.keys else (create_partner_keys(places.sandbox, file.slug),)
        found.append(Wanted(file.model_copy(update={"webhook_url": url}), keys))
    return found


@standing(purpose=Purpose.STAFF)
def apply_agents(stores: StoreAddresses) -> None:
    """Give the sandbox's made-up agents their roles; harmless to repeat. A city's own are added by command."""
    database = Database.connect(stores.dsn("unefois_owner", driver="psycopg"), pool_size=1)
    try:
        with database.transaction() as tx:
            for row in tomllib.loads(AGENTS.read_text(encoding="utf-8"))["agents"]:
                place = {"siret": row["siret"], "body": row["body"], "role": Role(row["role"])}
                add_agent(tx, row["email"], **place, now=utc_now())
    finally:
        database.close()


def _sandbox(places: Places) -> None:
    register_client_key(places.sandbox, "franceconnect", public_part(_read_key(places.key("door-client.jwk.json"))))
    for siret, body in load().bodies.items():
        if body.role == "caisse":
            create_api_token(places.sandbox, siret)
    for file in read_partners(PARTNERS):
        create_partner_keys(places.sandbox, file.slug)
        create_drop_folder(places.sandbox, file.slug)
    for path in sorted(BINDINGS.glob("*.toml")):
        _sandbox_binding(places, tomllib.loads(path.read_text(encoding="utf-8")))


def _sandbox_binding(places: Places, said: dict[str, Any]) -> None:
    """Make what a binding refers to: on one machine its partner is played, and with the secrets that both need."""
    for reference in said.get("secrets", {}).values():
        create_binding_secret(places.sandbox, reference)
    if said["base_url"].startswith("sftp://"):
        create_sftp_place(places.sandbox, str(urlsplit(said["base_url"]).username))


def _providers(places: Places) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, shape in PROVIDERS.items():
        issuer = f"{places.url('sandbox')}/{name}"
        if shape is Shape.FRANCECONNECT:
            credential: dict[str, object] = {"jwk": _read_key(places.key("door-client.jwk.json"))}
        else:
            credential = {"value": create_client_secret(places.sandbox, name)}
        found[name] = {
            "shape": shape.value,
            **standard_endpoints(issuer),
            "client_id": CLIENT_ID,
            "client_auth": credential,
            "redirect_uri": f"{places.url('door')}/sign-in/{name}/callback",
            "scopes": (*SCOPES[shape], *(DATA_SCOPES if shape is Shape.FRANCECONNECT else ())),
            "acr_values": ACR_VALUES[shape],
            "names_itself": True,
        }
    return found


def _read_key(path: Path) -> dict[str, object]:
    key: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return key
