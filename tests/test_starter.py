"""What the tool writes for people to begin with: the ready project, and the corpus of the demonstration."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from hashlib import blake2b, sha256
from itertools import pairwise
from pathlib import Path

import pytest
from huggingface_hub.utils._validators import validate_repo_id
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.card import read_about
from packager.check.rules import check_choices
from packager.config import Checks, Choices, Config, load_project, parse_config
from packager.demo_corpus import write_broken, write_corpus, write_next_recording
from packager.errors import EnvironmentFailure, UsageError
from packager.starter import write_starter

FILES = (
    "dataset.toml",
    "schema/segment.schema.json",
    "dataset_card.md",
    "segments/.gitkeep",
    ".gitignore",
    ".vscode/settings.json",
)


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- the ready project ---------------------------------------------------------------------------------


def test_a_starter_is_six_files_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "turns"
    assert write_starter(folder, schema=b"{}\n", card=b"# Turns\n") == FILES
    written = everything_in(folder)
    assert sorted(written) == sorted(FILES)
    assert written["schema/segment.schema.json"] == b"{}\n"
    assert written["dataset_card.md"] == b"# Turns\n"
    assert written["segments/.gitkeep"] == b""
    assert written[".gitignore"] == b"/build/\n/.build.packager/\n/.packager/\n"


def test_the_configuration_says_every_default_and_is_one(tmp_path: Path) -> None:
    write_starter(tmp_path / "podcast-turns", schema=b"{}", card=b"")
    text = (tmp_path / "podcast-turns" / "dataset.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {
        "dataset": {
            "repo_id": "me/podcast-turns",
            "segments": ["segments/**/*.json", "segments/**/*.jsonl", "segments/**/*.ndjson"],
            "schema": "schema/segment.schema.json",
            "card": "dataset_card.md",
            "recording": "auto",
        },
        "time": {"start": "Start", "end": "End"},
        "splits": {"train": 0.9, "validation": 0.05, "test": 0.05},
    }
    config = load_project(tmp_path / "podcast-turns")
    assert (config.recording, config.start, config.end) == ("auto", "Start", "End")
    assert config.schema == tmp_path.resolve() / "podcast-turns" / "schema" / "segment.schema.json"


def test_every_key_of_the_configuration_has_a_comment(tmp_path: Path) -> None:
    write_starter(tmp_path / "turns", schema=b"{}", card=b"")
    lines = (tmp_path / "turns" / "dataset.toml").read_text(encoding="utf-8").splitlines()
    uncommented = [
        line.partition(" = ")[0]
        for before, line in pairwise(lines)
        if " = " in line and not line.startswith("#") and not before.startswith("#")
    ]
    assert uncommented == ["end", "validation", "test"]  # each stands below one that is explained with it


def test_the_settings_of_the_check_are_examples_that_work_when_they_are_uncommented(tmp_path: Path) -> None:
    write_starter(tmp_path / "turns", schema=b"{}", card=b"")
    path = tmp_path / "turns" / "dataset.toml"
    before, opening, rest = path.read_text(encoding="utf-8").partition("# [check]\n")
    settings, after = rest.split("\n\n", 1)
    lines = [line.removeprefix("# ") for line in (opening + settings).splitlines()]
    checks = parse_config(f"{before}{chr(10).join(lines)}\n\n{after}", path).checks
    assert checks == Checks(
        text="Words",
        choices=Choices(
            ignore=("text/non-speech", "loop/*"),
            severity=(("text/whitespace", "error"),),
            reason="The recordings are of one speaker.",
        ),
        limits=(("longest_seconds", 600),),
        paths=(("segments/raw/**", Choices(ignore=("*",))),),
    )
    check_choices(checks, str(path))
    assert max(map(len, before.splitlines() + (opening + settings).splitlines())) <= 110


def test_the_settings_of_the_splits_are_examples_that_work_when_they_are_uncommented(tmp_path: Path) -> None:
    write_starter(tmp_path / "turns", schema=b"{}", card=b"")
    path = tmp_path / "turns" / "dataset.toml"
    before, table, settings = path.read_text(encoding="utf-8").partition("[splits]\n")
    lines = [
        line.removeprefix("# ") if " = " in line or line.startswith("# [") else line
        for line in settings.splitlines()
    ]
    config = parse_config(before + table + "\n".join(lines), path)
    about = read_about(config.citation, config.rai, str(path))
    assert [author.name for author in about.authors] == ["The Example Archive", "Ada Byron"]
    assert [name for name, _ in about.rai] == ["dataCollection", "personalSensitiveInformation", "dataBiases"]
    assert (config.salt, config.group_by, config.lock) == ("", ("Show",), True)
    assert config.pins == (("test", "ep1"), ("test", "interviews/*"))


def test_existing_folders_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "a.jsonl").write_bytes(b"{}\n")
    (tmp_path / "README.md").write_bytes(b"mine")
    write_starter(tmp_path, schema=b"{}", card=b"")
    assert sorted(everything_in(tmp_path)) == sorted((*FILES, "segments/a.jsonl", "README.md"))
    assert (tmp_path / "README.md").read_bytes() == b"mine"


def test_the_editor_checks_each_segment_of_the_starter_by_its_schema(tmp_path: Path) -> None:
    write_starter(tmp_path, schema=b"{}", card=b"")
    assert json.loads((tmp_path / ".vscode" / "settings.json").read_bytes()) == {
        "json.schemas": [
            {"fileMatch": ["/segments/**/*.json"], "url": "./schema/segment.schema.json"},
        ]
    }
    assert (tmp_path / "./schema/segment.schema.json").is_file()


@pytest.mark.parametrize("name", [".vscode/settings.json", ".vscode"])
def test_settings_of_an_editor_stay_and_stand_in_nobodys_way(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"mine")
    assert write_starter(tmp_path, schema=b"{}", card=b"") == FILES[:-1]
    assert (tmp_path / name).read_bytes() == b"mine"


def test_every_file_in_the_way_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_bytes(b"mine")
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "segment.schema.json").write_bytes(b"mine")
    (tmp_path / "segments").write_bytes(b"a file where the folder should be")
    (tmp_path / ".gitignore").symlink_to(tmp_path / "nowhere")
    before = everything_in(tmp_path)
    with pytest.raises(UsageError) as caught:
        write_starter(tmp_path, schema=b"{}", card=b"")
    assert str(caught.value) == (
        f"{tmp_path} cannot become a dataset project: .gitignore, dataset.toml, schema/segment.schema.json, "
        "segments would be overwritten; move what is there, or name a new folder"
    )
    assert everything_in(tmp_path) == before


def test_a_second_starter_in_the_same_place_is_refused(tmp_path: Path) -> None:
    write_starter(tmp_path, schema=b"one", card=b"one")
    before = everything_in(tmp_path)
    with pytest.raises(UsageError, match=r"\.gitignore, dataset\.toml, dataset_card\.md, schema/"):
        write_starter(tmp_path, schema=b"two", card=b"two")
    assert everything_in(tmp_path) == before


def test_a_file_as_the_project_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "turns").write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"turns would be overwritten"):
        write_starter(tmp_path / "turns", schema=b"{}", card=b"")
    assert (tmp_path / "turns").read_bytes() == b"mine"


def test_a_disk_that_refuses_is_told_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentFailure, match="cannot be written"):
        write_starter(tmp_path / "file" / "turns", schema=b"{}", card=b"")


@pytest.mark.parametrize(
    ("folder", "repo_id"),
    [
        ("podcast-turns", "me/podcast-turns"),
        ("Tischgespräche (2024)", "me/Tischgesprache-2024"),
        ("v1.0_data", "me/v1.0_data"),
        ("--a..b--", "me/a-b"),
        ("project.git.git", "me/project"),
        ("播客", "me/podcast-turns"),
        ("x" * 200, f"me/{'x' * 93}"),
    ],
)
def test_the_repository_is_called_like_the_folder(tmp_path: Path, folder: str, repo_id: str) -> None:
    write_starter(tmp_path / folder, schema=b"{}", card=b"")
    assert load_project(tmp_path / folder).repo_id == repo_id


@settings(deadline=None)
@given(
    st.text(alphabet=st.sampled_from("aZ0._- ägit/\\'\"\n{}") | st.characters(codec="utf-8"), max_size=120)
)
def test_any_folder_gives_a_configuration_that_the_hub_accepts(
    tmp_path_factory_root: Path, name: str
) -> None:
    folder = tmp_path_factory_root / sha256(name.encode()).hexdigest() / _as_a_file_name(name)
    if not (folder / "dataset.toml").exists():
        write_starter(folder, schema=b"{}", card=b"")
    config = parse_config((folder / "dataset.toml").read_text(encoding="utf-8"), folder / "dataset.toml")
    assert isinstance(config, Config)
    assert config.repo_id.startswith("me/")
    validate_repo_id(config.repo_id)


def _as_a_file_name(text: str) -> str:
    name = text.replace("/", "").replace("\x00", "")
    while len(name.encode()) > 255:
        name = name[:-1]
    return name if name not in {"", ".", ".."} else "empty"


@pytest.fixture(scope="session")
def tmp_path_factory_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("starters")


# --- the corpus of the demonstration -------------------------------------------------------------------


def recordings_in(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the segments of each recording, as the data contract names recordings."""
    found: dict[str, list[dict[str, str]]] = {}
    for name, content in everything_in(folder / "segments").items():
        if name.endswith(".jsonl"):
            found[name.removesuffix(".jsonl")] = [json.loads(line) for line in content.splitlines()]
            continue
        value = json.loads(content)
        if isinstance(value, list):
            found[name.removesuffix(".json")] = value
        else:
            found.setdefault(name.rpartition("/")[0], []).append(value)
    return found


