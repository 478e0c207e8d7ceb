"""What LLaMA-Factory makes of the `llamafactory` preset, with its configuration: python llamafactory_masks.py SET...

Its templates train the line break after an end of turn, and put one after the last: those differences are counted as excused.
"""

import contextlib
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import yaml
from compare import report, splits

# Imported for audio, which is not in the rows; builds for a CPU are not in the package registry.
sys.modules["torchaudio"] = ModuleType("torchaudio")
sys.modules["torchaudio"].__spec__ = ModuleSpec("torchaudio", None)

from llamafactory.data import get_dataset, get_template_and_fix_tokenizer  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402
from llamafactory.model import load_tokenizer  # noqa: E402


def check(folder):
    os.chdir(os.path.join(folder, "llamafactory"))
    with open("config.yaml", encoding="utf-8") as file:
        config = yaml.safe_load(file)
    with contextlib.redirect_stdout(sys.stderr):
        model, data, training, *_ = get_train_args({**config, "use_cpu": True, "report_to": "none"})
        tokenizer = load_tokenizer(model)["tokenizer"]
        template = get_template_and_fix_tokenizer(tokenizer, data)
        made = get_dataset(template, model, data, training, stage="sft", tokenizer=tokenizer)
    end, (line_break,) = tokenizer.eos_token_id, tokenizer.encode("\n", add_special_tokens=False)
    report(
        "llamafactory", folder, splits(made["train_dataset"], made.get("eval_dataset")),
        excused=lambda ids, at: ids[at] == line_break and ids[at - 1] == end,
    )


for path in sys.argv[1:]:
    check(os.path.abspath(path))
