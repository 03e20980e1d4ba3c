"""The report of a run shows what the ledger holds, on one page that needs nothing else."""

import re
from html.parser import HTMLParser

from mifg_pipeline.items import ImageRef, Rejection
from mifg_pipeline.report.run import audit_rows
from mifg_pipeline.store.review_status import Agreement, AnnotatorStatus, Kappa, Prediction, ReviewStatus

SECTIONS = ("funnel", "items", "evidence", "audit", "images", "licences", "rejections", "examples")


class _Page(HTMLParser):
    """Collects tags and the texts in the rows of tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._in_row = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
            self._in_row = True

    def handle_endtag(self, tag):
        self._in_row &= tag != "tr"

    def handle_data(self, data):
        if self._in_row and data.strip():
            self.rows[-1].append(data.strip())

    def row(self, name: str) -> list[str]:
        return next(row for row in self.rows if row[:1] == [name])


def test_a_run_without_items_has_a_report(small_run):
    small_run.fill([], [])
    page = small_run.page()
    assert all(f'<section id="{name}">' in page for name in SECTIONS)
    assert "There are no items." in page


def test_a_run_of_rejections_alone_has_a_report(small_run):
    small_run.fill([], [Rejection(attempt=0, gate="lint", reason="leak")])
    assert _Page(small_run.page()).row("leak") == ["leak", "1", "100.0 %"]


def test_the_figures_are_those_of_the_ledger(small_run, three_items):
    small_run.fill(three_items, [Rejection(attempt=3, gate="lint", reason="leak")])
    page = _Page(small_run.page())
    assert page.row("question_writer")[:6] == ["question_writer", "4", "0", "0", "0.0 %", "4"]
    assert page.row("lint")[:6] == ["lint", "4", "0", "1", "25.0 %", "3"]
    assert page.row("total")[:5] == ["total", "2", "66.7 %", "50.0 %", "0.0 %"]
    assert page.row("glance") == ["glance", "1", "33.3 %"]
    assert page.row("7") == ["7", "2", "100.0 %"]
    assert page.row("CC0-1.0")[2:4] == ["3", "7"]


def test_the_page_needs_no_script_and_no_other_file(small_run, three_items):
    small_run.fill(three_items, [])
    html = small_run.page()
    page = _Page(html)
    addresses = [attributes[name] for _, attributes in page.tags for name in ("src", "href") if name in attributes]
    assert addresses
    assert all(address.startswith(("data:image/jpeg;base64,", "#")) for address in addresses)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert not re.search(r"@import|url\(", html)


def test_every_link_on_the_page_leads_somewhere(small_run, three_items):
    small_run.fill(three_items, [])
    tags = _Page(small_run.page()).tags
    targets = {f"#{attributes['id']}" for _, attributes in tags if "id" in attributes}
    assert {attributes["href"] for tag, attributes in tags if tag == "a"} <= targets


def test_hostile_text_is_escaped(small_run, three_items, make_draft):
    hostile = "<script>alert('1')</script>"
    rejection = Rejection(attempt=3, gate="lint", reason=hostile, draft=make_draft(question=f"{hostile}?"))
    small_run.fill(three_items, [rejection])
    page = small_run.page()
    assert "<script" not in page
    assert "<i>kite</i>" not in page
    assert "Ana <b>" not in page
    assert "Ana &lt;b&gt;" in page


def test_an_image_that_is_gone_does_not_cost_the_report(small_run, three_items):
    item = three_items[0]
    gone = ImageRef(
        **{**item.images[1].model_dump(), "path": "images/gone.png", "derived_from": (item.images[0].sha256,)}
    )
    small_run.fill([item.model_copy(update={"images": (item.images[0], gone)})], [])
    page = small_run.page()
    assert re.search(r'class="missing">[^<]*gone\.png cannot be read', page)


def test_quotas_are_shown_where_there_are_any(small_run, three_items):
    manifest = small_run.run.read_manifest()
    settings = manifest.settings.model_validate({"items": 3, "quotas": {"difficulty": {"glance": 0.3334}}})
    small_run.run.write_manifest(manifest.model_copy(update={"settings": settings}))
    small_run.fill(three_items, [])
    assert ["glance", "1", "1", "100.0 %"] in _Page(small_run.page()).rows


def test_the_audit_groups_items_by_the_source_of_their_evidence(indexed, three_items):
    rows = list(audit_rows(three_items, indexed))
    assert [row.family for row in rows] == ["test-family", "count-across", "count-across"]
    assert {row.group for row in rows} == {indexed.images[1].cluster}
    assert [row.sample.question for row in rows] == [item.question for item in three_items]


ANNOTATOR = AnnotatorStatus(
    annotator="<b>alice</b>",
    accepted=2,
    rejected=1,
    edited=0,
    flagged=0,
    skipped=0,
    open=0,
    accept_rate=2 / 3,
    median_seconds=8.25,
    adjudicates=False,
    gold=4,
    gold_right=3,
    stale=0,
    torn=False,
)
REVIEW = ReviewStatus(
    items=3,
    open=0,
    verified=2,
    rejected=1,
    flagged=0,
    disagreement=0,
    annotators=(ANNOTATOR,),
    agreement=Agreement(
        items=3,
        raw=0.75,
        alpha=0.5,
        one_decision=False,
        kappas=(Kappa(annotators=("alice", "bob"), items=3, kappa=0.4),),
    ),
    predictions=(Prediction(gate="difficulty", figure="pass_rate", items=3, faults=1, auc=0.25),),
)


def test_a_reviewed_run_shows_what_people_decided_and_how_far_they_agree(small_run, three_items):
    small_run.fill(three_items, [])
    html = small_run.page(REVIEW)
    page = _Page(html)
    assert page.row("verified") == ["verified", "2", "66.7 %"]
    assert page.row("<b>alice</b>")[1:] == ["2", "0", "1", "0", "0", "66.7 %", "8.2", "4", "75.0 %"]
    assert page.row("alice and bob") == ["alice and bob", "3", "0.40"]
    assert page.row("difficulty") == ["difficulty", "pass_rate", "3", "1", "0.25"]
    assert "alpha is 0.50" in html


def test_a_run_that_nobody_reviewed_has_no_section_on_it(small_run, three_items):
    small_run.fill(three_items, [])
    assert '<section id="review">' not in small_run.page()
