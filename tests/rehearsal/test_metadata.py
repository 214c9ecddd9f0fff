"""What the Hub refuses in the metadata of a README.md, and what it only remarks on."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import CommitOperationAdd, HfApi, RepoCard, constants

from packager.cli import main
from packager.rehearsal.metadata import judge_readme, read_metadata
from project import make_corpus

if TYPE_CHECKING:
    from pathlib import Path

    from packager.rehearsal import HubAddress
    from rehearsal.conftest import Ask

SOUND = """\
pretty_name: Kitchen table talk
license: [cc-by-4.0, other]
license_name: talk-1.0
license_link: LICENSE
language: [en, no, gsw, multilingual]
tags: [transcripts]
size_categories: [n<1K]
task_categories: [automatic-speech-recognition]
configs:
- config_name: default
  data_files:
  - {split: train, path: data/train-*}
  - {split: test.clean, path: [a, b]}
- {config_name: whole, data_files: data.csv}
- {config_name: parts, data_files: [a.csv, b.csv]}
- {config_name: folder, data_dir: data}
dataset_info:
- config_name: default
  features:
  - {name: text, dtype: string}
  splits:
  - {name: train, num_bytes: null, num_examples: 3}
model-index: []
unknown to everybody: {a: 1}
"""
ERRORS = {
    "license: gpl2": '"license" must be one of [apache-2.0, mit,',
    "license: [mit, gpl2]": '"license[1]" must be one of [',
    "license: 2": '"license" must be a string',
    "language: English": '"language" must only contain lowercase characters',
    "language: [en, jp]": '"language[1]" with value "jp" is not valid. It must be an ISO 639-1, 639-2',
    "language: [en-us]": '"language[0]" with value "en-us" is not valid.',
    "language: [2]": '"language[0]" must be a string',
    "tags: talk": '"tags" must be an array',
    "tags: [2024]": '"tags[0]" must be a string',
    "model-index: {}": '"model-index" must be an array',
    "pretty_name: 2024": '"pretty_name" must be a string',
    "license_link: [a]": '"license_link" must be a string',
    "size_categories: [5]": '"size_categories[0]" must be a string',
    "configs: default": '"configs" must be an array',
    "configs: [default]": '"configs[0]" must be of type object',
    "configs: [{config_name: 2024}]": '"configs[0].config_name" must be a string',
    "configs: [{data_dir: a}]": '"configs[0].config_name" must be a string',
    "configs: [{config_name: a}, {config_name: a}]": '"configs[1].config_name" "a" stands there twice',
    "configs: [{config_name: a, data_files: 5}]": '"configs[0].data_files" must be an array',
    "configs: [{config_name: a, data_files: [{split: a-b, path: c}]}]": (
        '"configs[0].data_files[0].split" with value "a-b" is not valid.'
    ),
    "configs: [{config_name: a, data_files: [{path: c}]}]": (
        '"configs[0].data_files[0].split" must be a string'
    ),
    "configs: [{config_name: a, data_files: [{split: b}]}]": '"configs[0].data_files[0].path" is required',
    "configs: [{config_name: a, data_files: [{split: b, path: 5}]}]": (
        '"configs[0].data_files[0].path" must be a string'
    ),
    "dataset_info: default": '"dataset_info" must be an array',
    "dataset_info: [{features: []}]": '"dataset_info[0].config_name" must be a string',
    "dataset_info: {features: {text: string}}": '"dataset_info.features" must be an array',
    "dataset_info: {features: [{dtype: string}]}": '"dataset_info.features[0].name" must be a string',
    "dataset_info: {splits: [train]}": '"dataset_info.splits[0]" must be of type object',
}
WARNINGS = {
    "task_categories: [chatting]": 'The task_categories "chatting" is not in the official list: text-class',
    "size_categories: 1K": 'The size_categories "1K" is not in the official list: n<1K, 1K<n<10K',
    "{license: other, license_name: talk-1.0}": '"license" is "other": say which one in "license_link"',
}
UNREADABLE = {
    "a: [": "while parsing a flow node",
    "- a": "The metadata block must be a mapping",
    "a: !!bool maybe": "'maybe'",
    "a: !!int": "string index out of range",
    "a: !!binary x": "failed to decode base64 data",
    'a: "\\UFFFFFFFF"': "Python int too large",
    'a: "\\ud800"': "The metadata block holds half a surrogate pair",
    '"\\ud800": 1\n"\\ud800": 2': "while constructing a mapping",
}
"""What cannot be read at all, and how the reason begins."""


def test_sound_metadata_has_no_fault() -> None:
    for kind in ("datasets", "models"):
        assert judge_readme(f"---\n{SOUND}---\n", kind).errors == []
    assert judge_readme(f"---\n{SOUND}---\n", "datasets").warnings == []


@pytest.mark.parametrize("text", ERRORS)
def test_what_the_hub_refuses_is_one_error_at_its_place(text: str) -> None:
    (error,) = judge_readme(f"---\n{text}\n---\n", "datasets").errors
    assert error.startswith(ERRORS[text])


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_read_is_one_error_that_can_be_sent(text: str) -> None:
    (error,) = judge_readme(f"---\n{text}\n---\n", "datasets").errors
    assert error.startswith(UNREADABLE[text])
    assert error.encode()


@pytest.mark.filterwarnings("error")
def test_escapes_and_repeated_anchors_that_yaml_allows_are_no_fault() -> None:
    text = '---\na: &x "\\ud83d\\ude00"\nb: &x 2\nc: *x\n---\n'
    assert judge_readme(text, "datasets").errors == []
    assert read_metadata(text) == {"a": "😀", "b": 2, "c": 2}


@pytest.mark.parametrize("text", WARNINGS)
def test_what_the_hub_takes_with_a_remark_is_a_warning(text: str) -> None:
    found = judge_readme(f"---\n{text}\n---\n", "datasets")
    assert found.errors == []
    assert [warning.startswith(WARNINGS[text]) for warning in found.warnings] == [True]


def test_what_only_data_sets_have_is_not_judged_in_a_model() -> None:
    found = judge_readme("---\nconfigs: default\nlicense: gpl2\n---\n", "models")
    assert [error[:9] for error in found.errors] == ['"license"']


@pytest.mark.usefixtures("turns")
def test_the_clients_hear_of_errors_and_of_warnings(api: HfApi) -> None:
    def send(text: str) -> None:
        card = CommitOperationAdd("README.md", f"---\n{text}\n---\n".encode())
        api.create_commit("me/turns", [card], commit_message="Add", repo_type="dataset")

    with pytest.raises(ValueError, match=r'Invalid metadata in README.md.\n- "license" must be one of \['):
        send("license: gpl2")
    assert not api.file_exists("me/turns", "README.md", repo_type="dataset")
    with pytest.warns(UserWarning, match='The task_categories "chatting" is not in the official list'):
        send("task_categories: [chatting]")
    assert api.file_exists("me/turns", "README.md", repo_type="dataset")


def test_a_card_hears_of_its_errors_as_text(hub: HubAddress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    RepoCard("---\nlicense: mit\ntask_categories: [chatting]\n---\n").validate("dataset")
    with pytest.raises(
        ValueError, match=r'^- Error: "license" must be one of \[.*\n- Warning: The task_categ'
    ):
        RepoCard("---\nlicense: gpl2\ntask_categories: [chatting]\n---\n").validate("dataset")


@pytest.mark.usefixtures("turns")
def test_a_commit_whose_readme_was_not_judged_before_is_refused(
    api: HfApi, hub: HubAddress, ask: Ask
) -> None:
    head = api.dataset_info("me/turns").sha

    def send(path: str, text: str) -> int:
        file = {"path": path, "content": base64.b64encode(text.encode()).decode(), "encoding": "base64"}
        lines = ({"key": "header", "value": {"summary": "x"}}, {"key": "file", "value": file})
        body = "\n".join(map(json.dumps, lines)).encode()
        headers = {"Authorization": f"Bearer {hub.token}"}
        return ask("POST", "/api/datasets/me/turns/commit/main", body, headers).status

    for bad in ("---\nlicense: gpl2\n---\n", "---\na: [\n---\n", '---\ntags: ["\\ud800"]\n---\n'):
        assert send("README.md", bad) == 400
    assert api.dataset_info("me/turns").sha == head
    assert [send("docs/README.md", "---\na: [\n---\n"), send("README.md", "no metadata")] == [200, 200]


def test_the_cards_that_are_built_here_have_no_fault(tmp_path: Path) -> None:
    project = make_corpus(tmp_path)
    assert main(["--quiet", "build", "--project", str(project)]) == 0
    found = judge_readme((project / "build/README.md").read_text(encoding="utf-8"), "datasets")
    assert (found.errors, found.warnings) == ([], [])
