"""What stands for a CPF depends on the project's salt; with the public one it hides nothing."""

from __future__ import annotations

import contextlib
import hashlib
import io
from pathlib import Path

import pytest

from runner.cli import run
from tests.domain_session import configure

CPF = "52998224725"
CASE = f"""
a person of this salt:
  date: 2017
  given:
    chamber.raw_expenses:
      - year: 2017
        line: ANA;7;8;2015;SP;PX;55;3;TAXI;0;;JOAO;{CPF};1;0;2017-03-05;1;0;1;3;2017;0;;;1;1;0;1;1
  expect:
    - {{supplier_id: %s, supplier_document: "***.982.247-**"}}
"""


def supplier_id(salt: str, cpf: str) -> str:
    return f"cpf-{hashlib.sha256(f'{salt}{cpf}'.encode()).hexdigest()[:24]}"


@pytest.mark.spark
def test_another_salt_gives_other_suppliers(tmp_path: Path, one_spark: None) -> None:
    configure(tmp_path, "chamber", "thrift://127.0.0.1:9")
    cases = tmp_path / "tests" / "sql" / "chamber" / "expenses" / "salt.yaml"
    cases.parent.mkdir(parents=True)
    cases.write_text(CASE % supplier_id("pepper", CPF))

    def tested(*words: str) -> tuple[int, str]:
        told = io.StringIO()
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            return run(["--project", str(tmp_path), *words, "test"]), told.getvalue()

    code, told = tested("--var", "cpf_salt=pepper")
    assert code == 0, told
    code, told = tested()
    assert code == 1, told
    assert supplier_id("chamber of deputies", CPF) in told, "the public salt's, which docs speak of"


def test_with_a_known_salt_the_mask_leaves_a_thousand_to_try() -> None:
    """What the docs warn of, done: three digits are missing, the last two are computed."""

    def whole(nine: str) -> str:
        for _ in range(2):
            rest = sum(int(d) * w for d, w in zip(nine, range(len(nine) + 1, 1, -1), strict=True)) * 10 % 11
            nine += str(rest % 10)
        return nine

    shown, published = "982247", supplier_id("chamber of deputies", CPF)
    tried = [whole(f"{missing:03}{shown}") for missing in range(1000)]
    assert [cpf for cpf in tried if supplier_id("chamber of deputies", cpf) == published] == [CPF]
