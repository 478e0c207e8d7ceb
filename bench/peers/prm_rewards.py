"""What TRL's PRMTrainer makes of the `prm` preset, with its configuration: python prm_rewards.py SET

`prm-expected.jsonl` in the set has the student's own tokens of each row's text.
"""

import json
import os
import sys

from compare import IGNORED
from datasets import load_dataset
from transformers import AutoModelForTokenClassification, AutoTokenizer
from trl import ModelConfig, ScriptArguments, TrlParser
from trl.experimental.prm import PRMConfig, PRMTrainer

folder = os.path.abspath(sys.argv[1])
os.chdir(os.path.join(folder, "prm"))
script, arguments, config = TrlParser((ScriptArguments, PRMConfig, ModelConfig)).parse_args_and_config(
    ["--config", "config.yaml", "--use_cpu", "True", "--report_to", "none"]
)
data = load_dataset(script.dataset_name)["train"]
tokenizer = AutoTokenizer.from_pretrained(config.model_name_or_path)
model = AutoModelForTokenClassification.from_pretrained(config.model_name_or_path)
trainer = PRMTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)

expected = [json.loads(line) for line in open(os.path.join(folder, "prm-expected.jsonl"), encoding="utf-8")]
rows = [json.loads(line) for line in open("train.jsonl", encoding="utf-8")]
counts = {"rows": 0, "tokens": 0, "steps": 0, "rowsThatDiffer": 0, "labelsThatDiffer": 0}
for row, ids, prepared in zip(rows, expected, trainer.train_dataset, strict=True):
    ends = [at for at, label in enumerate(prepared["labels"]) if label != IGNORED]
    counts["rows"] += 1
    counts["tokens"] += len(ids)
    counts["steps"] += len(row["labels"])
    counts["rowsThatDiffer"] += prepared["input_ids"] != ids
    # Each at the end of a turn.
    counts["labelsThatDiffer"] += [prepared["labels"][at] for at in ends] != [int(label) for label in row["labels"]] or any(
        prepared["input_ids"][at] != tokenizer.eos_token_id for at in ends
    )
print(json.dumps({"trainer": "prm", **counts}))
