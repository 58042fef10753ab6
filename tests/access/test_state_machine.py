"""Whatever five people do in whatever order: nobody ever reads a word of another."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests.access.provider import Provider, identity_provider
from tests.conftest import make_settings
from tests.server import Running, serve
from townhall.access import new_anonymous_user

PEOPLE = ("ana", "ben", "carla", "dina", "staff")  # dina signs in, staff work for the town
READS = ("", "/messages", "/turns/{turn}/events")
who = st.sampled_from(PEOPLE)


class Town(RuleBasedStateMachine):
    """People with sessions, turns and records; each knows every id there is."""

    server: ClassVar[Running]
    provider: ClassVar[Provider]
    client: ClassVar[httpx.Client]
    numbers: ClassVar[Iterator[int]] = itertools.count(1)

    conversations = Bundle("conversations")
    references = Bundle("references")

    def __init__(self) -> None:
        super().__init__()
        run = next(self.numbers)
        tokens = self.server.desk.access.tokens
        self.tokens = {
            **{name: tokens.for_anonymous(new_anonymous_user()) for name in PEOPLE[:3]},
            "dina": self.provider.token(f"dina-{run}"),
            "staff": tokens.for_staff(f"staff-{run}", timedelta(hours=1)),
        }
        # Who may read which secret: what was claimed is its new owner's.
        self.secrets: dict[str, str] = {}

    def ask(self, name: str, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request as that person and look at every byte of the answer."""
        headers = {"Authorization": f"Bearer {self.tokens[name]}", **request.pop("headers", {})}
        response = self.client.request(method, path, headers=headers, **request)
        assert response.status_code < 500, response.text
        for secret, owner in self.secrets.items():
            is_work = name == "staff" and path.startswith("/records/")
            assert secret not in response.text or owner == name or is_work, (name, method, path)
        return response

    def say(self, name: str, session_id: str | None, key: str | None) -> Any:
        """Say something that only this person knows; return the conversation and what was filed."""
        secret = f"kaibigan{next(self.numbers)}x"
        self.secrets[secret] = name
        body: dict[str, str] = {"message": f"I suggest a lamp for {secret}. That's all."}
        if session_id is not None:
            body["session_id"] = session_id
        headers = {"Accept": "application/json"} | ({"Idempotency-Key": key} if key else {})
        response = self.ask(name, "POST", "/chat", json=body, headers=headers)
        if response.status_code != 200:
            return None
        return response.json()

    @rule(target=conversations, name=who, key=st.sampled_from([None, "k1", "k2"]))
    def begin(self, name: str, key: str | None) -> Any:
        """Open a conversation."""
        answer = self.say(name, None, key)
        return (answer["session_id"], answer["turn_id"]) if answer else multiple()

    @rule(target=references, name=who, conversation=conversations)
    def go_on(self, name: str, conversation: tuple[str, str]) -> Any:
        """Speak in a session of that id, whoever has one."""
        answer = self.say(name, conversation[0], None)
        return multiple(*[each["reference"] for each in (answer or {}).get("records", [])])

    @rule(name=who, conversation=conversations, what=st.sampled_from(READS))
    def read(self, name: str, conversation: tuple[str, str], what: str) -> None:
        """Read a session, a transcript or the events of a turn."""
        session_id, turn_id = conversation
        self.ask(name, "GET", f"/sessions/{session_id}{what.format(turn=turn_id)}")

    @rule(name=who)
    def look_around(self, name: str) -> None:
        """List sessions and records, count."""
        for path in ("/sessions", "/records?kind=feedback", "/insights?kind=feedback"):
            self.ask(name, "GET", path)

    @rule(name=who, conversation=conversations)
    def cancel(self, name: str, conversation: tuple[str, str]) -> None:
        """Try to stop a turn."""
        self.ask(name, "POST", f"/sessions/{conversation[0]}/turns/{conversation[1]}/cancel")

    @rule(name=who, conversation=conversations)
    def delete(self, name: str, conversation: tuple[str, str]) -> None:
        """Try to delete a session."""
        self.ask(name, "DELETE", f"/sessions/{conversation[0]}")

    @rule(name=who, reference=references)
    def ask_about(self, name: str, reference: str) -> None:
        """Ask where a report stands, and try to read it whole."""
        self.ask(name, "GET", f"/reports/{reference}")
        whole = self.ask(name, "GET", f"/records/{reference}")
        assert (whole.status_code == 200) == (name == "staff")

    @rule(name=who, reference=references)
    def look_up(self, name: str, reference: str) -> None:
        """Ask the desk about a report."""
        self.ask(name, "POST", "/chat", json={"message": f"What about {reference}?"})

    @rule(claimer=who, owner=who)
    def claim(self, claimer: str, owner: str) -> None:
        """Claim somebody's sessions with their token in hand."""
        body = {"token": self.tokens[owner]}
        response = self.ask(claimer, "POST", "/sessions/claim", json=body)
        may = claimer in ("dina", "staff") and owner in PEOPLE[:3]
        assert (response.status_code == 200) == may
        if may:
            moved = {secret: claimer for secret, whose in self.secrets.items() if whose == owner}
            self.secrets |= moved


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[type[Town]]:
    """The machine with a server and a provider that run in a thread of their own."""
    limits = dict.fromkeys(
        ("limit_turns_per_caller", "limit_turns_per_address", "limit_tokens_per_address"),
        "1000000/minute",
    )
    folder = make_settings(tmp_path_factory.mktemp("town"), access="token", **limits)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(identity_provider()) as provider,
        portal.wrap_async_context_manager(serve(provider.trusted_by(folder))) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        Town.server, Town.provider, Town.client = server, provider, client
        yield Town


@pytest.mark.parametrize(
    "runs", [5, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
def test_nobody_reads_a_word_of_another(runs: int, town: type[Town]) -> None:
    """No order of things that people do leaks."""
    run_machine(
        town,
        settings=settings(
            max_examples=runs,
            stateful_step_count=15,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],  # the steps that leak are few enough to read unshrunk
            suppress_health_check=list(HealthCheck),
        ),
    )