def test_the_corpus_has_twelve_recordings_of_four_to_eight_segments(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    recordings = recordings_in(tmp_path)
    assert len(recordings) == 12
    assert {len(segments) for segments in recordings.values()} <= {4, 5, 6, 7, 8}
    assert Counter(name.partition("/")[0] for name in recordings) == {"en": 6, "de": 6}
    files = Counter(Path(name).suffix for name in everything_in(tmp_path))
    assert files == {".jsonl": 7, ".json": 9}


def test_the_corpus_has_every_form_of_file(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    assert json.loads((tmp_path / "segments/en/lighthouse/002.json").read_bytes()) == {
        "Speaker": "Tess Okafor",
        "Start": "00:00:11.740",
        "End": "00:00:14.410",
        "Text": "Every single one, for thirty years?",
    }
    first = (tmp_path / "segments/en/night-train.jsonl").read_bytes().splitlines()[0]
    assert first == (
        b'{"Speaker": "Lena Osei", "Start": "01:01:01.000", "End": "01:01:06.398", '
        b'"Text": "The timetable says we stop at ten past one, but there is no station on the map."}'
    )
    assert json.loads((tmp_path / "segments/de/bienen.json").read_bytes())[1]["Speaker"] == "Opa Wilhelm"


def test_people_speak_one_after_the_other_and_at_a_human_pace(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    write_next_recording(tmp_path)
    for segments in recordings_in(tmp_path).values():
        ends = [0.0]
        for segment in segments:
            start, end = in_seconds(segment["Start"]), in_seconds(segment["End"])
            assert ends[-1] <= start < end
            assert 8 < len(segment["Text"]) / (end - start) < 17
            ends.append(end)
        assert len({segment["Speaker"] for segment in segments}) == 2


def in_seconds(time: str) -> float:
    hours, minutes, seconds = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_no_split_of_the_corpus_is_empty(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    splits = Counter(split_of(name) for name in recordings_in(tmp_path))
    assert splits == {"train": 9, "validation": 2, "test": 1}


def split_of(recording: str) -> str:
    """Return where the data contract places a recording, by the ratios of the starter."""
    position = int.from_bytes(blake2b(recording.encode(), digest_size=16).digest()[:8], "big") / 2**64
    return "train" if position < 0.9 else "validation" if position < 0.95 else "test"


def test_the_next_recording_is_one_new_file(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    before = everything_in(tmp_path)
    assert write_next_recording(tmp_path) == "segments/en/reading-room.jsonl"
    after = everything_in(tmp_path)
    assert after.keys() - before.keys() == {"segments/en/reading-room.jsonl"}
    assert {name: after[name] for name in before} == before
    assert split_of("en/reading-room") == "train"


def test_the_broken_file_has_one_good_line_and_five_faults(tmp_path: Path) -> None:
    assert write_broken(tmp_path) == "segments/broken.jsonl"
    lines = (tmp_path / "segments" / "broken.jsonl").read_text(encoding="utf-8").splitlines()
    good, time, order, speaker, twice, comma = lines
    assert sorted(json.loads(good)) == ["End", "Speaker", "Start", "Text"]
    assert json.loads(time)["Start"] == "00:00:3.9"
    assert json.loads(order)["Start"] > json.loads(order)["End"]
    assert "Speaker" not in json.loads(speaker)
    assert twice.count('"Text"') == 2
    with pytest.raises(json.JSONDecodeError):
        json.loads(comma)


def test_the_corpus_is_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_corpus(tmp_path / name)
        write_broken(tmp_path / name)
        write_next_recording(tmp_path / name)
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "two")
