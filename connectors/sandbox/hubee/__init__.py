"""HubEE, played: one queue of notifications, cases with files and events, and tokens; it keeps state and refuses what is wrong."""
