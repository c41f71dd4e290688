"""The command group: options in any place, and errors in one line."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from cli.commands import COMMANDS
from cli.errors import CliError, ExitCode, is_full, usage
from cli.output import print_json_line, print_line, print_mark
from seqstack.domain.plain_text import harmless

FLAGS = frozenset({"--local", "--json"})
VALUED = frozenset({"--stack", "--local-port", "--api-url", "--token", "--profile", "--region"})


def shared_first(arguments: Iterable[str]) -> list[str]:
    """The arguments, with the options of all commands moved to the front, where Typer reads them.

    `seqstack list --json` is what people type. What follows `--` stays where it is.
    """
    shared: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, _ = argument.partition("=")
        if argument == "--":
            others += [argument, *rest]
        elif argument in FLAGS or (name in VALUED and equals):
            shared.append(argument)
        elif argument in VALUED:
            shared += [argument, *(value for value in [next(rest, None)] if value is not None)]
        else:
            others.append(argument)
    return shared + others


class Commands(TyperGroup):
    """The commands; prints a CliError of any of them and returns its exit status."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """The names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer's signature
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        name = COMMANDS[cmd_name].module
        command = getattr(import_module(f"cli.commands.{name}"), name)
        if isinstance(command, typer.Typer):
            return typer.main.get_command(command)
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cmd_name)(command)
        return typer.main.get_command(alone)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in COMMANDS.items()])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options, wherever they stand."""
        with _harmless_usage():
            return super().parse_args(ctx, shared_first(args))

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            with _harmless_usage():
                return super().invoke(ctx)
        except CliError as error:
            tell(error, as_json=bool(ctx.params.get("as_json")))
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(ExitCode.INTERRUPTED) from error
        except BrokenPipeError as error:
            # the reader of the output has closed it, as `head` does
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(ExitCode.OK) from error
        except OSError as error:
            if is_full(error):
                said = _full(error)
            elif error.filename is None:  # no file of the user
                raise
            else:
                said = usage(f"{error.filename}: {error.strerror}")
            tell(said, as_json=bool(ctx.params.get("as_json")))
            raise typer.Exit(said.exit_code) from error


def _full(error: OSError) -> CliError:
    """The error for a full disk; without a file's name, it is of the output or a temporary file."""
    name = error.filename or "standard output, or a temporary file ($TMPDIR),"
    hint = "free space there, and run the command again"
    return CliError(ExitCode.FAILED, f"{name} can't be written: {error.strerror}", hint)


@contextmanager
def _harmless_usage() -> Iterator[None]:
    """Make click's own error safe to print: it quotes the invalid argument."""
    try:
        yield
    except TyperException as error:
        error.message = harmless(error.message)
        raise


def _color() -> bool | None:
    """Colours only on a terminal, and not if NO_COLOR is set (https://no-color.org)."""
    return False if os.environ.get("NO_COLOR") else None


def tell(error: CliError, *, as_json: bool) -> None:
    """Print an error to standard error: one line, and one for each field that is wrong."""
    if as_json:
        document = {
            "error": error.message,
            "hint": error.hint,
            "details": list(error.details),
            "exitCode": int(error.exit_code),
        }
        print_json_line(document, err=True)
        return
    hint = f"; {error.hint}" if error.hint else ""
    if error.exit_code is not ExitCode.INTERRUPTED:
        print_mark("error: ", color=_color())
    print_line(f"{error.message}{hint}", err=True)
    for detail in error.details:
        print_line(f"  {detail}", err=True)
