"""Behind a pooler in transaction mode, as PgBouncer and Supabase have it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.conftest import make_settings
from tests.fakes.fake_openai import FakeOpenAI
from tests.faults.conftest import Figures
from tests.faults.pooler import TransactionPooler
from tests.faults.resident import THANKS, count, filing_rules, new_reports
from tests.postgres import PostgresServer
from tests.process import free_port
from tests.server import Running, serve

RESIDENTS = 6
REPORTS = 2
PGBOUNCER = """[databases]
* = host={host} port={port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_reset_query_always = 1
"""


async def test_each_transaction_on_another_connection(
    postgres: PostgresServer, tmp_path: Path, figures: Figures
) -> None:
    """The schema is made and reports are filed though no connection remembers anything."""
    with postgres.new_database() as url:
        pooler = TransactionPooler(_socket(postgres), httpx.URL(url).path[1:])
        async with pooler.serve():
            await _file_reports(tmp_path, pooler.port, url)
        figures.note(connections=pooler.connections, transactions=pooler.transactions)


@pytest.mark.long
@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="pgbouncer is not installed")
async def test_behind_pgbouncer(postgres: PostgresServer, tmp_path: Path, figures: Figures) -> None:
    """The same behind PgBouncer itself, with three connections for everybody."""
    with postgres.new_database() as url:
        async with _pgbouncer(postgres, tmp_path) as port:
            await _file_reports(tmp_path, port, url)
    figures.note(reports=RESIDENTS * REPORTS)


async def _file_reports(tmp_path: Path, port: int, url: str) -> None:
    name = httpx.URL(url).path
    pooled = f"postgresql://postgres@127.0.0.1:{port}{name}?sslmode=disable"
    async with FakeOpenAI(filing_rules()) as fake:
        settings = make_settings(
            tmp_path,
            database_url=SecretStr(pooled),
            model="fake",
            model_api="responses",
            openai_base_url=fake.base_url,
        )
        async with serve(settings) as server:
            filed = await asyncio.gather(*(_reside(server) for _ in range(RESIDENTS)))
    turn_ids = [turn_id for each in filed for turn_id in each]
    assert (await count(url)).unlike(turn_ids) == []


async def _reside(server: Running) -> list[str]:
    bodies = new_reports()
    turn_ids = []
    for _ in range(REPORTS):
        body = await anext(bodies)
        answer = (await server.say(**body)).json()
        assert answer["text"] == THANKS
        turn_ids.append(answer["turn_id"])
    return turn_ids


def _socket(postgres: PostgresServer) -> str:
    return str(postgres._server.get_postmaster_info().socket_path)


@asynccontextmanager
async def _pgbouncer(postgres: PostgresServer, folder: Path) -> AsyncIterator[int]:
    port = free_port()
    process = _start(Path(_socket(postgres)), folder / "pgbouncer.ini", port)
    try:
        await _listens(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _start(socket: Path, file: Path, port: int) -> "subprocess.Popen[bytes]":
    file.write_text(PGBOUNCER.format(host=socket.parent, port=socket.suffix[1:], listen=port))
    # It will not run as root, nor could another user than Postgres' come to its socket.
    options = ["-u", socket.owner()] if os.geteuid() == 0 else []
    with file.open() as configuration:
        return subprocess.Popen(["pgbouncer", "-q", *options, "/dev/stdin"], stdin=configuration)


async def _listens(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
