"""``python -m solver``: what it prints and writes, and how it fails: in one line, never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from solver.__main__ import main
from solver.codec import decode_problem, decode_schedule, encode_problem, encode_schedule
from solver.command_line.commands import _in_thread, _signals_stop
from solver.command_line.console import Console
from solver.diff import diff
from solver.problem import GoalName
from solver.progress import Control, Progress
from solver.schedule import Status
from solver.verify import verify
from tests.solver.factories import meeting, person, place, problem, schedule

DZN = Path(__file__).parents[1] / "data" / "small.dzn"
SMALL = problem(meeting("m", "ann", "bob", weight=2), meeting("n", "ann", "cat"), blocks=(1,), tables=2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with SMALL as ``problem.json``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "problem.json").write_bytes(encode_problem(SMALL))
    return tmp_path


def save(folder: Path, name: str, *slots: str) -> None:
    placements = [
        place(SMALL, id_, slot, f"t{index}")
        for index, (id_, slot) in enumerate(zip("mn", slots, strict=False))
    ]
    (folder / name).write_bytes(encode_schedule(schedule(*placements)))


def last_json(text: str) -> dict[str, object]:
    found = json.loads(text.splitlines()[-1])
    assert isinstance(found, dict)
    return found


class TestSolve:
    def test_writes_a_verified_schedule_and_ends_with_one_line_of_json(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = main(["solve", "problem.json", "--seconds", "20", "--out", "schedule.json"])

        summary = last_json(capsys.readouterr().out)
        written = decode_schedule((folder / "schedule.json").read_bytes())
        assert status == 0
        assert summary["status"] == "optimal"
        assert summary["goals"] == [{"name": "value", "value": 2, "bound": 2}]
        assert (summary["placed"], summary["unplaced"]) == (1, 1)
        assert isinstance(summary["seconds"], float)
        assert verify(SMALL, written).accepted
        assert written.status is Status.OPTIMAL

    def test_with_little_memory_a_schedule_is_written_all_the_same(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status = main(["solve", "problem.json", "--seconds", "2", "--out", "schedule.json", "--memory", "1"])

        assert status == 0
        assert last_json(capsys.readouterr().out)["placed"] == 1
        assert verify(SMALL, decode_schedule((folder / "schedule.json").read_bytes())).accepted

    def test_says_why_each_meeting_is_not_placed(self, folder: Path) -> None:
        main(["solve", "problem.json", "--seconds", "20", "--out", "schedule.json", "--quiet"])

        written = decode_schedule((folder / "schedule.json").read_bytes())
        assert [(item.meeting, item.reason) for item in written.unplaced] == [("n", "slots-full")]

    def test_an_infeasible_problem_ends_with_status_1_and_no_file(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        impossible = problem(*SMALL.meetings, blocks=(1,), tables=2, must_all=True)
        (folder / "problem.json").write_bytes(encode_problem(impossible))

        status = main(["solve", "problem.json", "--seconds", "20", "--out", "schedule.json"])

        assert status == 1
        assert last_json(capsys.readouterr().out)["status"] == "infeasible"
        assert not (folder / "schedule.json").exists()

    def test_a_bad_problem_is_invalid_with_the_path_in_one_line(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = json.loads(encode_problem(SMALL))
        data["meetings"][1]["weight"] = -1
        (folder / "problem.json").write_text(json.dumps(data))

        status = main(["solve", "problem.json", "--out", "schedule.json"])

        output = capsys.readouterr()
        assert status == 2
        assert output.err == "error: problem.json: meetings[1].weight: Expected `int` >= 1\n"
        assert last_json(output.out) == {
            "status": "invalid",
            "goals": [],
            "placed": 0,
            "unplaced": 0,
            "seconds": last_json(output.out)["seconds"],
        }

    def test_a_place_that_cannot_be_written_is_found_before_solving(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["solve", "problem.json", "--out", "no/such/folder.json"]) == 2
        assert capsys.readouterr().err == "error: no/such/folder.json: no such file or directory\n"
        assert main(["solve", "problem.json", "--out", "."]) == 2
        assert capsys.readouterr().err == "error: .: is a directory\n"

    def test_a_device_is_written_to_and_not_replaced(self, folder: Path) -> None:
        assert main(["solve", "problem.json", "--seconds", "20", "--out", "/dev/null", "--quiet"]) == 0
        assert not Path("/dev/null").is_file()

    def test_going_on_from_a_schedule_is_never_worse(self, folder: Path) -> None:
        save(folder, "start.json", "s0")

        status = main(
            ["solve", "problem.json", "--seconds", "20", "--start", "start.json", "--out", "s.json"]
        )

        written = decode_schedule((folder / "s.json").read_bytes())
        assert status == 0
        assert verify(SMALL, written).goals[GoalName.VALUE] == 2

    def test_a_start_of_another_problem_is_refused(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "start.json", "s9")

        assert main(["solve", "problem.json", "--start", "start.json"]) == 2
        assert "does not fit the problem" in capsys.readouterr().err

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
    def test_a_signal_ends_with_the_best_so_far(self, folder: Path, number: signal.Signals) -> None:
        """A forum that takes minutes to prove: a schedule is there within seconds, and is written."""
        sizes = ("--companies", "60", "--requests", "300", "--slots", "12", "--tables", "9")
        main(["generate", *sizes, "--rich", "--out", "forum.json"])
        command = [sys.executable, "-m", "solver", "solve", "forum.json", "--seconds", "300"]
        with subprocess.Popen(
            [*command, "--out", "best.json"],
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        ) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if "meetings placed" in line:
                    break
            process.send_signal(number)
            try:
                output, _ = process.communicate(timeout=60)
            finally:
                process.kill()  # does nothing where it has ended

        assert process.returncode == 0
        summary = last_json(output)
        assert summary["status"] in ("feasible", "optimal")
        best = decode_schedule((folder / "best.json").read_bytes())
        assert len(best.placements) == summary["placed"]
        assert verify(decode_problem((folder / "forum.json").read_bytes()), best).accepted

    def test_a_stop_without_time_for_reasons_says_so(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes = ("--companies", "60", "--requests", "300", "--slots", "12", "--tables", "9")
        main(["generate", *sizes, "--rich", "--out", "forum.json"])
        monkeypatch.setattr("solver.progress.GRACE_SECONDS", 0.0)

        def stop(_: Console, progress: Progress) -> None:
            if progress.placed:
                os.kill(os.getpid(), signal.SIGINT)
                monkeypatch.setattr(Console, "show", lambda *_: None)  # a second signal would end the tests

        monkeypatch.setattr(Console, "show", stop)

        assert main(["solve", "forum.json", "--seconds", "300", "--out", "best.json"]) == 0
        told, best = capsys.readouterr(), decode_schedule((folder / "best.json").read_bytes())
        left = last_json(told.out)["unplaced"]
        assert best.unplaced == ()
        assert left > 0
        assert f"why {left} of the meetings have no place: python -m solver explain" in told.err

    def test_a_signal_that_the_system_hands_to_another_thread_is_heard(self) -> None:
        control = Control.of_seconds(20)

        def solve_slowly() -> bool:
            time.sleep(0.5)  # until the main thread waits
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
            while control.left():
                time.sleep(0.02)
            return control.elapsed() < 20

        with _signals_stop(control):
            assert _in_thread(solve_slowly)


class TestRepair:
    def test_nothing_published_moves_without_need(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Dan is away where he was to meet Cat: only these two hear of it."""
        before = problem(meeting("m", "ann", "bob"), meeting("n", "cat", "dan"), blocks=(3,), tables=2)
        published = schedule(place(before, "m", "s1"), place(before, "n", "s1", "t1"))
        now = problem(*before.meetings, blocks=(3,), tables=2, people=(person("dan", unavailable=("s1",)),))
        (folder / "problem.json").write_bytes(encode_problem(now))
        (folder / "published.json").write_bytes(encode_schedule(published))

        status = main(["repair", "problem.json", "published.json", "--seconds", "20", "--out", "new.json"])

        summary = last_json(capsys.readouterr().out)
        mended = decode_schedule((folder / "new.json").read_bytes())
        assert status == 0
        assert summary["goals"] == [
            {"name": "promises", "value": 2, "bound": 2},
            {"name": "value", "value": 2, "bound": 2},
        ]
        assert [item.person for item in diff(published, mended).people] == ["cat", "dan"]


