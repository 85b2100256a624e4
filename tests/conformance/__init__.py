"""The cases of the conformance kit that need an engine and its database, and the reports that lie in the repository."""
