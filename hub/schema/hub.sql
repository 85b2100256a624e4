-- The hub: facts carry valid time (valid_*) and recorded time (recorded_at, retracted_at); judgements carry the version
-- of the rules; nothing but a state, or the end of an interval, is updated in place.

CREATE SCHEMA hub;

-- Persons ------------------------------------------------------------------------------------------------------------

CREATE TABLE hub.person (
    person_id uuid PRIMARY KEY,
    created_at timestamptz NOT NULL
);

CREATE TABLE hub.civil_status (
    civil_status_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    family_name text NOT NULL,
    usage_name text,
    given_names text[] NOT NULL,
    -- ISO date, or YYYY-00-00 / YYYY-MM-00 where the state itself does not know more
    born_on text NOT NULL CHECK (born_on ~ '^\d{4}-\d{2}-\d{2}$'),
    birth_place text NOT NULL DEFAULT '',
    birth_country text NOT NULL DEFAULT '',
    gender text NOT NULL DEFAULT '',
    match_key text NOT NULL,
    source text NOT NULL,
    grade vault.grade NOT NULL,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz
);
CREATE UNIQUE INDEX civil_status_current ON hub.civil_status (person_id) WHERE retracted_at IS NULL;
CREATE INDEX civil_status_match ON hub.civil_status (match_key) WHERE retracted_at IS NULL;

CREATE TABLE hub.account (
    account_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    issuer text NOT NULL,
    subject text NOT NULL,
    level text NOT NULL,
    created_at timestamptz NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE hub.pending_sign_in (
    state_digest bytea PRIMARY KEY,
    provider text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL,
    return_to text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE hub.session (
    token_digest bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES hub.account,
    provider text NOT NULL,
    id_token text NOT NULL,
    authenticated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE hub.family_link (
    link_id uuid PRIMARY KEY,
    adult_id uuid NOT NULL REFERENCES hub.person,
    child_id uuid NOT NULL REFERENCES hub.person,
    kind text NOT NULL CHECK (kind IN ('parent', 'guardian')),
    authority text NOT NULL CHECK (authority IN ('joint', 'sole', 'withdrawn')),
    source_document uuid NOT NULL REFERENCES vault.document,
    grade vault.grade NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz,
    CHECK (adult_id <> child_id)
);
CREATE UNIQUE INDEX family_link_current ON hub.family_link (adult_id, child_id) WHERE retracted_at IS NULL;
CREATE INDEX family_link_child ON hub.family_link (child_id) WHERE retracted_at IS NULL;

CREATE TABLE hub.family_claim (
    claim_id uuid PRIMARY KEY,
    adult_id uuid NOT NULL REFERENCES hub.person,
    family_name text NOT NULL,
    given_names text[] NOT NULL,
    born_on date NOT NULL,
    match_key text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'proved', 'under_review')),
    created_at timestamptz NOT NULL
);
CREATE INDEX family_claim_adult ON hub.family_claim (adult_id);

CREATE TABLE hub.review (
    review_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('family_link', 'fit')),
    adult_id uuid NOT NULL REFERENCES hub.person,
    child_id uuid REFERENCES hub.person,
    document_id uuid REFERENCES vault.document,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'decided')),
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX review_once ON hub.review (kind, adult_id, child_id, document_id, reason) NULLS NOT DISTINCT
    WHERE state = 'waiting';

-- Partners -----------------------------------------------------------------------------------------------------------

