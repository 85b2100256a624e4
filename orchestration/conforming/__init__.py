"""The conformance kit: what every connector has to stand, case by case, and the level that makes."""
