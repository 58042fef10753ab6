"""The town's folder: the sample is sound, and every mistake says file, line and what is allowed."""

from pathlib import Path

import pytest

from townhall.town import Town, TownConfigError, copy_sample_town, load_town


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a fresh copy of the sample town."""
    target = tmp_path / "town"
    copy_sample_town(target)
    return target


def test_the_sample_town_is_complete() -> None:
    """The sample has its zone, four languages, 33 incident types and 16 feedback topics."""
    town = load_town(None)
    assert (town.name, town.timezone, str(town.zone)) == ("Riverbend", "Asia/Manila", "Asia/Manila")
    assert town.languages == ("en", "tl", "ja", "es")
    assert (len(town.incident_types), len(town.feedback_topics)) == (33, 16)
    assert town.emergency.number == "911"


def test_entries_are_found_by_code() -> None:
    """A known code gives its entry, an unknown one gives nothing."""
    town = load_town(None)
    pothole = town.incident_type("pothole")
    assert pothole is not None
    assert (pothole.default_severity, pothole.location) == (3, "point")
    assert town.incident_type("dragon") is None
    topic = town.feedback_topic("environment")
    assert topic is not None
    assert topic.name == "Environment"
    assert town.feedback_topic("dragon") is None


def test_a_copy_of_the_sample_loads(folder: Path) -> None:
    """What `copy_sample_town` writes is a town of its own."""
    town = load_town(folder)
    assert isinstance(town, Town)
    assert town.folder == folder
    assert hash(town) != hash(load_town(None))


def test_a_copy_never_overwrites(folder: Path) -> None:
    """A folder that holds something is refused, an empty one is filled."""
    with pytest.raises(TownConfigError, match="not an empty folder"):
        copy_sample_town(folder)
    empty = folder.parent / "empty"
    empty.mkdir()
    copy_sample_town(empty)
    assert (empty / "town.toml").is_file()


def _change(folder: Path, file: str, old: str, new: str) -> str:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TownConfigError) as raised:
        load_town(folder)
    return str(raised.value)


def test_an_unknown_time_zone(folder: Path) -> None:
    """The message has the line and a name that is near."""
    message = _change(folder, "town.toml", '"Asia/Manila"', '"Asia/Manilla"')
    assert message == (
        'town.toml:4: timezone: "Asia/Manilla" is not a known time zone; '
        'write a name such as "Asia/Manila"'
    )


def test_an_unknown_key(folder: Path) -> None:
    """The message suggests the key that was meant and lists the allowed ones."""
    message = _change(folder, "town.toml", "phone =", "phon =")
    assert message == (
        "town.toml:16: contact.phon: unknown key, did you mean phone?; "
        "allowed: phone, email, address, hours, web"
    )


def test_an_unknown_key_of_an_incident_type(folder: Path) -> None:
    """The line is that of the key inside the right entry."""
    message = _change(folder, "taxonomy.toml", "default_severity = 2", "default_severty = 2")
    assert "incident_types.default_severty: unknown key, did you mean default_severity?" in message
    line = int(message.split(":")[1])
    text = (folder / "taxonomy.toml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert text == "default_severty = 2"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("taxonomy.toml", 'location = "point"', 'location = "place"', "'point', 'street', 'area'"),
        (
            "taxonomy.toml",
            "default_severity = 3",
            "default_severity = 9",
            "less than or equal to 5",
        ),
        ("taxonomy.toml", "default_severity = 3", 'default_severity = "x"', "valid integer"),
        ("taxonomy.toml", 'emergency = "no"', 'emergency = "maybe"', "'conditional'"),
        ("taxonomy.toml", 'code = "pothole"', 'code = "Pot hole"', "match pattern"),
        ("taxonomy.toml", 'code = "pothole"', 'code = "sidewalk_damage"', "is there twice"),
        ("taxonomy.toml", 'datatype = "number"', 'datatype = "float"', "'number'"),
        ("town.toml", 'languages = ["en", "tl", "ja", "es"]', "languages = []", "at least 1 item"),
        ("town.toml", 'name = "Riverbend"', 'name = ""', "at least 1 character"),
        ("town.toml", 'name = "Riverbend"', 'name = "Riverbend', "not valid TOML"),
        ("town.toml", 'accent = "#0b5c5e"', 'accent = "teal"', 'write it like "#0b5c5e"'),
        ("town.toml", 'accent = "#0b5c5e"', 'accent = "#7fd1cb"', "contrast is 1.8, at least 5.5"),
        (
            "town.toml",
            'accent_dark = "#7fd1cb"',
            'accent_dark = "#0b5c5e"',
            "hard to read on black",
        ),
        ("town.toml", "[contact]", "[contacts]", "contacts: unknown key, did you mean contact?"),
    ],
)
def test_a_wrong_value(folder: Path, file: str, old: str, new: str, said: str) -> None:
    """A wrong value is shown with file, line and what is allowed."""
    message = _change(folder, file, old, new)
    assert message.startswith(f"{file}:")
    assert said in message


def test_the_line_of_a_wrong_value(folder: Path) -> None:
    """The line is the one a person has to change, also inside lists of tables."""
    message = _change(folder, "taxonomy.toml", 'datatype = "number"', 'datatype = "float"')
    line = int(message.split(":")[1])
    text = (folder / "taxonomy.toml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert '"float"' in text


def test_a_missing_file_and_a_missing_folder(folder: Path) -> None:
    """The message says what to do."""
    (folder / "taxonomy.toml").unlink()
    with pytest.raises(TownConfigError, match=r"taxonomy\.toml: the file is missing"):
        load_town(folder)
    with pytest.raises(TownConfigError, match="townhall init"):
        load_town(folder / "nowhere")


def test_a_file_that_is_not_text(folder: Path) -> None:
    """A file in another encoding is named."""
    (folder / "town.toml").write_bytes(b"name = \xff\xfe")
    with pytest.raises(TownConfigError, match=r"town\.toml: the file is not UTF-8"):
        load_town(folder)
