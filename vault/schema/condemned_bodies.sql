-- Bytes of a conversation are bound by the rule of every other object: what is condemned can be named by no new row.
CREATE TRIGGER body_object BEFORE INSERT ON vault.body
    FOR EACH ROW EXECUTE FUNCTION vault.refuse_condemned();
