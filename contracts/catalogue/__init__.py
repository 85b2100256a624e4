"""The catalogue: evidence types, services, bodies and tariffs as dated data with their sources; nothing that runs.

``VERSION`` names the state of all files here together; every judgement keeps the version it was made under.
"""

VERSION = "2026-11.1"
