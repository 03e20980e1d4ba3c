"""What the items of a run are like, counted one by one."""

from collections import Counter
from dataclasses import dataclass, field

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import first_view_scale
from mifg_pipeline.items import OPTION_LETTERS, POOLS, Item, Region
from mifg_pipeline.report.histogram import Bar, Histogram, bars, by_label, by_magnitude, by_number, share


@dataclass
class FormCount:
    """Items of one question form.

    Attributes:
        items: All of them.
        zoom: Those whose evidence is not legible at first view.
        witnessed: Those whose key a witness worked out from the pixels as well.
    """

    items: int = 0
    zoom: int = 0
    witnessed: int = 0

    def __add__(self, other: "FormCount") -> "FormCount":
        """Items of both."""
        return FormCount(self.items + other.items, self.zoom + other.zoom, self.witnessed + other.witnessed)


@dataclass(frozen=True)
class FamilyCount:
    """Items of one program family.

    Attributes:
        family: Its name.
        total: Over all forms.
        forms: By name of the form, sorted.
    """

    family: str
    total: FormCount
    forms: dict[str, FormCount]


@dataclass
class KeyPositions:
    """At which letter the keys of choice items stand.

    Attributes:
        keys: Number of items by letter of the key.
        option_counts: Number of items by number of options.
    """

    keys: Counter[str] = field(default_factory=Counter)
    option_counts: Counter[int] = field(default_factory=Counter)

    def add(self, letter: str, options: int) -> None:
        """Counts one choice item."""
        self.keys[letter] += 1
        self.option_counts[options] += 1

    def bars(self) -> list[Bar]:
        """Per letter: how often it is the key, and how often it would be if all options were alike."""
        total = self.keys.total()
        return [
            Bar(letter, self.keys[letter], share(self.keys[letter], total), share(self._expected(position), total))
            for position, letter in enumerate(OPTION_LETTERS[: max(self.option_counts, default=0)])
        ]

    def _expected(self, position: int) -> float:
        return sum(items / options for options, items in self.option_counts.items() if position < options)


@dataclass
class EvidenceSizes:
    """How large the evidence of the items is.

    Attributes:
        settings: What is legible, and how large the first view is.
        native_side: Shortest side of any region of an item, pixels of the original images.
        first_view_side: The same in pixels of the first view.
        largest_area: The largest region on an image of role evidence, percent of that image.
        illegible: Items whose shortest side is below what is legible in the first view.
    """

    settings: GateSettings
    native_side: Histogram = field(default_factory=lambda: Histogram(width=4, bins=50))
    first_view_side: Histogram = field(default_factory=lambda: Histogram(width=2, bins=40))
    largest_area: Histogram = field(default_factory=lambda: Histogram(width=0.25, bins=24))
    illegible: int = 0

    def add(self, item: Item) -> None:
        """Takes in the regions of an item."""
        side = min(_shortest_side(region) for region in item.evidence)
        seen_side = side * first_view_scale(item.images, self.settings)
        self.native_side.add(side)
        self.first_view_side.add(seen_side)
        self.illegible += seen_side < self.settings.legible_side
        areas = [_area_share(item, region) for region in item.evidence if item.roles[region.image] == "evidence"]
        if areas:
            self.largest_area.add(100 * max(areas))


@dataclass
class ItemFigures:
    """Distributions over the items of a run; ``add`` takes the items one by one.

    Attributes:
        evidence: Sizes of the evidence.
        forms: By form, as ``family/form``.
        difficulties: Items by difficulty.
        image_counts: Items by number of images.
        answer_kinds: Items by kind of answer.
        pools: Items by pool.
        integers: Items by the answer, where that is an integer.
        keys: Positions of the keys.
        shown_sides: Longest side of each image of each item, pixels.
        uses: By sha256 of an image of the corpus, number of items that show it or something made from it.
        examples: The first item of each form.
    """

    evidence: EvidenceSizes
    forms: dict[str, FormCount] = field(default_factory=dict)
    difficulties: Counter[str] = field(default_factory=Counter)
    image_counts: Counter[int] = field(default_factory=Counter)
    answer_kinds: Counter[str] = field(default_factory=Counter)
    pools: Counter[str] = field(default_factory=Counter)
    integers: Counter[int] = field(default_factory=Counter)
    keys: KeyPositions = field(default_factory=KeyPositions)
    shown_sides: Histogram = field(default_factory=lambda: Histogram(width=128, bins=32))
    uses: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Item] = field(default_factory=dict)

    def add(self, item: Item) -> None:
        """Takes in an item."""
        self.evidence.add(item)
        self._add_form(item)
        self._add_answer(item)
        self._add_images(item)
        self.difficulties[item.difficulty] += 1
        self.pools[item.pool] += 1

    @property
    def total(self) -> FormCount:
        """Over all forms."""
        return sum(self.forms.values(), FormCount())

    def families(self) -> list[FamilyCount]:
        """Families with their forms, sorted by name."""
        split = {writer: writer.partition("/") for writer in sorted(self.forms)}
        families = sorted({family for family, _, _ in split.values()})
        return [
            self._family(name, {w: form for w, (family, _, form) in split.items() if family == name})
            for name in families
        ]

    def _family(self, name: str, forms: dict[str, str]) -> FamilyCount:
        counts = {form: self.forms[writer] for writer, form in forms.items()}
        return FamilyCount(name, sum(counts.values(), FormCount()), counts)

    def distributions(self) -> dict[str, list[Bar]]:
        """Heading to bars, of what has some values only."""
        return {
            "Difficulty": by_label(self.difficulties),
            "Images in an item": by_number(self.image_counts),
            "Kind of answer": by_label(self.answer_kinds),
            "Pool": bars((pool, self.pools[pool]) for pool in POOLS),
            "Position of the key": self.keys.bars(),
            "Integer answers": by_magnitude(self.integers),
        }

    def _add_form(self, item: Item) -> None:
        form = self.forms.setdefault(item.provenance.writer, FormCount())
        form.items += 1
        form.zoom += item.difficulty == "zoom"
        form.witnessed += is_witnessed(item)
        self.examples.setdefault(item.provenance.writer, item)

    def _add_answer(self, item: Item) -> None:
        self.answer_kinds[item.answer.kind] += 1
        value = item.answer.value
        if item.options is not None:
            self.keys.add(str(value), len(item.options))
        elif item.answer.kind == "integer" and isinstance(value, int):
            self.integers[value] += 1

    def _add_images(self, item: Item) -> None:
        self.image_counts[len(item.images)] += 1
        for image in item.images:
            self.shown_sides.add(max(image.width, image.height))
        self.uses.update({origin for image in item.images for origin in (image.derived_from or (image.sha256,))})


def is_witnessed(item: Item) -> bool:
    """Whether a witness worked out the key from the pixels: the answer verifier then stores what it said."""
    return any(result.passed and "witness" in result.figures for result in item.verdict.gates)


def _shortest_side(region: Region) -> int:
    x0, y0, x1, y1 = region.bbox
    return min(x1 - x0, y1 - y0)


def _area_share(item: Item, region: Region) -> float:
    image = item.images[region.image]
    x0, y0, x1, y1 = region.bbox
    return (x1 - x0) * (y1 - y0) / (image.width * image.height)
