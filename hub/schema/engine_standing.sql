-- Who sees an exchange that the engine carries: whoever works for the body at its other end, and an operator who settles it.

ALTER TABLE hub.exchange ADD COLUMN decoded_with text;
COMMENT ON COLUMN hub.exchange.decoded_with IS
    'Version of the connector that did not understand the answer: a newer one reads the kept bytes again';
CREATE INDEX exchange_quarantined ON hub.exchange (binding, decoded_with) WHERE state = 'quarantined';
GRANT UPDATE (decoded_with) ON hub.exchange TO unefois_worker;

CREATE POLICY worker_recipient ON hub.exchange TO unefois_worker
    USING (siret = (SELECT vault.standing('partner')));
-- Periods of what waits for a person are not ended.
CREATE POLICY worker_retention ON hub.exchange FOR SELECT TO unefois_worker
    USING ((SELECT vault.standing('purpose')) = 'retention');
CREATE POLICY owner_looks ON hub.exchange FOR SELECT TO CURRENT_USER
    USING ((SELECT vault.standing('purpose')) = 'audit');
CREATE POLICY owner_settles ON hub.exchange TO CURRENT_USER
    USING (siret = (SELECT vault.standing('partner')));
