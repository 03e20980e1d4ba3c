"""What the review of a run has come to: the records that the status prints and the run report shows."""

from mifg_pipeline.items import SCHEMA_VERSION, Record, SchemaVersion


class AnnotatorStatus(Record):
    """How far one annotator is, and how well.

    Attributes:
        open: Items that wait for a decision of this annotator; those skipped are counted apart.
        accept_rate: Accepted and edited ones among those accepted, edited or rejected; None where there are none.
        median_seconds: Per decision, where the time was measured; None where it never was.
        adjudicates: Whether this annotator settles what others disagree on.
        gold: Gold items that the annotator decided, those flagged left out.
        gold_right: Those among them that were judged as an adjudicator had: accepted, or found faulty.
        stale: Events that do not count because their item has changed or is gone.
        torn: Whether a crash left an unfinished line, which the next submit sets aside.
    """

    annotator: str
    accepted: int
    rejected: int
    edited: int
    flagged: int
    skipped: int
    open: int
    accept_rate: float | None
    median_seconds: float | None
    adjudicates: bool
    gold: int
    gold_right: int
    stale: int
    torn: bool

    @property
    def gold_accuracy(self) -> float | None:
        """Share of the gold items judged right; None where there were none."""
        return self.gold_right / self.gold if self.gold else None


class Kappa(Record):
    """Cohen's kappa of two people.

    Attributes:
        annotators: The two, by name.
        items: Items that both decided.
        kappa: Agreement beyond chance, from -1 to 1; 1 where both always gave one and the same decision.
    """

    annotators: tuple[str, str]
    items: int
    kappa: float


class Agreement(Record):
    """How far people agree who decided the same items without seeing each other's decisions.

    A decision is one of accept, edit, reject and flag. Where everybody gave the same one throughout, chance would agree
    as well as people do, and the coefficients are 0 / 0; they are given as 1 then, and ``one_decision`` says so.

    Attributes:
        items: Items that two or more people decided.
        raw: Share of pairs of decisions on an item that are the same; None without such items.
        alpha: Krippendorff's alpha for nominal data, over all items and people; None without such items.
        one_decision: Whether all decisions on these items are the same.
        kappas: Of each two people with items in common.
    """

    items: int
    raw: float | None
    alpha: float | None
    one_decision: bool
    kappas: tuple[Kappa, ...]


class Prediction(Record):
    """How well one figure of a gate tells items that people find fault with from those they accept.

    Attributes:
        gate: Its name.
        figure: Name of the figure; ``in doubt`` where the gate let an item pass with a reason against it.
        items: Decided items that have the figure.
        faults: Those among them that people found fault with.
        auc: The chance that of a faulty and a sound item the faulty one has the higher figure: 0.5 tells nothing,
            near 1 high figures mean faults, near 0 low ones do.
    """

    gate: str
    figure: str
    items: int
    faults: int
    auc: float


class ReviewStatus(Record):
    """How far the review of a run is: the items by what becomes of them, each annotator's share, and how good it is.

    Attributes:
        agreement: Of the annotators with one another; what adjudicators decided is left out.
        predictions: What the gates foretold of people's decisions, the best first.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    items: int
    open: int
    verified: int
    rejected: int
    flagged: int
    disagreement: int
    annotators: tuple[AnnotatorStatus, ...]
    agreement: Agreement
    predictions: tuple[Prediction, ...]
