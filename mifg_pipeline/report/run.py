"""The report of a run: funnel, what the items are like, text-only audit, examples."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mifg_pipeline.corpus import Corpus, RunImages
from mifg_pipeline.gates import AuditRow, audit
from mifg_pipeline.items import Item
from mifg_pipeline.report.items import item_view, templates
from mifg_pipeline.store import Funnel, Ledger, RunFolder
from mifg_pipeline.store.files import replaced_file


@dataclass
class ItemFigures:
    """What the items of a run are like, counted one by one.

    Attributes:
        counts: Heading to value to number of items.
        examples: The first item of each question form.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[str, Item] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Takes in an item."""
        writer = item.provenance.writer
        self.examples.setdefault(writer, item)
        values = {
            "family": writer.partition("/")[0],
            "form": writer,
            "difficulty": item.difficulty,
            "images": str(len(item.images)),
            "answer": item.answer.kind,
            "pool": item.pool,
        }
        for heading, value in values.items():
            self.counts.setdefault(heading, Counter())[value] += 1

    def distributions(self) -> dict[str, list[tuple[str, int]]]:
        """Per heading, values and counts ordered by value."""
        return {heading: sorted(counter.items()) for heading, counter in self.counts.items()}


def write_run_report(run: RunFolder, corpus: Corpus, ledger: Ledger) -> None:
    """Writes ``report.html``."""
    manifest = run.read_manifest()
    items = list(ledger.items())
    figures = ItemFigures()
    for item in items:
        figures.add(item)

    images = RunImages(run, corpus)
    html = (
        templates()
        .get_template("run.html.j2")
        .render(
            title=f"{run.root.resolve().name}: report",
            run_id=manifest.run_id,
            seed=manifest.settings.seed,
            wanted=manifest.settings.items,
            corpus_images=len(corpus.images),
            funnel=Funnel.of(ledger.trails()),
            families_off=manifest.families_off,
            images_set_aside=manifest.images_set_aside,
            distributions=figures.distributions(),
            audit=audit(audit_rows(items, corpus)),
            items=[item_view(item, images) for _, item in sorted(figures.examples.items())],
        )
    )
    with replaced_file(run.report_path) as file:
        file.write(html)


def audit_rows(items: Sequence[Item], corpus: Corpus) -> list[AuditRow]:
    """The items as the text-only audit takes them, grouped by the near-duplicate cluster of their first evidence."""
    cluster_of = {image.sha256: image.cluster for image in corpus.images}
    rows = []
    for item in items:
        image = item.images[item.evidence[0].image]
        origin = image.derived_from[0] if image.is_derived else image.sha256
        rows.append(AuditRow(item.provenance.writer.partition("/")[0], cluster_of[origin], item))
    return rows
