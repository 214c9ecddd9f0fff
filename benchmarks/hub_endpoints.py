"""Exercise every endpoint of the rehearsal Hub through the real clients, old and new, with Xet and without.

    python -m benchmarks.hub_endpoints /tmp/clients

makes an environment for each pair of client versions below that folder (from the package index), and prints
a table. The oldest pair is the first huggingface_hub that installs hf_xet by itself: those before it upload
by LFS alone. A new row is one more entry of `rows`; it runs in the client's process, with its versions.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = {
    "oldest": ("huggingface_hub==0.34.0", "hf_xet==1.1.3", "datasets==4.0.0"),
    "newest": ("huggingface_hub==2.4.0", "hf_xet==1.8.0", "datasets==5.2.0"),
}
REPO = "me/turns"
KIND = {"repo_type": "dataset"}
LARGE = bytes(range(256)) * 4000


def rows(folder: Path) -> dict[str, Callable[[], object]]:  # noqa: C901 - a table, and the words it uses
    """Return what to do, by the endpoint that it is about; in this order, each once."""
    import datasets  # noqa: PLC0415 - the client's half runs where the server's libraries are not
    import huggingface_hub  # noqa: PLC0415 - likewise
    from huggingface_hub import (  # noqa: PLC0415 - likewise
        CommitOperationAdd,
        CommitOperationCopy,
        CommitOperationDelete,
        HfApi,
        HfFileSystem,
    )

    api: Any = HfApi()
    load: Any = datasets.load_dataset
    card = b"---\nlicense: mit\n---\n"

    def commit(*operations: object, **more: object) -> Any:  # noqa: ANN401 - of a version not known here
        return api.create_commit(REPO, operations, commit_message="Change", **KIND, **more)

    def fetch(path: str, **more: object) -> bytes:
        return Path(api.hf_hub_download(REPO, path, local_dir=folder / "down", **KIND, **more)).read_bytes()

    def check(outcome: object, expected: object) -> None:
        if outcome != expected:
            raise AssertionError(f"{outcome!r:.200} is not {expected!r:.200}")

    def refused(call: Callable[[], object], status: int) -> None:
        try:
            call()
        except Exception as error:  # noqa: BLE001 - its class differs by version, its status does not
            check(getattr(getattr(error, "response", None), "status_code", error), status)
        else:
            raise AssertionError("it was not refused")

    def add_files() -> None:
        commit(
            CommitOperationAdd("README.md", card),
            CommitOperationAdd("data/train.csv", b"a,b\n1,2\n"),
            CommitOperationAdd("large.bin", LARGE),
        )

    def read_range() -> None:
        with HfFileSystem().open(f"datasets/{REPO}/large.bin", "rb") as file:
            file.seek(500_000)
            check(file.read(300), LARGE[500_000:500_300])

    def fetch_by_lfs() -> None:
        """As `git lfs` does, which the clients of the Hub do for uploads alone."""
        utils: Any = huggingface_hub.utils
        wanted = {"oid": hashlib.sha256(LARGE).hexdigest(), "size": len(LARGE)}
        url = f"{api.endpoint}/datasets/{REPO}.git/info/lfs/objects/batch"
        fields = {"operation": "download", "transfers": ["basic"], "objects": [wanted]}
        answer = utils.get_session().post(url, json=fields, headers=utils.build_hf_headers()).json()
        href = answer["objects"][0]["actions"]["download"]["href"]
        check(utils.get_session().get(href).content, LARGE)

    def head() -> Any:  # noqa: ANN401 - likewise
        return api.dataset_info(REPO).sha

    paths = ["large.bin", "missing"]
    return {
        "GET whoami-v2": lambda: check(api.whoami()["name"], "rehearsal"),
        "POST repos/create": lambda: api.create_repo(REPO, **KIND),
        "POST repos/create (409)": lambda: api.create_repo(REPO, exist_ok=True, **KIND),
        "POST preupload, batch or xet, commit": add_files,
        "POST commit (no change)": add_files,
        "POST commit (412)": lambda: refused(
            lambda: commit(CommitOperationAdd("x", b"1"), parent_commit="0" * 40), 412
        ),
        "POST commit (copy)": lambda: commit(CommitOperationCopy("large.bin", "copy.bin")),
        "POST commit (delete)": lambda: commit(CommitOperationDelete("copy.bin")),
        "POST validate-yaml": lambda: refused_value(
            lambda: commit(CommitOperationAdd("README.md", b"---\na: [\n---\n"))
        ),
        "GET repository": lambda: check(api.dataset_info(REPO).id, REPO),
        "GET repository (expand)": lambda: check(api.dataset_info(REPO, expand=["sha"]).sha, head()),
        "GET repositories": lambda: check([found.id for found in api.list_datasets(author="me")], [REPO]),
        "GET tree": lambda: check(
            len(list(api.list_repo_tree(REPO, recursive=True, expand=True, **KIND))), 5
        ),
        "POST paths-info": lambda: check(len(api.get_paths_info(REPO, paths, **KIND)), 1),
        "GET resolve (large)": lambda: check(fetch("large.bin"), LARGE),
        "GET resolve (small)": lambda: check(fetch("README.md"), card),
        "GET resolve (range)": read_range,
        "POST batch (download), GET lfs": fetch_by_lfs,
        "GET resolve (404)": lambda: refused(lambda: fetch("missing"), 404),
        "POST branch": lambda: api.create_branch(REPO, branch="b", **KIND),
        "POST branch (409)": lambda: refused(lambda: api.create_branch(REPO, branch="b", **KIND), 409),
        "DELETE branch": lambda: api.delete_branch(REPO, branch="b", **KIND),
        "POST tag": lambda: api.create_tag(REPO, tag="v1.0.0", tag_message="First", **KIND),
        "POST tag (409)": lambda: refused(lambda: api.create_tag(REPO, tag="v1.0.0", **KIND), 409),
        "GET refs": lambda: check([tag.name for tag in api.list_repo_refs(REPO, **KIND).tags], ["v1.0.0"]),
        "GET commits": lambda: check(len(api.list_repo_commits(REPO, formatted=True, **KIND)), 4),
        "datasets.load_dataset": lambda: check(
            load(REPO, revision="v1.0.0", split="train").to_list(), [{"a": 1, "b": 2}]
        ),
        "datasets.load_dataset (streaming)": lambda: check(
            list(load(REPO, split="train", streaming=True)), [{"a": 1, "b": 2}]
        ),
        "snapshot_download": lambda: api.snapshot_download(REPO, local_dir=folder / "snapshot", **KIND),
        "POST commit (create_pr)": lambda: check(
            commit(CommitOperationAdd("p.txt", b"1\n"), create_pr=True).pr_num, 1
        ),
        "GET discussions": lambda: check(len(list(api.get_repo_discussions(REPO, **KIND))), 1),
        "GET discussions/1": lambda: check(api.get_discussion_details(REPO, 1, **KIND).status, "open"),
        "GET discussions/1 (diff)": lambda: check(
            api.get_discussion_details(REPO, 1, **KIND).diff.splitlines()[-2:], ["@@ -0,0 +1 @@", "+1"]
        ),
        "POST discussions/1/merge": lambda: api.merge_pull_request(REPO, 1, **KIND),
        "POST discussions": lambda: check(api.create_pull_request(REPO, "Another", **KIND).num, 2),
        "PUT settings": lambda: api.update_repo_settings(REPO, private=True, gated="auto", **KIND),
        "POST user-access-request": lambda: api.grant_access(REPO, "guest", **KIND),
        "GET auth-check": lambda: api.auth_check(REPO, **KIND),
        "POST super-squash": lambda: api.super_squash_history(REPO, **KIND),
        "DELETE tag": lambda: api.delete_tag(REPO, tag="v1.0.0", **KIND),
        "POST repos/move": lambda: api.move_repo(REPO, "me/moved", **KIND),
        "DELETE repos/delete": lambda: api.delete_repo("me/moved", **KIND),
    }


def refused_value(call: Callable[[], object]) -> None:
    """Fail unless the client says that a value is wrong."""
    try:
        call()
    except ValueError:
        return
    raise AssertionError("it was not refused")


def run_client() -> None:
    """Run all rows in this process, and print what became of each as JSON."""
    outcomes: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, row in rows(Path(folder)).items():
            try:
                row()
                outcomes[name] = "ok"
            except Exception as error:  # noqa: BLE001 - it is what the table shows
                outcomes[name] = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(outcomes), flush=True)
    os._exit(0)  # threads of the clients may outlive the interpreter, and abort it


def make_client(folder: Path, packages: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment with these packages."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def main() -> int:
    """Print the table; return how many rows failed."""
    from packager.rehearsal import export_lines, run_hub  # noqa: PLC0415 - the client's half has no packager

    failed = 0
    for client, packages in CLIENTS.items():
        python = make_client(Path(sys.argv[1]).resolve() / client, packages)
        for way in ("xet", "lfs"):
            with tempfile.TemporaryDirectory() as folder, run_hub(Path(folder, "hub")) as address:
                environment = {
                    name: value for name, value in os.environ.items() if not name.startswith("HF_")
                }
                environment |= dict(line.split("=", 1) for line in export_lines(address))
                environment |= {"HF_HOME": f"{folder}/home", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
                environment |= {"HF_HUB_DISABLE_XET": "1"} if way == "lfs" else {}
                done = subprocess.run(
                    [python, __file__, "--client"],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                is_chunked = any(Path(folder, "hub/xet").glob("xorbs/*/*"))
            if done.returncode or not done.stdout:
                print(f"{client} {way}: {done.stderr[-2000:]}")
                failed += 1
                continue
            outcomes: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
            wrong = {name: outcome for name, outcome in outcomes.items() if outcome != "ok"}
            failed += len(wrong)
            passed = f"{len(outcomes) - len(wrong)} of {len(outcomes)} rows"
            print(f"{client} ({', '.join(packages)}), {way}: {passed}; chunks were used: {is_chunked}")
            for name, outcome in wrong.items():
                print(f"    {name}: {outcome}")
    return failed


if __name__ == "__main__":
    if sys.argv[1:] == ["--client"]:
        run_client()
    sys.exit(main() > 0)
