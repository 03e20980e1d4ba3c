"""The JSON Schemas in the docs are those of the records."""

import runpy
from pathlib import Path

SCHEMAS = Path(__file__).parents[1] / "docs" / "schema"


def test_the_schemas_in_the_docs_are_up_to_date():
    expected = runpy.run_path(str(SCHEMAS / "write.py"))["schemas"]()
    found = {path.name: path.read_text() for path in SCHEMAS.glob("*.json")}
    assert found == expected, "run `make schemas`"
