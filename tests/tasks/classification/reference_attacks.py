"""What TextAttack makes of small texts."""

WEIGHTS = {"good": 2.0, "fine": 1.0, "great": 1.5, "nice": 0.4, "film": 0.1, "bad": -2.0, "dull": -1.0, "poor": -0.7}
NEAR = {
    "good": ["fine", "nice", "solid"],
    "great": ["good", "nice"],
    "fine": ["nice"],
    "film": ["picture"],
    "plot": ["story"],
    "bad": ["dull", "poor"],
    "dull": ["poor", "slow"],
    "actors": ["players"],
}
TEXTS = [
    ("the film is good and the plot is fine", 1),
    ("a great film with good actors", 1),
    ("bad plot but good actors", 0),
    ("dull film with a bad plot", 0),
    ("good", 1),
    ("dull film", 0),
]
