"""Tokens a second of the runner's training steps on a GPU, by the sizes of the paper's students, against TRL's SFTTrainer.

    python bench/train_gpu.py ROWS.jsonl [SIZE...]

ROWS is the train.jsonl of an exported set for a Qwen2.5 student. Weights are random: speed does not depend on them. Rows are
those of the file, and, since it may have short ones only, rows of 2,048 tokens strung together from it. Eight make a step; the
first two steps are not counted. Prints a JSON line for each measurement.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time

import torch
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src/training/runner"))
import train

SIZES = {
    "0.5B": {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "1.5B": {"hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "3B": {"hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "7B": {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064},
    # For trying this file without a GPU.
    "tiny": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2},
}
BATCH, WARM, TIMED, LONG = 8, 2, 6, 2048
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def main(path, sizes):
    with open(path, encoding="utf-8") as file:
        short = [json.loads(line) for line in file]
    sets = {"short": short, "long": strung(short, LONG)}
    for size in sizes:
        for trainer in (ours, trl):
            for name, rows in sets.items():
                try:
                    print_speeds(trainer.__name__, size, name, rows, trainer(size, rows))
                except torch.OutOfMemoryError:
                    print(json.dumps({"trainer": trainer.__name__, "model": size, "rows": name, "error": "out of memory"}), flush=True)
                    torch.cuda.empty_cache()


def strung(rows, length):
    """Rows of `length` tokens: one row after another, the last one cut."""
    every = []
    ids, trained = [], []
    for row in rows * 8:
        trained += [[start + len(ids), min(end + len(ids), length)] for start, end in row["trained"] if start + len(ids) < length]
        ids += row["input_ids"]
        if len(ids) >= length:
            every.append({"input_ids": ids[:length], "trained": trained})
            ids, trained = [], []
    return every


def random_model(size):
    config = Qwen2Config(**{"vocab_size": 151936, "max_position_embeddings": 32768, **SIZES[size]})
    config._attn_implementation = "sdpa"
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(DEVICE):
            model = Qwen2ForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    model.config.use_cache = False
    return model


class Told:
    """What the runner has to say, for the log."""

    def write(self, kind, **fields):
        print(kind, fields, file=sys.stderr)


def ours(size, rows):
    train.load_base = lambda *_: random_model(size)
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "data"))
        with open(os.path.join(folder, "data/train.jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        os.chdir(folder)
        hyper = {
            "method": "lora", "rank": 64, "alpha": 128, "dropout": 0.05, "learningRate": 2e-4, "weightDecay": 0, "schedule": "linear", "warmup": 0,
            "epochs": 8, "batchSize": BATCH, "maxGradNorm": 1, "seed": 42,
        }
        settings = {"device": "auto", "dtype": "bfloat16", "gradientCheckpointing": False}
        run = train.Run({"model": {"name": size}, "hyperparameters": hyper, "settings": settings}, Told(), threading.Event())
        seconds = []
        for _ in range(WARM + TIMED):
            step_rows = run.rows_of_step()
            started = time.perf_counter()
            run.optimise(step_rows)
            wait()
            seconds.append((sum(len(row.ids) for row in step_rows), time.perf_counter() - started))
            run.step += 1
        os.chdir("/")
    return seconds


def trl(size, rows):
    # As it is by itself: the runner turns it off.
    torch.backends.cuda.enable_cudnn_sdp(True)
    import pyarrow
    from datasets import Dataset
    from peft import LoraConfig
    from tokenizers import Tokenizer, models
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    seconds, seen, clock = [], [0], [0.0]

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            wait()
            seen[0], clock[0] = 0, time.perf_counter()

        def on_step_end(self, *_, **__):
            wait()
            seconds.append((seen[0], time.perf_counter() - clock[0]))

    class Counting(SFTTrainer):
        def training_step(self, model, inputs, *rest, **named):
            seen[0] += int(inputs["attention_mask"].sum())
            return super().training_step(model, inputs, *rest, **named)

    def labelled(row):
        labels = [-100] * len(row["input_ids"])
        for start, end in row["trained"]:
            labels[start:end] = row["input_ids"][start:end]
        return {"input_ids": row["input_ids"], "labels": labels}

    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder, max_length=None, packing=False, per_device_train_batch_size=BATCH, learning_rate=2e-4, lr_scheduler_type="linear",
            max_steps=WARM + TIMED, bf16=True, use_cpu=DEVICE == "cpu", gradient_checkpointing=False, report_to="none", save_strategy="no",
            logging_strategy="no", disable_tqdm=True, seed=42,
        )
        # Named, since some versions of pyarrow have tables that cannot be hashed.
        data = Dataset(pyarrow.Table.from_pylist([labelled(row) for row in rows]), fingerprint=f"{len(rows)}-{id(rows)}")
        # The rows are tokens already; it pads with this one.
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"<end>": 0}, "<end>")), eos_token="<end>", pad_token="<end>")
        trainer = Counting(
            model=random_model(size), args=arguments, train_dataset=data, processing_class=tokenizer,
            peft_config=LoraConfig(r=64, lora_alpha=128, lora_dropout=0.05, target_modules="all-linear", task_type="CAUSAL_LM"), callbacks=[Clock()],
        )
        trainer.train()
    return seconds


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def print_speeds(who, size, name, rows, steps):
    speeds = [tokens / seconds for tokens, seconds in steps[WARM:]]
    line = {
        "trainer": who, "model": size, "rows": name, "tokensPerRow": round(sum(len(row["input_ids"]) for row in rows) / len(rows)),
        "tokensPerSecond": round(statistics.median(speeds)), "least": round(min(speeds)), "most": round(max(speeds)),
    }
    if DEVICE == "cuda":
        line["gibibytes"] = round(torch.cuda.max_memory_allocated() / 2**30, 1)
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.empty_cache()
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), sys.argv[2:] or ["0.5B", "1.5B", "3B", "7B"])
