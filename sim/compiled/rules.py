"""Rules of behaviours (`sim.scalars`), compiled one by one, for the kernel to call by address."""

import dis
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numba import njit, types
from numba.core.errors import NumbaError

from sim.checks import InputError
from sim.compiled import jit
from sim.compiled.asking import SIGNATURES

# as Python does it: a division by 0, or a place outside a row, is an exception
OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "python", "boundscheck": True, "_nrt": False
}  # fmt: skip


# functions of `math` whose compiled bits are those of Python
_MATH = {
    "acos", "asin", "atan", "atan2", "ceil", "copysign", "cos", "cosh", "erf", "erfc", "exp",
    "expm1", "fabs", "floor", "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2",
    "nextafter", "pow", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
}  # fmt: skip
_WHOLE = types.Integer, types.Boolean, types.IntegerLiteral


def address(method: str, rule: Callable[..., Any]) -> int:
    """Where the code of ``rule`` is, an answer to ``method`` of `sim.scalars`.

    Raises InputError, one line, for a rule that cannot be compiled; it names the rule's line.
    """
    if not isinstance(rule, FunctionType):
        raise InputError(
            f"rule {rule!r} cannot be compiled: it must be a function, written with def"
        )
    code = _code(method, rule, _digest(rule))
    if isinstance(code, str):
        raise InputError(code)
    pointer: int = code.library.get_pointer_to_function(code.fndesc.llvm_func_name)
    return pointer


@cache
def _code(method: str, rule: FunctionType, digest: str) -> Any:
    """The compiled rule, kept on disk beside its file if possible; or why there is none."""
    signature = SIGNATURES[method]
    try:
        _object(rule)
        copy = jit.linked(rule, {}, njit(**OPTIONS))
        copy.__module__ = rule.__module__
        copy.__qualname__ = f"{rule.__qualname__}_{digest}"
        found = _compiled(copy, signature.args)
        if found.signature.return_type == signature.return_type:
            return found
        _check_whole(found.signature.return_type, signature.return_type)
        return _compiled(copy, signature)  # whole numbers become others
    except (NumbaError, TypeError, NotImplementedError, RecursionError) as error:
        return _why(rule, error)


def _compiled(rule: FunctionType, signature: Any) -> Any:
    try:
        compiled = njit(signature, cache=True, **OPTIONS)(rule)
    except RuntimeError:  # there is nowhere to keep it
        compiled = njit(signature, **OPTIONS)(rule)
    return compiled.overloads[compiled.signatures[0]]


def _check_whole(found: Any, wanted: Any) -> None:
    """Codes, models and ranks must be whole numbers: others would be cut off."""
    pairs = zip(getattr(found, "types", [found]), getattr(wanted, "types", [wanted]), strict=False)
    for place, (one, other) in enumerate(pairs):
        if isinstance(other, types.Integer) and not isinstance(one, _WHOLE):
            raise TypeError(f"answer {place + 1} must be a whole number, such as int(x), not {one}")


def _object(rule: FunctionType, seen: frozenset[FunctionType] = frozenset()) -> None:
    """Refuse what has other bits compiled than in Python, in a rule and in what it calls."""
    for instruction in dis.get_instructions(rule):
        power = instruction.opname == "BINARY_OP" and instruction.argrepr in ("**", "**=")
        if power or (instruction.argval == "pow" and _is_builtin(rule, "pow", instruction)):
            place = instruction.positions.lineno if instruction.positions else None
            file = rule.__code__.co_filename
            said = "a power has other bits: write x * x, or math.pow(x, y)"
            raise TypeError(f'File "{file}", line {place}\n{said}')
    for name, value in _used(rule):
        if getattr(value, "__module__", "") == "math" and value.__name__ not in _MATH:
            raise TypeError(f"{name} has other bits: of math there are {', '.join(sorted(_MATH))}")
        if isinstance(value, FunctionType) and value not in seen:
            _object(value, seen | {rule})


def _is_builtin(rule: FunctionType, name: str, instruction: dis.Instruction) -> bool:
    return instruction.opname == "LOAD_GLOBAL" and name not in rule.__globals__


def _digest(rule: FunctionType, seen: frozenset[FunctionType] = frozenset()) -> str:
    """Of all that a rule uses besides its own text.

    What numba keeps on disk is thrown away when the rule's own file changes. A change of what it
    uses from other files gives it another name.
    """
    text = ""
    for name, known in _used(rule):
        value = getattr(known, "py_func", known)  # of what others have compiled
        if isinstance(value, FunctionType):
            if value in seen:
                continue
            code = value.__code__
            text += f"{name}: {code.co_code.hex()} {code.co_consts} {code.co_names} "
            text += f"{value.__defaults__} {_digest(value, seen | {rule, value})} "
        elif isinstance(value, np.ndarray):
            text += f"{name}: {value.dtype} {value.tolist()} "
        elif isinstance(value, int | float | tuple | np.generic):
            text += f"{name}: {value!r} "
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _used(rule: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a rule mentions, constants of modules included."""
    for name, value in jit.named(rule):
        yield name, value
        if isinstance(value, ModuleType):
            for part in rule.__code__.co_names:
                constant = vars(value).get(part)
                if not isinstance(constant, FunctionType):
                    yield f"{name}.{part}", constant


def _why(rule: FunctionType, error: Exception) -> str:
    """One line: which rule cannot be compiled, where, and what numba says."""
    code, text = rule.__code__, str(error)
    places = re.findall(r'File "([^"]*)", line (\d+)', text)
    file, line = places[-1] if places else (code.co_filename, code.co_firstlineno)
    said = [part.strip() for part in text.splitlines() if part.strip()]
    said = [part for part in said if not part.startswith(("Failed in", "-", "File", "During"))]
    reason = said[0] if said else text
    return f"rule {rule.__name__} ({file}, line {line}) cannot be compiled: {reason}"
