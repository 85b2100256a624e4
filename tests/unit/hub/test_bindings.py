"""A binding enables what its body's use case and habilitation allow, and nothing else is ever sent under it."""

from pathlib import Path

import pytest

from connectors.api_particulier.codec import ApiParticulierCodec
from connectors.api_particulier.messages import Question
from connectors.api_particulier.routes import ROUTES
from connectors.errors import OperationNotEnabled
from hub.bindings import Bindings
from orchestration.stack.provision import BINDINGS

PLACES = {"sandbox": "http://127.0.0.1:9", "drops": "drops"}
QUOTIENT = "v3/dss/quotient_familial/identite"


def write(folder: Path, **changes: object) -> Path:
    said: dict[str, object] = {
        "slug": "b",
        "connector": "api-particulier",
        "siret": "91000001200013",
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
