"""How functions are compiled for the kernel, and what compiled code cannot say in Python."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array

OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    # nothing is allocated in compiled code, and counting references to arrays took most of the time
    "_nrt": False,
}
# only compiled code calls these: without a way in from Python they take two thirds of the time
_CALLED: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inlined = njit(forceinline=True, **OPTIONS, **_CALLED)
# seldom called: would only be in the way of what surrounds the call
apart = njit(
    **OPTIONS, **_CALLED
)  # seldom called: would only be in the way of what surrounds the call


def entry(*sources: ModuleType) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function that Python calls, and keep its code on disk, beside its file if possible.

    Numba notices changes of that file only. ``sources`` are the others whose functions are compiled
    into it: a digest of them is part of the name under which the code is kept.
    """
    texts = (Path(str(module.__file__)).read_bytes() for module in sources)
    digest = hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]

    def decorate(function: Callable[..., Any]) -> Any:
        function.__qualname__ += "_" + digest
        try:
            return njit(cache=True, **OPTIONS)(function)
        except RuntimeError:  # there is nowhere to keep it
            return njit(**OPTIONS)(function)

    return decorate


def linked(
    function: Callable[..., Any],
    known: dict[Callable[..., Any], Any],
    compiler: Callable[[Any], Any] = apart,
) -> Any:
    """A copy of ``function`` that calls compiled functions, where it calls plain ones by name.

    They are compiled with what they call, each once; ``known`` has those that stand for functions
    that cannot be compiled, and gets the others.
    """
    names = {}
    for name, called in named(function):
        if isinstance(called, FunctionType):
            if called not in known:
                known[called] = compiler(linked(called, known, compiler))
            names[name] = known[called]
    code, given = function.__code__, function.__globals__ | names
    return FunctionType(code, given, function.__name__, function.__defaults__, function.__closure__)


def named(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What ``function`` mentions of what its module knows."""
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]


@intrinsic
def _multiply(typing_context: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide, narrow = ir.IntType(128), ir.IntType(64)
        x, y = (builder.zext(number, wide) for number in arguments)
        product = builder.mul(x, y)
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)
        low = builder.trunc(product, narrow)
        return context.make_tuple(builder, signature.return_type, (high, low))

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), codegen


@intrinsic
def _before(typing_context: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        a, b, c, d = (builder.zext(number, wide) for number in arguments)
        places = ir.Constant(wide, 64)
        x, y = builder.or_(builder.shl(a, places), b), builder.or_(builder.shl(c, places), d)
        return builder.icmp_unsigned("<", x, y)

    return types.boolean(*4 * [types.int64]), codegen


@intrinsic
def _choose(typing_context: Any, condition: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        chosen = builder.select(*arguments)
        chosen.set_metadata("unpredictable", builder.module.add_metadata([]))
        return chosen

    return types.int64(types.boolean, types.int64, types.int64), codegen


# numba passes the typing context
product: Any = _multiply  # (a, b): high and low 64 bits of a b: one instruction, not four products
before: Any = _before  # (a, b, c, d): (a, b) < (c, d) in lexical order, none negative; no jump
choose: Any = _choose  # (condition, a, b): a if condition else b, without a jump


def caller(signature: Any) -> Any:
    """A compiled ``call(address, arguments) -> (failed, answer)`` of a function at an address.

    The function is compiled with ``signature`` by numba; ``failed``: it has raised an exception,
    and ``answer`` is nothing. Where it wants an array, part of one may be given as (array, first,
    length). What is called is data, so that code which calls it is compiled once.
    """

    @intrinsic
    def call(typing_context: Any, address: Any, arguments: Any) -> Any:
        def codegen(context: Any, builder: Any, called: Any, given: Any) -> Any:
            convention, result = context.call_conv, signature.return_type
            kind = convention.get_function_type(result, signature.args)
            function = builder.inttoptr(given[0], kind.as_pointer())
            values = [
                _argument(context, builder, builder.extract_value(given[1], place), *pair)
                for place, pair in enumerate(zip(arguments.types, signature.args, strict=True))
            ]
            status, answer = convention.call_function(
                builder, function, result, signature.args, values
            )
            return context.make_tuple(builder, called.return_type, (status.is_error, answer))

        returned = types.Tuple((types.boolean, signature.return_type))
        return returned(types.int64, arguments), codegen

    return call


def _argument(context: Any, builder: Any, value: Any, given: Any, wanted: Any) -> Any:
    """A value as it is wanted: a number, an array, or part of one."""
    if isinstance(given, types.Number | types.Array):
        return context.cast(builder, value, given, wanted)
    parts = given.types
    array, first, length = (builder.extract_value(value, place) for place in range(3))
    whole = make_array(parts[0])(context, builder, array)
    part = make_array(wanted)(context, builder)
    populate_array(
        part,
        data=builder.gep(whole.data, [first]),
        shape=[length],
        strides=[whole.itemsize],
        itemsize=whole.itemsize,
        meminfo=None,
    )
    return part._getvalue()
