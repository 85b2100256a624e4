"""The outside, played: identity providers, API Particulier and partner agencies, for demonstration and tests only."""
