-- What agents are asked, decided and noted about a paper passes with it when two accounts become one, or two again.
GRANT UPDATE (adult_id) ON hub.review TO unefois_worker;
GRANT UPDATE (holder_id) ON vault.kept_value TO unefois_worker;
