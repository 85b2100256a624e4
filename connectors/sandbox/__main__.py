"""Serve the sandbox on loopback: ``python -m connectors.sandbox``."""

from typing import Any

import uvicorn

from connectors.sandbox.app import create_app
from connectors.sandbox.settings import SandboxSettings


def main() -> None:
    """Read the settings and serve until told to stop."""
    told: dict[str, Any] = {}
    settings = SandboxSettings(**told)
    # No access log: queries hold civil status, and headers hold tokens.
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
