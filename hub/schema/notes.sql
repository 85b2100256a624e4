-- What agents note about a paper lies sealed under its holder's key, among the small values (ADR 0062).
ALTER TABLE hub.review_opinion ADD COLUMN note_place text;
ALTER TABLE hub.review_ticket DROP CONSTRAINT review_ticket_shown_check;
ALTER TABLE hub.review_ticket ADD CONSTRAINT review_ticket_shown_check CHECK (shown IN ('copy', 'values', 'notes'));

-- The agent who has taken a review seals one note for whom it is about, once their opinion names its place. They can
-- open nothing, and change or let go of nothing.
CREATE POLICY at_last_door_notes ON vault.kept_value FOR SELECT TO unefois_door
    USING (place LIKE 'note\_%' AND EXISTS (
        SELECT FROM hub.review_opinion o JOIN hub.review r ON r.review_id = o.review_id
        WHERE o.note_place = kept_value.place AND o.agent_id = (SELECT vault.standing('agent'))::uuid
            AND r.adult_id = kept_value.holder_id AND r.claimed_by = o.agent_id AND r.claimed_until > now()
    ));
CREATE POLICY at_last_door_notes_kept ON vault.kept_value FOR INSERT TO unefois_door
    WITH CHECK (place LIKE 'note\_%' AND EXISTS (
        SELECT FROM hub.review_opinion o JOIN hub.review r ON r.review_id = o.review_id
        WHERE o.note_place = kept_value.place AND o.agent_id = (SELECT vault.standing('agent'))::uuid
            AND r.adult_id = kept_value.holder_id AND r.claimed_by = o.agent_id AND r.claimed_until > now()
    ));
CREATE POLICY at_last_door_notes ON vault.holder_key FOR SELECT TO unefois_door
    USING (holder_id IN (
        SELECT r.adult_id FROM hub.review r
        WHERE r.claimed_by = (SELECT vault.standing('agent'))::uuid AND r.claimed_until > now()
    ));
-- Read by the agent who has taken the review, behind a committed entry that hands over a paper of the same holder.
GRANT SELECT ON vault.kept_value TO unefois_release;
GRANT SELECT (review_id, agent_id, note_place, given_at) ON hub.review_opinion TO unefois_release;
CREATE POLICY release_agent ON hub.review_opinion FOR SELECT TO unefois_release
    USING (EXISTS (SELECT FROM hub.review r WHERE r.review_id = review_opinion.review_id));
CREATE POLICY release_notes ON vault.kept_value FOR SELECT TO unefois_release
    USING (EXISTS (SELECT FROM vault.holder_key k WHERE k.holder_id = kept_value.holder_id) AND EXISTS (
        SELECT FROM hub.review_opinion o JOIN hub.review r ON r.review_id = o.review_id
        WHERE o.note_place = kept_value.place AND r.adult_id = kept_value.holder_id
            AND r.claimed_by = (SELECT vault.standing('agent'))::uuid AND r.claimed_until > now()
    ));

-- Who lets reviews go without a job of one's own finds their notes too: what ran out, and what was erased before a restore.
CREATE POLICY worker_purpose ON hub.review_opinion FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) IN ('retention', 'safety', 'restoring') AND EXISTS (
        SELECT FROM hub.review r WHERE r.review_id = review_opinion.review_id
    ));

-- A note goes with its review, by whoever lets the review go.
CREATE FUNCTION hub.forget_notes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM vault.kept_value k USING hub.review_opinion o
        WHERE o.review_id = OLD.review_id AND k.holder_id = OLD.adult_id AND k.place = o.note_place;
    RETURN OLD;
END $$;
CREATE TRIGGER forget_notes BEFORE DELETE ON hub.review FOR EACH ROW EXECUTE FUNCTION hub.forget_notes();
