"""What each process is told: its own database login, its own key right, and nothing of the others'."""

import json
import os
from typing import Any

from connectors.sandbox.provisioning import STAMP_POLICY, create_print_drop, create_sms_token, create_stamp_root
from orchestration.stack.places import Places
from orchestration.stack.plan import StoreAddresses
from orchestration.stack.ports import LOOPBACK
from orchestration.stack.provision import BINDINGS
from vault.crypto import local

DOOR_PROCESSES = min(2, len(os.sched_getaffinity(0)))
"""Each door, on one machine; measured in ADR 0022."""
RETURN_ADDRESS = ("Ville de Paris", "Une Fois, courrier des familles", "1 place Imaginaire", "75000 PARIS")
"""Made up: the sandbox's print room sends nothing."""
ON_CALL = "astreinte@unefois.example"
"""Made up: whom the sandbox's mail server keeps alerts for."""


def common(profile: str, places: Places, stores: StoreAddresses, *, login: str) -> dict[str, str]:
    """Return what every process of ours is told, with the database login of this one."""
    return {
        "UNEFOIS_PROFILE": profile,
        "VAULT_DATABASE_URL": stores.dsn(login, driver="psycopg"),
        "VAULT_OBJECTS_ENDPOINT": stores.objects_endpoint,
        "VAULT_OBJECTS_ACCESS_KEY": stores.objects_access_key,
        "VAULT_OBJECTS_SECRET_KEY": stores.objects_secret_key,
        "VAULT_OBJECTS_BUCKET": stores.bucket,
        "VAULT_OBJECTS_SECURE": "false",
        "VAULT_MASTER_PUBLIC_KEYSET": str(places.key(local.PUBLIC_NAME)),
        "VAULT_JOURNAL_PUBLIC_KEY": str(places.key("journal.pub")),
        "VAULT_RECORD_PUBLIC_KEYS": str(places.key("records.pub")),
        # All of a test come from one address.
        "HUB_STRANGER_REQUESTS_PER_MINUTE": "1000000",
        "HUB_DOOR_URL": places.url("door"),
        "HUB_RELEASE_URL": places.url("release"),
    }


def door(profile: str, places: Places, stores: StoreAddresses) -> dict[str, str]:
    """The residents' door wraps keys and never unwraps one."""
    own = common(profile, places, stores, login="unefois_door") | _bindings(places, secrets=False)
    return own | {
        "HUB_HOST": LOOPBACK,
        "HUB_PORT": str(places.ports["door"]),
        "HUB_PROCESSES": str(DOOR_PROCESSES),
        "HUB_PROVIDERS": str(places.key("providers.json")),
        # One person's programme measures what the machine bears.
        "HUB_RESIDENT_REQUESTS_PER_MINUTE": "1000000",
        "VAULT_RECORD_SIGNING_KEY": str(places.key("records.pem")),
        "VAULT_DUPLICATE_KEY": str(places.key("duplicate.key")),
    }


def release(profile: str, places: Places, stores: StoreAddresses) -> dict[str, str]:
    """The partners' door unwraps, after a committed journal entry."""
    return common(profile, places, stores, login="unefois_release") | {
        "HUB_HOST": LOOPBACK,
        "HUB_PORT": str(places.ports["release"]),
        "HUB_PROCESSES": str(DOOR_PROCESSES),
        "HUB_TOKEN_SIGNING_KEY": str(places.key("tokens.jwks.json")),
        "HUB_ANSWER_SIGNING_KEY": str(places.key("answers.jwks.json")),
        # The sandbox's partners play many.
        "HUB_LINK_TRIES_PER_MINUTE": "1000000",
        "VAULT_MASTER_PRIVATE_KEYSET": str(places.key(local.PRIVATE_NAME)),
    }


