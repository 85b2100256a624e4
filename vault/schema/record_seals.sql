-- The seal of whoever recorded a row (vault/crypto/records.py). A row without one opens no more than one with a wrong one.
ALTER TABLE vault.document ADD COLUMN record_seal bytea CHECK (length(record_seal) = 72);
ALTER TABLE vault.viewing_copy ADD COLUMN record_seal bytea CHECK (length(record_seal) = 72);
