"""The command line: one module per command, thin: parse, call, print.

Modules of this package import nothing heavy; commands import what they need when they run. The package itself imports
no command: worker processes begin by importing the script that started them, which imports the package.
"""

import gc
import sys

YOUNG_OBJECTS = 50_000
"""Objects that come into being before the collector looks for cycles among them. With dozens of attempts under way
Python's default, 700, has it look at the same living ones over and over, which takes a sixth of the time of a run."""


def main() -> None:
    """Runs the command line; mistakes that a user can mend are printed without a traceback."""
    gc.set_threshold(YOUNG_OBJECTS)
    from mifg_pipeline.cli.app import app
    from mifg_pipeline.errors import MifgError

    try:
        app()
    except MifgError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(1)
