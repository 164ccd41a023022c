"""Rules of behaviours (`sim.scalars`), compiled one by one, for the kernel to call by address."""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from types import CodeType, FunctionType
from typing import Any

from sim.checks import InputError

# as Python does it: a division by 0, or a place outside a row, is an exception
_OPTIONS: dict[str, Any] = {
    "nogil": True, "error_model": "python", "boundscheck": True, "_nrt": False
}  # fmt: skip


@cache
def address(method: str, rule: Callable[..., Any]) -> int:
    """Where the code of ``rule`` is, an answer to ``method`` of `sim.scalars`.

    Raises InputError, one line, for a rule that cannot be compiled; it names the rule's line.
    """
    from numba.core.errors import NumbaError

    from sim.compiled.asking import SIGNATURES

    signature = SIGNATURES[method]
    try:
        if not isinstance(rule, FunctionType):
            raise TypeError(f"it is no function of Python, but {rule!r}")
        compiled = _compile(_linked(rule), signature).overloads[signature.args]
    except (NumbaError, TypeError, NotImplementedError) as error:
        raise InputError(_why(rule, error)) from error
    pointer: int = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
    _kept.append(compiled)
    return pointer


_kept: list[Any] = []  # code that is in use


def _compile(rule: FunctionType, *signature: Any) -> Any:
    """Compiled, and kept on disk beside its file if that is possible."""
    from numba import njit

    try:
        return njit(*signature, cache=True, **_OPTIONS)(rule)
    except RuntimeError:  # there is nowhere to keep it
        return njit(*signature, **_OPTIONS)(rule)


def _linked(rule: FunctionType) -> FunctionType:
    """The rule with the functions of Python that it calls compiled, and named by all that it uses.

    What numba keeps on disk is thrown away when the rule's own file changes; a change of what it
    uses from other files gives it another name.
    """
    names = _names(rule.__code__)
    used = {name: rule.__globals__[name] for name in names if name in rule.__globals__}
    known, text = dict(rule.__globals__), ""
    for name, value in sorted(used.items()):
        if isinstance(value, FunctionType):
            helper = _linked(value)
            known[name] = _compile(helper)
            text += f"{name}: {helper.__qualname__} {_text(helper.__code__)}\n"
        elif isinstance(value, int | float | tuple):
            text += f"{name}: {value!r}\n"
    copy = FunctionType(rule.__code__, known, rule.__name__, rule.__defaults__, rule.__closure__)
    copy.__module__ = rule.__module__
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    copy.__qualname__ = f"{rule.__qualname__}_{digest}"
    return copy


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def _text(code: CodeType) -> str:
    constants = [_text(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def _why(rule: Any, error: Exception) -> str:
    """One line: which rule cannot be compiled, where, and what numba says."""
    code = getattr(rule, "__code__", None)
    text = str(error)
    places = re.findall(r'File "([^"]*)", line (\d+)', text)
    file, line = places[-1] if places else (code and code.co_filename, code and code.co_firstlineno)
    said = [part.strip() for part in text.splitlines() if part.strip()]
    said = [part for part in said if not part.startswith(("Failed in", "-", "File", "During"))]
    name = getattr(rule, "__name__", repr(rule))
    return f"rule {name} ({file}, line {line}) cannot be compiled: {said[0] if said else text}"
