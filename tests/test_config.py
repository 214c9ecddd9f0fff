from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from packager.config import Checks, Choices, find_project, load_project, parse_config, shipped_file
from packager.errors import ConfigError, UsageError
from packager.model import SplitRatio

PATH = Path("/p/dataset.toml")
MINIMAL = '[dataset]\nrepo_id = "org/name"\n'


def test_every_key_but_repo_id_has_its_documented_default() -> None:
    config = parse_config(MINIMAL, PATH)
    assert config.root == Path("/p")
    assert config.segments == ("segments/**/*.json", "segments/**/*.jsonl", "segments/**/*.ndjson")
    assert (config.schema, config.card) == (None, None)
    assert (config.recording, config.recording_property) == ("auto", None)
    assert (config.start, config.end) == ("Start", "End")
    assert config.splits == (SplitRatio("train", Decimal(1)),)
    assert config.salt == ""


def test_splits_keep_their_order_and_their_decimals() -> None:
    config = parse_config(MINIMAL + '[splits]\ntest = 0.1\nsalt = "x"\ntrain = 0.9\n', PATH)
    assert config.splits == (SplitRatio("test", Decimal("0.1")), SplitRatio("train", Decimal("0.9")))
    assert config.salt == "x"


def test_splits_can_be_made_by_groups_and_pins_and_be_locked() -> None:
    text = "[splits]\na = 0.5\nb = 0.5\ngroup_by = 'Show'\nlock = true\npin.b = ['ep1', 'talks/*']\n"
    config = parse_config(MINIMAL + text, PATH)
    assert (config.group_by, config.lock) == (("Show",), True)
    assert config.pins == (("b", "ep1"), ("b", "talks/*"))
    listed = parse_config(MINIMAL + "[splits]\na = 1\ngroup_by = ['Show', 'Season']\n", PATH)
    assert (listed.group_by, listed.pins, listed.lock) == (("Show", "Season"), (), False)


