"""The part of the Hugging Face hub that a push talks to, on this machine; what is pushed lands in a folder."""

import base64
import hashlib
import json
from pathlib import Path

from aiohttp import web

_REVISION = "0" * 39


class LocalHub:
    """One dataset repository.

    Attributes:
        root: Its files.
        private: Whether it was made private; None while it is not there.
        commits: Messages of the commits.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.private: bool | None = None
        self.commits: list[str] = []
        self._large: dict[str, bytes] = {}

    def app(self) -> web.Application:
        """The hub as an application; it takes all requests by one route."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    @property
    def _sha(self) -> str:
        return f"{_REVISION}{len(self.commits) % 10}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        if path == "api/repos/create":
            self.private = (await request.json()).get("visibility") == "private"
            return web.json_response({"url": f"{request.url.origin()}/datasets/ana/rings"})
        if path == "api/validate-yaml":
            return web.json_response({"errors": [], "warnings": []})
        if self.private is None:
            return web.json_response({"error": "not found"}, status=404, headers={"X-Error-Code": "RepoNotFound"})
        if path.endswith("/info/lfs/objects/batch"):
            objects = (await request.json())["objects"]
            return web.json_response({"transfer": "basic", "objects": [_upload(request, entry) for entry in objects]})
        if path.startswith("lfs/"):
            self._large[path.removeprefix("lfs/")] = await request.read()
            return web.Response()
        if "/resolve/" in path:
            return self._file(path.rsplit("/resolve/", 1)[1].partition("/")[2])
        kind = path.removeprefix("api/datasets/ana/rings").strip("/").partition("/")[0]
        if kind == "preupload":
            files = (await request.json())["files"]
            return web.json_response(
                {"files": [{"path": f["path"], "uploadMode": _mode(f["path"]), "shouldIgnore": False} for f in files]}
            )
        if kind == "commit":
            return self._commit(await request.text(), request)
        if kind == "tree":
            return self._tree(path.partition("/tree/")[2].partition("/")[2])
        if kind == "paths-info":
            data = (
                await request.post() if request.content_type.startswith("application/x-www") else await request.json()
            )
            wanted = data.getall("paths") if hasattr(data, "getall") else data["paths"]
            return web.json_response([entry for entry in self._entries() if entry["path"] in wanted])
        return web.json_response(
            {"id": "ana/rings", "sha": self._sha, "siblings": [{"rfilename": e["path"]} for e in self._entries()]}
        )

    def _entries(self) -> list[dict[str, object]]:
        folders = [path for path in self.root.rglob("*") if path.is_dir()]
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return [
            *({"type": "directory", "path": p.relative_to(self.root).as_posix(), "oid": "0"} for p in folders),
            *(
                {"type": "file", "path": p.relative_to(self.root).as_posix(), "oid": "0", "size": p.stat().st_size}
                for p in files
            ),
        ]

    def _tree(self, folder: str) -> web.StreamResponse:
        if not (self.root / folder).is_dir():
            return _missing()
        return web.json_response([e for e in self._entries() if str(e["path"]).startswith(folder)])

    def _file(self, name: str) -> web.StreamResponse:
        file = self.root / name
        if not file.is_file():
            return _missing()
        content = file.read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        return web.Response(body=content, headers={"ETag": f'"{etag}"', "X-Repo-Commit": self._sha})

    def _commit(self, lines: str, request: web.Request) -> web.StreamResponse:
        for line in map(json.loads, lines.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                self.commits.append(value["summary"])
            elif line["key"] == "file":
                target = self.root / value["path"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(base64.b64decode(value["content"]))
            elif line["key"] == "lfsFile":
                target = self.root / value["path"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._large[value["oid"]])
            elif line["key"] == "deletedFile":
                (self.root / value["path"]).unlink()
        url = f"{request.url.origin()}/datasets/ana/rings/commit/{self._sha}"
        return web.json_response({"commitUrl": url, "commitOid": self._sha, "pullRequestUrl": None})


def _mode(path: str) -> str:
    """Large files go another way; `datasets` counts on that for its Parquet files."""
    return "lfs" if path.endswith(".parquet") else "regular"


def _upload(request: web.Request, entry: dict[str, object]) -> dict[str, object]:
    href = f"{request.url.origin()}/lfs/{entry['oid']}"
    return {"oid": entry["oid"], "size": entry["size"], "actions": {"upload": {"href": href, "header": {}}}}


def _missing() -> web.StreamResponse:
    return web.json_response({"error": "not found"}, status=404, headers={"X-Error-Code": "EntryNotFound"})
