"""What a key looks like, and how one is told from another."""

from __future__ import annotations

import pytest

from segsql.http import keys
from segsql.store import KeyHash


def test_keys_are_random_and_begin_with_their_prefix() -> None:
    made = [keys.make_key() for _ in range(100)]
    assert len({each.key for each in made}) == len({each.prefix for each in made}) == 100
    for each in made:
        assert keys.prefix_of(each.key) == each.prefix
        assert each.key_hash == keys.hash_of(each.key)
        assert len(each.key_hash) == 32


@pytest.mark.parametrize("text", ["", "seg_", "seg_abcdefgh", f"seg_abcdefgh_{'x' * 42}", f"seg_abcdefg-_{'x' * 43}"])
def test_what_is_no_key(text: str) -> None:
    assert keys.prefix_of(text) is None


def test_the_key_is_found_among_those_with_its_prefix() -> None:
    one, other = keys.make_key(), keys.make_key()
    candidates = [KeyHash(number, each.key_hash, frozenset()) for number, each in enumerate((one, other))]
    assert keys.find(other.key, candidates) == candidates[1]
    assert keys.find(other.key[:-1], candidates) is None
    assert keys.find(one.key, [KeyHash(1, b"", frozenset())]) is None
