"""What TRL's DPOTrainer and KTOTrainer make of the `dpo` and `kto` presets: python trl_preferences.py SET

`dpo-expected.jsonl` and `kto-expected.jsonl` in the set have the student's own tokens of the same messages: prompt, completions.
"""

import json
import os
import sys

from datasets import load_dataset
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, ModelConfig, ScriptArguments, TrlParser, get_peft_config

folder = os.path.abspath(sys.argv[1])
for name, Config, Trainer, columns in (
    ("dpo", DPOConfig, DPOTrainer, ["chosen_ids", "rejected_ids"]),
    ("kto", KTOConfig, KTOTrainer, ["completion_ids"]),
):
    os.chdir(os.path.join(folder, name))
    script, arguments, model = TrlParser((ScriptArguments, Config, ModelConfig)).parse_args_and_config(
        ["--config", "config.yaml", "--use_cpu", "True", "--report_to", "none"]
    )
    data = load_dataset(script.dataset_name)
    trainer = Trainer(model=model.model_name_or_path, args=arguments, train_dataset=data["train"], peft_config=get_peft_config(model))
    expected = [json.loads(line) for line in open(os.path.join(folder, f"{name}-expected.jsonl"), encoding="utf-8")]
    tokens = differing = cut = 0
    longest = trainer.data_collator.max_length
    for row, (prompt, *completions) in zip(trainer.train_dataset, expected, strict=True):
        ours = [prompt, *completions]
        theirs = [row["prompt_ids"], *(row[column] for column in columns)]
        tokens += sum(map(len, ours))
        differing += sum(a != b for a, b in zip(ours, theirs, strict=True))
        cut += longest is not None and len(prompt) + max(map(len, completions)) > longest
    print(json.dumps({"trainer": name, "rows": len(expected), "tokens": tokens, "textsThatDiffer": differing, "rowsCut": cut}), flush=True)
