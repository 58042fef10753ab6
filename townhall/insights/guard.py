"""What is not told by place: crimes and private matters, where there are fewer than five.

Such a report at a known address is a report about known people. A question for such a type gets
no answer then. A question for all types leaves them out, because the difference to the other
types' figures would tell what was withheld.
"""

from collections import Counter

from townhall.insights.questions import Question
from townhall.town import IncidentType, Town

FEWEST = 5

Counts = Counter[tuple[str, bool]]  # by bucket, and by whether the records are guarded


def is_guarded(kind: IncidentType) -> bool:
    """Whether records of the type are told by place only where there are at least five."""
    return kind.private or kind.group.casefold() == "crime"


def open_types(town: Town) -> list[str]:
    """Return the types that are not guarded. One that the town dropped may have been a crime."""
    return [kind.code for kind in town.incident_types if not is_guarded(kind)]


def asks_for_guarded(question: Question, town: Town) -> bool:
    """Whether the question is for one type, and that type is guarded."""
    return question.incident_type is not None and question.incident_type not in open_types(town)


def leaves_out_few(question: Question, town: Town) -> bool:
    """Whether the answer may be without guarded records, so that it has to say so."""
    is_by_place = question.place is not None or question.figure == "top_places"
    return is_by_place and not (question.incident_type and not asks_for_guarded(question, town))


def without_few(question: Question, town: Town, counts: Counts) -> Counts | None:
    """Return the counts that may be told; None if the answer is to be withheld.

    A trend tells two periods, so there must be enough in each.
    """
    if question.place is None:
        return counts
    guarded = Counter({bucket: n for (bucket, is_one), n in counts.items() if is_one})
    buckets = ("now", "before") if question.figure == "trend" else ()
    enough = min((guarded[bucket] for bucket in buckets), default=guarded.total()) >= FEWEST
    if enough:
        return counts
    if asks_for_guarded(question, town):
        return None
    return Counter({(bucket, False): n for (bucket, is_one), n in counts.items() if not is_one})
