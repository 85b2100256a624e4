"""What a GraphQL request wants, read from its grammar: a look, or a change, and which."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from graphql.language.ast import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

from hub.errors import InvalidValue

TOKENS_MAX = 20_000
"""Of one document; the longest of Dagster's own pages have some thousands."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a document may do, whichever of its operations is named: everything in it counts."""

    kinds: frozenset[OperationType]
    changes: tuple[str, ...]
    """Names of the mutations in it, whatever their aliases and fragments."""


def wanted(document: str) -> Wanted:
    """Return what a document may do; raises :class:`InvalidValue` for what is no GraphQL, or too much of it."""
    try:
        parsed = parse(document, no_location=True, max_tokens=TOKENS_MAX)
    except (GraphQLError, RecursionError):
        raise InvalidValue("query: one GraphQL document") from None
    operations = [one for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    if not operations:
        raise InvalidValue("query: at least one operation")
    changes = [one for one in operations if one.operation is OperationType.MUTATION]
    names = {name for one in changes for name in _fields(parsed, one.selection_set, frozenset())}
    return Wanted(frozenset(one.operation for one in operations), tuple(sorted(names)))


def _fields(document: DocumentNode, selections: SelectionSetNode, within: frozenset[str]) -> Iterator[str]:
    """Return the names of the fields right under an operation, also those that a fragment brings."""
    for one in selections.selections:
        if isinstance(one, FieldNode):
            yield one.name.value
        elif isinstance(one, FragmentSpreadNode):
            name = one.name.value
            if name not in within:
                yield from _fragment(document, name, within | {name})
        elif isinstance(one, InlineFragmentNode):
            yield from _fields(document, one.selection_set, within)


def _fragment(document: DocumentNode, name: str, within: frozenset[str]) -> Iterator[str]:
    for one in document.definitions:
        if isinstance(one, FragmentDefinitionNode) and one.name.value == name:
            yield from _fields(document, one.selection_set, within)
