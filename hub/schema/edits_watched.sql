-- Edited repeats that another operator approved and that were not sent yet, counted like everything else that waits.
CREATE FUNCTION hub.edits_watched()
RETURNS TABLE (what text, many bigint, oldest timestamptz, seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'edits_approved', count(*), min(e.decided_at), NULL::double precision
    FROM hub.exchange_edit e WHERE e.state = 'approved'
$$;
REVOKE EXECUTE ON FUNCTION hub.edits_watched() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub.edits_watched() TO unefois_pipelines, unefois_worker;
-- The function counts with its owner's eyes, whoever calls it.
CREATE POLICY owner_counts ON hub.exchange_edit FOR SELECT TO CURRENT_USER USING (session_user <> current_user);
