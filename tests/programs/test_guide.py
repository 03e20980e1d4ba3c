"""The guide to adding a program, followed literally: its example in one file is found, proposes, and is right."""

import json
import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"

FOLLOW = """
import json, random, sys
from pathlib import Path
import mifg_pipeline.programs as programs
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.corpus.draw import draw_corpus

programs.__path__.append(sys.argv[1])
program = programs.program_named("agree/equally-many")
scenes = Path(sys.argv[2])
draw_corpus(scenes, 6, seed=2)
index_corpus(scenes)
images = [image for image in Corpus.open(scenes).images if program.accepts(image)]
made = []
for seed in range(60):
    rng = random.Random(seed)
    pictures = [programs.Picture(image, load=None) for image in rng.sample(images, 2)]
    proposal = program.propose(pictures, rng)
    if proposal is not None:
        kind = (proposal.terms["category"], proposal.terms["colour"])
        things = [[(t.category, t.attributes["colour"]) for t in picture.image.objects] for picture in pictures]
        counts = {inside.count(kind) for inside in things}
        made.append([proposal.answer.value, len(counts) == 1])
print(json.dumps(made))
"""


def test_the_example_of_the_guide_works_as_it_stands(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs" / "agree.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-c", FOLLOW, tmp_path / "programs", tmp_path / "scenes"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert len(made) > 10
    assert all(answer == truth for answer, truth in made)
    assert {answer for answer, _ in made} == {True, False}
