"""The set-up and the checks around the code: ./bootstrap, the lock files, what `make check` looks for."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog

from tools import catalogues, debian, environment, steps, update_translations
from tools.catalogues import extract
from tools.check_translations import faults
from tools.unmarked import buried_in_code, unknown_markers, unmarked_in_code, unmarked_in_template

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A checkout of its own for the set-up, with a blank in its name."""
    home = tmp_path / "my forum"
    for module in (steps, environment):
        monkeypatch.setattr(module, "ROOT", home)
        monkeypatch.setattr(module, "TOOLS", home / ".tools")
    monkeypatch.setattr(environment, "VENV", home / ".venv")
    monkeypatch.setattr(environment, "STAMP", home / ".venv" / ".set-up.json")
    monkeypatch.setattr(environment, "UNFINISHED", home / ".venv" / ".unfinished")
    (home / ".tools").mkdir(parents=True)
    return home


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!\[; ]", name)[0]).lower()


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", path.read_text(), re.MULTILINE))


# -- Lock files ----------------------------------------------------------------------------------------


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    app = {normalised(name) for name in project["project"]["dependencies"]}
    dev = {normalised(name) for name in project["dependency-groups"]["dev"]}
    assert app - locked(ROOT / "requirements" / "app.txt").keys() == set()
    assert (app | dev) - locked(ROOT / "requirements" / "dev.txt").keys() == set()


def test_tests_run_on_the_versions_that_the_application_runs_on() -> None:
    dev = locked(ROOT / "requirements" / "dev.txt")
    for name, version in locked(ROOT / "requirements" / "app.txt").items():
        assert dev[name] == version


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_has_a_hash_for_each_package_and_no_address(path: Path) -> None:
    text = path.read_text()
    entries = re.split(r"\n(?=\w)", text.strip())
    assert len(entries) >= len(locked(path)) > 0  # a package may have versions for several Pythons
    assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==", entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "index" not in re.sub(r"[\w-]*index[\w-]*==", "", text)


# -- ./bootstrap ---------------------------------------------------------------------------------------


