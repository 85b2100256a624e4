-- The door makes keys and reads public halves, reading and release also open, only the worker destroys. Nobody updates.
GRANT SELECT, INSERT ON vault.holder_key TO unefois_door;
GRANT SELECT ON vault.holder_key TO unefois_release;
GRANT SELECT, INSERT, DELETE ON vault.holder_key TO unefois_worker;
