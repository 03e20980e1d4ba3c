"""The command line: one module per command, thin: parse, call, print.

Modules of this package import nothing heavy; commands import what they need when they run. The package itself imports
no command: worker processes begin by importing the script that started them, which imports the package.
"""

import sys


def main() -> None:
    """Runs the command line; mistakes that a user can mend are printed without a traceback."""
    from mifg_pipeline.cli.app import app
    from mifg_pipeline.errors import MifgError

    try:
        app()
    except MifgError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(1)
