"""The town's configuration: `town.toml` and `taxonomy.toml` of one folder, checked at the start.

A mistake raises `TownConfigError` with file, line and what is allowed. Nothing here reads the
knowledge pages and nothing knows the assistant.
"""

import re
import shutil
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from townhall.town_files import TownFile, read_text

SAMPLE = Path(__file__).parent / "sample_town"
GENERAL, TAXONOMY = "town.toml", "taxonomy.toml"


class TownConfigError(Exception):
    """The town's folder has a mistake; the message says where and what is allowed."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        near = get_close_matches(name, available_timezones(), n=1)
        example = near[0] if near else "Europe/Paris"
        raise ValueError(
            f'"{name}" is not a known time zone; write a name such as "{example}"'
        ) from None
    return name


def _legible_on_white(colour: str) -> str:
    return _legible(colour, contrast=1.05 / (_luminance(colour) + 0.05), ground="white")


def _legible_on_black(colour: str) -> str:
    return _legible(colour, contrast=(_luminance(colour) + 0.05) / 0.05, ground="black")


def _legible(colour: str, contrast: float, ground: str) -> str:
    # The pages are not quite white and not quite black; the margin keeps WCAG's 4.5 on them.
    needed = {"white": 5.5, "black": 7.5}[ground]
    if contrast < needed:
        raise ValueError(
            f'"{colour}" is hard to read on {ground}: its contrast is {contrast:.1f}, '
            f"at least {needed} is needed"
        )
    return colour


def _luminance(colour: str) -> float:
    """Return the relative luminance of "#rrggbb" as WCAG 2.2 defines it, from 0 to 1."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f'"{colour}" is not a colour; write it like "#0b5c5e"')
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Contact(_Entry):
    """How a person of the town hall is reached."""

    phone: Text
    email: Text
    address: Text
    hours: Text
    web: Text


class EmergencyNumber(_Entry):
    """A further number, such as the poison line."""

    name: Text
    number: Text


class Emergency(_Entry):
    """Whom to call when it cannot wait."""

    number: Text
    others: tuple[EmergencyNumber, ...] = ()


class Theme(_Entry):
    """The town's colour, for the light and the dark page; both must be legible on theirs."""

    accent: Annotated[str, AfterValidator(_legible_on_white)] = "#0b5c5e"
    accent_dark: Annotated[str, AfterValidator(_legible_on_black)] = "#7fd1cb"


class Attribute(_Entry):
    """A detail of an incident type; the clerk asks it before filing when `ask` is set."""

    code: Code
    question: Text
    datatype: Literal["string", "text", "number", "datetime", "singlevaluelist", "multivaluelist"]
    required: bool = False
    ask: bool = False


class SeverityCue(_Entry):
    """Words that move an incident of this type to a level."""

    level: int = Field(ge=1, le=5)
    keywords: tuple[Text, ...] = Field(min_length=1)


class IncidentType(_Entry):
    """One kind of incident, with the words that residents use for it."""

    code: Code
    name: Text
    group: Text
    keywords: tuple[Text, ...] = Field(min_length=1)
    location: Literal["point", "street", "area", "none"]
    when: Literal["now", "noticed", "occurred", "since", "recurring", "last_seen"]
    default_severity: int = Field(ge=1, le=5)
    emergency: Literal["no", "conditional", "always"] = "no"
    private: bool = False
    severity_notes: str = ""
    severity_cues: tuple[SeverityCue, ...] = ()
    attributes: tuple[Attribute, ...] = ()


class FeedbackTopic(_Entry):
    """What an opinion can be about; a `service` is done by people, it is no thing in a place."""

    code: Code
    name: Text
    service: bool = False
    keywords: tuple[Text, ...] = ()


class _TownFileModel(_Entry):
    name: Text
    timezone: Annotated[str, AfterValidator(_known_zone)]
    languages: tuple[Language, ...] = Field(min_length=1)
    tone: Text
    greeting: Text
    suggested_questions: tuple[Text, ...] = ()
    contact: Contact
    emergency: Emergency
    theme: Theme = Theme()


class _TaxonomyFileModel(_Entry):
    incident_types: tuple[IncidentType, ...] = Field(min_length=1)
    feedback_topics: tuple[FeedbackTopic, ...] = Field(min_length=1)


