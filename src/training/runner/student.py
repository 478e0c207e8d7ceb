"""The model that is trained: its base, LoRA's matrices, the loss."""

import os

import torch
import torch.nn.functional as F

from events import Stop


def pick_device(wanted):
    if wanted == "cuda" and not torch.cuda.is_available():
        raise Stop("gpu_missing", "This machine has no GPU that torch can use: choose --device cpu, or a machine with one.")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted, int(os.environ.get("LOCAL_RANK", 0))) if wanted == "cuda" else torch.device("cpu")


def computes_in_bfloat16(device):
    """Processors without it do so in software, several times slower than in float32."""
    return device.type != "cpu" or (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def load_base(model, dtype):
    """From a Hugging Face folder or name, or a GGUF file (dequantised)."""
    from transformers import AutoModelForCausalLM, GgufConfig

    kind, path = model["kind"], model["path"]
    where = {"pretrained_model_name_or_path": path}
    if kind == "gguf":
        where = {
            "pretrained_model_name_or_path": os.path.dirname(path),
            "gguf_file": os.path.basename(path),
            "quantization_config": GgufConfig(dequantize=True),
        }
    if kind != "hub" and not os.path.exists(path):
        raise Stop("model_missing", f"There is no {path} on this machine.")
    try:
        base = AutoModelForCausalLM.from_pretrained(**where, dtype=dtype, attn_implementation="sdpa")
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise Stop("model_unreadable", f"{path} cannot be loaded for training: {error}")
    base.config.use_cache = False
    return base


def add_lora(base, hyperparameters, name):
    from peft import LoraConfig, get_peft_model
    from peft.tuners.lora import LoraLayer

    config = LoraConfig(
        r=hyperparameters["rank"],
        lora_alpha=hyperparameters["alpha"],
        lora_dropout=hyperparameters["dropout"],
        target_modules="all-linear",
        task_type="CAUSAL_LM",
        base_model_name_or_path=name,
    )
    torch.manual_seed(hyperparameters["seed"])
    model = get_peft_model(base, config)
    model.peft_config["default"].base_model_name_or_path = name
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            # PEFT would make float32 of every layer's input, for autocast to make bfloat16 of it again.
            layer.cast_input_dtype_enabled = False
    return model


def lora_matrices(weights):
    """By the layer's name in transformers: (A, B) as arrays."""
    matrices = {}
    for name, a in weights.items():
        if ".lora_A." in name:
            b = weights[name.replace(".lora_A.", ".lora_B.")]
            matrices[name.removeprefix("base_model.model.").split(".lora_A.")[0]] = (a.float().numpy(), b.float().numpy())
    return matrices


def logits_at(base, batch):
    """Logits of the positions whose next token is in the loss; nowhere else are they computed."""
    chosen = base.get_output_embeddings().register_forward_pre_hook(lambda _, inputs: inputs[0].flatten(0, 1)[batch.at])
    try:
        return base(input_ids=batch.ids, position_ids=batch.positions, attention_mask=batch.mask, use_cache=False).logits.float()
    finally:
        chosen.remove()


def loss_sum(base, batch):
    """Sum over the trained tokens of -log p (Eq. 2 and 4)."""
    return F.cross_entropy(logits_at(base, batch), batch.targets, reduction="sum")
