"""How the simulated world answers: as often rightly as the settings say, by what is shown, and never otherwise."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_world import ALL, BLIND, CROPS, LOW, SETTINGS, Asker, without

from mifg_pipeline.agents.permutation import Permutation, permuted
from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.variation import CANNOT_BE_DETERMINED
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.items import Draft
from mifg_pipeline.programs import Picture, program_named
from mifg_pipeline.programs.registry import all_programs
from mifg_pipeline.stub.world import UNDERSTOOD, WorldSettings
from mifg_pipeline.stub.world.reading import Reader
from mifg_pipeline.stub.world.scenes import Scene

ATTEMPTS = 8
SMALL = SETTINGS.model_copy(update={"image_pixels": 100_000})


@pytest.fixture(scope="module")
def sound(corpus: Corpus) -> list[Draft]:
    """Sound questions with four options each."""
    return four_options(Asker(corpus, SMALL).drafts(90, sizes=(4,)))


def four_options(drafts: Sequence[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.options and len(draft.options) == 4][:40]


@pytest.fixture(scope="module")
def defective(corpus: Corpus) -> Callable[[str], list[Draft]]:
    """Questions with a defect and four options each."""
    return cache(lambda defect: four_options(Asker(corpus, SMALL, defects={defect: 1.0}).drafts(60, sizes=(4,))))


def first_evidence(draft: Draft) -> ProbeView:
    return without(draft.roles.index("evidence"))


def within(share: float, expected: float, count: int) -> bool:
    """Whether a share of so many independent replies is within four standard deviations."""
    return abs(share - expected) <= 4 * (expected * (1 - expected) / count) ** 0.5


def share_of_right(asker: Asker, drafts: Sequence[Draft], view) -> float:
    """Of replies to probes; the view is one for all drafts, or depends on the draft."""
    shares = [asker.right_share([draft], view(draft) if callable(view) else view, ATTEMPTS) for draft in drafts]
    return sum(shares) / len(shares)


@pytest.mark.parametrize(
    ("view", "expected"),
    [(ALL, 0.8), (BLIND, 0.25), (LOW, 0.35), (CROPS, 0.9), (first_evidence, 0.1)],
    ids=["all", "blind", "low", "crops", "missing"],
)
def test_sound_questions_are_answered_as_often_as_the_defaults_say(corpus, sound, view, expected):
    assert within(share_of_right(Asker(corpus), sound, view), expected, ATTEMPTS * len(sound))


@pytest.mark.parametrize(
    ("name", "view", "value"),
    [
        ("all", ALL, 0.5),
        ("blind", BLIND, 0.1),
        ("low", LOW, 0.6),
        ("crops", CROPS, 0.3),
        ("missing", first_evidence, 0.2),
    ],
)
def test_each_accuracy_can_be_set(corpus, sound, name, view, value):
    asker = Asker(corpus, accuracy={name: value})
    assert within(share_of_right(asker, sound, view), value, ATTEMPTS * len(sound))


def test_the_default_glance_is_low_resolution_and_the_first_view_is_not(corpus, sound):
    settings = GenerateSettings(items=1)
    asker = Asker(corpus, low_below=WorldSettings().low_below, accuracy={"all": 1.0, "low": 0.0})
    for pixels, expected in ((settings.probes.glance_pixels, 0.0), (settings.gates.first_view_pixels, 1.0)):
        assert asker.right_share(sound[:10], ProbeView("glance", pixels=pixels), attempts=2) == expected


def test_what_is_not_seen_is_not_known_however_high_the_setting(corpus, sound):
    asker = Asker(corpus, accuracy={"blind": 1.0, "missing": 1.0})
    for view in (BLIND, first_evidence):
        assert within(share_of_right(asker, sound, view), 0.25, ATTEMPTS * len(sound))


@pytest.mark.parametrize(
    ("defect", "view", "expected"),
    [
        ("blind_answerable", BLIND, 0.8),
        ("blind_answerable", LOW, 0.8),
        ("blind_answerable", CROPS, 0.9),
        ("leaking", BLIND, 0.8),
        ("image_not_needed", ALL, 0.8),
        ("image_not_needed", BLIND, 0.25),
        ("wrong_key", CROPS, 0.1 / 3),
        ("ambiguous", ALL, 0.4),
        ("ambiguous", CROPS, 0.4),
    ],
)
def test_defective_questions_are_answered_as_the_defaults_say(corpus, defective, defect, view, expected):
    drafts = defective(defect)
    assert within(share_of_right(Asker(corpus), drafts, view), expected, ATTEMPTS * len(drafts))


def test_an_image_that_is_not_needed_can_be_withheld_and_the_other_cannot(corpus, defective, reader):
    drafts = defective("image_not_needed")

    def only(numbers: frozenset[int]) -> ProbeView:
        (number,) = numbers
        return without(number - 1)

    asker, count = Asker(corpus), ATTEMPTS * len(drafts)
    assert within(share_of_right(asker, drafts, lambda draft: only(reader.read(draft.question).spare)), 0.8, count)
    assert within(share_of_right(asker, drafts, lambda draft: only(reader.read(draft.question).decisive)), 0.1, count)


def test_most_replies_to_an_ambiguous_question_are_one_of_its_two_answers(corpus, defective):
    drafts = defective("ambiguous")
    asker = Asker(corpus)
    top_two = []
    for draft in drafts:
        answers = Counter(
            variation.original_answer(answer)
            for variation, answer in (asker.solve(draft, ALL, sample) for sample in range(4 * ATTEMPTS))
        )
        top_two.append(sum(count for _, count in answers.most_common(2)) / answers.total())
    assert sum(top_two) / len(top_two) == pytest.approx(0.8, abs=0.04)


def test_the_share_of_each_ambiguous_answer_can_be_set(corpus, defective):
    drafts = defective("ambiguous")
    asker = Asker(corpus, accuracy={"ambiguous": 0.1, "crops": 1.0})
    assert within(share_of_right(asker, drafts, CROPS), 0.1, ATTEMPTS * len(drafts))


def test_mistakes_fall_evenly_to_all_other_options(corpus, sound):
    asker = Asker(corpus, accuracy={"all": 0.0})
    places = Counter()
    for draft in sound:
        others = sorted(set("ABCD") - {draft.answer.value})
        for sample in range(ATTEMPTS):
            variation, answer = asker.solve(draft, ALL, sample)
            places[others.index(variation.original_answer(answer))] += 1
    assert all(within(places[place] / places.total(), 1 / 3, places.total()) for place in range(3))


def test_it_gives_up_only_where_an_image_that_decides_is_missing(corpus, sound):
    asker = Asker(corpus)

    def share_given_up(view: ProbeView, draft: Draft) -> float:
        said = [variation.original_answer(answer) for variation, answer in _solved(asker, draft, view)]
        return said.count(CANNOT_BE_DETERMINED) / len(said)

    for draft in sound:
        distractors = [index for index, role in enumerate(draft.roles) if role == "distractor"]
        assert all(share_given_up(without(index), draft) == 0 for index in distractors)
    shares = [share_given_up(first_evidence(draft), draft) for draft in sound]
    assert within(sum(shares) / len(shares), 0.6, ATTEMPTS * len(sound))


def test_a_wrong_open_answer_is_a_number_near_the_right_one(corpus):
    asker = Asker(corpus, SMALL, accuracy={"all": 0.0})
    drafts = [draft for draft in asker.drafts(60) if draft.answer.kind == "integer"]
    assert drafts
    for draft in drafts:
        for _, answer in _solved(asker, draft, ALL):
            assert 1 <= abs(int(answer) - draft.answer.value) <= 2
            assert int(answer) >= 0


def test_open_questions_are_guessed_without_images_one_time_in_ten_at_most(corpus):
    asker = Asker(corpus, SMALL)
    drafts = [draft for draft in asker.drafts(120) if draft.answer.kind == "integer"]
    for view in (BLIND, first_evidence):
        assert share_of_right(asker, drafts, view) <= 0.1 + 4 * (0.09 / (ATTEMPTS * len(drafts))) ** 0.5


@pytest.fixture(scope="module")
def reader(corpus: Corpus) -> Reader:
    return Reader(map(Scene, corpus.images))


@pytest.fixture(scope="module")
def writer_of_all_kinds(corpus: Corpus) -> Asker:
    defects = dict.fromkeys(("wrong_key", "blind_answerable", "image_not_needed", "ambiguous", "leaking"), 0.15)
    return Asker(corpus, SMALL, defects=defects)


@given(seed=st.integers(0, 10_000), data=st.data())
def test_another_order_of_the_images_leaves_truth_and_defect_as_they_are(writer_of_all_kinds, reader, seed, data):
    rng = random.Random(seed)
    images = rng.sample(writer_of_all_kinds.scenes, rng.randint(2, 5))
    draft = writer_of_all_kinds.draft(images, seed)
    permutation = Permutation(tuple(data.draw(st.permutations(range(len(images))))))
    shown = permuted(draft, permutation)
    before, after = reader.read(draft.question), reader.read(shown.question)
    assert before.defect == after.defect
    for sides in ("decisive", "spare"):
        assert {permutation.number(number) for number in getattr(before, sides)} == getattr(after, sides)
    answers = before.answers({number: Scene(image) for number, image in enumerate(images, start=1)})
    reordered = {permutation.number(number): Scene(image) for number, image in enumerate(images, start=1)}
    assert tuple(permutation.text(answer) for answer in answers) == after.answers(reordered)


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_questions_of_programs_over_objects_are_answered_truly(corpus, name):
    asker = Asker(corpus, accuracy={"all": 1.0})
    drafts = program_drafts(corpus, name, 25)
    assert len(drafts) == 25
    for draft in drafts:
        variation, answer = asker.solve(draft, ALL)
        assert variation.is_right(answer), (draft.question, draft.answer_text(), answer)


def test_questions_of_other_forms_are_guessed(corpus):
    asker = Asker(corpus, accuracy={"all": 1.0})
    drafts = program_drafts(corpus, "read-across/which-text", 25)
    assert within(share_of_right(asker, drafts, ALL), 0.25, ATTEMPTS * len(drafts))


def program_drafts(corpus: Corpus, name: str, count: int) -> list[Draft]:
    """Drafts by a program over the scenes of the corpus."""
    program, rng = program_named(name), random.Random(name)
    pictures = [Picture(image, _no_pixels) for image in corpus.images if image.path.startswith("scenes/")]
    drafts: list[Draft] = []
    for _ in range(20 * count):
        chosen = rng.sample(pictures, rng.choice(program.picture_counts))
        proposal = program.propose(chosen, rng)
        if proposal is not None:
            fields = ("question", "answer", "options", "roles", "evidence", "skills")
            images = tuple(chosen[index].image.ref() for index in proposal.images)
            said = {field: getattr(proposal, field) for field in fields}
            drafts.append(Draft(images=images, pool="train", writer=name, **said))
        if len(drafts) == count:
            break
    return drafts


def test_every_understood_program_exists():
    assert set(UNDERSTOOD) <= {program.name for program in all_programs()}


def _no_pixels():
    raise AssertionError("these programs look at annotations alone")


def _solved(asker: Asker, draft: Draft, view: ProbeView):
    return [asker.solve(draft, view, sample) for sample in range(ATTEMPTS)]
