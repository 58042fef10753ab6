"""Names of residents, and the persons they speak of."""

import json
from pathlib import Path
from typing import Any

import pytest

from townhall.clerk.people import name_from_answer, reporter_in
from townhall.clerk.persons import persons_in
from townhall.clerk.text import fold

# What residents say, their name, words of the persons noted (none: nobody) and words that are `not`
# in it. Each batch was written before the rules were mended for it.
WHO = Path(__file__).with_name("who.jsonl")
# A person noted is a phrase, no clause.
LONGEST_WORDS = 14


def _who() -> list[dict[str, Any]]:
    return [json.loads(line) for line in WHO.read_text(encoding="utf-8").splitlines()]


def _names_the_reporter(case: dict[str, Any]) -> bool:
    said = reporter_in(case["says"])
    # "Nanay Luz" is as good as "Luz".
    return said == case["reporter"] or f" {said}".endswith(f" {case['reporter']}")


def _notes_the_persons(case: dict[str, Any]) -> bool:
    found = persons_in(case["says"], reporter_in(case["says"]), case["about"]) or ""
    wrong = [word for word in case.get("not", ()) if fold(word) in fold(found)]
    has_all = all(fold(word) in fold(found) for word in case["person"])
    is_short = all(len(each.split()) <= LONGEST_WORDS for each in found.split(";"))
    return has_all and is_short and not wrong and bool(found) == bool(case["person"])


def test_who_reports_and_who_is_involved() -> None:
    """Both are read from sentences of every kind that the rules were made for."""
    cases = _who()
    assert [case["says"] for case in cases if not _names_the_reporter(case)] == []
    assert [case["says"] for case in cases if not _notes_the_persons(case)] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is jao garcia. I have nothing else to say?", "Jao Garcia"),
        ("my name's Marek Wójcik by the way", "Marek Wójcik"),
        ("My name is Concepcion, Concepcion Abad", "Concepcion Abad"),
        ("I'm Liza Manalo.", "Liza Manalo"),
        ("I am Xiaoming Li, flat 6C", "Xiaoming Li"),
        ("I am his daughter, Lourdes Evangelista-Chua", "Lourdes Evangelista-Chua"),
        ("This is her grandson Paolo.", "Paolo"),
        ("The smell is awful. — Ofelia Tan", "Ofelia Tan"),
        ("Thank you and God bless. Teresita Vda. de Guzman", "Teresita Vda. de Guzman"),
        ("Please keep this private. Anjali Deshpande", "Anjali Deshpande"),
        ("you can write Ngozi Okafor as the reporter. Done.", "Ngozi Okafor"),
        ("also put my name on it, Domingo Batungbakal, and I saw", "Domingo Batungbakal"),
        ("Dmitri Volkov here. That's it", "Dmitri Volkov"),
        ("Samir Haddad is my name", "Samir Haddad"),
        ("Signed, Adaeze, grade 10", "Adaeze"),
        ("I'm Tina Ong. That's all.", "Tina Ong"),
        ("ako si Juan Dela Cruz", "Juan Dela Cruz"),
        ("me llamo Ana López", "Ana López"),
        ("soy su nieta, Marisol Quintana", "Marisol Quintana"),
        ("茶色の財布です。山田花子と申します。", "山田花子"),
        ("you can put me down as Josefa", "Josefa"),
        ("pls note my name - Thess", "Thess"),
        ("This is Engr. Felipe Dantes from the homeowners association.", "Felipe Dantes"),
        ("I'm Mrs. Cruz, Lourdes Cruz.", "Cruz"),
        ("nothing else, Imelda Go", "Imelda Go"),
        ("my surname is Nguyen, given name Linh", "Linh"),
        ("the light is out. (Rodel Santos)", "Rodel Santos"),
        ("I, Juan dela Cruz, would like to report a fallen tree", "Juan dela Cruz"),
        ("I am a nurse, Joan Diaz, and the ramp is broken", "Joan Diaz"),
        ("im ramon from block 3", "Ramon"),
        ("Reported by: P. Gil", "P. Gil"),
        ("no water since morning\n\nBest,\nAna", "Ana"),
        ("街灯が切れています。田中太郎より", "田中太郎"),
        ("Pothole / Anonas St. / Mario G.", "Mario G"),
    ],
)
def test_the_residents_own_name(text: str, name: str) -> None:
    """A name is taken from the many ways to give it, and keeps its script."""
    assert reporter_in(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "I'm really upset about this",
        "I am Filipino and tired",
        "My lola, Corazon Dizon, 82, wandered off",
        "Mr. Benigno Cruz from next door burns plastic",
        "There is a pothole on Mabini St. Thank you",
        "it's Rosewood Road, not Orchid",
        "number 31. THIRTY-ONE Molave",
        "Block 3 Lot 8, Villa Verde.",
        "Nawawala ang anak kong si Buboy, 5 taong gulang",
        "公園のトイレです。中央公園です。",
        "Near the market. Santo Niño Chapel",
        "The streetlight is out. San Isidro.",
        "Sto. Niño",
        "My car was hit. Toyota Vios, white.",
        "I lost my phone. Samsung Galaxy A52.",
        "A brown Shih Tzu. Name is Coco.",
        "HELP. POWER OUTAGE. PLEASE",
        "Merry Christmas. Hello Kitty",
        "Found a wallet with an ID. Name: Juan Reyes",
        "My daughter Ana is 5. Her teacher is Mrs. Lim.",
        "Complaint against Mr. Rey Santos. He parks on the sidewalk.",
        "the driver's name is Mario Tan",
        "Call Meralco, the wire is loose",
        "Golden Acres. Gate 2.",
        "mercy hospital here, no power",
        "Free dental day was well run, my whole family got checked. Thank you, Dr. Pilar!",
    ],
)
def test_not_the_residents_name(text: str) -> None:
    """Feelings, other persons and places are not the resident."""
    assert reporter_in(text) is None


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("Maria Garcia", "Maria Garcia"),
        ("juan cruz", "Juan Cruz"),
        ("it's Ana", "Ana"),
        ("Juan po", "Juan"),
        ("jessa mae tolentno, u can txt me", "Jessa Mae Tolentno"),
        ("山田太郎です", "山田太郎"),
        ("no", None),
        ("skip", None),
        ("I'd rather not", None),
        ("it's deep, about 20 cm", None),
    ],
)
def test_a_name_as_an_answer(answer: str, name: str | None) -> None:
    """The answer to a question for the name may be the bare name, or a refusal."""
    assert name_from_answer(answer) == name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A tall guy in a red hoodie cut the lock.", "A tall guy in a red hoodie"),
        ("The person was wearing a red hoodie.", "red hoodie"),
        ("I saw a man with a knife", "a man with a knife"),
        ("two teenagers kicked in the glass. One had a skateboard", "skateboard"),
        ("My ex-husband waited for me outside", "My ex-husband"),
        ("Mr. Benigno Cruz from next door burns plastic", "Benigno Cruz"),
        ("My lola, Corazon Dizon, 82, wandered off", "Corazon Dizon"),
        ("ang anak kong si Buboy, 5 taong gulang", "Buboy"),
        ("赤い服を着た男が逃げました", "赤い服を着た男"),
    ],
)
def test_persons_involved(text: str, said: str) -> None:
    """Persons are described in the resident's words."""
    assert said in (persons_in(text, None) or "")


