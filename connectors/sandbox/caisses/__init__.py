"""Caisses des écoles, played: the same books behind each dialect."""
