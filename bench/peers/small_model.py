"""A GGUF model's tokenizer in Hugging Face's format, with a small random model: python small_model.py MODEL.gguf FOLDER

Trainers' data code wants a model of that format; what it makes of rows depends on the tokenizer only.
"""

import os
import sys

from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

path, folder = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(path), gguf_file=os.path.basename(path))
# GGUF names a first token even where the model's own tokenizer has none, as Qwen's.
if not tokenizer("a")["input_ids"][0] == tokenizer.bos_token_id and tokenizer.bos_token not in tokenizer.chat_template:
    tokenizer.bos_token = None
tokenizer.save_pretrained(folder)
config = Qwen2Config(vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1)
Qwen2ForCausalLM(config).save_pretrained(folder)
