"""Writes ``golden/``: for each operation the message as it leaves, and answers with what each comes to.

``python -m tests.unit.connectors.caisse_soap.goldens`` writes them anew; a test compares.
"""

import json
from pathlib import Path
from typing import Any

from connectors.caisse_soap.codec import CaisseSoapCodec
from connectors.port import Exchange
from contracts.outcomes import ExchangeOutcome
from tests.unit.connectors.caisse.made_up import COMMANDS, number
from tests.unit.connectors.wire import answer, binding

FOLDER = Path(__file__).with_name("golden")
SPACE = 'xmlns="urn:exemple:caisse-des-ecoles:1"'
BINDING = binding("https://caisse.test/ws", login="unefois", password="of-a-test")


def soap(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def result(reference: int, suite: str = "ENREGISTREE", more: str = "<numero>R-1</numero>") -> str:
    return f'<resultat reference="{number(reference)}"><suite>{suite}</suite>{more}</resultat>'


def reply(name: str, inside: str, more: str = "", state: str = "ok") -> bytes:
    return soap(f'<{name}Reponse {SPACE} etat="{state}"{more}>{inside}</{name}Reponse>')


def error(code: str, more: str = "") -> str:
    return f"<erreur><code>{code}</code>{more}</erreur>"


def fault(code: str, detail: str = "") -> bytes:
    return soap(f"<s:Fault><faultcode>s:{code}</faultcode><faultstring>Error</faultstring>{detail}</s:Fault>")


DECISION = (
    f'<decision numero="T-2026/17"><ligne>{number(1)}</ligne><activite>canteen</activite><tranche>4</tranche>'
    "<decideLe>2026-09-08</decideLe><effet>2026-09-01</effet><fin>2027-08-31</fin><notifieLe>2026-09-10</notifieLe>"
    '<auteur service="Service des tarifs" fonction="Responsable"/>'
    '<recours nature="gracieux" devant="La Caisse des écoles" mois="2"/>'
    '<recours nature="contentieux" devant="Tribunal administratif de Paris" mois="2"/>'
    f'<payeur ligne="{number(1)}" tranche="4" semaines="paires"/><payeur ligne="{number(2)}" tranche="7" semaines="impaires"/>'
    '<precedente numero="T-2026/3" lien="remplace"/></decision>'
)
INVOICE = (
    '<facture numero="F-9" emiseLe="2026-09-01" echeance="2026-09-30" montant="4250" regle="1000">'
    '<ligne libelle="Restauration" montant="4500"/><ligne libelle="Avoir" montant="-250"/></facture>'
)
WINDOW = "<jour>2026-09-21</jour><jour>2026-09-22</jour>"

ANSWERS: dict[str, dict[str, Exchange]] = {
    "register": {
        "applied": answer(200, reply("inscrire", result(1))),
        "accepted": answer(200, reply("inscrire", result(1, "RECUE"))),
        "duplicate": answer(200, reply("inscrire", result(1, "DEJA"))),
        "rejected": answer(200, reply("inscrire", result(1, "REFUSEE", "<code>AGE</code>"))),
        "superseded": answer(
            200,
            reply(
                "inscrire", result(1, "FUSIONNEE", f"<referenceSurvivante>{number(9)}</referenceSurvivante>")
            ),
        ),
        "applied_without_number": answer(200, reply("inscrire", result(1, more=""))),
        "another_reference": answer(200, reply("inscrire", result(2))),
        "error_in_a_good_answer": answer(200, reply("inscrire", error("COMPLET"), state="erreur")),
        "fault_with_200": answer(200, fault("Client")),
        "fault_of_the_server": answer(500, fault("Server")),
        "credentials": answer(500, fault("Client", "<detail><e:erreur xmlns:e='urn:exemple:caisse-des-ecoles:1'>"
                                                   "<e:code>AUTH</e:code></e:erreur></detail>")),
        "login_page": answer(200, b"<html><body>Connectez-vous</body></html>"),
        "empty": answer(200, b""),
        "renamed_element": answer(200, reply("inscrire", result(1).replace("numero", "numeroDossier"))),
    },
    "reserve": {
        "applied": answer(200, reply("reserver", result(7))),
        "cut_short": answer(200, reply("reserver", result(7))[:150]),
        "server_after_effect": answer(500, fault("Server")),
        "rejected": answer(200, reply("reserver", result(7, "REFUSEE", "<code>DELAI</code>"))),
    },
    "reservation": {
        "found": answer(200, reply("consulterReservation", f"<reservation><numero>B-2</numero>{WINDOW}</reservation>",
                                   f' session="{number(7)}"')),
        "absent": answer(200, reply("consulterReservation", "<inconnue/>", f' session="{number(7)}"')),
        "other_days": answer(200, reply("consulterReservation",
                                        "<reservation><numero>B-2</numero><jour>2026-09-21</jour></reservation>",
                                        f' session="{number(7)}"')),
        "another_session": answer(200, reply("consulterReservation", "<inconnue/>", f' session="{number(8)}"')),
    },
    "synchronise_families": {
        "applied": answer(200, reply("synchroniserFamilles", result(50) + result(51, "DEJA"))),
        "partial": answer(200, reply("synchroniserFamilles", result(50) + result(51, "REFUSEE", "<code>DOUBLON</code>"))),
        "one_missing": answer(200, reply("synchroniserFamilles", result(50))),
        "closed": answer(200, reply("synchroniserFamilles",
                                    error("FERME", "<jusqua>2026-09-15T04:00:00Z</jusqua>"), state="erreur")),
    },
    "tariff_decisions": {
        "found": answer(200, reply("decisionsTarif", f"<total>1</total>{DECISION}")),
        "empty": answer(200, reply("decisionsTarif", "<total>0</total>")),
        "fewer_than_told": answer(200, reply("decisionsTarif", f"<total>2</total>{DECISION}")),
        "nothing_at_all": answer(200, reply("decisionsTarif", "")),
    },
    "invoices": {
        "found": answer(200, reply("factures", f"{INVOICE}<nombre>1</nombre><du>3250</du>", f' famille="{number(50)}"')),
        "empty": answer(200, reply("factures", "<nombre>0</nombre><du>0</du>", f' famille="{number(50)}"')),
        "absent": answer(200, reply("factures", "<familleInconnue/>", f' famille="{number(50)}"')),
        "sums_that_differ": answer(
            200, reply("factures", f"{INVOICE}<nombre>1</nombre><du>3251</du>", f' famille="{number(50)}"')
        ),
        "unavailable": answer(500, fault("Server")),
    },
}  # fmt: skip


def told(outcome: ExchangeOutcome) -> dict[str, Any]:
    """An outcome as JSON, without what is empty."""
    plain = {
        "kind": outcome.kind.value,
        "code": outcome.code,
        "proof": outcome.proof,
        "receipt": outcome.receipt,
        "until": None if outcome.until is None else outcome.until.isoformat(),
        "data": {name: _plain(value) for name, value in outcome.data.items()},
    }
    return {name: value for name, value in plain.items() if value}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return json.loads(json.dumps(value, default=repr)) if not hasattr(value, "number") else canonical_decision(value)


def canonical_decision(decision: Any) -> dict[str, Any]:
    """A decision by its fields."""
    names = type(decision).__dataclass_fields__
    return {name: str(getattr(decision, name)) for name in names if name != "payers"} | {
        "payers": [f"{one.line} {one.band} {one.parity} {one.share}" for one in decision.payers]
    }


def goldens() -> dict[str, bytes]:
    """Every file of the folder, by its name."""
    codec = CaisseSoapCodec()
    files: dict[str, bytes] = {}
    for operation, answers in ANSWERS.items():
        command = COMMANDS[operation]
        files[f"{operation}.request.xml"] = codec.encode(command, BINDING).body
        outcomes = {name: told(codec.decode(command, exchange)) for name, exchange in answers.items()}
        for name, exchange in answers.items():
            files[f"{operation}.{name}.xml"] = exchange.body
        files[f"{operation}.outcomes.json"] = json.dumps(outcomes, indent=1, ensure_ascii=False).encode() + b"\n"
    return files


if __name__ == "__main__":
    for path in FOLDER.iterdir():
        path.unlink()
    for name, content in goldens().items():
        (FOLDER / name).write_bytes(content)
