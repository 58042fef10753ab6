"""The figures of a whole run, and the JSON from which others can score it themselves."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, quantiles
from typing import Any

from townhall.evaluation.behaviours import unknown_behaviours
from townhall.evaluation.cases import Case
from townhall.evaluation.scoring import CaseScore


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    right: int
    total: int

    @property
    def value(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return round(self.right / self.total, 4) if self.total else None


@dataclass(frozen=True)
class Summary:
    """What a model achieved on a labelled file.

    `turns_needed` is the mean until everything expected was filed; the seconds of a turn count
    until its whole reply. `unchecked` are labels that nothing here knows, with their number.
    """

    model: str
    cases: int
    passed: int
    records: Share
    false_records: int
    fields: dict[str, Share]
    emergencies: Share
    false_alarms: int
    behaviours: dict[str, Share]
    failed_turns: int
    turns_needed: float | None
    seconds: float
    seconds_per_turn: float | None
    seconds_per_turn_p95: float | None
    unchecked: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the figures; a share is a number from 0 to 1, with what it is of beside it."""
        return {
            "model": self.model,
            "cases": self.cases,
            "passed": self.passed,
            "record_recall": self.records.value,
            "records_expected": self.records.total,
            "false_records": self.false_records,
            "field_accuracy": {name: share.value for name, share in self.fields.items()},
            "fields_scored": {name: share.total for name, share in self.fields.items()},
            "emergency_recall": self.emergencies.value,
            "emergencies_expected": self.emergencies.total,
            "false_alarms": self.false_alarms,
            "behaviour_failures": {
                name: share.total - share.right for name, share in self.behaviours.items()
            },
            "behaviours_checked": {name: share.total for name, share in self.behaviours.items()},
            "failed_turns": self.failed_turns,
            "turns_needed": self.turns_needed,
            "seconds": self.seconds,
            "seconds_per_turn": self.seconds_per_turn,
            "seconds_per_turn_p95": self.seconds_per_turn_p95,
            "unchecked": self.unchecked,
        }


def summarise(model: str, scores: Sequence[CaseScore], seconds: float) -> Summary:
    """Return the figures of `scores`, which took `seconds` in all."""
    alarms = [score.is_alarm for score in scores if score.case.expect.emergency]
    exchanges = [exchange for score in scores for exchange in score.played.exchanges]
    took = [each.seconds for each in exchanges if each.seconds is not None]
    needed = [score.turns_needed for score in scores if score.turns_needed is not None]
    found = sum(len(score.matching.pairs) for score in scores)
    return Summary(
        model=model,
        cases=len(scores),
        passed=sum(not score.failures for score in scores),
        records=Share(found, found + sum(len(score.matching.missing) for score in scores)),
        false_records=sum(len(score.matching.false) for score in scores),
        fields=_shares((each.field, each.is_right) for score in scores for each in score.fields),
        emergencies=Share(sum(alarms), len(alarms)),
        false_alarms=sum(score.is_alarm for score in scores) - sum(alarms),
        behaviours=_shares(
            (each.name, each.is_shown) for score in scores for each in score.behaviours
        ),
        failed_turns=sum(exchange.problem is not None for exchange in exchanges),
        turns_needed=round(fmean(needed), 2) if needed else None,
        seconds=round(seconds, 2),
        seconds_per_turn=round(fmean(took), 3) if took else None,
        seconds_per_turn_p95=round(quantiles(took, n=20)[-1], 3) if len(took) > 1 else None,
        unchecked=_unchecked(score.case for score in scores),
    )


def report_json(summary: Summary, scores: Sequence[CaseScore]) -> dict[str, Any]:
    """Return what `--json` writes: the summary, and each case as it went."""
    return {"summary": summary.as_json(), "cases": [_case_json(score) for score in scores]}


def _case_json(score: CaseScore) -> dict[str, Any]:
    played = score.played
    return {
        "id": score.case.id,
        "transcript": [
            {"role": role, "text": text}
            for exchange in played.exchanges
            for role, text in (("user", exchange.said), ("assistant", exchange.reply))
        ],
        "records": [{"kind": record.kind, **record.fields} for record in played.records],
        "emergency": score.is_alarm,
        "seconds": played.seconds,
    }


def _shares(marks: Iterable[tuple[str, bool]]) -> dict[str, Share]:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for name, is_right in marks:
        total[name] += 1
        right[name] += is_right
    return {name: Share(right[name], total[name]) for name in total}


def _unchecked(cases: Iterable[Case]) -> dict[str, int]:
    return dict(
        Counter(
            name
            for case in cases
            for name in (*unknown_behaviours(case.expect), *case.unknown_keys)
        )
    )
