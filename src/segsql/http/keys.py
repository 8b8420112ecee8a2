"""API keys: `seg_` and eight characters that anybody may read, then 43 that are the secret.

The secret has 256 bits, so that one round of SHA-256 is all that its hash needs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from segsql.store import KeyHash

_ALPHABET = string.ascii_letters + string.digits
_READABLE, _SECRET = 8, 43
_KEY = re.compile(rf"(seg_[A-Za-z0-9]{{{_READABLE}}})_[A-Za-z0-9]{{{_SECRET}}}")


class Scope(StrEnum):
    """What a key may be used for."""

    READ = "segments:read"
    WRITE = "segments:write"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key at the only moment when it is known, and what is stored of it."""

    key: str
    prefix: str
    key_hash: bytes


def make_key() -> NewKey:
    """A new key, from the system's source of randomness."""
    readable, secret = ("".join(secrets.choice(_ALPHABET) for _ in range(length)) for length in (_READABLE, _SECRET))
    key = f"seg_{readable}_{secret}"
    return NewKey(key, f"seg_{readable}", hash_of(key))


def prefix_of(key: str) -> str | None:
    """The readable part of what has the form of a key; None for anything else."""
    found = _KEY.fullmatch(key)
    return found[1] if found else None


def hash_of(key: str) -> bytes:
    """What is stored in place of a key."""
    return hashlib.sha256(key.encode()).digest()


def find(key: str, candidates: Sequence[KeyHash]) -> KeyHash | None:
    """The candidate whose hash is the key's; it takes the same time however much of a hash is right."""
    own = hash_of(key)
    found = [candidate for candidate in candidates if hmac.compare_digest(candidate.key_hash, own)]
    return found[0] if found else None


def in_order(scopes: Iterable[str]) -> tuple[str, ...]:
    """Scopes once each, in the order of their declaration."""
    return tuple(scope.value for scope in Scope if scope.value in set(scopes))
