"""Prompts are templates whose every variable is given, and are named by their content."""

import pytest
from jinja2 import DictLoader

from mifg_pipeline.agents import replies
from mifg_pipeline.agents.prompts import PROMPTS, PromptLibrary, prompts
from mifg_pipeline.errors import MifgError

GOOD = "{% block system %}Judge.{% endblock %}{% block task %}{{ question }}{% endblock %}"


def library(text: str, **others: str) -> PromptLibrary:
    files = dict.fromkeys((f"{name}.md" for name in PROMPTS), GOOD.replace("{{ question }}", ""))
    return PromptLibrary(DictLoader({**files, "judgement.md": text, **others}))


def test_every_kind_of_reply_has_a_prompt():
    assert set(PROMPTS) == {reply.name for reply in replies.Reply.__subclasses__()}


def test_the_prompts_of_the_package_can_be_filled_in():
    digests = prompts().checked_digests()
    assert set(digests) == set(PROMPTS)
    assert len(set(digests.values())) == len(digests)


@pytest.mark.parametrize("name", sorted(PROMPTS))
def test_a_prompt_of_the_package_names_all_fields_of_its_reply_in_their_order(name):
    (reply,) = (reply for reply in replies.Reply.__subclasses__() if reply.name == name)
    source = next(prompts()._sources(name))
    places = [source.index(f'"{field}"') for field in reply.model_fields]
    assert places == sorted(places)


def test_instructions_and_task_are_rendered_apart():
    prompt = library(GOOD).render("judgement", question="Why {{ not }}?")
    assert (prompt.system, prompt.task) == ("Judge.", "Why {{ not }}?")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("question", "questoin"), "'?questoin'? is undefined"),
        (GOOD.replace("block task", "block tusk"), "no block '?task"),
        (GOOD.replace("{{ question }}", "{{ question"), "expected token"),
        (GOOD.replace("{{ question }}", "{% include 'gone.md' %}"), "gone.md"),
    ],
)
def test_a_prompt_that_cannot_be_filled_in_is_refused_before_and_while_it_is_used(text, fault):
    with pytest.raises(MifgError, match=rf"prompts/judgement.md cannot be used.*{fault}"):
        library(text).checked_digests()
    with pytest.raises(MifgError, match=rf"prompts/judgement.md cannot be used.*{fault}"):
        library(text).render("judgement", question="Why?")


def test_a_variable_in_a_branch_that_is_seldom_taken_is_found_by_the_check():
    text = GOOD.replace("{{ question }}", "{% if question %}{{ hint }}{% endif %}")
    library(text).render("judgement", question="")
    with pytest.raises(MifgError, match="hint is undefined"):
        library(text).checked_digests()


def test_a_prompt_that_is_missing_is_an_error_with_a_remedy():
    with pytest.raises(MifgError, match=r"inventory.md.*Mend the file"):
        PromptLibrary(DictLoader({})).checked_digests()


def test_the_digest_follows_the_content_of_the_file_and_of_what_it_includes():
    text = GOOD.replace("{{ question }}", "{% include 'part.md' %}")
    digests = {
        library(GOOD).digest("judgement"),
        library(GOOD + " ").digest("judgement"),
        library(text, **{"part.md": "one"}).digest("judgement"),
        library(text, **{"part.md": "two"}).digest("judgement"),
    }
    assert len(digests) == 4
    assert library(GOOD).digest("judgement") == library(GOOD).digest("judgement")
