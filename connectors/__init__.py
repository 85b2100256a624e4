"""The outside, translated: pure codecs with their manifests, and the transports that carry what they wrote."""
