"""Which split a recording is in: by its name, its group, a pin; and the lock that nothing moves past."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packager.assemble import InvalidSegments, build_dataset
from packager.check import check_segments
from packager.check.roster import Roll, Roster
from packager.cli import main
from packager.config import load_project
from packager.errors import ConfigError, EnvironmentFailure
from packager.folders import load_build
from packager.model import Deal
from packager.splits import open_dealer
from project import make_project, make_segment, write_json, write_lines

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from packager.built import Manifest
    from packager.model import Problem

HALVES = "[splits]\ntrain = 0.5\ntest = 0.5\n"
BY_SHOW = HALVES + 'group_by = "Show"\n'
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **{key: {"type": "string"} for key in ("Speaker", "Start", "End", "Text", "Episode")},
        "Show": {"type": ["string", "number", "boolean", "null"]},
        "Season": {"type": ["integer", "null"]},
    },
    "required": ["Text"],
    "additionalProperties": False,
}


def make_shows(folder: Path, config: str, shows: dict[str, Any]) -> Path:
    """Make a project with a recording of two segments for each name; its show, or a dict of properties."""
    make_project(folder, config)
    write_json(folder / "schema" / "segment.schema.json", SCHEMA)
    for name, show in shows.items():
        more = show if isinstance(show, dict) else {"Show": show}
        lines = [make_segment(f"{turn} of {name}.", 3 * turn, **more) for turn in range(2)]
        write_lines(folder / "segments" / f"{name}.jsonl", lines)
    return folder


def splits_of(manifest: Manifest) -> dict[str, str]:
    return {recording.name: recording.split for recording in manifest.recordings}


def problems_of(folder: Path) -> tuple[Problem, ...]:
    """Return the errors that stop a build, which the check reports too."""
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(folder, drop_invalid=True)
    errors = tuple(each for each in caught.value.report.problems if each.severity == "error")
    assert errors
    assert [each for each in check_segments(folder).problems if each.severity == "error"] == list(errors)
    return errors


def test_a_group_is_in_one_split_and_its_recordings_keep_the_shards_of_their_names(tmp_path: Path) -> None:
    shows = {f"ep{number}": "ABCDE"[number % 5] for number in range(30)}
    by_name = build_dataset(make_shows(tmp_path / "name", HALVES, shows))
    by_show = build_dataset(make_shows(tmp_path / "show", BY_SHOW, shows))
    found = splits_of(by_show)
    assert {show: {found[name] for name in shows if shows[name] == show} for show in shows.values()} == {
        # The first 8 bytes of blake2b(b'["B"]', digest_size=16) are below 2**63, and so on: for ever.
        "A": {"test"},
        "B": {"train"},
        "C": {"test"},
        "D": {"train"},
        "E": {"test"},
    }
    assert splits_of(by_name) != found
    assert by_show.deal == load_project(tmp_path / "show").deal
    assert by_name.deal is None
    assert json.loads((tmp_path / "show/build/manifest.json").read_text())["deal"] == {
        "group_by": ["Show"],
        "pins": [],
        "salt": "",
        "splits": [{"name": "train", "ratio": "0.5"}, {"name": "test", "ratio": "0.5"}],
    }
    assert load_build(tmp_path / "show" / "build") == by_show


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_property_that_varies_inside_a_recording_stops_the_build_and_names_both_places(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    single: bool,  # noqa: FBT001 - a case
    jobs: int,
) -> None:
    monkeypatch.setattr("packager.check.gathering._UNIT_FILES", 2)
    monkeypatch.setattr("packager.check.engine._SMALL", 0)
    monkeypatch.setattr("packager.check.gathering._HELD", 0)
    make_shows(tmp_path, HALVES + 'group_by = ["Season", "Show"]\n', {"other": "x"})
    lines = [make_segment(f"Turn {turn}.", 3 * turn, Show="A" if turn < 3 else "B") for turn in range(5)]
    if single:
        for number, line in enumerate(lines):
            write_json(tmp_path / "segments" / "talk" / f"{number}.json", line)
        first, later, line_number = "segments/talk/0.json:1:1", "segments/talk/3.json", 1
    else:
        write_lines(tmp_path / "segments" / "talk.jsonl", lines)
        first, later, line_number = "segments/talk.jsonl:1:1", "segments/talk.jsonl", 4
    with pytest.raises(InvalidSegments) as caught:
        build_dataset(tmp_path, jobs=jobs, drop_invalid=True)
    [problem] = caught.value.report.problems
    assert (problem.path, problem.line, problem.pointer) == (later, line_number, "/Show")
    assert problem.rule == "split/group"
    assert problem.message == (
        f"the recording 'talk' has B as 'Show' here, and A at {first}: a recording is in one group"
    )
    assert problem.column > 1
    assert check_segments(tmp_path, jobs=jobs).problems == (problem,)
    assert main(["--quiet", "build", "--project", str(tmp_path)]) == 1
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("by_property", [False, True])
def test_of_many_lines_that_are_read_together_each_is_heard(tmp_path: Path, by_property: bool) -> None:  # noqa: FBT001
    make_shows(tmp_path, 'recording = "Episode"\n' * by_property + BY_SHOW + "lock = true\n", {})
    strings = {key: {"type": "string"} for key in SCHEMA["properties"]}  # such lines are not looked at singly
    write_json(tmp_path / "schema" / "segment.schema.json", {**SCHEMA, "properties": strings})
    names = [f"ep{number % 3}" if by_property else "talk" for number in range(3000)]
    lines = [
        make_segment(
            f"Turn {number}.", number, Episode=name, Show="ABC"[int(name[2:])] if by_property else "A"
        )
        for number, name in enumerate(names)
    ]
    for number, line in enumerate(lines):
        minute, second = divmod(2 * number + 2, 60)
        line["End"] = f"{minute // 60:02}:{minute % 60:02}:{second:02}"
    write_lines(tmp_path / "segments" / "talk.jsonl", lines)
    expected = {"ep0": "test", "ep1": "train", "ep2": "test"} if by_property else {"talk": "test"}
    assert splits_of(build_dataset(tmp_path)) == expected
    lines[2500]["Show"] = "D"
    write_lines(tmp_path / "segments" / "talk.jsonl", lines)
    [problem] = problems_of(tmp_path)
    assert (problem.line, problem.pointer) == (2501, "/Show")
    assert (
        "B at segments/talk.jsonl:2:1" if by_property else "A at segments/talk.jsonl:1:1"
    ) in problem.message


def test_an_absent_property_is_null_and_true_is_not_one(tmp_path: Path) -> None:
    make_shows(tmp_path, BY_SHOW, {})
    lines = [make_segment("One."), make_segment("Two.", 3, Show=None)]
    write_lines(tmp_path / "segments" / "same.jsonl", lines)
    write_lines(
        tmp_path / "segments" / "number.jsonl", [make_segment(Show=1), make_segment(Show=1.0, start=4)]
    )
    build_dataset(tmp_path)
    write_lines(
        tmp_path / "segments" / "truth.jsonl", [make_segment(Show=1), make_segment(Show=True, start=4)]
    )
    [problem] = problems_of(tmp_path)
    assert "has true as 'Show' here, and 1 at segments/truth.jsonl:1:1" in problem.message


def test_what_is_dropped_does_not_count(tmp_path: Path) -> None:
    make_shows(tmp_path, BY_SHOW, {})
    bad = {**make_segment("Never said.", 9, Show="B"), "Extra": 1}
    write_lines(tmp_path / "segments" / "a.jsonl", [make_segment(Show="A"), bad])
    assert splits_of(build_dataset(tmp_path, drop_invalid=True)) == {"a": "test"}
    assert [problem.rule for problem in check_segments(tmp_path).problems] == ["schema/additionalProperties"]


def test_recordings_that_a_property_names_have_groups_too(tmp_path: Path) -> None:
    make_project(tmp_path, 'recording = "Episode"\n' + BY_SHOW)
    write_json(tmp_path / "schema" / "segment.schema.json", SCHEMA)
    names = [f"ep{number}" for number in range(12)]
    lines = [make_segment(f"On {name}.", Episode=name, Show="ABC"[n % 3]) for n, name in enumerate(names)]
    write_lines(tmp_path / "segments" / "a.jsonl", lines)
    write_lines(
        tmp_path / "segments" / "b.jsonl",
        [{**line, "Start": "00:00:07", "End": "00:00:09"} for line in lines],
    )
    found = splits_of(build_dataset(tmp_path))
    assert found == {name: "train" if n % 3 == 1 else "test" for n, name in enumerate(names)}
    write_lines(tmp_path / "segments" / "c.jsonl", [make_segment(Episode="ep1", Show="C", start=40)])
    [problem] = problems_of(tmp_path)
    assert problem.path == "segments/c.jsonl"
    assert "'ep1' has C as 'Show' here, and B at segments/a.jsonl:2:1" in problem.message


def test_a_group_by_that_the_schema_does_not_declare_is_a_wrong_configuration(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + 'group_by = "Shwo"\n', {"a": "x"})
    for act in (build_dataset, check_segments):
        with pytest.raises(ConfigError, match=r"declares no property 'Shwo', which splits\.group_by names"):
            act(tmp_path)


def test_pins_win_over_the_hash_and_a_name_over_a_pattern(tmp_path: Path) -> None:
    pins = '[splits.pin]\ntest = ["*", "talks/**"]\ntrain = ["ep1", "talks/[x]"]\n'
    names = ["ep0", "ep1", "ep2", "talks/a", "talks/x", "talks/[x]"]
    make_shows(tmp_path, HALVES + pins.replace('"talks/[x]"', '"talks/[x]", "deep/*"'), dict.fromkeys(names))
    [problem] = problems_of(tmp_path)
    assert (problem.path, problem.rule) == ("dataset.toml", "split/pin-clash")
    assert problem.message == (
        "'talks/**' pins the recording 'talks/x' to test, and 'talks/[x]' to train: decide on one"
    )
    make_shows(tmp_path, HALVES + pins.replace("talks/[x]", "talks/x"), {})
    manifest = build_dataset(tmp_path)
    assert {name for name, split in splits_of(manifest).items() if split == "train"} == {"ep1", "talks/x"}
    assert manifest.warnings == ()
    assert manifest.deal is not None
    assert manifest.deal.pins == (("test", "*"), ("test", "talks/**"), ("train", "ep1"), ("train", "talks/x"))


def test_a_pin_is_found_however_its_accents_are_written(tmp_path: Path) -> None:
    names = ["Zoe\u0301", "a"]  # a path gives the recording its name in NFC
    make_shows(tmp_path, HALVES + f'[splits.pin]\ntest = ["{names[0]}"]\n', dict.fromkeys(names))
    manifest = build_dataset(tmp_path)
    assert splits_of(manifest) == {"Zo\u00e9": "test", "a": "train"}
    assert manifest.warnings == ()


def test_a_pin_that_is_no_pattern_is_a_wrong_configuration(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + '[splits.pin]\ntest = ["ep[z-a]"]\n', {"a": "x"})
    for act in (build_dataset, check_segments):
        with pytest.raises(ConfigError, match=r"splits.pin.test: 'ep\[z-a\]' is no pattern"):
            act(tmp_path)


def test_a_pin_of_nothing_and_a_pin_that_divides_a_group_are_told(tmp_path: Path) -> None:
    pins = '[splits.pin]\ntest = ["gone", "ep0"]\n[check]\nignore = ["speaker/across-splits"]\n'
    make_shows(tmp_path, BY_SHOW + pins, {f"ep{number}": "Show 2" for number in range(3)})
    told = (
        "'gone', pinned to test, is the name of no recording and matches none",
        """pins divide the group ["Show 2"]: 'ep0' is in test, 'ep1' is in train""",
    )
    manifest = build_dataset(tmp_path)
    assert splits_of(manifest) == {"ep0": "test", "ep1": "train", "ep2": "train"}
    assert manifest.warnings == told
    found = check_segments(tmp_path).problems
    assert {(each.path, each.severity, each.message) for each in found} == {
        ("dataset.toml", "warning", message) for message in told
    }
    # Some files alone do not show which recordings there are.
    assert check_segments(tmp_path, paths=[tmp_path / "segments" / "ep0.jsonl"]).problems == ()


def test_leaks_are_looked_for_where_groups_and_pins_put_recordings(tmp_path: Path) -> None:
    notice = "This programme was made possible by listeners like you, who send us letters and recipes. " * 2
    make_shows(tmp_path, BY_SHOW, {})
    for number in range(8):
        line = make_segment(notice.strip(), Show="A", Speaker=f"Guest of day {number}")
        write_lines(tmp_path / "segments" / f"ep{number}.jsonl", [{**line, "End": "00:00:20"}])
    texts = {"duplicate/recording"}
    assert {each.rule for each in check_segments(tmp_path).problems} == texts
    copies = '[check]\nignore = ["duplicate"]\n'
    make_project(tmp_path, BY_SHOW + copies)
    assert check_segments(tmp_path).problems == ()
    make_project(tmp_path, BY_SHOW + f'[splits.pin]\ntrain = ["ep3"]\ntest = ["ep[!3]"]\n{copies}')
    found = [each for each in check_segments(tmp_path).problems if each.rule == "split/leakage"]
    assert [each.path for each in found] == ["segments/ep3.jsonl"]


def test_the_lock_records_placements_and_is_added_to(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep1": "x", 'od"d é': "x"})
    build_dataset(tmp_path)
    lock = tmp_path / "splits.lock"
    head, *lines = lock.read_text(encoding="utf-8").splitlines()
    assert head.startswith("# ")
    assert lines == ['test "ep1"', 'train "od\\"d é"']
    before = lock.stat().st_ino
    build_dataset(tmp_path)
    assert lock.stat().st_ino == before
    (tmp_path / "segments" / "ep1.jsonl").unlink()
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x"})
    build_dataset(tmp_path)
    assert lock.read_text(encoding="utf-8").splitlines()[1:] == ['train "ep0"', *lines]


def test_a_recording_that_would_move_stops_the_build_until_its_line_is_gone(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x", "ep1": "x"})
    manifest = build_dataset(tmp_path)
    locked = (tmp_path / "splits.lock").read_bytes()
    assert splits_of(manifest) == {"ep0": "train", "ep1": "test"}
    make_shows(tmp_path, '[splits]\ntest = 0.5\ntrain = 0.5\nlock = true\n[splits.pin]\ntest = ["ep1"]\n', {})
    [problem] = problems_of(tmp_path)
    assert (problem.path, problem.line, problem.rule) == ("splits.lock", 2, "split/moved")
    assert problem.message.startswith("the recording 'ep0' was placed in train, and would now be in test: ")
    assert load_build(tmp_path / "build") == manifest
    assert (tmp_path / "splits.lock").read_bytes() == locked
    (tmp_path / "splits.lock").write_bytes(locked.replace(b'train "ep0"\n', b""))
    assert splits_of(build_dataset(tmp_path)) == {"ep0": "test", "ep1": "test"}
    assert (tmp_path / "splits.lock").read_text().splitlines()[1:] == ['test "ep0"', 'test "ep1"']


def test_a_build_that_fails_locks_nothing(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x"})
    write_lines(tmp_path / "segments" / "bad.jsonl", [{"Text": 3}])
    with pytest.raises(InvalidSegments):
        build_dataset(tmp_path)
    assert not (tmp_path / "splits.lock").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<<<<<<< HEAD\n", ":1: must be a split, a space and a recording in quotes"),
        ('train "a"\ntest "a"\n', ":2: 'a' is in train by line 1: delete one"),
        ("train 3\n", ":1: must be"),
        ('train "\\x"\n', ":1: must be"),
        ('train "a" "b"\n', ":1: must be"),
    ],
)
def test_a_lock_that_is_none_is_a_wrong_configuration(tmp_path: Path, text: str, complaint: str) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"a": "x"})
    (tmp_path / "splits.lock").write_text(text)
    for act in (build_dataset, check_segments):
        with pytest.raises(ConfigError) as caught:
            act(tmp_path)
        assert complaint in str(caught.value)


def test_a_lock_with_the_line_ends_of_windows_is_one(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x"})
    (tmp_path / "splits.lock").write_bytes(b'# mine\r\n\r\ntest "ep0"\r\n')
    assert [problem.line for problem in problems_of(tmp_path)] == [3]


def test_a_lock_that_cannot_be_written_says_that_the_build_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, _: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x"})
    monkeypatch.setattr("packager.splits.lock.write_whole", refuse)
    with pytest.raises(EnvironmentFailure, match="the build stands"):
        build_dataset(tmp_path)
    assert load_build(tmp_path / "build").recordings


def test_a_remembered_report_is_not_that_of_another_lock_pin_or_group(tmp_path: Path) -> None:
    make_shows(tmp_path, HALVES + "lock = true\n", {"ep0": "x"})
    assert check_segments(tmp_path, remember=True).problems == ()
    (tmp_path / "splits.lock").write_text('test "ep0"\n')
    assert len(check_segments(tmp_path, remember=True).problems) == 1
    make_shows(tmp_path, HALVES + '[splits.pin]\ntest = ["gone"]\n', {})
    assert [each.rule for each in check_segments(tmp_path, remember=True).problems] == ["split/pin-unused"]
    make_shows(tmp_path, HALVES + '[splits.pin]\ntest = ["ep0"]\n', {})
    assert check_segments(tmp_path, remember=True).problems == ()


shows = st.sampled_from(["A", "B", 1, 2.5, True, None, "", '["A"]'])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,3}(/[a-z]{1,2})?", fullmatch=True), shows, min_size=1, max_size=8
    ),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_whatever_else_comes_goes_or_is_renamed_no_group_moves(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, Any],
    chance: random.Random,
    grouped: bool,  # noqa: FBT001
) -> None:
    config = BY_SHOW if grouped else HALVES
    before = splits_of(build_dataset(make_shows(tmp_path_factory.mktemp("before"), config, first)))
    kept = {name: show for name, show in first.items() if chance.random() < 0.6}
    renamed = {f"renamed-{name}": show for name, show in first.items() if name not in kept}
    added = {f"new{number}": chance.choice(["A", "C", 7]) for number in range(chance.randrange(5))}
    after_shows = kept | added | renamed
    if not after_shows:
        return
    after = splits_of(build_dataset(make_shows(tmp_path_factory.mktemp("after"), config, after_shows)))
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    if grouped:
        split_of = {json.dumps(show): before[name] for name, show in first.items()}
        assert all(after[n] == split_of.get(json.dumps(s), after[n]) for n, s in after_shows.items())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.integers(1, 4),
            st.sampled_from(["r", "s"]),
            st.sampled_from(["A", "B", "C"]),
        ),
        max_size=30,
        unique_by=lambda entry: entry[:2],
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_rolls_does_not_matter(
    heard: list[tuple[int, int, str, str]], chance: random.Random
) -> None:
    calls = []
    for number in range(6):
        roll = Roll(("Show",))
        for _, line, name, show in sorted(entry for entry in heard if entry[0] == number):
            roll.hear(name, {"Show": show}, (number, line, 1))
        calls.append(roll.finish())
    expected: dict[str, list[tuple[tuple[int, int, int], str]]] = {}
    for number, line, name, show in sorted(heard):
        seen = expected.setdefault(name, [])
        if len(seen) < 2 and show not in {each[1] for each in seen}:
            seen.append(((number, line, 1), show))
    chance.shuffle(calls)
    roster = Roster((), open_dealer(Deal((), group_by=("Show",))), None)
    for call in calls:
        roster.add(call)
    found = roster.groups()
    assert {
        name: [(place, json.loads(group)[0]) for place, group in seen] for name, seen in found.items()
    } == (expected)
