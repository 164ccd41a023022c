"""Rules of behaviours (`sim.scalars`), compiled one by one, for the kernel to call by address."""

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numba import njit
from numba.core.errors import NumbaError

from sim.checks import InputError
from sim.compiled import jit
from sim.compiled.asking import SIGNATURES

# as Python does it: a division by 0, or a place outside a row, is an exception
_OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "python", "boundscheck": True, "_nrt": False
}  # fmt: skip


def address(method: str, rule: Callable[..., Any]) -> int:
    """Where the code of ``rule`` is, an answer to ``method`` of `sim.scalars`.

    Raises InputError, one line, for a rule that cannot be compiled; it names the rule's line.
    """
    code = _code(method, rule)
    if isinstance(code, str):
        raise InputError(code)
    pointer: int = code.library.get_pointer_to_function(code.fndesc.llvm_func_name)
    return pointer


@cache
def _code(method: str, rule: Callable[..., Any]) -> Any:
    """The compiled rule, kept on disk beside its file if possible; or why there is none."""
    signature = SIGNATURES[method]
    if not isinstance(rule, FunctionType):
        return f"rule {rule!r} cannot be compiled: it must be a function, written with def"
    try:
        copy = jit.linked(rule, {}, njit(**_OPTIONS))
        copy.__module__ = rule.__module__
        copy.__qualname__ = f"{rule.__qualname__}_{_digest(rule)}"
        try:
            compiled = njit(signature, cache=True, **_OPTIONS)(copy)
        except RuntimeError:  # there is nowhere to keep it
            compiled = njit(signature, **_OPTIONS)(copy)
    except (NumbaError, TypeError, NotImplementedError, RecursionError) as error:
        return _why(rule, error)
    return compiled.overloads[signature.args]


def _digest(rule: FunctionType) -> str:
    """Of all that a rule uses besides its own text.

    What numba keeps on disk is thrown away when the rule's own file changes. A change of what it
    uses from other files gives it another name.
    """
    text = ""
    for name, value in _used(rule):
        if isinstance(value, FunctionType):
            code = value.__code__
            text += f"{name}: {code.co_code.hex()} {code.co_consts} {code.co_names} "
            text += f"{value.__defaults__} {_digest(value)} "
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
