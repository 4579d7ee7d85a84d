"""What the machine does to a command: no output, no memory, no place to write, interruptions. Never exit code 1."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from prover.commands import run as module
from prover.commands.cli import run_command
from prover.errors import InputError
from prover.files import require_writable
from prover.proof_files.result import ProofResult
from prover.resources import shipped_proofs

PROGRAM = [sys.executable, "-m", "prover"]
SMALL = ["prove", "ggml/normal:head_dim=8", "ggml/neox:head_dim=8"]
HANG = 60

Capture = pytest.CaptureFixture[str]


def shell(text: str) -> subprocess.CompletedProcess[str]:
    """A shell's run of `text`, in which ROPE stands for the command."""
    command = text.replace("ROPE", f"'{sys.executable}' -m prover")
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=HANG)


def test_full_device() -> None:
    """An answer that cannot be written is no verdict, and no fault to report."""
    done = shell(f"ROPE {' '.join(SMALL)} > /dev/full")
    assert (2, "error: the output: No space left on device. Nothing may be concluded\n") == (
        done.returncode, done.stderr
    )


def test_closed_output() -> None:
    """With standard output closed nothing is begun: the next file opened would take its place."""
    done = shell(f"ROPE {' '.join(SMALL)} >&-")
    assert (2, "error: standard output is closed. Redirect it to a file or to /dev/null\n") == (
        done.returncode, done.stderr
    )


def test_reader_that_goes_away() -> None:
    """A pipe that nobody reads any more ends the command as it ends others, without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, "list"], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=HANG)
    os.close(writer)
    assert (128 + signal.SIGPIPE, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("megabytes", [100, 200, 250, 399])
def test_too_little_memory(megabytes: int) -> None:
    """Too little memory is said before anything heavy is imported."""
    done = shell(f"ulimit -v {megabytes << 10}; ROPE {' '.join(SMALL)}")
    assert (4, "") == (done.returncode, done.stdout)
    assert f"this process may take {megabytes} MB of memory, and a proof needs 400 MB" in done.stderr
    assert 1 == done.stderr.count("\n")


def test_enough_memory() -> None:
    """What is said to be enough is enough: the verdict comes."""
    done = shell(f"ulimit -v {400 << 10}; ROPE {' '.join(SMALL)} --relation permutation")
    assert (0, "EQUIVALENT") == (done.returncode, done.stdout[:10])


PLACES = {
    "--certificate where nothing can be made": ["--certificate", "/proc/made.json"],
    "--smtlib where nothing can be made": ["--smtlib", "/proc/made"],
    "--smtlib in a folder that takes no files": ["--smtlib", "/sys"],
}


@pytest.mark.parametrize("option", PLACES.values(), ids=PLACES)
def test_places_that_take_no_file(option: list[str], capsys: Capture) -> None:
    """A place where nothing can be written is bad usage, said before any work is done."""
    assert 2 == run_command([*SMALL, *option])
    captured = capsys.readouterr()
    assert ("", "error: /", 1) == (captured.out, captured.err[:8], captured.err.count("\n"))


def test_certificate_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    """A deleted current folder is bad usage too."""
    gone = tmp_path / "gone"
    done = shell(f"mkdir '{gone}' && cd '{gone}' && rmdir '{gone}' && PYTHONPATH='{Path.cwd()}' "
                 f"ROPE {' '.join(SMALL)} --certificate made.json")
    assert (2, "", False) == (done.returncode, done.stdout, "Traceback" in done.stderr)


def test_nothing_is_left_where_writing_was_tried(tmp_path: Path) -> None:
    """Trying a folder leaves it as it was, and a missing one is said."""
    require_writable(tmp_path)
    assert [] == list(tmp_path.iterdir())
    with pytest.raises(InputError, match="cannot be written to: No such file or directory"):
        require_writable(tmp_path / "missing")


def interrupted_when(seen: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, sent Ctrl-C with all its processes once `seen` was printed on standard output."""
    with subprocess.Popen([*PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = ""
        while seen not in first:
            line = process.stdout.readline()
            assert line, "the command ended before it could be interrupted"
            first += line
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()  # communicate would lose what is already buffered
    return subprocess.CompletedProcess(arguments, process.returncode, first + out, err)


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_interrupted_run(jobs: str) -> None:
    """An interrupted run keeps what it printed, says how far it came, and leaves no process and no traceback."""
    done = interrupted_when("02-imrope-to-mrope", "run", "--jobs", jobs)
    finished = [line for line in done.stdout.splitlines() if line.startswith("ok ")]
    total = len(shipped_proofs())
    assert 3 == done.returncode
    assert 3 <= len(finished) < total
    assert (f"interrupted: {len(finished)} of {total} were finished; of the others nothing was decided\n"
            == done.stderr)
    assert f"{len(finished)} of {len(finished)} claims are as expected." in done.stdout


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.8])
def test_interrupted_imports(delay: float) -> None:
    """An interruption at any time after the start is exit code 3, or the signal itself; never a traceback."""
    process = subprocess.Popen([*PROGRAM, "prove", "ggml/normal:n_rot=64", "ggml/imrope", *["--feed", "text"]],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=HANG)
    assert "prover" not in err or "Traceback" not in err
    assert process.returncode != 1 or out


