"""Parameters of a script as options of its command line."""

from __future__ import annotations

from collections.abc import Sequence

from ..records import Parameter


def options_of(parameters: Sequence[Parameter]) -> str:
    """Return the lines that read parameters from the command line."""
    if not parameters:
        return ""
    lines = ['if __name__ == "__main__":', "    _parser = argparse.ArgumentParser(description=__doc__)"]
    lines += [f"    _parser.add_argument({_argument(parameter)})" for parameter in parameters]
    return "\n".join([*lines, "    globals().update(vars(_parser.parse_args()))"])


def flag_of(name: str) -> str:
    """Return the option of a name: ``--max-depth``; one that begins with ``_`` is no name of the notebook's.

    Examples
    --------
    >>> flag_of("max_depth"), flag_of("_output")
    ('--max-depth', '--output')
    """
    return "--" + name.strip("_").replace("_", "-").lower()


def _argument(parameter: Parameter) -> str:
    parts = [f'"{flag_of(parameter.name)}"']
    if parameter.kind == "bool":
        parts.append("action=argparse.BooleanOptionalAction")
    elif parameter.kind == "path":
        parts.append("type=str" if isinstance(parameter.value, str) else "type=Path")
    else:
        parts.append(f"type={parameter.kind}")
    if flag_of(parameter.name) != f"--{parameter.name}":
        parts.append(f'dest="{parameter.name}"')
    parts.append(f"default={parameter.name}")
    help_text = f"{parameter.help} " if parameter.help else ""
    escaped = help_text.replace("%", "%%") + "(default: %(default)s)"
    return ", ".join([*parts, f"help={escaped!r}" if {'"', "\\"} & set(escaped) else f'help="{escaped}"'])
