-- A decision answers the request of its line (ADR 0060): the request gives ground no more once its remedies are over.

ALTER TABLE hub.request
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN decision_id uuid REFERENCES hub.line_decision,
    -- The last day on which the decision may be contested; until then its body may still need what it decided on.
    ADD COLUMN rests_until date,
    ADD CONSTRAINT request_answered CHECK (
        (decided_at IS NULL) = (decision_id IS NULL) AND (decided_at IS NULL) = (rests_until IS NULL)
    ) NOT VALID;
ALTER TABLE hub.request VALIDATE CONSTRAINT request_answered;

-- Whoever decides about a line answers its request, and nobody else.
GRANT UPDATE (decided_at, decision_id, rests_until) ON hub.request TO unefois_release, unefois_worker, unefois_pipelines;
CREATE POLICY partner_answers ON hub.request FOR UPDATE TO unefois_release, unefois_worker, unefois_pipelines
    USING (EXISTS (
        SELECT FROM hub.enrolment_line l
        WHERE l.line_id = request.line_id AND l.body = (SELECT vault.standing('partner'))
    ));

-- What was decided before this was known.
UPDATE hub.request q
SET decided_at = d.recorded_at,
    decision_id = d.decision_id,
    rests_until = (coalesce(d.notified_on, d.decided_on) + interval '2 months 1 day')::date
FROM (SELECT DISTINCT ON (line_id) * FROM hub.line_decision ORDER BY line_id, nth DESC) d
WHERE q.line_id = d.line_id AND q.state = 'pending' AND d.amends IS DISTINCT FROM 'withdraws';
