"""A binding enables what its body's use case and habilitation allow, and nothing else is ever sent under it."""

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import Question
from connectors.api_particulier.routes import ROUTES
from connectors.errors import OperationNotEnabled
from connectors.registry import MANIFESTS
from connectors.sandbox.provisioning import create_binding_secret
from hub.bindings import Bindings
from hub.partners.registry import read_partners
from hub.requirements.catalogue import Catalogue
from hub.requirements.catalogue import load as load_catalogue
from hub.settings import HubSettings
from orchestration.stack.partner_rows import PARTNERS
from orchestration.stack.provision import BINDINGS

PLACES = {"sandbox": "http://127.0.0.1:9", "drops": "drops", "sftp": "127.0.0.1:9"}
QUOTIENT = "v3/dss/quotient_familial/identite"


def write(folder: Path, **changes: object) -> Path:
    said: dict[str, object] = {
        "slug": "b",
        "connector": "api-particulier",
        "siret": "91000001200013",
        "agreement": "CDE13-2026-01",
        "base_url": "{sandbox}",
        "use_case": "tarification_municipale_enfance",
        "scopes": ["cnaf_quotient_familial", "cnaf_allocataires"],
        "operations": [QUOTIENT],
    } | changes
    lines = [
        f"{name} = {str(value).replace(chr(39), chr(34)) if isinstance(value, list) else repr(value)}"
        for name, value in said.items()
    ]
    (folder / "b.toml").write_text("\n".join([*lines, "[secrets]"]), encoding="utf-8")
    return folder


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


def load(folder: Path) -> Bindings:
    return Bindings.load(folder, places=PLACES, secrets=None)


def test_what_the_use_case_and_the_habilitation_allow_is_enabled(tmp_path: Path) -> None:
    assert load(write(tmp_path)).named("b").operations == {QUOTIENT}


@pytest.mark.parametrize("route", sorted(name for name, route in ROUTES.items() if route.datum == "scolarite"))
def test_schooling_is_forbidden_for_municipal_tariffs(tmp_path: Path, route: str) -> None:
    with pytest.raises(ValueError, match="tarification_municipale_enfance does not allow scolarite"):
        load(write(tmp_path, operations=[route]))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scopes": ["cnaf_quotient_familial"]}, "needs scopes.*cnaf_allocataires"),
        ({"operations": ["v3/dss/quotient"]}, "no such operation"),
        ({"operations": []}, "no operation is enabled"),
        ({"use_case": ""}, "no use case does not allow"),
        ({"use_case": "ccas_made_up"}, "does not allow"),
        ({"connector": "webhook"}, "only api-particulier has use cases"),
        ({"siret": "91000001200014"}, "not a SIRET"),
        ({"slug": "other"}, "called as its file is"),
        ({"cadence": "daily"}, "cadence"),
    ],
)
def test_each_broken_field_is_refused_by_its_name(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        load(write(tmp_path, **changes))


def test_no_committed_binding_reaches_a_route_that_its_file_does_not_name() -> None:
    committed = Bindings.load(BINDINGS, places=PLACES, secrets=None)
    for slug in committed.slugs("api-particulier"):
        binding = committed.named(slug)
        for name in sorted(set(ROUTES) - binding.operations):
            with pytest.raises(OperationNotEnabled, match=slug):
                ApiParticulierCodec().encode(Question(ROUTES[name]), binding)


def files() -> dict[str, dict[str, Any]]:
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(BINDINGS.glob("*.toml"))}


def test_every_caisse_of_the_catalogue_is_told_its_pupils_and_so_are_the_other_bodies() -> None:
    told = {said["siret"] for said in files().values() if said["connector"] != "api-particulier"}
    caisses = {siret for siret, body in catalogue().bodies.items() if body.role == "caisse"}
    assert len(caisses) == 17
    assert caisses <= told
    assert {str(body.role) for siret, body in catalogue().bodies.items() if siret in told} == {
        "caisse",
        "enrolment",
        "after_school",
        "bursary",
    }


@pytest.mark.parametrize("slug", sorted(files()))
def test_a_binding_rests_on_a_convention_of_its_own_body(slug: str) -> None:
    said = files()[slug]
    if said["siret"] == HubSettings.model_fields["operated_by"].default:
        # The City runs the hub: with itself it has no convention, and receives no paper.
        assert slug == "notification-store"
        return
    (partner,) = [one for one in read_partners(PARTNERS) if one.siret == said["siret"]]
    assert said["agreement"] in {one.reference for one in partner.agreements}
    assert catalogue().bodies[said["siret"]].name == partner.name


@pytest.mark.parametrize("slug", sorted(files()))
def test_a_binding_says_what_its_connector_can_do(slug: str) -> None:
    said = files()[slug]
    manifest = MANIFESTS[said["connector"]]
    assert said.get("cadence", {}).keys() <= manifest.operations.keys()
    assert set(manifest.secrets) == set(said.get("secrets", {}))


def test_no_two_bodies_share_a_secret_an_address_or_a_folder() -> None:
    by_siret: dict[str, list[str]] = {}
    for said in files().values():
        own = [*said.get("secrets", {}).values(), *said.get("file_keys", {}).values(), said["base_url"]]
        if said["connector"] == "api-particulier":
            own.remove(said["base_url"])
        by_siret.setdefault(said["siret"], []).extend(own)
    for siret, own in by_siret.items():
        others = {one for other, theirs in by_siret.items() if other != siret for one in theirs}
        assert not others & set(own)


def test_a_binding_holds_its_own_secrets_and_no_other_bodys(tmp_path: Path) -> None:
    for said in files().values():
        for reference in said.get("secrets", {}).values():
            create_binding_secret(tmp_path, reference)
        for reference in said.get("file_keys", {}).values():
            (tmp_path / "keys" / reference).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "keys" / reference).write_text(reference, encoding="utf-8")
    found = Bindings.load(BINDINGS, places=PLACES, secrets=tmp_path, file_keys=tmp_path / "keys")
    held = {
        slug: {one.get_secret_value() for one in binding.secrets.values()}
        for slug, (_, binding) in found.by_slug.items()
    }
    assert all(held[slug].isdisjoint(held[other]) for slug in held for other in held if slug != other)
    assert not any(value in repr(found) for values in held.values() for value in values)


def test_a_body_is_closed_when_its_file_says() -> None:
    closed = Bindings.load(BINDINGS, places=PLACES, secrets=None).named("caisse-20-soap").closed
    night, morning = datetime(2026, 9, 14, 19, tzinfo=UTC), datetime(2026, 9, 14, 9, tzinfo=UTC)
    assert [one.until(night) for one in closed] == [datetime(2026, 9, 15, 5, tzinfo=UTC), None]
    assert [one.until(morning) for one in closed] == [None, None]
