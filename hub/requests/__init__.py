"""Démarches of families: what was asked, acknowledged, told and allowed."""
