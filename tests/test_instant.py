"""An instant desk on real parts: an FAQ that its model never saw, `make data` and `make serve`, and nothing trained.

The model is the untuned one, in the folder of a run as if it were trained: what it says is not asked here, but who it speaks for and
what it is shown.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import yaml

from frontdesk.config.run import Run
from frontdesk.config.schema import load_config
from frontdesk.engine.vllm import free_port
from frontdesk.files import write_json, write_text
from frontdesk.prompt.render import chat_template
from tests.stages import done
from tests.waits import CEILING, START_SECONDS, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("vllm")]
ROOT = Path(__file__).parent.parent
FAQ = 'question,answer\nDo you mend punctures?,"Yes, while you wait, for $12."\nWhen are you open?,We are open from 8 to 6.\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded_model: Path) -> Path:
    """The demo's run, and the config of another company that names it."""
    for name in ("examples", ".cache"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    demo, run = load_config(ROOT / "configs/demo.yaml"), Run("demo")
    shutil.copytree(embedded_model, run.model)
    write_text(run.model / "chat_template.jinja", chat_template(demo))
    write_json(run.provenance, {"name": "demo", "key": "k", "base_path": str(embedded_model), "config": demo.model_dump(mode="json")})
    mine = yaml.safe_load((ROOT / "configs/instant.yaml").read_text(encoding="utf-8"))
    mine |= {"company": "Alder Lane Bikes", "system_prompt": "You are the customer service assistant of Alder Lane Bikes."}
    mine |= {"data": {"faq": ["faq.csv"]}, "serve": {"port": free_port(), "ui_port": free_port(), "eager": True, "context_length": 1024}}
    write_text(tmp_path / "faq.csv", FAQ)
    write_text(tmp_path / "mine.yaml", yaml.safe_dump(mine))
    return tmp_path


def test_an_faq_that_the_model_never_saw_is_served_without_training(project: Path) -> None:
    done(project, "data_tools", "mine.yaml", PYTHONPATH=str(ROOT))
    serve = load_config(project / "mine.yaml").serve
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "PASSIVE"}
    with (project / "output").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "serve", "mine.yaml"], env=environment, stdout=output, stderr=output)
    try:
        wait_for(lambda: "Ctrl-C stops both." in (project / "output").read_text(), process, START_SECONDS)
        client = openai.OpenAI(base_url=f"http://127.0.0.1:{serve.port}/v1", api_key="none", max_retries=0, timeout=CEILING)
        asked: list[Any] = [{"role": "user", "content": "Do you mend punctures?"}]
        answer, bare = (client.chat.completions.create(model=model, messages=asked, temperature=0) for model in ("mine", "mine-bare"))
        page = httpx.get(f"http://127.0.0.1:{serve.ui_port}/", trust_env=False, timeout=CEILING).text
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(CEILING)
    assert answer.choices[0].message.content and answer.usage and bare.usage
    assert answer.usage.prompt_tokens > bare.usage.prompt_tokens + 30, "the FAQ's entries are in the prompt"
    assert "Alder Lane Bikes" in page and "Pebble" not in page
    served = Run("mine").served
    assert "Pebble" not in (served / "chat_template.jinja").read_text() and (served / "model.safetensors").samefile(
        Run("demo").model / "model.safetensors"
    )
    assert "this run is not trained; runs/demo/model reads its FAQ" in (project / "output").read_text()