class Town(_TownFileModel, _TaxonomyFileModel):
    """The whole configuration of one town; `languages` begins with the main one."""

    folder: Path

    def __hash__(self) -> int:
        """Hash what names the town: hashing every word of it would cost on each look-up."""
        return hash((self.name, self.folder))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The town's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def _types(self) -> dict[str, IncidentType]:
        return {kind.code: kind for kind in self.incident_types}

    @cached_property
    def _topics(self) -> dict[str, FeedbackTopic]:
        return {topic.code: topic for topic in self.feedback_topics}

    def incident_type(self, code: str) -> IncidentType | None:
        """Return the incident type with that code, if the town has it."""
        return self._types.get(code)

    def feedback_topic(self, code: str) -> FeedbackTopic | None:
        """Return the feedback topic with that code, if the town has it."""
        return self._topics.get(code)


def load_town(folder: Path | None) -> Town:
    """Return the town configured in `folder`, or the sample town; TownConfigError on a mistake."""
    home = folder or SAMPLE
    if not home.is_dir():
        raise TownConfigError(f"{home}: there is no such folder; `townhall init` makes one")
    return _town(home, _read(home / GENERAL), _read(home / TAXONOMY))


# A server asks twice, for its banner and for its desk, and to parse 400 KB takes 0.1 s.
@lru_cache(maxsize=4)
def _town(home: Path, general_text: str, taxonomy_text: str) -> Town:
    general = _parse(GENERAL, general_text)
    taxonomy = _parse(TAXONOMY, taxonomy_text)
    _check(_TownFileModel, general)
    _check(_TaxonomyFileModel, taxonomy)
    _refuse_twins(taxonomy, "incident_types")
    _refuse_twins(taxonomy, "feedback_topics")
    return Town.model_validate({**general.data, **taxonomy.data, "folder": home})


def copy_sample_town(target: Path) -> None:
    """Copy the sample town into `target`, which must be new or empty."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise TownConfigError(f"{target}: already there and not an empty folder; choose another")
    shutil.copytree(SAMPLE, target, dirs_exist_ok=True)


def _read(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, ValueError) as error:
        raise TownConfigError(f"{path.name}: {error}") from error


def _parse(name: str, text: str) -> TownFile:
    try:
        return TownFile.parse(name, text)
    except ValueError as error:
        raise TownConfigError(f"{name}: {error}") from error


def _check(model: type[_Entry], file: TownFile) -> None:
    try:
        model.model_validate(file.data)
    except ValidationError as error:
        # A misspelt key is also a missing one: the misspelling is what helps.
        errors = error.errors(include_url=False)
        first = min(errors, key=lambda found: found["type"] != "extra_forbidden")
        loc = tuple(first["loc"])
        reason = _reason(model, first["type"], loc, first["msg"], first.get("input"))
        raise TownConfigError(f"{file.name}:{file.line_of(loc)}: {reason}") from None


def _reason(
    model: type[_Entry], kind: str, loc: tuple[int | str, ...], message: str, given: object
) -> str:
    where = ".".join(str(part) for part in loc if isinstance(part, str))
    if kind == "missing":
        return f"{where}: this key is missing"
    if kind == "extra_forbidden":
        allowed = _keys_at(model, loc[:-1])
        near = get_close_matches(str(loc[-1]), allowed, n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        return f"{where}: unknown key{hint}; allowed: {', '.join(allowed)}"
    if kind == "value_error":
        return f"{where}: {message.removeprefix('Value error, ')}"
    shown = f"{given!r} is not allowed; " if isinstance(given, str | int | float | bool) else ""
    return f"{where}: {shown}{message[0].lower()}{message[1:]}"


def _keys_at(model: type[_Entry], loc: Iterable[int | str]) -> list[str]:
    """Return the keys allowed in the table at `loc`."""
    here: type[_Entry] = model
    for part in loc:
        if isinstance(part, str):
            here = _entry_of(here.model_fields[part].annotation)
    return list(here.model_fields)


def _entry_of(annotation: object) -> type[_Entry]:
    if isinstance(annotation, type) and issubclass(annotation, _Entry):
        return annotation
    inner: tuple[object, ...] = getattr(annotation, "__args__", ())
    return _entry_of(inner[0])


def _refuse_twins(file: TownFile, table: str) -> None:
    seen: set[str] = set()
    for index, entry in enumerate(file.data[table]):
        code = entry["code"]
        if code in seen:
            line = file.line_of((table, index, "code"))
            raise TownConfigError(
                f'{file.name}:{line}: {table}.code: "{code}" is there twice; a code names one entry'
            )
        seen.add(code)
