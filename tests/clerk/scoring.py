"""Scores the clerk on labelled conversations, as the data's README describes.

`python -m tests.clerk.scoring FILE...` prints the figures and what went wrong.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.clerk.desk import Desk
from townhall.clerk.text import fold

MOST_EXTRA_TURNS = 6

Note = Callable[[str, bool, object], None]  # field, whether it is right, what was filed


@dataclass
class Score:
    """Counts over conversations, and the lines that say what was wrong."""

    expected: int = 0
    matched: int = 0
    false_records: int = 0
    fields: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    failures: list[str] = field(default_factory=list)

    def note(self, name: str, is_right: bool, line: str) -> None:
        """Count a field, and keep the line if it is wrong."""
        self.fields[name][0] += is_right
        self.fields[name][1] += 1
        if not is_right:
            self.failures.append(line)

    def accuracy(self, name: str) -> float:
        """Return the share of right values of a field."""
        right, total = self.fields[name]
        return right / total if total else 1.0

    @property
    def recall(self) -> float:
        """Return the share of expected records that were filed."""
        return self.matched / self.expected if self.expected else 1.0


def converse(case: dict[str, Any]) -> Desk:
    """Hold the conversation of `case`, and answer the clerk's questions if nothing was filed."""
    desk = Desk(datetime.fromisoformat(case["now"]))
    for turn in case["turns"]:
        desk.say(turn)
    wanted = case["expect"]["records"]
    extra = 0
    while wanted and len(desk.live()) < len(wanted) and extra < MOST_EXTRA_TURNS:
        if desk.records and len(wanted) == 1:
            break
        answer = _answer(desk.replies[-1], wanted)
        if answer is None:
            break
        desk.say(answer)
        extra += 1
    return desk


def _answer(reply: str, wanted: list[dict[str, Any]]) -> str | None:
    record = wanted[0]
    text = reply.casefold()
    if re.search(
        r"is that right|tama po ba|よろしいですか|¿es correcto|\"yes\"",
        text,
    ):
        return "yes"
    if re.search(r"where|saan|どこ|場所|dónde", text) and record.get("location"):
        return str(record["location"])
    if re.search(r"when|kailan|いつ|cuándo", text):
        return str(record.get("date_of_occurrence") or "I don't know")
    if "name" in text:
        return str(record.get("reporter_name") or "I'd rather not say")
    if re.search(r"what|ano|何|qué", text):
        return str(
            (record.get("description_any") or record.get("summary_any") or ["I don't know"])[0]
        )
    return "yes" if "?" in text or "？" in text else None


def score(cases: list[dict[str, Any]], total: Score) -> None:
    """Hold every conversation and add what came of it to `total`."""
    for case in cases:
        try:
            desk = converse(case)
        except Exception as error:  # noqa: BLE001 (a crash is a failure of that conversation)
            total.failures.append(f"{case['id']}: crash {error!r}")
            total.expected += len(case["expect"]["records"])
            continue
        _compare(case, desk, total)


def _compare(case: dict[str, Any], desk: Desk, total: Score) -> None:
    expect = case["expect"]
    left = desk.live()
    for record in expect["records"]:
        total.expected += 1
        best = max(left, key=lambda each: _likeness(record, each), default=None)
        if best is None or best["kind"] != record["kind"]:
            got = [each.get("incident_type") or each.get("feedback_kind") for each in left]
            total.failures.append(
                f"{case['id']}: not filed {record.get('incident_type', 'feedback')}, "
                f"has {got}; last: {desk.replies[-1][:200]!r}"
            )
            continue
        total.matched += 1
        left.remove(best)
        _compare_fields(case["id"], record, best, total)
    for spare in left:
        if not any(each["kind"] == spare["kind"] for each in expect["optional_records"]):
            total.false_records += 1
            total.failures.append(f"{case['id']}: false record {spare}")
    _behaviour(case, desk, total)


def _likeness(record: dict[str, Any], filed: dict[str, Any]) -> tuple[bool, bool, bool]:
    return (
        record["kind"] == filed["kind"],
        filed.get("incident_type") in record.get("incident_type_any", [])
        or filed.get("feedback_kind") == record.get("feedback_kind", ""),
        _has_any(filed.get("location"), record.get("location_any", [])),
    )


def _has_any(value: object, wanted: list[str]) -> bool:
    return any(fold(each) in fold(str(value or "")) for each in wanted)


