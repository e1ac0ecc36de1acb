"""Any event and any intent that can be written down, sense or not, as hypothesis strategies."""

from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from msgspec import Struct, inspect

Kind = TypeVar("Kind", bound=Struct)


def anything(struct: type[Kind]) -> st.SearchStrategy[Kind]:
    """Return a strategy for `struct` in which every field takes any value of its type."""
    return _any(inspect.type_info(struct)).map(lambda made: msgspec.convert(made, struct))


def _any(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.StructType():
            fields = {field.encode_name: _any(field.type) for field in kind.fields}
            return st.fixed_dictionaries(fields)
        case inspect.VarTupleType():
            return st.lists(_any(kind.item_type), max_size=3)
        case inspect.DictType():
            return st.dictionaries(st.text(max_size=3), _any(kind.value_type), max_size=2)
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.UnionType():
            return st.one_of(*map(_any, kind.types))
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType():
            return st.integers(-2, 60)
        case inspect.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case inspect.StrType():
            return st.text(max_size=8)
        case _:
            raise AssertionError(kind)
