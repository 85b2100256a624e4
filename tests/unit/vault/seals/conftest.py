"""The authorities that demo papers are sealed by."""

from tests.assets.authorities import authority, folder, registry, trust

__all__ = ["authority", "folder", "registry", "trust"]
