"""What TRL's SFTTrainer makes of the `trl` preset, with its configuration: python trl_masks.py SET...

Holds the segments against the tokenizer that transformers makes from the same model, too.
"""

import json
import os
import sys

from compare import exported, report, splits
from datasets import load_dataset
from transformers import AutoTokenizer
from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser, get_peft_config


def check(folder):
    os.chdir(os.path.join(folder, "trl"))
    script, arguments, model = TrlParser((ScriptArguments, SFTConfig, ModelConfig)).parse_args_and_config(
        ["--config", "config.yaml", "--use_cpu", "True", "--report_to", "none"]
    )
    data = load_dataset(script.dataset_name)
    trainer = SFTTrainer(
        model=model.model_name_or_path, args=arguments, train_dataset=data[script.dataset_train_split],
        eval_dataset=data[script.dataset_test_split], peft_config=get_peft_config(model),
    )

    def batches(rows):
        for row in rows:
            batch = trainer.data_collator([dict(row)])
            yield {"input_ids": batch["input_ids"][0].tolist(), "labels": batch["labels"][0].tolist()}

    report("trl", folder, splits(batches(trainer.train_dataset), batches(trainer.eval_dataset)))
    tokenizer = AutoTokenizer.from_pretrained(model.model_name_or_path)
    for split in ("train", "validation"):
        for (ids, _), line in zip(exported(folder, split), open(os.path.join(folder, f"{split}.jsonl"), encoding="utf-8"), strict=True):
            again = [id for segment in json.loads(line)["segments"] for id in tokenizer(segment["text"], add_special_tokens=False)["input_ids"]]
            assert again == ids, f"transformers' tokenizer differs: {line[:80]}"


for path in sys.argv[1:]:
    check(os.path.abspath(path))
