"""An application that is asked through files: when it is submitted, asked again, told to end, given up."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from runner.api import Warehouse
from runner.cli import run
from runner.engines import Engine
from runner.engines.submitted import RUNS, Application, Ended, SubmittedEngine, modules
from runner.engines.words import gist
from runner.stores.local import LocalStore
from warehouse.errors import OutsideError, ProjectError
from warehouse.manifest import CheckOutcome, JobError, Manifest, Result, Staging


class Cluster:
    """Takes applications. ``work`` is what happens whenever somebody looks whether one has ended."""

    def __init__(self, store: LocalStore, *work: Callable[[Cluster], Ended | None]) -> None:
        self.store = store
        self.work: Iterator[Callable[[Cluster], Ended | None]] = iter(work)
        self.submitted: list[Application] = []
        self.cancelled = 0

    def submit(self, application: Application) -> Cluster:
        self.submitted.append(application)
        return self

    def ended(self) -> Ended | None:
        return next(self.work)(self)

    def cancel(self) -> None:
        self.cancelled += 1

    def close(self) -> None:
        pass

    def answer(self, *run_ids: str) -> None:
        for run_id in run_ids:
            self.store.write(f"{RUNS}/{run_id}/result.json", msgspec.json.encode(Result(run_id)))

    def requests(self) -> list[dict[str, object]]:
        """What the last application was asked."""
        inbox = self.store.key(self.submitted[-1].inbox)
        keys = sorted(i.key for i in self.store.list(f"{inbox}/") if i.key.endswith(".json"))
        return [msgspec.json.decode(self.store.read(key) or b"") for key in keys]


def manifest(run_id: str) -> Manifest:
    return Manifest(run_id, "d.t", ("",), (), "SELECT 1", Staging("s.t", "file:///nowhere"), 0)


def no_reader() -> Engine:
    raise AssertionError("nobody asked a question")


def made(tmp_path: Path, *work: Callable[[Cluster], Ended | None]) -> tuple[SubmittedEngine, Cluster]:
    store = LocalStore(tmp_path)
    cluster = Cluster(store, *work)
    return SubmittedEngine(store, cluster, no_reader, print, pause=lambda seconds: None), cluster


def busy(*run_ids: str) -> Callable[[Cluster], None]:
    return lambda cluster: cluster.answer(*run_ids)


def over(why: OutsideError | None, *run_ids: str) -> Callable[[Cluster], Ended | None]:
    def work(cluster: Cluster) -> Ended | None:
        cluster.answer(*run_ids)
        return Ended((lambda: why) if why else None)

    return work


A, B, C = manifest("2026-a"), manifest("2026-b"), manifest("2026-c")


def test_one_application_takes_all_requests_of_a_command_and_is_told_to_end(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path, busy(), busy("2026-b"), busy("2026-a"), busy("2026-c"))
    assert [r.run_id for r in engine.run([A, B], jobs=3)] == ["2026-b", "2026-a"]
    assert [r.run_id for r in engine.run([C])] == ["2026-c"]
    engine.close()
    assert len(cluster.submitted) == 1
    first, second, last = cluster.requests()
    assert [m["run_id"] for m in first["manifests"]] == ["2026-a", "2026-b"]  # type: ignore[attr-defined]
    assert (first["jobs"], second["jobs"], last) == (3, 1, {"end": True})
    assert first["runs"] == cluster.store.uri(RUNS)
    assert cluster.cancelled == 0


def test_nothing_is_submitted_where_nothing_runs(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path)
    assert list(engine.run([])) == []
    engine.close()
    assert cluster.submitted == []


def test_one_that_was_idle_too_long_is_followed_by_another(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path, busy("2026-a"), over(None), busy("2026-b"))
    list(engine.run([A]))
    assert [r.run_id for r in engine.run([B])] == ["2026-b"]
    assert len(cluster.submitted) == 2
    assert [m["run_id"] for m in cluster.requests()[0]["manifests"]] == ["2026-b"]  # type: ignore[attr-defined]


def test_one_that_ends_without_an_answer_again_is_an_error(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path, over(None), over(None))
    with pytest.raises(OutsideError, match="without an answer to 1 runs"):
        list(engine.run([A]))
    assert len(cluster.submitted) == 2


def test_what_was_written_before_the_end_is_not_lost(tmp_path: Path) -> None:
    engine, _ = made(tmp_path, over(OutsideError("the cluster is gone"), "2026-a"))
    answers = engine.run([A, B])
    assert next(answers).run_id == "2026-a"
    with pytest.raises(OutsideError, match="the cluster is gone"):
        next(answers)


def test_a_failed_application_is_followed_by_a_new_one_for_later_runs(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path, over(OutsideError("gone")), busy("2026-b"))
    with pytest.raises(OutsideError):
        list(engine.run([A]))
    assert [r.run_id for r in engine.run([B])] == ["2026-b"]
    assert len(cluster.submitted) == 2


def test_whoever_stops_listening_cancels(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path, busy("2026-a"))
    answers = engine.run([A, B])
    next(answers)
    answers.close()
    assert cluster.cancelled == 1
    assert cluster.requests()[-1] == {"end": True}, "one in a cluster's driver hears it from its inbox"


def test_one_whose_submission_failed_finds_nothing_to_do(tmp_path: Path) -> None:
    engine, cluster = made(tmp_path)
    submit = cluster.submit

    def unsure(application: Application) -> Cluster:
        submit(application)
        raise OutsideError("no answer came")

    cluster.submit = unsure  # type: ignore[method-assign]
    with pytest.raises(OutsideError, match="no answer"):
        list(engine.run([A]))
    assert cluster.requests()[-1] == {"end": True}


def test_one_that_cannot_be_cancelled_does_not_hide_what_happened(tmp_path: Path) -> None:
    def lost(cluster: Cluster) -> None:
        raise OutsideError("the credentials have expired")

    said: list[str] = []
    store = LocalStore(tmp_path)
    cluster = Cluster(store, lost)
    cluster.cancel = lambda: lost(cluster)  # type: ignore[method-assign]
    engine = SubmittedEngine(store, cluster, no_reader, said.append, pause=lambda seconds: None)
    with pytest.raises(OutsideError, match="credentials have expired"):
        list(engine.run([A]))
    assert "ends by itself" in said[-1]


def test_a_result_that_is_half_written_is_waited_for(tmp_path: Path) -> None:
    def half(cluster: Cluster) -> None:
        cluster.store.write(f"{RUNS}/2026-a/result.json", b'{"run_id": "2026')

    engine, _ = made(tmp_path, half, busy("2026-a"))
    assert [r.run_id for r in engine.run([A])] == ["2026-a"]


def test_a_result_that_names_an_account_is_read_without_it(tmp_path: Path) -> None:
    arn = "arn:aws:sts::{}:assumed-role/jobs/i-0a1 is not authorized"

    def denied(cluster: Cluster) -> None:
        error = JobError(arn.format("123456789012"), "AccessDenied", line=3)
        check = CheckOutcome("rows", "", "error", False, error=arn.format("123456789012"))
        result = Result("2026-a", checks=(check,), error=error)
        cluster.store.write(f"{RUNS}/2026-a/result.json", msgspec.json.encode(result))

    engine, _ = made(tmp_path, denied)
    (found,) = engine.run([A])
    assert found.error == JobError(arn.format("<account>"), "AccessDenied", line=3)
    assert [check.error for check in found.checks] == [arn.format("<account>")]


def test_the_package_is_the_same_bytes_and_python_of_a_cluster() -> None:
    assert modules() == modules()
    with zipfile.ZipFile(io.BytesIO(modules())) as archive:
        assert "runner/job/__init__.py" in archive.namelist()
        for name in archive.namelist():
            ast.parse(archive.read(name), feature_version=(3, 9))


def test_the_gist_of_a_log_has_the_error_and_no_secret() -> None:
    said = gist(
        "24/01/01 00:00:00 INFO SparkContext: Running Spark\n"
        "java.lang.IllegalStateException: no such thing, fs.s3a.secret.key=abc/def+123\n"
        "\tat org.apache.spark.Main.main(Main.java:1)\n"
        "Caused by: error 403 of arn:aws:iam::123456789012:role/x and AKIAABCDEFGHIJKLMNOP"
        " at https://b.s3.amazonaws.com/k?X-Amz-Signature=0f0f\n"
    )
    assert "no such thing" in said and "error 403" in said
    for secret in ("abc/def", "123456789012", "AKIA", "0f0f", "Main.java"):
        assert secret not in said
    assert gist("") == "it said nothing"


def test_a_target_on_glue_is_asked_through_athena_before_anything_is_staged(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.warehouse.targets.local]\nengine = "emr"\nmetastore = "glue"\nlake = "s3://b/lake"\n'
    )
    for name, text in {"sql/d/t.sql": "INSERT OVERWRITE TABLE d.t SELECT 1 AS v", "ddl/d/t/V001__create.sql":
                       "CREATE EXTERNAL TABLE d.t (v INT) STORED AS PARQUET;"}.items():  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with Warehouse.open(tmp_path) as warehouse:
        for ask in (lambda: warehouse.query("SELECT 1"), lambda: warehouse.diff("d.t", "2024-01-01")):
            with pytest.raises(ProjectError, match="answers no questions") as caught:
                ask()
            assert "--engine athena" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ('engine = "emr"\nmetastore = "glue"\nlake = "lake"', "s3://bucket"),
        ('engine = "emr"\nlake = "s3://b/lake"', "no cluster reaches"),
        ('engine = "spark-submit"\nmetastore = "glue"\nlake = "lake"', "spark_submit"),
        ('engine = "emr-serverless"\nmetastore = "glue"\nlake = "s3://b/lake"', "role"),
    ],
)
def test_targets_that_cannot_work_say_why(
    tmp_path: Path, settings: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    (tmp_path / "pyproject.toml").write_text(f"[tool.warehouse.targets.local]\n{settings}\n")
    with Warehouse.open(tmp_path) as warehouse, pytest.raises(ProjectError) as caught:
        _ = warehouse.lake.engine
    assert word in str(caught.value)


def test_a_target_without_a_cluster_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.warehouse.targets.local]\nlake = "lake"\n')
    assert run(["--project", str(tmp_path), "emr", "list"]) == 2
    assert "its engine is local" in capsys.readouterr().err
