"""Partner agencies, played: they are notified, ask the hub for what they need, and keep only what proves it came."""
