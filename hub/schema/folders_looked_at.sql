-- Who hands files over and fetches them says how a partner's folder is; the worker reaches none of them.
GRANT INSERT ON hub.binding_health TO unefois_pipelines;
GRANT UPDATE (state, since, evidence, looked_at) ON hub.binding_health TO unefois_pipelines;
