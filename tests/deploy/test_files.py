"""compose.yaml by Docker Compose, the Dockerfile by hadolint, the systemd units by systemd, and secrets from files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent


def run(*words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=os.environ | variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("more", [[], ["-f", DEPLOY / "compose.gpu.yaml"]])
def test_compose_takes_the_file(more: list[str | Path]) -> None:
    result = run(TOOLS / "docker-compose", "-f", DEPLOY / "compose.yaml", *more, "config", "--quiet")
    assert (result.returncode, result.stderr) == (0, "")


def test_no_container_may_write_its_file_system_and_the_engine_is_reached_by_the_gateway_alone() -> None:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = found["services"]
    for name, one in services.items():
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and one["deploy"]["resources"]["limits"], name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name
    assert "ports" not in services["engine"] and found["networks"]["engine"]["internal"]
    assert [name for name, one in services.items() if "engine" in one["networks"]] == ["engine", "gateway"]


def test_the_dockerfile_has_no_findings() -> None:
    result = run(TOOLS / "hadolint", DEPLOY / "docker/Dockerfile")
    assert (result.returncode, result.stdout) == (0, "")


def test_secrets_come_from_files_and_an_empty_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s'e $(x)\n")
    (tmp_path / "empty").touch()
    entry = DEPLOY / "docker/entrypoint.sh"
    result = run(entry, "sh", "-c", 'echo "$PGPASSWORD ${PGPASSWORD_FILE-unset}"', PGPASSWORD_FILE=str(tmp_path / "key"))
    assert result.stdout == "s'e $(x) unset\n"
    result = run(entry, "true", FRONTDESK_PAGE_KEY_FILE=str(tmp_path / "empty"))
    assert result.returncode == 2 and "FRONTDESK_PAGE_KEY_FILE" in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_units_and_finds_them_little_exposed(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").glob("frontdesk*"):  # their programs are not installed here
        text = path.read_text().replace("/opt/frontdesk/deploy/docker/entrypoint.sh", "/bin/true")
        (tmp_path / path.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.glob("*.service"))
    assert len(units) == 3
    result = run("systemd-analyze", "verify", "--man=no", *units)
    assert (result.returncode, result.stderr) == (0, "")
    result = run("systemd-analyze", "security", "--offline=true", "--threshold=30", *units)
    assert result.returncode == 0, result.stdout
