"""An open SQLite file."""

import gc

import pytest

from mifg_pipeline.store.database import Database


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_rows_that_nobody_asks_for_any_more_may_outlive_the_file(tmp_path):
    database = Database(tmp_path / "a.sqlite", "CREATE TABLE t (n)", read_only=False, if_damaged="")
    database.write("INSERT INTO t VALUES (?)", [(1,), (2,)])
    rows = database.select("SELECT n FROM t")
    assert next(rows) == (1,)
    database.close()
    del rows
    gc.collect()
