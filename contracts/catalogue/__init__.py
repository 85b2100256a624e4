"""The catalogue: evidence types, services, bodies, tariffs, purposes and life events as dated data with their sources.

Nothing here runs. ``VERSION`` names the state of all files here together; every judgement keeps the version it was made
under.
"""

VERSION = "2026-11.4"
