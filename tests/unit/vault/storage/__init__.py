"""The object store port, on a real SeaweedFS and in memory."""
