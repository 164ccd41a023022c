"""Commands that answer bad input with one line and exit code 2, never with a traceback."""

import logging
import sys
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Any

import click
from click.core import ParameterSource


class _OneLine(click.Command):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and end the process with the exit code."""
        kwargs["standalone_mode"] = False
        _say_what_is_done()
        try:
            _check_own_packages()
            code = super().main(*args, **kwargs)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(2)
        except click.ClickException as error:
            _complain(" ".join(error.format_message().split()))
            sys.exit(2)
        except (click.Abort, KeyboardInterrupt):
            _complain("interrupted")
            sys.exit(130)
        except MemoryError:
            _complain("not enough memory: ask for less at once")
            sys.exit(2)
        except OSError as error:  # a full disk behind standard output, say
            _complain(f"cannot read or write: {error}")
            sys.exit(2)
        except ValueError as error:
            from sim.checks import InputError

            if not isinstance(error, InputError):
                raise
            _complain(str(error))
            sys.exit(2)
        sys.exit(code if isinstance(code, int) else 0)


class Command(_OneLine):
    """A command that also runs by itself as a script."""


class Group(_OneLine, click.Group):
    """The command line: a group of such commands."""


def as_typed(context: click.Context, program: str, without: Collection[str] = ()) -> str:
    """The command line that asks for the same: the options that were given, quoted for a shell."""
    words = [program]
    for option in context.command.params:
        name = option.name or ""
        given = context.get_parameter_source(name)
        if given is ParameterSource.DEFAULT or name in without:
            continue
        value = context.params[name]
        values = value if isinstance(value, tuple) else () if value is True else (value,)
        words += [option.opts[0], *(quote(str(each).removesuffix(".0")) for each in values)]
    return " ".join(words)


class _StandardError(logging.Handler):
    """The present one, above a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{record.getMessage()}\n")


def _say_what_is_done() -> None:
    """What takes long, and what scripts that use queuit are not told."""
    logger = logging.getLogger("queuit")
    logger.setLevel(logging.INFO)
    logger.handlers = [_StandardError()]


def _complain(message: str) -> None:
    click.echo(f"queuit: {message}", err=True)


def _check_own_packages() -> None:
    """A well-known distribution installs a package called `agents`, too: then say so."""
    spec = find_spec("agents")
    origin = Path(spec.origin) if spec and spec.origin else Path()
    home = Path(__file__).resolve().parents[2]
    if origin.resolve().parent.parent != home or "queuit" not in origin.read_text("utf-8")[:200]:
        raise click.ClickException(
            f"the package 'agents' at {origin.parent} is not queuit's: install queuit in an "
            "environment of its own"
        )
