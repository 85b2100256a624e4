-- Who may defer a job, and who may work it.
GRANT USAGE ON SCHEMA jobs TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO unefois_worker;
GRANT SELECT, INSERT, UPDATE ON jobs.procrastinate_jobs TO unefois_door, unefois_release, unefois_pipelines;
GRANT SELECT, INSERT ON jobs.procrastinate_events TO unefois_door, unefois_release, unefois_pipelines;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jobs TO unefois_door, unefois_release, unefois_worker, unefois_pipelines;
