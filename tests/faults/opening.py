"""Say the SHA-256 of originals as the vault opens them: ``python -m tests.faults.opening DOCUMENT…``, worker settings."""

import hashlib
import json
import sys
from uuid import UUID

from contracts.identifiers import DocumentId
from hub.bootstrap import back, read_settings
from vault.documents.opening import open_original


def main() -> None:
    """Print one JSON object: document to digest."""
    custody = back(*read_settings()).custody
    found = {name: hashlib.sha256(open_original(custody, DocumentId(UUID(name)))).hexdigest() for name in sys.argv[1:]}
    print(json.dumps(found))
    custody.db.close()


if __name__ == "__main__":
    main()
