"""Croissant metadata: the dataset described for machines, as ML Commons defines it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from mifg_pipeline.export.columns import COLUMNS, IMAGE
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.front_matter import license_fields
from mifg_pipeline.export.shards import SplitFiles
from mifg_pipeline.items import Pool

FILE_NAME: Final = "croissant.json"

_PARQUET: Final = "application/x-parquet"

_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The JSON-LD context that version 1.0 of the specification gives."""

_DATA_TYPES: Final = {
    pa.bool_(): "sc:Boolean",
    pa.float64(): "sc:Float",
    pa.int32(): "sc:Integer",
    pa.string(): "sc:Text",
}


def croissant(figures: Figures, splits: Sequence[SplitFiles], sums: Mapping[str, str]) -> dict[str, Any]:
    """The content of ``croissant.json``.

    Args:
        figures: Of the rows.
        splits: Those with rows.
        sums: The sha256 of each shard, by its path.
    """
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": "mifg-qa",
        "description": "Questions over several images whose answers hang on details, with evidence boxes.",
        "license": license_fields(sorted(figures.licenses()))["license"],
        "distribution": [_file_object(name, digest) for name, digest in sums.items()]
        + [_file_set(split) for split in splits],
        "recordSet": [_record_set(split) for split in splits],
    }


def digests(text: str) -> dict[str, str]:
    """The sha256 of each shard, by its path, as the text of ``croissant.json`` says.

    Raises:
        ValueError: If it is no JSON.
        LookupError, TypeError: If it is the JSON of something else.
    """
    files = json.loads(text)["distribution"]
    return {file["contentUrl"]: file["sha256"] for file in files if file["@type"] == "cr:FileObject"}


def _file_object(name: str, digest: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": _PARQUET,
        "sha256": digest,
    }


def _file_set(split: SplitFiles) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": split.pool,
        "name": split.pool,
        "includes": f"data/{split.pool}-*.parquet",
        "encodingFormat": _PARQUET,
    }


def _record_set(split: SplitFiles) -> dict[str, Any]:
    name = f"{split.pool}_rows"
    fields = [_field(f"{name}/{column.name}", column.type, _source(split.pool, column.name)) for column in COLUMNS]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _source(pool: Pool, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": pool}, "extract": {"column": column}}


def _field(name: str, data_type: pa.DataType, source: dict[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {"@type": "cr:Field", "@id": name, "name": name}
    if pa.types.is_list(data_type):
        field["repeated"] = True
        data_type = data_type.value_type
    if data_type == IMAGE:
        return {**field, "dataType": "sc:ImageObject", "source": {**source, "transform": {"jsonPath": "bytes"}}}
    if pa.types.is_struct(data_type):
        parts = [
            _field(f"{name}/{part.name}", part.type, {**source, "transform": {"jsonPath": part.name}})
            for part in data_type
        ]
        return {**field, "subField": parts}
    return {**field, "dataType": _DATA_TYPES[data_type], "source": source}
