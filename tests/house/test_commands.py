"""Every command ends bad input and a missing database with one clear line and exit status 1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str, database: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["replay"], "manage.py replay: the following arguments are required: file"),
        (["ledger", "people"], "manage.py ledger: argument"),
        (["drain_mail", "--limit", "many"], "manage.py drain_mail: argument --limit: invalid int value: 'many'"),
        (["dunning", "--whatever"], "manage.py dunning: unrecognized arguments: --whatever"),
    ],
)
def test_wrong_words_end_with_one_line(words: list[str], said: str, tmp_path: Path) -> None:
    found = run(*words, database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith(said)
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["run_jobs"], ["ledger", "purchases"], ["drain_mail"]])
def test_a_database_without_tables_is_said(words: list[str], tmp_path: Path) -> None:
    found = run(*words, database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith("The database cannot be used: no such table: ")
    assert "manage.py migrate" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_database_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    found = run("run_jobs", database=f"postgresql://kontor@/kontor?host={tmp_path}")
    assert found.returncode == 1
    assert found.stderr.startswith("The database cannot be used: connection")
    assert "DATABASE_URL" in found.stderr
    assert found.stderr.count("\n") == 1


def test_who_wants_the_whole_story_gets_it(tmp_path: Path) -> None:
    found = run("run_jobs", "--traceback", database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert found.returncode == 1
    assert "Traceback" in found.stderr
