"""The receipt of an index: by it an unchanged folder is found unchanged without opening the index.

It lies beside the index and says nothing that the index does not. Where it is missing, or belongs to another index than
the one that is there, the index is read.
"""

from pathlib import Path
from typing import Final, Self

from pydantic import ValidationError

from mifg_pipeline.corpus.index_file import INDEX_NAME, IndexHeader, StoredIndex
from mifg_pipeline.corpus.summary import IndexSummary, summarise
from mifg_pipeline.corpus.whole_file import write_whole
from mifg_pipeline.items import SCHEMA_VERSION, Record, SchemaVersion

RECEIPT_NAME: Final = ".corpus.receipt.json"


class Receipt(Record):
    """What is known of an index without opening it.

    Attributes:
        size: Bytes of the index.
        mtime_ns: Time of its last change, nanoseconds.
        header: What it says of itself.
        summary: What it holds, where nothing has changed.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    size: int
    mtime_ns: int
    header: IndexHeader
    summary: IndexSummary

    @classmethod
    def of(cls, root: Path, index: StoredIndex) -> Self:
        """The receipt of the index that the folder has now."""
        status = (root / INDEX_NAME).stat()
        return cls(size=status.st_size, mtime_ns=status.st_mtime_ns, header=index.header, summary=summarise(index))


def write_receipt(root: Path, receipt: Receipt) -> None:
    """Puts a receipt beside its index.

    Raises:
        MifgError: If the folder or the disk does not let it.
    """
    write_whole(root / RECEIPT_NAME, receipt.model_dump_json().encode())


def read_receipt(root: Path) -> Receipt | None:
    """The receipt of the index that is there; None where there is none that can be relied on."""
    try:
        receipt = Receipt.model_validate_json((root / RECEIPT_NAME).read_bytes())
        status = (root / INDEX_NAME).stat()
    except (OSError, ValidationError):
        return None
    return receipt if (receipt.size, receipt.mtime_ns) == (status.st_size, status.st_mtime_ns) else None
