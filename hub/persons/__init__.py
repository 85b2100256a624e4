"""Persons, their sign-ins, and which adult is proved to stand for which child."""
