"""The prompts: Markdown files with a block ``system`` (instructions) and a block ``task`` (what follows the images)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined, TemplateError, meta

from mifg_pipeline.agents.untrusted import fenced_json
from mifg_pipeline.errors import MifgError

PROMPTS: Final = {
    "inventory": frozenset({"coordinates", "frame"}),
    "selection": frozenset({"material"}),
    "question": frozenset({"coordinates", "frames", "least_sides", "largest_share", "material"}),
    "judgement": frozenset({"question", "options", "answer"}),
    "solution": frozenset({"question", "options", "kind", "withheld"}),
}
"""Names of the prompts, which are those of the replies, with the variables that each is given."""

_BLOCKS = ("system", "task")
_DIGITS = 12


@dataclass(frozen=True)
class Prompt:
    """A prompt with its variables filled in.

    Attributes:
        system: Instructions; the same for all requests of a kind, so that servers can keep them.
        task: What stands at the end of the user message, after the images.
    """

    system: str
    task: str


class PromptLibrary:
    """Prompt files from one place.

    Args:
        loader: Reads the files; ``prompts/`` of the package is read by ``prompts()``.
    """

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader
        self._environment = Environment(
            loader=loader,
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters["fenced_json"] = fenced_json
        self._digests: dict[str, str] = {}

    def render(self, name: str, **variables: object) -> Prompt:
        """Fills in a prompt.

        Args:
            name: A key of ``PROMPTS``.
            variables: Those named there.

        Raises:
            MifgError: If the file is missing, is no template, lacks a block or uses another variable.
        """
        try:
            template = self._environment.get_template(_file(name))
            context = template.new_context(variables, shared=True)
            system, task = ("".join(template.blocks[block](context)) for block in _BLOCKS)
        except KeyError as error:
            raise _unusable(name, f"has no block {error}") from error
        except TemplateError as error:
            raise _unusable(name, str(error)) from error
        return Prompt(system.strip(), task.strip())

    def digest(self, name: str) -> str:
        """Digest of a prompt's file and of those that it includes, 12 hexadecimal digits.

        Raises:
            MifgError: If one of them is missing or no template.
        """
        if name not in self._digests:
            content = "\0".join(self._sources(name)).encode()
            self._digests[name] = hashlib.sha256(content).hexdigest()[:_DIGITS]
        return self._digests[name]

    def checked_digests(self) -> dict[str, str]:
        """The digest of every prompt, by name, after a check that each can be filled in.

        Raises:
            MifgError: If a prompt is missing, is no template, lacks a block or uses a variable that it is not given.
        """
        for name, given in PROMPTS.items():
            used: set[str] = set()
            for source in self._sources(name):
                used |= meta.find_undeclared_variables(self._environment.parse(source))
            if not used <= given:
                raise _unusable(name, f"{', '.join(sorted(used - given))} is undefined")
            missing = set(_BLOCKS) - set(self._environment.get_template(_file(name)).blocks)
            if missing:
                raise _unusable(name, f"has no block {', '.join(sorted(missing))}")
        return {name: self.digest(name) for name in PROMPTS}

    def _sources(self, name: str) -> Iterator[str]:
        """Texts of a prompt's file and of the files that it includes."""
        files = [_file(name)]
        try:
            for file in files:
                text = self._loader.get_source(self._environment, file)[0]
                included = meta.find_referenced_templates(self._environment.parse(text))
                files += [other for other in included if other and other not in files]
                yield text
        except TemplateError as error:
            raise _unusable(name, str(error)) from error


@cache
def prompts() -> PromptLibrary:
    """The prompts of the package."""
    return PromptLibrary(PackageLoader("mifg_pipeline", "prompts"))


def _file(name: str) -> str:
    return f"{name}.md"


def _unusable(name: str, fault: str) -> MifgError:
    return MifgError(
        f"The prompt prompts/{_file(name)} cannot be used: {fault}.",
        "Mend the file; docs/models.md lists the variables that it may use.",
    )
