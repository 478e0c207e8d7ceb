"""Writes PEFT's LoRA as a GGUF adapter for llama.cpp."""

import gguf
import numpy as np

ARCHITECTURES = {"qwen2": "qwen2", "qwen3": "qwen3", "llama": "llama", "mistral": "llama"}


def can_write(config):
    return config.model_type in ARCHITECTURES


def write(path, config, alpha, matrices):
    """`matrices`: {name of the layer in transformers, e.g. model.layers.0.self_attn.q_proj: (A, B)} as float32 arrays; written as float16, in half the room."""
    name = ARCHITECTURES[config.model_type]
    architecture = next(arch for arch, text in gguf.MODEL_ARCH_NAMES.items() if text == name)
    names = gguf.get_tensor_name_map(architecture, config.num_hidden_layers)
    writer = gguf.GGUFWriter(path, name)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(alpha))
    for layer, (a, b) in sorted(matrices.items()):
        tensor = names.get_name(layer)
        if tensor is None:
            raise ValueError(f"llama.cpp's {name} has no tensor for {layer}")
        if name == "llama":
            b = reorder(b, layer, config)
        writer.add_tensor(f"{tensor}.weight.lora_a", half(a))
        writer.add_tensor(f"{tensor}.weight.lora_b", half(b))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def half(matrix):
    return np.ascontiguousarray(matrix, dtype=np.float16)


def reorder(b, layer, config):
    """llama.cpp keeps the rows of Llama's query and key in another order of the rotary halves."""
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(layer.rsplit(".", 1)[-1])
    if heads is None:
        return b
    return b.reshape(heads, 2, b.shape[0] // heads // 2, *b.shape[1:]).swapaxes(1, 2).reshape(b.shape)
