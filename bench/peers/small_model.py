"""A GGUF model's tokenizer in Hugging Face's format, with a small random model: python small_model.py MODEL.gguf FOLDER

Trainers' data code wants a model of that format; what it makes of rows depends on the tokenizer only.
"""

import os
import sys

from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

path, folder = sys.argv[1:]
place, name = os.path.split(path)
tokenizer = AutoTokenizer.from_pretrained(place, gguf_file=name)
# GGUF names a first token even where the model's own tokenizer has none, as Qwen's.
if not tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id and tokenizer.bos_token not in tokenizer.chat_template:
    tokenizer.bos_token = None
tokenizer.save_pretrained(folder)
# Of the model's own kind, by which transformers chooses the tokenizer's class.
Config = type(AutoConfig.from_pretrained(place, gguf_file=name))
config = Config(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1)
AutoModelForCausalLM.from_config(config).save_pretrained(folder)
