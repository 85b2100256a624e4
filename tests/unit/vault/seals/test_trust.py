"""The trust store reads certificates, refuses anything else, and leaves test roots out where none is allowed."""

from pathlib import Path

import pytest

from connectors.sandbox.papers import CivilRegistry, SealAuthority
from vault.seals.trust import TrustStore, TrustStoreUnreadable


@pytest.mark.usefixtures("authority", "registry")
def test_a_test_root_is_kept_only_where_allowed(folder: Path) -> None:
    assert len(TrustStore.load(folder / "trust", allow_test_authority=True).roots) == 1
    assert TrustStore.load(folder / "trust", allow_test_authority=False).roots == ()


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TrustStoreUnreadable):
        TrustStore.load(tmp_path / "nowhere", allow_test_authority=False)


def test_a_file_that_is_no_certificate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n")
    with pytest.raises(TrustStoreUnreadable):
        TrustStore.load(tmp_path, allow_test_authority=False)


def test_a_store_survives_its_own_pems(trust: TrustStore, authority: SealAuthority, registry: CivilRegistry) -> None:
    assert authority.trust.is_dir()
    assert registry.root is not None
    certificates = [pem.encode() for pem in trust.certificate_pems()]
    roots = [pem.encode() for pem in trust.root_pems()]
    assert TrustStore.from_pems(certificates, roots=roots, allow_test_authority=True) == trust
