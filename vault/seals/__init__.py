"""Is this paper what its issuer sealed? Pure verification: no network, no file but the trust folder at start."""
