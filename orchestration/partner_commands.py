"""The operator's commands about partners: ``unefois partner``, ``unefois release`` and ``unefois breach``."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.options import OwnersUrl, State, layout_of

partner = typer.Typer(no_args_is_help=True, help="Partners and agreements.")
release = typer.Typer(no_args_is_help=True, help="Everything that goes to partners, at once.")
breach = typer.Typer(no_args_is_help=True, help="Whom a leak reached (RGPD 33, 34).")

Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the journal, so no person's name.")]
Agreement = Annotated[
    str | None, typer.Option("--agreement", help="Reference of one agreement, not the whole partner.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@partner.command("plan")
def partner_plan(state: State = None) -> None:
    """Say what applying the files would change, field by field; changes nothing."""
    from orchestration.agents import database
    from orchestration.partners import planned

    layout = layout_of(state)
    with database(layout, told=False) as db:
        print("\n".join(planned(layout, db) or ["nothing to change"]))


@partner.command("apply")
def partner_apply(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Bring partners and agreements of a running system in line with their files."""
    from orchestration.partners import applied, applied_as_told

    print("\n".join((applied_as_told() if service else applied(layout_of(state))) or ["nothing to change"]))


@partner.command("list")
def partner_list(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """List partners, whether each is active, and its agreements."""
    from orchestration.agents import database
    from orchestration.partners import listed

    with database(layout_of(state), told=service) as db:
        print("\n".join(listed(db)))


@partner.command("show")
def partner_show(
    slug: str,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Print one partner as JSON: contacts, keys by name and thumbprint, agreements; no secret."""
    from orchestration.agents import database
    from orchestration.partners import as_json, shown

    with database(layout_of(state), told=service) as db:
        print(as_json(shown(db, slug)))


@partner.command("suspend")
def partner_suspend(
    slug: str,
    reason: Reason,
    agreement: Agreement = None,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Suspend a partner, or one agreement, from its next request on; tokens it has open nothing any more."""
    _suspension(slug, reason, agreement, service=service, state=state)


@partner.command("resume")
def partner_resume(
    slug: str,
    agreement: Agreement = None,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """End a suspension."""
    _suspension(slug, None, agreement, service=service, state=state)


@partner.command("rotate-webhook-secret")
def partner_rotate_webhook_secret(
    slug: str,
    out: Annotated[Path, typer.Option(help="File for the new secret, readable by you alone.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Give a partner a new webhook secret and key; those before sign beside them for seven days."""
    from orchestration.agents import database
    from orchestration.webhooks import rotate_secret, wrapping_key

    layout = layout_of(state)
    with database(layout, told=service) as db:
        key, until = rotate_secret(wrapping_key(None if service else layout), db, slug, out)
    print(f"the new secret of {slug} is in {out}; hand it over by a safe way")
    print(f"its public key is {key}; those before sign too until {until.isoformat()}")


@partner.command("open-webhook")
def partner_open_webhook(
    slug: str,
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Turn a partner's webhook on again, or end the wait after failures; what was held back is sent at once."""
    from orchestration.agents import database
    from orchestration.webhooks import turn_on

    with database(layout_of(state), told=service) as db:
        new = turn_on(db, slug)
    print(f"notifications go to {slug}" + ("" if new else ", as before"))


@partner.command("check")
def partner_check(
    base_url: Annotated[str, typer.Option(help="Address of the partners' door, without a slash at the end.")],
    client_id: Annotated[str, typer.Option(help="The slug of your partner's file.")],
    key: Annotated[Path, typer.Option(help="Your private JWK.")],
    service: Annotated[str, typer.Option(help="A service of your agreement.")],
    requirement: Annotated[str, typer.Option(help="A requirement of that service.")],
    on_behalf_of: Annotated[str, typer.Option(help="treatment:ID or agent:ROLE:NUMBER of your agreement.")],
    purpose: Annotated[str | None, typer.Option(help="The purpose; that of the same name as the service.")] = None,
    webhook_secret: Annotated[Path | None, typer.Option(help="File with your webhook secret.")] = None,
) -> None:
    """Try each step a partner's programme needs against a hub; says what passed, what failed, and what to do then."""
    from orchestration.partner_check import Check, Who

    who = Who(
        base_url=base_url,
        client_id=client_id,
        key=json.loads(key.read_text(encoding="utf-8")),
        service=service,
        requirement=requirement,
        purpose=purpose or service,
        on_behalf_of=on_behalf_of,
        webhook_secret=None if webhook_secret is None else webhook_secret.read_text(encoding="utf-8").strip(),
    )
    failed = 0
    for step in Check(who).steps():
        print(step.words(), flush=True)
        failed += step.passed is False
    print(f"{failed} of the steps failed" if failed else "every step passed")
    raise typer.Exit(int(failed > 0))


@release.command("stop")
def release_stop(
    reason: Annotated[str, typer.Option("--reason", help="Why; told to partners, so no person's name.")],
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Stop every release to every partner from the next request on; families and agents go on."""
    _stop(reason, service=service, state=state)


@release.command("resume")
def release_resume(
    service: OwnersUrl = False,  # noqa: FBT002 - Typer reads it as a flag
    state: State = None,
) -> None:
    """Let partners have again what they are entitled to."""
    _stop(None, service=service, state=state)


@breach.command("report")
def breach_report(
    since: Annotated[datetime, typer.Option(help="From when on, UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])],
    slug: Annotated[str | None, typer.Option("--partner", help="The partner's slug.")] = None,
    key: Annotated[str | None, typer.Option(help="kid of its key, or thumbprint of a token's key.")] = None,
    as_json: AsJson = False,  # noqa: FBT002 - Typer reads it as a flag
    service: OwnersUrl = False,  # noqa: FBT002 - the same
    state: State = None,
) -> None:
    """List the persons and papers that a partner, or one key, reached: identifiers and counts, from rows and journal."""
    from orchestration import breaches
    from orchestration.agents import database

    with database(layout_of(state), told=service) as db:
        found = breaches.report(db, slug=slug, key=key, since=since)
    print(breaches.as_json(found) if as_json else breaches.in_words(found))


def _suspension(slug: str, reason: str | None, agreement: str | None, *, service: bool, state: Path | None) -> None:
    from orchestration.agents import database
    from orchestration.partners import put_suspension

    with database(layout_of(state), told=service) as db:
        new = put_suspension(db, slug, reason=reason, agreement=agreement)
    what = slug if agreement is None else f"agreement {agreement} of {slug}"
    print(f"{what} is {'active' if reason is None else 'suspended'}" + ("" if new else ", as before"))


def _stop(reason: str | None, *, service: bool, state: Path | None) -> None:
    from orchestration.agents import database
    from orchestration.partners import put_stop

    with database(layout_of(state), told=service) as db:
        new = put_stop(db, reason=reason)
    words = "releases to partners go on" if reason is None else "every release to every partner is stopped"
    print(words + ("" if new else ", as before"))
