"""What a trained job leaves behind: the adapter or the model, what torch says with it, and their checksums."""

import json
import os

import gguf_lora
from checkpoint import digest
from student import lora_matrices


def write(folder, model, config, weights, checks, hyperparameters, events):
    """`weights`: whole and on the CPU. `checks`: of a few rows, for llama.cpp's answers to be held against."""
    lora = hyperparameters["method"] == "lora"
    model.save_pretrained(folder, state_dict=weights, **({"save_embedding_layers": False} if lora else {}))
    if lora and gguf_lora.can_write(config):
        gguf_lora.write(os.path.join(folder, "adapter.gguf"), config, hyperparameters["alpha"], lora_matrices(weights))
    elif lora:
        events.write("warning", message=f"No GGUF adapter is written for {config.model_type} models.")
    write_json(os.path.join(folder, "check.json"), checks)
    sums = {name: digest(os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name != "sha256.json"}
    write_json(os.path.join(folder, "sha256.json"), sums, indent=2)
    for name, sha256 in sums.items():
        events.write("artifact", name=name, sha256=sha256, bytes=os.path.getsize(os.path.join(folder, name)))


def write_json(path, value, indent=None):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=indent)
