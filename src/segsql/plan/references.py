"""Which segments refer to one another, in an order in which each comes after those that it refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from segsql.catalog import Id


def components(starts: Iterable[Id], successors: Callable[[Id], Sequence[Id]]) -> Iterator[frozenset[Id]]:
    """The strongly connected components of what can be reached from `starts`, those referred to first.

    A component of more than one segment is a circle of references. Tarjan's algorithm, with a stack of its
    own in place of recursion: a chain of references may be longer than Python's.
    """
    number: dict[Id, int] = {}
    low: dict[Id, int] = {}
    waiting: list[Id] = []
    is_waiting: set[Id] = set()
    for start in starts:
        if start in number:
            continue
        if not successors(start):
            number[start] = len(number)
            yield frozenset((start,))
            continue
        path: list[tuple[Id, Iterator[Id]]] = []
        following: Id | None = start
        while following is not None or path:
            if following is not None:
                number[following] = low[following] = len(number)
                waiting.append(following)
                is_waiting.add(following)
                path.append((following, iter(successors(following))))
                following = None
            node, left = path[-1]
            for other in left:
                if other not in number:
                    following = other
                    break
                if other in is_waiting:
                    low[node] = min(low[node], number[other])
            if following is not None:
                continue
            path.pop()
            if path:
                parent = path[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == number[node]:
                cut = waiting.index(node)
                component = frozenset(waiting[cut:])
                del waiting[cut:]
                is_waiting -= component
                yield component
