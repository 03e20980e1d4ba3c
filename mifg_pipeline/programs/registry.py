"""Finds the programs: every concrete subclass of ``Program`` in a module of this package."""

import importlib
import inspect
import pkgutil
from functools import cache

from mifg_pipeline.programs.program import Program


@cache
def all_programs() -> tuple[Program, ...]:
    """One instance of each program, ordered by name."""
    package = importlib.import_module(__package__)
    found: dict[str, Program] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{__package__}.{module_info.name}")
        for _, member in inspect.getmembers(module, inspect.isclass):
            if issubclass(member, Program) and not inspect.isabstract(member) and member.__module__ == module.__name__:
                program = member()
                if program.name in found:
                    raise ValueError(f"two programs are named {program.name}: in {module.__name__} and another module")
                found[program.name] = program
    return tuple(found[name] for name in sorted(found))


def program_named(name: str) -> Program:
    """The program of that name (``family/form``).

    Raises:
        KeyError: If there is none.
    """
    return {program.name: program for program in all_programs()}[name]


def families() -> tuple[str, ...]:
    """Names of all program families, sorted."""
    return tuple(sorted({program.family for program in all_programs()}))