def test_a_property_can_name_the_recordings() -> None:
    config = parse_config('[dataset]\nrepo_id = "o/n"\nrecording = "Episode"\n', PATH)
    assert config.recording_property == "Episode"


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("", "dataset.repo_id", "is missing"),
        ("[dataset]\nrepo_id = 3\n", "dataset.repo_id", "string"),
        ('[dataset]\nrepo_id = "name"\n', "dataset.repo_id", "namespace/name"),
        ('[dataset]\nrepo_id = "a/../b"\n', "dataset.repo_id", "namespace/name"),
        (MINIMAL + 'licence = "x"\n', "dataset.licence", "repo_id, segments, schema, card, recording"),
        (MINIMAL + "[time]\nbegin = 'x'\n", "time.begin", "start, end"),
        (MINIMAL + "[split]\ntrain = 1\n", "split:", "dataset, time, columns, splits"),
        ("splits = 3\n" + MINIMAL, "splits", "table"),
        (MINIMAL + "segments = 'x'\n", "dataset.segments", "list"),
        (MINIMAL + "segments = []\n", "dataset.segments", "list"),
        (MINIMAL + "segments = ['../x.json']\n", "dataset.segments", "inside the project"),
        (MINIMAL + "segments = ['/x.json']\n", "dataset.segments", "inside the project"),
        (MINIMAL + "recording = ''\n", "dataset.recording", "not empty"),
        (MINIMAL + "schema = 'nowhere.json'\n", "dataset.schema", "no file"),
        (MINIMAL + "[splits]\n", "splits", "names no split"),
        (MINIMAL + "[splits]\ntrain = 0.9\n", "splits", "sum to exactly 1"),
        (MINIMAL + "[splits]\ntrain = 1\ntest = 0\n", "splits.test", "greater than 0"),
        (MINIMAL + "[splits]\ntrain = nan\n", "splits.train", "greater than 0"),
        (MINIMAL + "[splits]\ntrain = true\n", "splits.train", "greater than 0"),
        (MINIMAL + "[splits]\ntrain = 0.33333333333333\n", "splits.train", "12 decimals"),
        (MINIMAL + "[splits]\n'my-split' = 1\n", "splits.my-split", "letters"),
        (MINIMAL + "[release]\npolicy = 'semver'\n", "release.policy", '"tfds" or "datapackage"'),
        (MINIMAL + "[release]\nname = 'x'\n", "release.name", "policy"),
        (MINIMAL + "[splits]\ntrain = 1\npin = 1\n", "splits.pin", "[splits.pin]"),
        (MINIMAL + "[splits]\ntrain = 1\npin.train = 'a'\n", "splits.pin.train", "list of recordings"),
        (MINIMAL + "[splits]\ntrain = 1\npin.train = ['']\n", "splits.pin.train", "list of recordings"),
        (MINIMAL + "[splits]\ntrain = 1\npin.tset = ['a']\n", "splits.pin.tset", "allowed: train"),
        (
            MINIMAL + "[splits]\na = 0.5\nb = 0.5\npin = { a = ['x', 'x'], b = ['y', 'x'] }\n",
            *("splits.pin.b", "'x' is pinned to a already"),
        ),
        (MINIMAL + "[splits.pin]\ntrain = ['a']\n", "splits", "names no split"),
        (MINIMAL + "[splits]\ntrain = 1\ngroup_by = 1\n", "splits.group_by", "list of different ones"),
        (MINIMAL + "[splits]\ntrain = 1\ngroup_by = []\n", "splits.group_by", "list of different ones"),
        (MINIMAL + "[splits]\ntrain = 1\ngroup_by = ''\n", "splits.group_by", "list of different ones"),
        (MINIMAL + "[splits]\ntrain = 1\ngroup_by = ['a', 'a']\n", "splits.group_by", "different ones"),
        (MINIMAL + "[splits]\ntrain = 1\nlock = 0.5\n", "splits.lock", "true or false"),
        (MINIMAL + "[splits]\nall = 1\n", "splits.all", "keeps for itself"),
        (MINIMAL + f"[splits]\n{'s' * 65} = 1\n", "splits.s", "at most 64"),
        (MINIMAL + f"[splits]\ntrain = {'1' * 5000}\n", "not valid TOML", "digits"),
        (MINIMAL + f"x = {'[' * 5000}{']' * 5000}\n", "not valid TOML", ""),
        (MINIMAL + "segments = ['./x.json']\n", "dataset.segments", "without `.`"),
        (MINIMAL + 'segments = ["s/a\\u0000b.json"]\n', "dataset.segments", "inside the project"),
        (MINIMAL + "[splits]\ntrain = 1\nsalt = 3\n", "splits.salt", "string"),
        (MINIMAL + f"[splits]\ntrain = 1\nsalt = '{'s' * 65}'\n", "splits.salt", "64 bytes"),
        ("[dataset\n", "not valid TOML", "line 1"),
    ],
)
def test_a_wrong_key_is_named_with_its_file_and_what_is_allowed(text: str, key: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, PATH)
    assert str(caught.value).startswith(f"{PATH}: ")
    assert key in str(caught.value)
    assert allowed in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_check_has_its_documented_defaults() -> None:
    checks = parse_config(MINIMAL, PATH).checks
    assert (checks.text, checks.speaker, checks.formats) == ("Text", "Speaker", True)
    assert (checks.choices, checks.limits, checks.paths) == (Choices(), (), ())
    assert hash(checks) == hash(Checks())


def test_what_the_check_chooses_is_kept_in_its_order() -> None:
    text = """
[check]
text = "body"
formats = false
select = ["time", "text/*"]
severity = { "text/*" = "off", "text/empty" = "error" }
[check.limits]
longest_seconds = 600
slowest_characters_per_second = 0.25
[[check.path]]
pattern = "segments/old/**"
ignore = ["time/unsorted"]
[[check.path]]
pattern = "*.json"
severity = { time = "note" }
"""
    assert parse_config(MINIMAL + text, PATH).checks == Checks(
        text="body",
        formats=False,
        choices=Choices(("time", "text/*"), (), (("text/*", "off"), ("text/empty", "error"))),
        limits=(("longest_seconds", 600.0), ("slowest_characters_per_second", 0.25)),
        paths=(
            ("segments/old/**", Choices((), ("time/unsorted",), ())),
            ("*.json", Choices((), (), (("time", "note"),))),
        ),
    )


