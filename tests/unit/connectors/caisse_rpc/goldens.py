"""Writes ``golden/``: each message as it leaves, and answers with what each comes to.

``python -m tests.unit.connectors.caisse_rpc.goldens`` writes them anew; a test compares.
"""

import json
from pathlib import Path

from connectors.caisse_rpc.codec import CaisseRpcCodec, message
from connectors.port import Exchange
from tests.unit.connectors.caisse.made_up import COMMANDS, number
from tests.unit.connectors.caisse_soap.goldens import told
from tests.unit.connectors.wire import answer, binding

FOLDER = Path(__file__).with_name("golden")
BINDING = binding("https://caisse.test/ws", login="unefois", password="of-a-test")


def reply(document: str, status: int = 200) -> Exchange:
    inside = f"<?xml version='1.0' encoding='ISO-8859-1'?>\n{document}".encode("iso-8859-1")
    return answer(status, message("AppelResponse", "retour", inside))


def done(key: int, code: str = "0", more: str = ' numero="R-1"') -> Exchange:
    return reply(f'<retour code="{code}" cle="{number(key)}"{more}/>')


DECISION = (
    f'<decision numero="17" ligne="{number(1)}" activite="canteen" tranche="4" decideLe="08/09/2026" effet="01/09/2026" '
    'fin="31/08/2027"/>'
)
ABOUT = 'service="Régie" fonction="Régisseur" recours="Tribunal administratif de Paris" delaiMois="2"'
INVOICE = '<facture numero="9" emise="01/09/2026" echeance="30/09/2026" montant="4250" regle="1000"/>'
PAYER = f'famille="{number(50)}"'

ANSWERS: dict[str, dict[str, Exchange]] = {
    "register": {
        "applied": done(1),
        "duplicate": done(1, "1"),
        "rejected": reply('<retour code="2" texte="Enfant trop âgé"/>'),
        "closed": reply('<retour code="FERME"/>'),
        "credentials": reply('<retour code="AUTH"/>'),
        "applied_without_number": done(1, more=""),
        "another_key": done(2),
        "any_text": reply("ERREUR 12"),
        "empty_string": answer(200, message("AppelResponse", "retour", b"")),
        "login_page": answer(200, b"<html><body>Connectez-vous</body></html>"),
        "utf_8_said_latin": answer(
            200,
            message("AppelResponse", "retour", '<retour code="2" texte="é"/>'.encode("iso-8859-1")).replace(
                b"\xe9", b"\x80"
            ),
        ),
        "fault": answer(500, b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'),
    },
    "reserve": {
        "applied": done(7),
        "server_after_effect": answer(500, b""),
        "cut_short": answer(200, b"<?xml version"),
    },
    "tariff_decisions": {
        "found": reply(f'<decisions nombre="1" {ABOUT}>{DECISION}</decisions>'),
        "empty": reply(f'<decisions nombre="0" {ABOUT}/>'),
        "fewer_than_told": reply(f'<decisions nombre="2" {ABOUT}>{DECISION}</decisions>'),
        "year_zero": reply(f'<decisions nombre="1" {ABOUT}>{DECISION.replace("08/09/2026", "00/00/2026")}</decisions>'),
    },
    "invoices": {
        "found": reply(f'<factures {PAYER} nombre="1" du="3250">{INVOICE}</factures>'),
        "empty": reply(f'<factures {PAYER} nombre="0" du="0"/>'),
        "sums_that_differ": reply(f'<factures {PAYER} nombre="1" du="1">{INVOICE}</factures>'),
        "unavailable": answer(502, b"Bad gateway"),
    },
}


def goldens() -> dict[str, bytes]:
    """Every file of the folder, by its name."""
    codec = CaisseRpcCodec()
    files: dict[str, bytes] = {}
    for operation, answers in ANSWERS.items():
        command = COMMANDS[operation]
        files[f"{operation}.request.xml"] = codec.encode(command, BINDING).body
        outcomes = {name: told(codec.decode(command, exchange)) for name, exchange in answers.items()}
        files |= {f"{operation}.{name}.xml": exchange.body for name, exchange in answers.items()}
        files[f"{operation}.outcomes.json"] = json.dumps(outcomes, indent=1, ensure_ascii=False).encode() + b"\n"
    return files


if __name__ == "__main__":
    for path in FOLDER.iterdir():
        path.unlink()
    for name, content in goldens().items():
        (FOLDER / name).write_bytes(content)