def test_order_and_words_do_not_depend_on_jobs(capsys: Capture) -> None:
    """Two processes print what one prints, in the order asked for."""
    names = ["theorem-6-partial-full", "02-imrope-to-mrope", "01-normal-to-neox", "rewrite-2-running-product"]
    told = []
    for jobs in ("1", "2"):
        assert 0 == run_command(["run", "--jobs", jobs, *names])
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]
    assert names == [line.split()[1] for line in told[0].splitlines() if line.startswith("ok ")]


def test_a_line_is_printed_as_soon_as_it_is_known(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done is on the screen before the next file begins."""
    seen = []

    def results(paths: list[Path], *_: object) -> object:
        for path in paths:
            seen.append(capsys.readouterr().out)
            yield ProofResult(path.stem, "title", "word", {}, ())

    monkeypatch.setattr("prover.proof_files.running.run_files", results)
    assert 0 == run_command(["run", "01-normal-to-neox", "02-imrope-to-mrope"])
    assert ["", "ok  01-normal-to-neox   word                        title\n"] == seen
    assert module.run.name == "run"


def test_a_file_that_cannot_be_run_does_not_stop_the_others(tmp_path: Path, capsys: Capture) -> None:
    """A missing file is an error on standard error, the others are proved, and the exit code is its own."""
    assert 2 == run_command(["run", "06-gpt-oss-yarn", str(tmp_path / "missing.toml"), "--jobs", "1"])
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert lines[0].startswith("ok  06-gpt-oss-yarn")
    assert "1 of 1 claim is as expected; 1 more file could not be run." == lines[-1]
    assert f"error: {tmp_path}/missing.toml: no such file. Check the path\n" == captured.err


def test_questions_of_each_file_are_kept_apart(tmp_path: Path) -> None:
    """--smtlib gives each proof a folder, so that processes do not meet in one."""
    names = ["02-imrope-to-mrope", "06-gpt-oss-yarn"]
    assert 0 == run_command(["run", *names, "--smtlib", str(tmp_path / "asked"), "--jobs", "2"])
    assert names == sorted(path.name for path in (tmp_path / "asked").iterdir())
    assert all(list((tmp_path / "asked" / name).glob("*.smt2")) for name in names)


def test_questions_of_files_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    """Claim files of one name in two folders have a folder of questions each, with what one has that is run alone."""
    name, first = "06-gpt-oss-yarn.toml", shipped_proofs()[0].parent
    for folder in ("one", "one/two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "one" / name).write_text((first / name).read_text())
    (tmp_path / "one" / "two" / name).write_text((first / "02-imrope-to-mrope.toml").read_text())
    files = [str(tmp_path / "one" / name), str(tmp_path / "one" / "two" / name)]
    alone = []
    for number, file in enumerate(files):
        run_command(["run", file, "--smtlib", str(tmp_path / str(number)), "--jobs", "1"])
        alone.append(questions(tmp_path / str(number) / "06-gpt-oss-yarn"))
    for jobs in ("1", "2"):
        made = tmp_path / f"jobs {jobs}"
        run_command(["run", *files, "--smtlib", str(made), "--jobs", jobs])
        assert alone == [questions(made / "06-gpt-oss-yarn"), questions(made / "two" / "06-gpt-oss-yarn")]
    assert alone[0]
    assert alone[0] != alone[1]


def questions(folder: Path) -> dict[str, str]:
    """The texts of the questions in a folder, by name."""
    return {path.name: path.read_text() for path in folder.glob("*.smt2")}
