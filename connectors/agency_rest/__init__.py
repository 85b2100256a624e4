"""Agencies that speak REST: Caisses, the enrolment service, the bursary body; one dialect of ours, one manifest each."""
