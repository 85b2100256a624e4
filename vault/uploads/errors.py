"""Every way an upload can be refused; the docstring of each class is its message."""

from vault.errors import VaultError


class UploadUnknown(VaultError):
    """There is no such upload for this holder."""


class UploadExpired(VaultError):
    """The upload was not finished in time."""


class UploadOffsetWrong(VaultError):
    """The bytes do not begin where the upload stands."""


class UploadTaken(VaultError):
    """A later request has taken the upload over."""


class TooManyUploads(VaultError):
    """This holder has as many unfinished uploads as are kept."""


class UploadBroken(VaultError):
    """A part of the upload is no longer what was sent; it must be sent again from the beginning."""