CREATE TABLE hub.partner (
    siret text PRIMARY KEY CHECK (siret ~ '^\d{14}$'),
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    contact text NOT NULL,
    jwks jsonb NOT NULL,
    webhook_url text,
    webhook_secret_wrapped bytea,
    suspended_at timestamptz,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE hub.agreement (
    agreement_id uuid PRIMARY KEY,
    siret text NOT NULL REFERENCES hub.partner,
    reference text NOT NULL,
    purposes text[] NOT NULL,
    services text[] NOT NULL,
    evidence_types text[] NOT NULL,
    minimum_grade vault.grade NOT NULL,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz
);
CREATE UNIQUE INDEX agreement_current ON hub.agreement (siret, reference) WHERE retracted_at IS NULL;

CREATE TABLE hub.pseudonym (
    siret text NOT NULL REFERENCES hub.partner,
    kind text NOT NULL CHECK (kind IN ('file', 'evidence')),
    subject_id uuid NOT NULL,
    value uuid NOT NULL UNIQUE,
    PRIMARY KEY (siret, kind, subject_id)
);

CREATE TABLE hub.spent_assertion (
    assertion_digest bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
CREATE INDEX spent_assertion_expiry ON hub.spent_assertion (expires_at);

-- School files and requests ------------------------------------------------------------------------------------------

CREATE TABLE hub.school_file (
    file_id uuid PRIMARY KEY,
    child_id uuid NOT NULL REFERENCES hub.person,
    school_year text NOT NULL CHECK (school_year ~ '^\d{4}-\d{4}$'),
    created_at timestamptz NOT NULL,
    UNIQUE (child_id, school_year)
);

CREATE TABLE hub.enrolment_line (
    line_id uuid PRIMARY KEY,
    file_id uuid NOT NULL REFERENCES hub.school_file,
    service text NOT NULL,
    body text NOT NULL CHECK (body ~ '^\d{14}$'),
    payer_id uuid NOT NULL REFERENCES hub.person,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    recorded_at timestamptz NOT NULL,
    retracted_at timestamptz
);
CREATE UNIQUE INDEX enrolment_line_current ON hub.enrolment_line (file_id, service, body, payer_id)
    WHERE retracted_at IS NULL;
CREATE INDEX enrolment_line_payer ON hub.enrolment_line (payer_id) WHERE retracted_at IS NULL;

CREATE TABLE hub.request (
    request_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    requester_id uuid NOT NULL REFERENCES hub.person,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'closed')),
    accuracy_sworn_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    due_on date NOT NULL,
    acknowledgement jsonb NOT NULL
);
CREATE UNIQUE INDEX request_pending ON hub.request (line_id) WHERE state = 'pending';

CREATE TABLE hub.notice_given (
    notice_id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES hub.request,
    person_id uuid NOT NULL REFERENCES hub.person,
    text_version text NOT NULL,
    channel text NOT NULL,
    given_at timestamptz NOT NULL
);
CREATE INDEX notice_given_request ON hub.notice_given (request_id);

CREATE TABLE hub.reuse_grant (
    grant_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    request_id uuid NOT NULL REFERENCES hub.request,
    recipient text NOT NULL CHECK (recipient ~ '^\d{14}$'),
    purpose text NOT NULL,
    granted_at timestamptz NOT NULL,
    valid_until date NOT NULL,
    withdrawn_at timestamptz
);
CREATE INDEX reuse_grant_request ON hub.reuse_grant (request_id);

-- Evidence, fit, satisfaction ----------------------------------------------------------------------------------------

CREATE TABLE hub.evidence (
    evidence_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('document', 'pulled')),
    document_id uuid NOT NULL UNIQUE REFERENCES vault.document,
    holder_id uuid NOT NULL REFERENCES hub.person,
    evidence_type text NOT NULL,
    grade vault.grade NOT NULL,
    issued_on date,
    as_of timestamptz,
    usable_by text CHECK (usable_by ~ '^\d{14}$'),
    usable_for text,
    recorded_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    -- What was pulled for one body is never handed to another.
    CHECK ((kind = 'pulled') = (usable_by IS NOT NULL AND usable_for IS NOT NULL AND as_of IS NOT NULL))
);
CREATE INDEX evidence_holder ON hub.evidence (holder_id) WHERE withdrawn_at IS NULL;

CREATE TABLE hub.fit (
    fit_id uuid PRIMARY KEY,
    evidence_id uuid NOT NULL REFERENCES hub.evidence,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    requirement text NOT NULL,
    reference_date date NOT NULL,
    outcome vault.outcome NOT NULL,
    blocking boolean NOT NULL,
    reason text NOT NULL,
    rule text NOT NULL,
    catalogue_version text NOT NULL,
    decided_on jsonb NOT NULL,
    tariff_band text,
    decided_at timestamptz NOT NULL,
    UNIQUE (evidence_id, line_id, requirement, reference_date, catalogue_version)
);
CREATE INDEX fit_line ON hub.fit (line_id);

