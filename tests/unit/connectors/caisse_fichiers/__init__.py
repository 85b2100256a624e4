"""Unit tests of connectors.caisse_fichiers."""
