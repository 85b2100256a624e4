-- What each process may touch in the hub.
GRANT USAGE ON SCHEMA hub TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;

-- The residents' door.
GRANT SELECT, INSERT ON hub.person, hub.account, hub.family_claim, hub.school_file, hub.enrolment_line, hub.request,
    hub.notice_given, hub.reuse_grant, hub.receipt, hub.preview_ticket TO unefois_door;
GRANT SELECT, INSERT, UPDATE (retracted_at) ON hub.civil_status TO unefois_door;
GRANT UPDATE (level) ON hub.account TO unefois_door;
GRANT SELECT, INSERT, DELETE ON hub.pending_sign_in, hub.session TO unefois_door;
GRANT SELECT, INSERT, UPDATE, DELETE ON hub.idempotency TO unefois_door, unefois_release;
GRANT SELECT ON hub.family_link, hub.evidence, hub.fit, hub.satisfaction, hub.ask, hub.release, hub.review TO unefois_door;
GRANT SELECT (siret, slug, name, contact, suspended_at) ON hub.partner TO unefois_door;
GRANT UPDATE (withdrawn_at) ON hub.evidence, hub.reuse_grant TO unefois_door;
GRANT SELECT, UPDATE (until) ON hub.satisfaction TO unefois_door;
GRANT SELECT, INSERT ON hub.pseudonym, hub.delivery TO unefois_door;
GRANT SELECT ON hub.agreement TO unefois_door;
GRANT SELECT (siret, webhook_url) ON hub.partner TO unefois_door;

-- The partners' door and the one gate out.
GRANT SELECT ON hub.partner, hub.agreement, hub.evidence, hub.satisfaction, hub.fit, hub.enrolment_line, hub.school_file,
    hub.request, hub.notice_given, hub.reuse_grant TO unefois_release;
GRANT SELECT, INSERT ON hub.pseudonym, hub.evidence_request, hub.release TO unefois_release;
GRANT SELECT, INSERT, DELETE ON hub.spent_assertion TO unefois_release;
GRANT SELECT, DELETE ON hub.preview_ticket TO unefois_release;

-- The worker. Of what lives only for a door it sees the end, in order to sweep it away.
GRANT SELECT ON hub.person, hub.civil_status, hub.family_link, hub.family_claim, hub.review, hub.partner, hub.agreement,
    hub.pseudonym, hub.school_file, hub.enrolment_line, hub.request, hub.notice_given, hub.reuse_grant, hub.evidence,
    hub.fit, hub.satisfaction, hub.ask, hub.evidence_request, hub.exchange, hub.release, hub.receipt, hub.delivery
    TO unefois_worker;
GRANT SELECT (expires_at) ON hub.pending_sign_in, hub.session, hub.idempotency, hub.spent_assertion, hub.preview_ticket
    TO unefois_worker;
GRANT INSERT ON hub.person, hub.civil_status, hub.family_link, hub.review, hub.evidence, hub.fit, hub.satisfaction,
    hub.ask, hub.pseudonym, hub.exchange, hub.release, hub.delivery TO unefois_worker;
GRANT UPDATE (state) ON hub.family_claim TO unefois_worker;
GRANT UPDATE (withdrawn_at) ON hub.evidence TO unefois_worker;
GRANT UPDATE (until) ON hub.satisfaction TO unefois_worker;
GRANT UPDATE (state, attempts, next_attempt_at, last_outcome, settled_at) ON hub.delivery TO unefois_worker;
GRANT UPDATE (state, phase, outcome, outcome_code, request_digest, attempts, leased_until, settled_at)
    ON hub.exchange TO unefois_worker, unefois_pipelines;
GRANT DELETE ON hub.pending_sign_in, hub.session, hub.idempotency, hub.spent_assertion, hub.preview_ticket
    TO unefois_worker;

-- Pipelines: exchanges with partners; no key of any kind, no session, nobody's account.
GRANT SELECT ON hub.person, hub.civil_status, hub.partner, hub.agreement, hub.pseudonym, hub.school_file,
    hub.enrolment_line, hub.request, hub.notice_given, hub.reuse_grant, hub.evidence, hub.fit, hub.satisfaction,
    hub.exchange, hub.release TO unefois_pipelines;
GRANT INSERT ON hub.exchange, hub.release, hub.pseudonym TO unefois_pipelines;
