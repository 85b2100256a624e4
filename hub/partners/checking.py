"""What a file of a partner may not say although its shape is right: it is held to the catalogue, field by field."""

from collections.abc import Iterator
from pathlib import Path

from contracts.grounds import INFORMING_MONTHS, Instrument, Purpose
from contracts.identifiers import Siret
from hub.partners.registry import AgreementFile, PartnerFile, read_files
from hub.requirements.catalogue import Catalogue
from hub.requirements.entries import Service


def faults_of(folder: Path, catalogue: Catalogue) -> list[str]:
    """Return what is wrong with the files of ``folder``: file, field and rule; none where all is well."""
    files, faults = read_files(folder)
    for name, file in files:
        faults += [f"{name}: {fault}" for fault in _faults(file, catalogue)]
    return faults


def _faults(file: PartnerFile, catalogue: Catalogue) -> Iterator[str]:
    body = catalogue.bodies.get(Siret(file.siret))
    if file.agreements and body is None:
        yield "siret: no body of the catalogue, so no family could ask it for anything"
    for place, agreement in enumerate(file.agreements):
        at = f"agreements.{place} ({agreement.reference})"
        unknown = [name for name in agreement.services if name not in catalogue.services]
        if unknown:
            yield f"{at}.services: {', '.join(unknown)} not in the catalogue"
            continue
        services = [catalogue.services[name] for name in agreement.services]
        yield from (f"{at}.{fault}" for fault in _beyond(agreement, services))
        yield from (f"{at}.{fault}" for fault in _papers(agreement, catalogue))
        if body is not None:
            yield from (f"{at}.{fault}" for fault in _not_for(agreement, str(body.role), services, catalogue))


def _beyond(agreement: AgreementFile, services: list[Service]) -> Iterator[str]:
    informs = agreement.instrument is Instrument.CRPA_L114_8_II
    serving = {Purpose.RIGHTS_INFORMATION} if informs else {service.purpose for service in services}
    if set(agreement.purposes) != serving:
        yield f"purposes: under {agreement.instrument} those of its services are {', '.join(sorted(serving))}"
    if informs and agreement.retention_months > INFORMING_MONTHS:
        yield f"retention_months: informing of rights ends after {INFORMING_MONTHS} months (CRPA L.114-8 II)"
    longest = max(service.case_copy_months for service in services)
    if agreement.retention_months > longest:
        yield f"retention_months: its services keep for {longest} months at most"
    fetched = any(one.fetch is not None for service in services for one in service.judged)
    if fetched and agreement.habilitation is None:
        yield "habilitation: a national source is reused for one of its services"


def _papers(agreement: AgreementFile, catalogue: Catalogue) -> Iterator[str]:
    if agreement.instrument is Instrument.CONVENTION:
        return
    secret = [kind for kind in agreement.evidence_types if catalogue.evidence[kind].medical_secret]
    if secret:
        yield f"evidence_types: {', '.join(secret)} under medical secrecy, which L.114-8 leaves out (CRPA L.114-9 2°)"


def _not_for(agreement: AgreementFile, role: str, services: list[Service], catalogue: Catalogue) -> Iterator[str]:
    foreign = [name for name, one in zip(agreement.services, services, strict=True) if one.role != role]
    if foreign:
        yield f"services: {', '.join(foreign)} decided by bodies of another role"
    kinds = [kind for kind in agreement.evidence_types if role not in catalogue.evidence[kind].receivable_by]
    if kinds:
        yield f"evidence_types: {', '.join(kinds)} not for bodies of this role"
