"""The report of a run: how many attempts passed each step, what the items are like, and what was turned down."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mifg_pipeline.config import GateSettings
from mifg_pipeline.corpus import Corpus, RunImages
from mifg_pipeline.gates import AuditRow, audit
from mifg_pipeline.items import Item, Rejection, is_known_license
from mifg_pipeline.report.figures import EvidenceSizes, ItemFigures
from mifg_pipeline.report.histogram import by_doubling
from mifg_pipeline.report.items import item_view
from mifg_pipeline.report.page import templates
from mifg_pipeline.report.plots import Threshold, histogram_svg
from mifg_pipeline.report.rejections import Rejections
from mifg_pipeline.report.sources import credits_of, licenses_of, most_used
from mifg_pipeline.report.thumbnail import Thumbnail, thumbnail
from mifg_pipeline.store import Funnel, Ledger, RunFolder, asked_and_reached
from mifg_pipeline.store.files import replaced_file
from mifg_pipeline.store.review_status import ReviewStatus

MOST_USED = 8
"""Images of the corpus that are shown because many items use them."""

MOST_USED_SIDE = 260
"""Longest side of their pictures, pixels."""


@dataclass(frozen=True)
class UsedImage:
    """An image of the corpus with the number of items that use it."""

    path: str
    uses: int
    thumbnail: Thumbnail


def write_run_report(run: RunFolder, corpus: Corpus, ledger: Ledger, review: ReviewStatus | None = None) -> None:
    """Writes ``report.html``. Items and rejections are read one by one; the audit keeps the texts of choice items.

    Args:
        run: The run.
        corpus: That it was made from.
        ledger: Of the run.
        review: What people decided, where they did.
    """
    manifest = run.read_manifest()
    figures = ItemFigures(EvidenceSizes(manifest.settings.gates))
    audits = audit(audit_rows(_counted(ledger.items(), figures), corpus))
    rejections = Rejections()
    for line in ledger.rejection_lines():
        rejections.add(Rejection.model_validate_json(line))

    images = RunImages(run, corpus)
    html = (
        templates()
        .get_template("run.html.j2")
        .render(
            title=f"{run.root.resolve().name}: report",
            manifest=manifest,
            funnel=Funnel.of_run(ledger),
            quotas=asked_and_reached(manifest.settings, manifest.families_off, ledger),
            figures=figures,
            plots=_plots(figures, manifest.settings.gates),
            rejections=rejections,
            review=review,
            audit=audits,
            items=[item_view(item, images) for _, item in sorted(figures.examples.items())],
            **_sources(corpus, figures.uses, images),
        )
    )
    with replaced_file(run.report_path) as file:
        file.write(html)


def audit_rows(items: Iterable[Item], corpus: Corpus) -> Iterator[AuditRow]:
    """The items as the text-only audit takes them, grouped by the near-duplicate cluster of their first evidence."""
    clusters = {image.sha256: image.cluster for image in corpus.images}
    for item in items:
        image = item.images[item.evidence[0].image]
        origin = image.derived_from[0] if image.is_derived else image.sha256
        yield AuditRow(item.provenance.family, clusters[origin], item)


def _counted(items: Iterable[Item], figures: ItemFigures) -> Iterator[Item]:
    for item in items:
        figures.add(item)
        yield item


def _plots(figures: ItemFigures, gates: GateSettings) -> dict[str, str]:
    """Name to SVG."""
    evidence = figures.evidence
    legible = Threshold(gates.legible_side, f"legible from {gates.legible_side:g}", divides=True)
    smallest = Threshold(gates.min_evidence_side, f"at least {gates.min_evidence_side}")
    largest = Threshold(100 * gates.max_evidence_area, f"at most {100 * gates.max_evidence_area:g} %")
    return {
        "native_side": histogram_svg(evidence.native_side, "Items by shortest evidence side", "pixels", smallest),
        "first_view_side": histogram_svg(
            evidence.first_view_side, "Items by shortest evidence side in the first view", "pixels", legible
        ),
        "largest_area": histogram_svg(evidence.largest_area, "Items by area of the evidence", "percent", largest),
        "shown_sides": histogram_svg(figures.shown_sides, "Images shown by longest side", "pixels"),
    }


def _sources(corpus: Corpus, uses: Mapping[str, int], images: RunImages) -> dict[str, object]:
    """What the page says of the images of the corpus."""
    credits_ = credits_of(corpus.images, uses)
    licenses = licenses_of(credits_)
    return {
        "corpus_images": len(corpus.images),
        "use_bars": by_doubling(uses.get(image.sha256, 0) for image in corpus.images),
        "most_used": [
            UsedImage(image.path, count, thumbnail(images.path_of(image), MOST_USED_SIDE))
            for image, count in most_used(corpus.images, uses, MOST_USED)
        ],
        "credits": credits_,
        "licenses": licenses,
        "unlicensed": sum(count for name, count in licenses if not is_known_license(name)),
    }