def _compare_fields(name: str, record: dict[str, Any], filed: dict[str, Any], total: Score) -> None:
    def note(field_name: str, is_right: bool, got: object) -> None:
        wanted = record.get(field_name)
        total.note(field_name, is_right, f"{name}: {field_name} is {got!r}, wanted {wanted!r}")

    compare = _compare_feedback if record["kind"] == "feedback" else _compare_incident
    compare(record, filed, note)


def _compare_feedback(record: dict[str, Any], filed: dict[str, Any], note: Note) -> None:
    note(
        "feedback_kind",
        filed["feedback_kind"] == record["feedback_kind"],
        filed["feedback_kind"],
    )
    note("topic", filed["topic"] in record["topic_any"], filed["topic"])
    note("sentiment", filed["sentiment"] in record["sentiment_any"], filed["sentiment"])
    if record.get("summary_any"):
        note("summary", _has_any(filed["summary"], record["summary_any"]), filed["summary"])
    note(
        "reporter_name",
        _same(filed["reporter_name"], record.get("reporter_name"), [record.get("reporter_name")]),
        filed["reporter_name"],
    )


def _compare_incident(record: dict[str, Any], filed: dict[str, Any], note: Note) -> None:
    note(
        "incident_type",
        filed["incident_type"] in record["incident_type_any"],
        filed["incident_type"],
    )
    where = filed["location"]
    right_place = _has_any(where, record["location_any"]) or not record["location_any"]
    note("location", right_place and not _has_any(where, record["location_not"]), where)
    note(
        "date_of_occurrence",
        filed["date_of_occurrence"] in record["date_any"],
        filed["date_of_occurrence"],
    )
    note("time", filed["time_of_occurrence"] == record["time"], filed["time_of_occurrence"])
    if record["person_any"]:
        note(
            "person_involved",
            _has_any(filed["person_involved"], record["person_any"]),
            filed["person_involved"],
        )
    else:
        note("person_none", filed["person_involved"] is None, filed["person_involved"])
    note(
        "reporter_name",
        _same(filed["reporter_name"], record["reporter_name"], record["reporter_any"]),
        filed["reporter_name"],
    )
    low, high = record["severity_level"]
    note(
        "severity_level",
        low <= int(filed["severity_level"]) <= high,
        f"{filed['severity_level']} for {filed['incident_type']}",
    )
    if record["description_any"]:
        note(
            "description",
            _has_any(filed["description"], record["description_any"]),
            filed["description"],
        )


def _same(got: object, wanted: object, accepted: list[Any]) -> bool:
    if not wanted:
        return got is None
    return any(fold(str(got or "")) == fold(str(each)) for each in accepted)


def _behaviour(case: dict[str, Any], desk: Desk, total: Score) -> None:
    expect = case["expect"]
    talk = "\n".join(desk.replies)
    for wanted in expect["reply_must"]:
        is_right = {
            "citation_or_dont_know": "don't know" in talk
            or 'From "' in talk
            or "見つかり" in talk
            or "わかりません" in talk
            or "No lo sé" in talk
            or "Hindi ko" in talk,
            "numbers_from_database": any(name == "town_figures" for name, _ in desk.calls),
            "status_or_not_found": "reference" in talk or "INC-" in talk,
            "erasure_path": bool(re.search("delete|erase|burahin|削除|borrar", talk)),
        }.get(wanted, True)
        total.note("behaviour", is_right, f"{case['id']}: must {wanted}: {talk[:200]!r}")
    for unwanted in expect["must_not"]:
        is_wrong = {
            "ask_name": bool(re.search(r"your name|pangalan mo|お名前|su nombre", talk)),
            "new_record": bool(desk.live()),
            "incident_record": any(each["kind"] == "incident" for each in desk.live()),
            "file_without_details": bool(desk.live()),
        }.get(unwanted, False)
        total.note("behaviour", not is_wrong, f"{case['id']}: must not {unwanted}: {talk[:300]!r}")
    for asked in expect["ask_for"]:
        word = {"what": r"what|ano|何|qué", "location": r"where|saan|どこ|dónde"}.get(asked, r"\?")
        is_right = bool(re.search(word, talk.casefold()))
        total.note("behaviour", is_right, f"{case['id']}: must ask for {asked}: {talk[:200]!r}")


def main(paths: list[str]) -> None:
    """Print the score of each file."""
    for path in paths:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        total = Score()
        score([json.loads(line) for line in lines if line.strip()], total)
        shown = [f"{path}: recall {total.matched}/{total.expected}, false {total.false_records}"]
        shown += [f"  {name}: {total.accuracy(name):.3f}" for name in sorted(total.fields)]
        shown += [f"   - {line}" for line in total.failures]
        sys.stdout.write("\n".join(shown) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
