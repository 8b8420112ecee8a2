"""Files that other programs read while they are being written anew: they see the old one whole, or the new one."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

STDOUT, STDERR = 1, 2

PREFIX = ".segsql-"
"""How files begin that are not yet whole: node_exporter and people pass over them."""


def can_be_replaced(path: Path) -> bool:
    """Whether `replace` has the rights that it needs, as far as can be told before."""
    found = _stat(path)
    if found is not None and not os.access(path, os.W_OK):
        return False
    return _is_stream(found) or _takes_files(_target(path).parent)


def replace(path: Path, content: bytes) -> None:
    """Put the content in the file's place, in one step: a crash before it leaves the old file as it was.

    A new file has the mode that the umask gives it, a replaced one keeps its own; a symbolic link goes on pointing
    to the file. A device, a pipe, and the file that stdout or stderr goes to, is written to instead. Raises OSError.
    """
    found = _stat(path)
    if _is_stream(found):
        own = _own_descriptor(found)
        with open(path if own is None else own, "wb", closefd=own is None) as stream:
            stream.write(content)
        return
    target = _target(path)
    partial = target.with_name(f"{PREFIX}{secrets.token_hex(8)}.tmp")
    try:
        with partial.open("xb") as file:
            if found is not None:
                os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync(target.parent)


def _target(path: Path) -> Path:
    """The file itself, where the path is a link to it. Not Path.resolve, which raises where links go in a circle."""
    return Path(os.path.realpath(path))


def _takes_files(directory: Path) -> bool:
    """Whether a file can be made there; by making one, since rights are not all that it takes."""
    try:
        with NamedTemporaryFile(dir=directory, prefix=PREFIX):
            return True
    except OSError:
        return False


def _stat(path: Path) -> os.stat_result | None:
    """What is there; None where nothing is, or nobody may look."""
    try:
        return path.stat()
    except OSError:
        return None


def _is_stream(found: os.stat_result | None) -> bool:
    """Whether what is there must not be replaced."""
    return found is not None and (not stat.S_ISREG(found.st_mode) or _own_descriptor(found) is not None)


def _own_descriptor(found: os.stat_result | None) -> int | None:
    """The one of stdout and stderr that goes there: by the name of /dev/stdout it may be a log of many runs."""
    for descriptor in (STDOUT, STDERR):
        with suppress(OSError):
            if found is not None and os.path.samestat(os.fstat(descriptor), found):
                return descriptor
    return None


def _sync(directory: Path) -> None:
    """Make the new name outlive a power cut, where the file system can."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