CREATE TABLE hub.satisfaction (
    satisfaction_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    requirement text NOT NULL,
    evidence_id uuid NOT NULL REFERENCES hub.evidence,
    fit_id uuid NOT NULL REFERENCES hub.fit,
    grade vault.grade NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz
);
CREATE UNIQUE INDEX satisfaction_current ON hub.satisfaction (line_id, requirement) WHERE until IS NULL;
CREATE INDEX satisfaction_evidence ON hub.satisfaction (evidence_id) WHERE until IS NULL;

-- What the hub could not obtain itself and therefore asks of the family, once.
CREATE TABLE hub.ask (
    line_id uuid NOT NULL REFERENCES hub.enrolment_line,
    requirement text NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (line_id, requirement)
);

-- Releases, exchanges, notifications ---------------------------------------------------------------------------------

CREATE TABLE hub.evidence_request (
    evidence_request_id uuid PRIMARY KEY,
    siret text NOT NULL REFERENCES hub.partner,
    subject uuid NOT NULL,
    service text NOT NULL,
    requirement text NOT NULL,
    purpose text NOT NULL,
    on_behalf_of text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('documents', 'pending', 'none', 'refused')),
    line_id uuid REFERENCES hub.enrolment_line,
    asked_at timestamptz NOT NULL
);
CREATE INDEX evidence_request_siret ON hub.evidence_request (siret, asked_at);

CREATE TABLE hub.exchange (
    exchange_id uuid PRIMARY KEY,
    binding text NOT NULL,
    operation text NOT NULL,
    natural_key text NOT NULL,
    correlation text NOT NULL,
    state text NOT NULL CHECK (state IN ('sending', 'settled', 'in_doubt')),
    phase text,
    outcome text,
    outcome_code text,
    request_digest bytea,
    attempts integer NOT NULL DEFAULT 1,
    leased_until timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    CHECK ((state = 'settled') = (settled_at IS NOT NULL AND outcome IS NOT NULL)),
    UNIQUE (binding, operation, natural_key)
);

CREATE TABLE hub.release (
    release_id uuid PRIMARY KEY,
    evidence_id uuid NOT NULL REFERENCES hub.evidence,
    recipient text NOT NULL,
    purpose text NOT NULL,
    basis text NOT NULL,
    instrument text NOT NULL,
    act text NOT NULL,
    act_reference uuid NOT NULL,
    channel text NOT NULL CHECK (channel IN ('pull', 'push', 'own_copy')),
    entry_id uuid NOT NULL REFERENCES vault.journal_entry,
    evidence_request_id uuid REFERENCES hub.evidence_request,
    exchange_id uuid REFERENCES hub.exchange,
    line_id uuid REFERENCES hub.enrolment_line,
    ordered_at timestamptz NOT NULL
);
CREATE INDEX release_evidence ON hub.release (evidence_id);
CREATE INDEX release_exchange ON hub.release (exchange_id);

CREATE TABLE hub.receipt (
    receipt_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    document_id uuid NOT NULL REFERENCES vault.document,
    content jsonb NOT NULL,
    issued_at timestamptz NOT NULL
);
CREATE INDEX receipt_document ON hub.receipt (document_id);

CREATE TABLE hub.delivery (
    delivery_id uuid PRIMARY KEY,
    siret text NOT NULL REFERENCES hub.partner,
    event_id uuid NOT NULL REFERENCES vault.event,
    body jsonb NOT NULL,
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'abandoned')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    last_outcome text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE (siret, event_id)
);
CREATE INDEX delivery_due ON hub.delivery (next_attempt_at) WHERE state = 'due';

-- Doors --------------------------------------------------------------------------------------------------------------

CREATE TABLE hub.idempotency (
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint bytea,
    status integer,
    response jsonb,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_expiry ON hub.idempotency (expires_at);

CREATE TABLE hub.preview_ticket (
    ticket_digest bytea PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES hub.person,
    document_id uuid NOT NULL REFERENCES vault.document,
    expires_at timestamptz NOT NULL
);