def test_a_wrong_word_shows_the_usage_and_exit_status_2() -> None:
    answer = subprocess.run(
        [sys.executable, ROOT / "bootstrap", "everything"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 2
    assert "./bootstrap dev" in answer.stderr


def test_a_command_that_fails_is_told_in_its_own_words(folder: Path) -> None:
    script = "import sys; print('Resolving'); print('error: no such package'); print('hint'); sys.exit(3)"
    with pytest.raises(steps.Failed, match=r"^error: no such package$"):
        steps.run("Trying", [sys.executable, "-c", script])
    assert "hint" in (folder / ".tools" / "log.txt").read_text()


def test_a_command_that_does_not_exist_is_told_by_name(folder: Path) -> None:
    with pytest.raises(steps.Failed, match="there is no no-such-command"):
        steps.run("Trying", ["no-such-command"])


def test_a_command_that_works_reports_its_time(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps.run("Counting", [sys.executable, "-c", "print('one two three')"])
    assert re.search(r"Counting: done \(\d+\.\d s\)", capfd.readouterr().err)


def test_apt_s_machine_readable_progress_becomes_a_percentage(folder: Path) -> None:
    line = "pmstatus:redis-tools:11.2057:Unpacking redis-tools (amd64)"
    assert steps.readable(line) == "11 %  Unpacking redis-tools (amd64)"
    line = "pmstatus:libical3:amd64:35.9:Installing libical3 (amd64)"
    assert steps.readable(line) == "35 %  Installing libical3 (amd64)"
    assert steps.readable("pmstatus:odd:words:here") == "pmstatus:odd:words:here"
    assert steps.readable(" + flask==3.1.3\n") == "+ flask==3.1.3"


@pytest.mark.parametrize("sudo", [True, False])
def test_without_root_the_line_to_type_is_shown_and_set_up_goes_on(
    sudo: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(debian, "PACKAGES", {"dev": ("no-such-package-anywhere",)})
    monkeypatch.setattr(debian.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "as_root", lambda: None)
    monkeypatch.setattr(debian.shutil, "which", lambda name: name if sudo or name != "sudo" else None)
    monkeypatch.setattr(debian, "missing_packages", list)
    debian.install_packages("dev")
    shown = capfd.readouterr().err
    assert "tests are skipped" in shown
    install = "apt-get install --no-install-recommends no-such-package-anywhere"
    assert f"sudo {install}" in shown if sudo else f"&& {install}" in shown
    assert ("Type as root:" in shown) != sudo


def test_what_nobody_compiles_later_is_compiled_at_set_up_and_anew_when_it_changes(folder: Path) -> None:
    source = folder / "solver" / "deep" / "inner.py"
    source.parent.mkdir(parents=True)
    compiled = Path(importlib.util.cache_from_source(str(source)))
    for changed_at, answer in ((1_000_000_000, "before"), (1_000_000_060, "afterwards")):
        source.write_text(f"ANSWER = {answer!r}\n")
        os.utime(source, (changed_at, changed_at))  # that it changed is seen by whole seconds
        environment.compile_project()
        assert answer.encode() in compiled.read_bytes()


def test_what_is_installed_is_not_missing(folder: Path) -> None:
    if debian.shutil.which("dpkg-query") is None:
        assert debian.missing_packages(["dpkg"]) == []
    else:
        assert debian.missing_packages(["dpkg", "no-such-package-anywhere"]) == ["no-such-package-anywhere"]


def test_an_environment_left_half_filled_is_made_anew(folder: Path) -> None:
    binaries = environment.VENV / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    version = ".".join(str(part) for part in sys.version_info[:3])
    (environment.VENV / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}\n")
    assert not environment.must_be_made_anew()
    environment.UNFINISHED.touch()
    assert environment.must_be_made_anew()


def test_an_environment_of_another_python_or_folder_is_made_anew(folder: Path) -> None:
    binaries = environment.VENV / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    (environment.VENV / "pyvenv.cfg").write_text("home = /usr/bin\nversion_info = 3.9.2\n")
    assert environment.must_be_made_anew()
    (environment.VENV / "pyvenv.cfg").write_text(
        f"version_info = {'.'.join(map(str, sys.version_info[:3]))}\n"
    )
    environment.write_stamp({"folder": "/somewhere/else"})
    assert environment.must_be_made_anew()


def test_the_project_s_command_and_version_work_from_a_folder_with_a_blank(folder: Path) -> None:
    (folder / "room").mkdir()
    (folder / "room" / "__init__.py").write_text("def main():\n    print('at work')\n    return 7\n")
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'my-room'\nversion = '4.2'\n[project.scripts]\nroom = 'room:main'\n"
    )
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.VENV], check=True)
    environment.link_project()
    environment.link_project()  # a second time in place of the first
    command = environment.VENV / "bin" / "room"
    answer = subprocess.run([command], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (7, "at work\n")
    ask = "from importlib.metadata import version; print(version('my-room'))"
    python = environment.VENV / "bin" / "python"
    assert subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout == "4.2\n"


def test_a_set_up_waits_for_another_in_the_same_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    holder = (
        "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); "
        "print(flush=True); input()"
    )
    lock = folder / ".tools" / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", holder, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        other.stdout.readline()
        release = other.stdin

        def let_go(text: str) -> None:
            sys.stderr.write(text)
            release.write("\n")
            release.flush()

        monkeypatch.setattr(steps, "say", let_go)
        with steps.alone():
            pass
    assert "waiting for it to end" in capfd.readouterr().err


# -- .ci/run -------------------------------------------------------------------------------------------


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """tools/run_ci.py, its report and its checkout in a folder of the test's own."""
    module = importlib.import_module("tools.run_ci")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "REPORT", tmp_path / "build" / "junit.xml")
    (tmp_path / "build").mkdir()
    return module


def judged(judge: ModuleType, tests: str) -> int:
    """The exit status of .ci/run over a project whose `make test` runs the given tests."""
    (judge.ROOT / "test_it.py").write_text(f"import pytest\n\n{tests}\n")
    command = f"@{sys.executable} -m pytest -p no:cacheprovider --junitxml=build/junit.xml test_it.py"
    (judge.ROOT / "Makefile").write_text(f"test:\n\t{command}\n")
    return int(judge.main())


PASSES = "def test_a():\n    pass\n\n"


def test_the_judge_ends_with_the_closing_line(judge: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(judge, PASSES) == 0
    assert re.fullmatch(r"=+ 1 passed in [\d.]+s =+", capsys.readouterr().out.splitlines()[-1])


def test_the_judge_names_a_skipped_test_and_fails(
    judge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(judge, f"{PASSES}def test_b():\n    pytest.skip('no Chromium here')") == 1
    assert "test_it::test_b: no Chromium here" in capsys.readouterr().out


def test_the_judge_fails_when_a_test_fails_or_none_ran(judge: ModuleType) -> None:
    assert judged(judge, f"{PASSES}def test_b():\n    assert not 1") != 0
    assert judged(judge, "") != 0


def test_the_judge_fails_when_the_tests_never_start(
    judge: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    (judge.ROOT / "Makefile").write_text("test:\n\t@true\n")
    assert judge.main() == 1
    assert "no report" in capsys.readouterr().out


# -- What must not be committed ------------------------------------------------------------------------


def test_no_committed_file_names_a_path_of_one_machine_or_a_registry() -> None:
    # Without git, which a fresh machine need not have: all that .gitignore leaves.
    made = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    files = [
        path
        for top in ROOT.iterdir()
        if not any(fnmatch(top.name, name) for name in made)
        for path in (top, *top.rglob("*"))
        if not any(fnmatch(part, name) for part in path.relative_to(ROOT).parts for name in made)
    ]
    assert Path(__file__).resolve() in files
    forbidden = re.compile(
        rb"(?<![\w.])/(?:work|home/\w|Users)/|files\.pythonhosted\.|registry\.npmjs\.|pypi\.org/simple"
    )
    bad = [
        f"{path.relative_to(ROOT)}"
        for path in files
        if path.is_file() and path != Path(__file__).resolve() and forbidden.search(path.read_bytes())
    ]
    assert bad == []


# -- The translation check -----------------------------------------------------------------------------


def test_a_bare_word_in_a_template_is_found_with_its_line() -> None:
    source = "{% block x %}\n<p>{{ _('Marked') }}</p>\n<p>Bare text</p>\n{% endblock %}"
    assert unmarked_in_template(source, html=True) == [(3, "Bare text")]


def test_a_bare_label_for_screen_readers_is_found() -> None:
    assert unmarked_in_template('<a aria-label="Close" href="/x">×</a>', html=True) == [(1, "Close")]


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Marked') }} {{ count }} · PDF</p>",
        "<p>{% trans %}Translated as a block{% endtrans %}</p>",
        '<a class="button" title="{{ _(\'Open\') }}" data-word="free">{{ name }}</a>',
        "{# a comment in plain words #}<script>let words = 1;</script>",
        '<td translate="no">Aerotec</td>',
        "<{{ 'a' if url else 'div' }} class=\"stat wide\">{{ value }}</{{ 'a' if url else 'div' }}>",
    ],
)
def test_what_is_marked_or_no_word_passes(source: str) -> None:
    assert unmarked_in_template(source, html=True) == []


def test_a_mail_in_plain_text_is_read_line_by_line() -> None:
    assert unmarked_in_template("{{ _('Hello') }}\nYours truly\n", html=False) == [(2, "Yours truly")]


def test_a_bare_message_in_code_is_found() -> None:
    source = "raise Refused('The window is closed')\nraise Refused(_('Closed'))\nflash(f'{n} rows stored')\n"
    assert unmarked_in_code(source) == [(1, "The window is closed"), (3, " rows stored")]


def test_a_field_s_bare_label_is_found() -> None:
    assert unmarked_in_code("name = StringField('Name')") == [(1, "Name")]
    assert unmarked_in_code("name = StringField(lazy_gettext('Name'))") == []


def test_a_marker_under_another_name_is_found_unless_texts_are_looked_for_by_it() -> None:
    source = "from flask_babel import format_date\nfrom flask_babel import lazy_gettext as later\n"
    assert unknown_markers(source, catalogues.KEYWORDS) == [(2, "later")]
    assert unknown_markers(source.replace("later", "_l"), catalogues.KEYWORDS) == []


def test_a_text_inside_an_f_string_is_named() -> None:
    assert buried_in_code("told = f'{count}: {_(\"Done\")}'", catalogues.KEYWORDS) == [(1, "_")]
    assert buried_in_code("told = f'{count}: {word}'", catalogues.KEYWORDS) == []


def catalogue(**translations: str) -> Catalog:
    made = Catalog(locale="uk")
    for text, translation in translations.items():
        made.add(text, translation)
    return made


def test_a_text_that_a_language_lacks_is_named() -> None:
    wanted = catalogue(Accept="", Decline="")
    found = faults(wanted, catalogue(Accept="Прийняти", Decline=""), "uk")
    assert len(found) == 1
    assert "uk: 'Decline' is not translated" in found[0]
    assert faults(wanted, catalogue(Accept="Прийняти", Decline="Відхилити"), "uk") == []


def test_a_fuzzy_translation_is_named() -> None:
    doubtful = Catalog(locale="uk")
    doubtful.add("Accept", "Відхилити", flags=["fuzzy"])
    assert "fuzzy" in faults(catalogue(Accept=""), doubtful, "uk")[0]


def test_a_translation_that_loses_a_placeholder_is_named() -> None:
    text = "%(count)s meetings"
    wanted, given = Catalog(), Catalog(locale="uk")
    wanted.add(text)
    given.add(text, "%(number)s зустрічей")
    assert "number" in faults(wanted, given, "uk")[0]


def test_a_sentence_left_in_english_is_named() -> None:
    text = "Nothing was stored so far"
    wanted, given = Catalog(), Catalog(locale="uk")
    wanted.add(text)
    given.add(text, text)
    assert "still in English" in faults(wanted, given, "uk")[0]
    assert faults(wanted, given, "en") == []


def test_an_update_fills_english_and_leaves_the_other_languages_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    update_translations.main()
    open_texts = {
        locale: len(faults(extract(), catalogues.load(locale), locale)) for locale in catalogues.LOCALES
    }
    assert open_texts == {"en": 0, "uk": len(extract())}
    before = {path: path.read_text() for path in tmp_path.rglob("*.po")}
    update_translations.main()
    assert {path: path.read_text() for path in tmp_path.rglob("*.po")} == before
    assert len(before) == 2


def test_texts_of_code_and_templates_are_extracted() -> None:
    files = {place for message in extract() for place, _line in message.locations}
    assert any(name.startswith("templates/") for name in files)
    assert any(name.startswith("templates/_macros/") for name in files)
    assert any(name.startswith("forum_scheduler/") for name in files)


def test_texts_marked_at_import_time_are_extracted() -> None:
    assert extract().get("Vetting") is not None
