"""The schema room: strangers' XML read within limits, schemas compiled offline, contracts locked byte by byte."""