class TestVerify:
    def test_an_accepted_schedule_ends_with_status_0(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "good.json", "s0")

        assert main(["verify", "problem.json", "good.json"]) == 0
        assert "accepted: 1 of 2 meetings placed, every rule kept" in capsys.readouterr().out

    def test_a_refused_schedule_ends_with_status_1_and_its_violations(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "bad.json", "s0", "s0")

        assert main(["verify", "problem.json", "bad.json"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "one-person: person 'ann' has meetings 'm' and 'n' in slot 's0'"
        assert lines[-1] == "refused: 1 violation"

    def test_swapped_files_are_one_clear_error(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "good.json", "s0")

        assert main(["verify", "good.json", "problem.json"]) == 2
        assert capsys.readouterr().err.startswith("error: good.json: ")


class TestExplainAndDiff:
    def test_each_unplaced_meeting_has_its_reason(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "s.json", "s0")

        assert main(["explain", "problem.json", "s.json"]) == 0
        assert capsys.readouterr().out == "n: The slots of ann are full of other meetings: m.\n"

    def test_one_meeting_comes_with_what_would_place_it(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "s.json", "s0")

        assert main(["explain", "problem.json", "s.json", "n"]) == 0
        assert capsys.readouterr().out.splitlines()[1] == "  With one more delegate of Ann: s0, at t1."

    def test_a_placed_and_an_unknown_meeting_are_told_apart(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "s.json", "s0")

        assert main(["explain", "problem.json", "s.json", "m"]) == 0
        assert capsys.readouterr().out == "m is placed.\n"
        assert main(["explain", "problem.json", "s.json", "x"]) == 2
        assert capsys.readouterr().err == "error: there is no meeting 'x'\n"

    def test_without_a_schedule_the_wishes_that_cannot_hold_together_are_named(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        impossible = problem(*SMALL.meetings, blocks=(1,), tables=2, must_all=True)
        (folder / "impossible.json").write_bytes(encode_problem(impossible))

        assert main(["explain", "impossible.json"]) == 0
        assert capsys.readouterr().out.splitlines()[1:] == [
            "  - meeting m takes place (ann with bob)",
            "  - meeting n takes place (ann with cat)",
        ]
        assert main(["explain", "problem.json"]) == 1
        assert capsys.readouterr().out.startswith("Not proven that there is no schedule")

    def test_the_worth_of_one_more_of_each_is_listed(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "s.json", "s0")

        assert main(["explain", "problem.json", "s.json", "--worth", "--seconds", "30"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "One more table in block b0: +0 value." in lines
        assert "One more slot at the end of block b0: +1 value." in lines
        assert "One more delegate of Ann: +1 value." in lines

    def test_changes_of_table_are_told_with_how_few_could_be(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        two = problem(*SMALL.meetings, blocks=(2,), tables=2)
        (folder / "problem.json").write_bytes(encode_problem(two))
        made = schedule(place(two, "m", "s0", "t0"), place(two, "n", "s1", "t1"))
        (folder / "s.json").write_bytes(encode_schedule(made))

        assert main(["explain", "problem.json", "s.json", "--tables"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "s0 to s1: 1 of 1 change tables, at least 0",
            "In all 1; with these times and people no fewer than 0 could.",
        ]

    def test_a_difference_names_who_is_affected(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        save(folder, "a.json", "s0")
        save(folder, "b.json")

        assert main(["diff", "a.json", "b.json"]) == 0
        assert capsys.readouterr().out.splitlines()[1:] == ["ann", "  - m: s0, t0", "bob", "  - m: s0, t0"]


class TestMakingProblems:
    def test_an_instance_is_converted(self, folder: Path) -> None:
        assert main(["convert", str(DZN), "--max-breaks", "2", "--out", "small.json"]) == 0

        made = decode_problem((folder / "small.json").read_bytes())
        assert (len(made.meetings), made.max_breaks) == (11, 2)

    def test_a_forum_is_generated_to_standard_output(
        self, folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        sizes = ["--companies", "5", "--requests", "6", "--slots", "4", "--tables", "2", "--seed", "3"]

        assert main(["generate", *sizes]) == 0
        assert len(decode_problem(capfdbinary.readouterr().out).meetings) == 6

    @pytest.mark.parametrize("kind", ["problem", "schedule"])
    def test_the_schema_is_json(self, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["schema", kind]) == 0
        assert json.loads(capsys.readouterr().out)["title"] == kind.capitalize()

    def test_the_documented_fields_are_those_of_the_schema(self, capsys: pytest.CaptureFixture[str]) -> None:
        page = (Path(__file__).parents[3] / "docs" / "problem-format.md").read_text()
        for kind in ("problem", "schedule"):
            main(["schema", kind, "--markdown"])
            assert capsys.readouterr().out.strip() in page, f"run: python -m solver schema {kind} --markdown"


class TestBadInput:
    """One line on standard error, exit status 2."""

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            (["solve", "none.json"], "none.json: no such file or directory"),
            (["solve", "."], ".: is a directory"),
            (["verify", "problem.json", "none.json"], "none.json: no such file or directory"),
            (["convert", "problem.json"], "problem.json: no assignment"),
            (["convert", "binary.dzn"], "binary.dzn: not UTF-8 text (byte 0)"),
            (["solve", "big.json", "--max-size", "1"], "big.json: larger than 1 MB; --max-size allows more"),
            (["solve", "deep.json"], "deep.json: the JSON is nested too deeply"),
            (
                ["generate", "--companies", "2000000", "--requests", "1", "--slots", "1", "--tables", "1"],
                "companies must be",
            ),
        ],
        ids=["missing", "folder", "no schedule", "no dzn", "binary", "too big", "deep", "too many companies"],
    )
    def test_is_named(
        self, folder: Path, command: list[str], message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "big.json").write_bytes(b" " * (1024 * 1024 + 1))
        (folder / "deep.json").write_bytes(b'{"version":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
        (folder / "binary.dzn").write_bytes(b"\xff\xfe")

        assert main(command) == 2
        errors = capsys.readouterr().err
        assert errors.startswith(f"error: {message}")
        assert errors.count("\n") == 1

    @pytest.mark.parametrize(
        "command",
        [
            [],
            ["fly"],
            ["solve"],
            ["solve", "problem.json", "--seconds", "-1"],
            ["solve", "problem.json", "--seconds", "nan"],
            ["solve", "problem.json", "--workers", "0"],
            ["solve", "problem.json", "--seed", "x"],
            ["generate", "--companies", "1", "--requests", "1", "--slots", "1", "--tables", "1"],
        ],
    )
    def test_a_wrong_command_shows_how_it_is_used(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main(command)

        assert caught.value.code == 2
        assert "usage: python -m solver" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "command", [[], ["solve"], ["verify"], ["explain"], ["repair"], ["convert"], ["generate"]]
    )
    def test_help_needs_no_reading_of_anything_else(
        self, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])

        assert caught.value.code == 0
        assert "usage: python -m solver" in capsys.readouterr().out


def test_asking_for_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from solver.__main__ import parser; parser().format_help();"
        "print(any(name.split('.')[0] in ('ortools', 'numpy', 'numba', 'msgspec') for name in sys.modules))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


def test_a_reader_who_leaves_early_is_no_error(folder: Path) -> None:
    root = Path(__file__).parents[3]
    code = (
        "from solver.__main__ import main; import sys;"
        "sys.exit(main(['generate','--companies','900','--requests','9000','--slots','9','--tables','9']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()

    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()
