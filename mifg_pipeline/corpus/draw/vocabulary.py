"""The words of drawn scenes: what can appear in one, in which colours, and what signs can say."""

from dataclasses import dataclass

RGB = tuple[int, int, int]
"""A colour, 0 to 255 per channel."""

CATEGORIES = ("circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart")
SIGN = "sign"
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")

SMALL_SIDES = range(40, 57)
"""Longest side of the box of a small shape, pixels."""
LARGE_SIDES = range(70, 111)
"""Longest side of the box of a large shape, pixels."""


@dataclass(frozen=True)
class Paint:
    """The range of tones that all count as one colour.

    Attributes:
        hue: Degrees, 0 to 360.
        hue_spread: Degrees to either side of ``hue``.
        saturation: Lowest and highest HSV saturation, 0 to 1.
        brightness: Lowest and highest HSV value, 0 to 1.
        contrast: Colour that stands out on it, for dots and lettering.
    """

    hue: float
    hue_spread: float
    saturation: tuple[float, float]
    brightness: tuple[float, float]
    contrast: RGB


INK: RGB = (22, 22, 24)
CHALK: RGB = (250, 250, 248)

PAINTS: dict[str, Paint] = {
    "red": Paint(355, 3, (0.86, 0.94), (0.78, 0.88), CHALK),
    "orange": Paint(26, 3, (0.92, 1.00), (0.95, 1.00), INK),
    "yellow": Paint(52, 3, (0.84, 0.96), (0.96, 1.00), INK),
    "green": Paint(142, 6, (0.82, 0.95), (0.50, 0.60), CHALK),
    "blue": Paint(216, 5, (0.82, 0.94), (0.72, 0.86), CHALK),
    "purple": Paint(284, 6, (0.70, 0.82), (0.58, 0.68), CHALK),
    "black": Paint(240, 0, (0.00, 0.10), (0.06, 0.09), CHALK),
    "white": Paint(50, 0, (0.00, 0.015), (0.975, 1.00), INK),
}

CODE_LETTERS = "ACDEFHJKMNPRTUWXY"
"""Capital letters that resemble no digit; without V, which resembles U and Y."""
CODE_DIGITS = "3479"
"""Digits that resemble no letter."""

_WORD_LIST = """
ACRE ACT ARCADE ARCH AXE CAFE CAKE CAMERA CAMP CANARY CANDY CARD CART CAT CHAMP CHARM CHART CHEER CHERRY CRAFT CRANE
CREAM CREEK CURRY DANCE DATE DAWN DECK DRAMA DRAW DREAM DRUM DUCK DUNE EARTH FARM FARMER FAWN FENCE FERN FERRY FRAME
HAMMER HAND HAPPEN HARDEN HARE HARP HAT HAWK HAY HEATER HEN HERD HUNT HUT JACKET JAM JAR JET JUMP JURY KARATE KAYAK
KEY KNEE MAKER MAP MARCH MARKER MARKET MATCH MERCY METRE MUD MUTTER NAME NATURE NECK NET NUT PACK PACKET PAN PANTRY
PAPAYA PARADE PARK PARTY PATCH PATH PAW PEACH PEAK PEAR PEN RACE RACKET RADAR RAFT RAMP RANCH RAY READ READER REEF
RENT RUNNER TEA TEAM TEMPER TENT THREAD TRACK TRADE TRAM TRAY TREE TRENCH TRUCK TUNA TUNDRA TURKEY WAND WARM WATCH
WATER WAX WEEK WHEAT WREATH YARD YARN YEAR
"""
WORDS = tuple(_WORD_LIST.split())
"""Common words in capital letters of the same alphabet."""

SURFACES = ("wood", "paper", "felt", "granite", "marble", "tiles", "map", "grass", "linen")
"""What the shapes and signs lie on."""