def test_the_reporter_is_not_involved() -> None:
    """The resident's own name never counts as a person involved."""
    assert persons_in("I'm Liza Manalo and the lamp is out", "Liza Manalo") is None


def test_a_shop_is_not_a_person() -> None:
    """A name that owns something names a place: "Aling Nena's Store"."""
    assert persons_in("at Aling Nena's Store on Luna", None) is None


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("A man in a blue jacket with a backpack looks into cars", "blue jacket with a backpack"),
        ("my purse was snatched by a boy on a bicycle", "a boy on a bicycle"),
        ("The owner of the white Fortuner always blocks our gate", "white Fortuner"),
        ("The guy who sells balloons follows girls around", "sells balloons"),
        ("A friend says someone knocks on doors pretending to be from the bank", "pretending"),
        ("saw a fella at 2am. bald, green shirt", "bald, green shirt"),
        ("my brother-in-law Nestor sells stolen copper", "Nestor"),
        ("Councilor Dante Ong took the money", "Councilor Dante Ong"),
        ("two people on a black motorbike, no helmets", "on a black motorbike"),
        ("isang lalaking naka-itim", "naka-itim"),
        ("mi vecino Paco", "Paco"),
        ("last 17 April, 10:20 two trucks raced", None),
    ],
)
def test_persons_as_they_are_described(text: str, person: str | None) -> None:
    """What somebody wears, does or owns tells who they are; a date is nobody."""
    found = persons_in(text, None)
    assert found is None if person is None else person in (found or "")


@pytest.mark.parametrize(
    "text",
    [
        "Purok 2, Barangay Santo Niño has no water",
        "There is a gap in a fence, and after school children climb through",
        "The neighbours heard nothing",
        "The guard says nobody called",
        "No enforcer in sight",
        "My toddler was playing there",
        "The dogs chase children",
    ],
)
def test_who_is_only_mentioned(text: str) -> None:
    """Who passes by, saw it or is not there is no person involved, and a place is none."""
    assert persons_in(text, None) is None


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("My neighbour, Rolly Tan, threw stones at us", "Rolly Tan"),
        ("Someone calling himself Engineer Cruz took the money", "Engineer Cruz"),
        ("some dude w/ a beard shouted at me", "dude w/ a beard"),
        ("Sinampal po ako ng bayaw ko", "bayaw"),
        ("I paid for the stall and she gave her name as Carmina Velez.", "Carmina Velez"),
        ("The foreman, a thin man they call Boy Tigas, shouted at us", "Boy Tigas"),
        ("He burns tyres, people call him Tatang Berto", "Tatang Berto"),
    ],
)
def test_who_did_it(text: str, person: str) -> None:
    """Who did it is noted by name or by what is told of them, and nothing of what surrounds it."""
    assert person in (persons_in(text, None) or "")


def test_a_thing_needs_no_persons() -> None:
    """Neighbours in a report of a pothole are no persons involved."""
    assert persons_in("My neighbours fell into the pothole", None, "things") is None
    assert persons_in("A man on a red scooter fell into it", None, "things") is not None
