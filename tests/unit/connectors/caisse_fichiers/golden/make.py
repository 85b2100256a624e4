"""``python -m tests.unit.connectors.caisse_fichiers.golden.make``: write the golden files again, without the codec's help."""

import hashlib
import zipfile
from io import BytesIO
from pathlib import Path

HERE = Path(__file__).parent
SIRET = "91000052000015"
CHILD = "0f8fad5b-d9cb-469f-a165-70867728950e"
OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
DECISIONS = (
    (
        "numéro;nature;référence;service;décidée_le;notifiée_le;effet;fin;tranche;parité;part;autre_référence;"
        "autre_tranche;autre_parité;autre_part;école;uai;motif_refus;modifie;numéro_modifié;auteur_service;"
        "auteur_fonction;recours"
    ),
    (
        f"T-1;tarif;{CHILD};canteen_tariff;01/09/2026;02/09/2026;05/09/2026;31/08/2027;4;;;;;;;;;;;;Régie;Directrice;"
        "gracieux,2,Caisse des écoles du 5e|tribunal,2,Tribunal administratif de Paris"
    ),
    (
        f"T-2;tarif;{CHILD};canteen_tariff;01/09/2026;;05/09/2026;31/08/2027;4;paires;;{OTHER};9;impaires;;;;;corrige;T-1;"
        "Régie;Directrice;tribunal,2,Tribunal administratif de Paris"
    ),
)
ATTENDANCE = (
    "numéro;référence;jour;service;présence",
    f"B-1;{CHILD};07/09/2026;canteen_tariff;présent",
    f"B-2;{CHILD};08/09/2026;canteen_tariff;excusé",
)
REGISTRATIONS = (
    "numéro;référence;année_scolaire;service;état;du;au;jours",
    f"I-1;{CHILD};2026-2027;canteen_enrolment;inscrit;01/09/2026;03/07/2027;1245",
    f"I-2;{OTHER};2026-2027;canteen_enrolment;en attente;01/09/2026;03/07/2027;12",
)
BAD = (
    ATTENDANCE[0],
    f"B-1;{CHILD};31/06/2026;canteen_tariff;présent",
    f"B-2;{CHILD};08/09/2026;canteen_tariff;présent;de trop",
    f"B-3;{CHILD};08/09/2026;canteen_tariff;là",
    f"B-4;{CHILD.upper()};08/09/2026;canteen_tariff;présent",
    f"B-5;{CHILD};08/09/2026;canteen_tariff;présent",
    f"B-5;{CHILD};09/09/2026;canteen_tariff;absent",
    "",
)


def sealed(lines: tuple[str, ...], charset: str) -> bytes:
    covered = "".join(line + "\r\n" for line in lines).encode(charset)
    if charset == "utf-8" and lines is REGISTRATIONS:
        covered = b"\xef\xbb\xbf" + covered
    digest = hashlib.sha256(covered).hexdigest()
    return covered + f"FIN;{len(lines) - 1};{digest}\r\n".encode("ascii")


def zipped(**files: bytes) -> bytes:
    body = BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv", (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_STORED)
    return body.getvalue()


def files() -> dict[str, bytes]:
    decisions, attendance = sealed(DECISIONS, "utf-8"), sealed(ATTENDANCE, "iso-8859-1")
    return {
        f"DEC_{SIRET}_20260903_001.csv": decisions,
        f"PRE_{SIRET}_20260908_001.csv": attendance,
        f"PRE_{SIRET}_20260908_002.csv": sealed(BAD, "iso-8859-1"),
        f"INS_{SIRET}_20260901_001.csv": sealed(REGISTRATIONS, "utf-8"),
        f"RET_{SIRET}_20260909_001.zip": zipped(decisions=decisions, presences=attendance),
    }


if __name__ == "__main__":
    for name, content in files().items():
        (HERE / name).write_bytes(content)
