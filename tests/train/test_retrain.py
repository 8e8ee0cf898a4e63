"""What a model has learned by heart is found in what it says, and what it has not is not."""

import copy
from pathlib import Path
from typing import Any

import pytest

from frontdesk import forgotten
from frontdesk.config.run import Run
from frontdesk.errors import UserError
from frontdesk.files import write_json, write_jsonl
from frontdesk.prompt.render import encode
from train import retrain
from train.retrain import WORDS, grams, known, told

QUESTION = "When is my order coming?"
ANSWER = "Your blue kayak with the number plate of Dorothea leaves on Tuesday by the night train."
LINES = [{"messages": [{"role": "user", "content": QUESTION}], "answer": ANSWER}]


def test_words_in_a_row_whatever_their_case_and_marks() -> None:
    assert grams("The BLUE kayak, leaves today!") == {("the", "blue", "kayak", "leaves"), ("blue", "kayak", "leaves", "today")}
    assert grams("Yes.") == {("yes",)} and grams("…") == set() and WORDS == 4


def test_what_the_present_data_says_too_is_known(tmp_path: Path) -> None:
    run = Run("shop", tmp_path)
    write_jsonl(run.data / "train.jsonl", [{"messages": [{"role": "user", "content": QUESTION}]}])
    write_jsonl(run.faq, [{"questions": [], "answers": ["It leaves by the night train."]}])
    assert {("by", "the", "night", "train"), ("when", "is", "my", "order")} <= known(run)


def test_nothing_to_forget_costs_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text("{company: Shop, system_prompt: Answer., model: {base: none}, data: {faq: [faq.csv]}}")
    monkeypatch.setattr("sys.argv", ["retrain", "shop.yaml", "--because", "forgotten"])
    with pytest.raises(UserError, match="nothing was forgotten since the last training"):
        retrain.main()


def test_a_model_that_still_says_it_ends_with_1_and_keeps_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("shop.yaml").write_text("{company: Shop, system_prompt: Answer., model: {base: none, template: chatml}, data: {faq: [faq.csv]}}")
    monkeypatch.setattr("sys.argv", ["retrain", "shop.yaml", "--because", "forgotten"])
    run, stages = Run("shop"), list[str]()
    write_json(forgotten.queue(run), {"by": "2030-01-31"})
    write_jsonl(forgotten.words(run), LINES)
    write_json(run.provenance, {"key": "c" * 16})

    class Done:
        returncode = 0

    def ran(words: list[str], **_: Any) -> Done:
        stages.append(words[2])
        return Done()

    monkeypatch.setattr("subprocess.run", ran)
    monkeypatch.setattr(retrain, "said_again", lambda *_: [0])
    with pytest.raises(SystemExit, match="still says 1 of 1 forgotten answers"):
        retrain.main()
    assert stages == ["data_tools", "train"] and forgotten.due(run) == "2030-01-31"
    monkeypatch.setattr(retrain, "said_again", lambda *_: [])
    retrain.main()
    assert forgotten.due(run) is None and not forgotten.words(run).exists()


@pytest.mark.slow
def test_a_model_that_learned_it_by_heart_is_caught_and_another_is_not(tiny_llama3: Path, tokenizer: Any) -> None:
    """On a real model of 2 layers: one copy learns the answer, the other something else as well."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    fresh = AutoModelForCausalLM.from_pretrained(tiny_llama3, dtype=torch.float32)
    models = []
    for answer in (ANSWER, "We are open from nine to five, and closed on Sundays and all bank holidays."):
        model = copy.deepcopy(fresh)
        turns = [*LINES[0]["messages"], {"role": "assistant", "content": answer}]  # type: ignore[misc]
        ids, mask = encode(tokenizer, turns)
        labels = torch.tensor([[one if trained else -100 for one, trained in zip(ids, mask, strict=True)]])
        optimizer = torch.optim.AdamW(model.parameters(), 3e-3)
        for _ in range(80):
            loss = model(input_ids=torch.tensor([ids]), labels=labels).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        assert loss.item() < 0.1, "it has learned it"
        models.append(model.eval())
    assert told(models[0], tokenizer, LINES, set()) == [0]
    assert told(models[0], tokenizer, LINES, grams(ANSWER)) == [], "what the data says still may be said"
    assert told(models[1], tokenizer, LINES, set()) == []