def worker(profile: str, places: Places, stores: StoreAddresses) -> dict[str, str]:
    """The worker unwraps for reading, signs the journal, and holds the bindings' secrets."""
    return (
        common(profile, places, stores, login="unefois_worker")
        | _bindings(places, secrets=True)
        | {
            "HUB_WEBHOOK_ORIGINS": json.dumps([places.url("sandbox")]),
            "HUB_SMTP_HOST": LOOPBACK,
            "HUB_SMTP_PORT": str(places.ports["mail"]),
            "HUB_SMTP_TLS": "none",
            "HUB_ALERT_MAIL": json.dumps([ON_CALL]),
            "HUB_SMS_URL": f"{places.url('sandbox')}/sms/v1",
            "HUB_SMS_TOKEN": create_sms_token(places.sandbox),
            "HUB_PRINT_DROP": str(create_print_drop(places.sandbox)),
            "HUB_PRINT_RETURN_ADDRESS": json.dumps(RETURN_ADDRESS),
            "HUB_ASKS_GATHERED_S": "0.5",
            "HUB_DASHBOARD_ISSUER": f"{places.url('sandbox')}/mon-paris",
            "VAULT_MASTER_PRIVATE_KEYSET": str(places.key(local.PRIVATE_NAME)),
            "VAULT_DUPLICATE_KEY": str(places.key("duplicate.key")),
            "VAULT_JOURNAL_SIGNING_KEY": str(places.key("journal.pem")),
            "VAULT_RECORD_SIGNING_KEY": str(places.key("records.pem")),
            "VAULT_CERTIFICATE_SIGNING_KEY": str(places.key("destruction.pem")),
            "VAULT_ERASURE_LOG": str(places.erasure_log),
            "VAULT_SEAL_TRUST": str(places.trust),
        }
        # Tests say when a queue or a dashboard is looked at; by itself it would come in between what they count.
        | ({"HUB_FOLDERS_EVERY_S": "0", "HUB_DASHBOARD_EVERY_S": "0"} if profile == "test" else {})
    )


def pipelines(profile: str, places: Places, stores: StoreAddresses) -> dict[str, str]:
    """What pipelines call the hub with: they unwrap nothing, and of partners' secrets hold the keys for files alone."""
    own = common(profile, places, stores, login="unefois_pipelines") | _bindings(places, secrets=False)
    return own | {
        "HUB_FILE_KEYS": str(places.file_keys),
        "HUB_STAMPS_URL": f"{places.url('sandbox')}/time-stamps",
        "HUB_STAMPS_POLICY": STAMP_POLICY,
        "HUB_STAMPS_ROOTS": str(create_stamp_root(places.sandbox)),
    }


def fields(told: dict[str, str], prefix: str, profile: str) -> dict[str, Any]:
    """Return what a process is told as the fields of the settings class that reads ``prefix``."""
    found: dict[str, Any] = {
        name.removeprefix(prefix).lower(): json.loads(value) if value.startswith("{") else value
        for name, value in told.items()
        if name.startswith(prefix)
    }
    return found | {"UNEFOIS_PROFILE": profile}


def sandbox(profile: str, places: Places) -> dict[str, str]:
    """The sandbox plays the outside and is told nothing of the inside."""
    return {
        "CONNECTORS_SANDBOX_PROFILE": profile,
        "CONNECTORS_SANDBOX_PORT": str(places.ports["sandbox"]),
        "CONNECTORS_SANDBOX_MAIL_PORT": str(places.ports["mail"]),
        "CONNECTORS_SANDBOX_SFTP_PORT": str(places.ports["sftp"]),
        "CONNECTORS_SANDBOX_STATE": str(places.sandbox),
        "CONNECTORS_SANDBOX_BASE_URL": places.url("sandbox"),
        "CONNECTORS_SANDBOX_DOOR_URL": places.url("door"),
        "CONNECTORS_SANDBOX_RELEASE_URL": places.url("release"),
    }


def _bindings(places: Places, *, secrets: bool) -> dict[str, str]:
    found = {
        "HUB_BINDINGS": str(BINDINGS),
        "HUB_PLACES": json.dumps(
            {
                "sandbox": places.url("sandbox"),
                "drops": str(places.drops),
                "sftp": f"{LOOPBACK}:{places.ports['sftp']}",
            }
        ),
    }
    return found | ({"HUB_SECRETS": str(places.sandbox)} if secrets else {})