@pytest.mark.parametrize(
    ("text", "key", "allowed"),
    [
        ("check = 3\n" + MINIMAL, "check:", "table"),
        (MINIMAL + "[check]\nspelling = 1\n", "check.spelling", "text, speaker, formats, select, ignore"),
        (MINIMAL + "[check]\ntext = 3\n", "check.text", "string"),
        (MINIMAL + "[check]\nspeaker = ''\n", "check.speaker", "not empty"),
        (MINIMAL + "[check]\nformats = 1\n", "check.formats", "true or false"),
        (MINIMAL + "[check]\nselect = 'time'\n", "check.select", "list"),
        (MINIMAL + "[check]\nselect = []\n", "check.select", "leave it out"),
        (MINIMAL + "[check]\nignore = [3]\n", "check.ignore", "list"),
        (MINIMAL + "[check]\nseverity = 'off'\n", "check.severity", "table"),
        (MINIMAL + "[check.severity]\ntime = 'bad'\n", "check.severity.time", "error, warning, note, off"),
        (MINIMAL + "[check]\nlimits = 3\n", "check.limits", "table"),
        (MINIMAL + "[check.limits]\nlongest_seconds = '3'\n", "check.limits.longest_seconds", "number"),
        (MINIMAL + "[check.limits]\nlongest_seconds = true\n", "check.limits.longest_seconds", "number"),
        (MINIMAL + "[check.limits]\nlongest_seconds = -1\n", "check.limits.longest_seconds", "from 0"),
        (MINIMAL + "[check.limits]\nlongest_seconds = nan\n", "check.limits.longest_seconds", "number"),
        (MINIMAL + "[check.path]\npattern = 'x'\n", "check.path", "array of tables"),
        (MINIMAL + "[[check.path]]\n", "check.path.pattern", "is missing"),
        (MINIMAL + "[[check.path]]\npattern = '../x'\n", "check.path.pattern", "inside the project"),
        (MINIMAL + "[[check.path]]\npattern = 'x'\nlimits = {}\n", "check.path.limits", "pattern, select"),
    ],
)
def test_a_wrong_key_of_the_check_is_named(text: str, key: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, PATH)
    assert str(caught.value).startswith(f"{PATH}: {key}")
    assert allowed in str(caught.value)


def test_the_policy_of_versions_is_tfds_unless_the_project_says_otherwise() -> None:
    assert parse_config(MINIMAL, PATH).policy == "tfds"
    assert parse_config(MINIMAL + "[release]\npolicy = 'datapackage'\n", PATH).policy == "datapackage"


def test_thirds_that_sum_to_one_are_accepted_and_sums_are_not_rounded() -> None:
    parse_config(MINIMAL + "[splits]\na = 0.1\nb = 0.2\nc = 0.7\n", PATH)
    with pytest.raises(ConfigError, match="sum to exactly 1"):
        parse_config(MINIMAL + "[splits]\na = 0.1\nb = 0.2\nc = 0.700000000001\n", PATH)


def test_a_project_is_found_from_a_folder_below_it(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(MINIMAL)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_project(tmp_path / "a" / "b") == tmp_path.resolve()


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="packager init"):
        load_project(tmp_path)


def test_a_file_of_the_project_goes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(MINIMAL)
    assert load_project(tmp_path).card is None
    (tmp_path / "dataset_card.md").write_text("# Mine\n")
    assert load_project(tmp_path).card == tmp_path / "dataset_card.md"


def test_a_config_that_is_not_utf8_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_project(tmp_path)


def test_the_shipped_files_are_those_at_the_top_of_the_project() -> None:
    root = Path(__file__).resolve().parent.parent
    assert shipped_file("segment.schema.json") == (root / "schema" / "segment.schema.json").read_bytes()
    assert shipped_file("dataset_card.md") == (root / "dataset_card.md").read_bytes()
