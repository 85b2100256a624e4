-- Where on the paper the values that reading took stand, and how surely they were read; sealed as they are.

ALTER TABLE vault.reading ADD COLUMN sealed_places bytea;
GRANT UPDATE (sealed_places) ON vault.reading TO unefois_worker;
