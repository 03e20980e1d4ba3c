"""What is kept is what was used last, and never more bytes than allowed."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.corpus.byte_cache import ByteCache


def test_the_longest_unused_is_dropped_beyond_the_limit():
    cache = ByteCache(10, len)
    for name in ("first", "second"):
        cache.put(name, b"12345")
    cache.get("first")
    cache.put("third", b"12345")
    assert [name for name in ("first", "second", "third") if cache.get(name)] == ["first", "third"]


def test_nothing_larger_than_the_limit_is_kept_and_it_drops_nothing():
    cache = ByteCache(10, len)
    cache.put("small", b"12345")
    cache.put("large", b"12345678901")
    assert (cache.get("small"), cache.get("large")) == (b"12345", None)


def test_what_is_kept_stays_and_counts_once():
    cache = ByteCache(10, len)
    for _ in range(3):
        cache.put("same", b"12345")
    cache.put("other", b"12345")
    assert (cache.get("same"), cache.get("other")) == (b"12345", b"12345")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12))))
def test_never_more_bytes_than_the_limit_are_kept(puts):
    cache = ByteCache(20, len)
    for key, size in puts:
        cache.put(key, bytes(size))
        assert sum(len(cache.get(other) or b"") for other in range(10)) <= 20
