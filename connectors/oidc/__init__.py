"""Sign-in by an OpenID provider: what to send, what to believe of what comes back. No I/O."""
