"""Fully sharded data parallel training (FSDP): each process holds a part of every weight, of its gradient and of its optimiser state."""

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor


def shard(base, device, half):
    """Moves the parts to the device, layer by layer: the whole model is never there."""
    from transformers.modeling_layers import GradientCheckpointingLayer

    mesh = init_device_mesh(device.type, (dist.get_world_size(),))
    precision = MixedPrecisionPolicy()
    if half:
        # Autocast would keep its copy of each layer's weights for the backward pass; those that are gathered are freed.
        precision = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32, cast_forward_inputs=False)
    for layer in [module for module in base.modules() if isinstance(module, GradientCheckpointingLayer)]:
        fully_shard(layer, mesh=mesh, mp_policy=precision)
    fully_shard(base, mesh=mesh, reshard_after_forward=True)
    for module in base.modules():
        if isinstance(module, FSDPModule):
            # The loss is a mean over the whole step already: gradients are summed, not averaged.
            module.set_gradient_divide_factor(1.0)
            module.set_force_sum_reduction_for_comms(True)


def whole(value, keep):
    """A tensor, or those in a dictionary, gathered on the CPU where `keep`, else None. Every process must call it."""
    if isinstance(value, dict):
        return {name: whole(each, keep) for name, each in value.items()}
    if isinstance(value, DTensor):
        value = value.to(value.device_mesh.device_type).full_tensor()
    if isinstance(value, torch.Tensor):
        return value.detach().cpu() if keep else None
    return value


def part(tensor, weight):
    """Of a whole tensor, what this process holds of `weight`."""
    if isinstance(weight, DTensor):
        return distribute_tensor(tensor, weight.device_mesh, weight.placements, src_data_rank=None)
    return tensor


def part_of_optimizer(state, weights):
    """Of an optimiser's whole state, what this process holds."""
    parts = {
        index: {name: part(value, weights[index]) if value.shape == weights[index].shape else value for name, value in values.items()}
        for index, values in state["state"].items()
    }
    return {**state, "state": parts}


def clip_gradients(weights, limit):
    """Gives the norm of all gradients together, before they were clipped."""
    norm = torch.nn.utils.get_total_norm([weight.grad for weight in weights])
    if isinstance(norm, DTensor):
        norm = norm.full_tensor()
    torch.nn.utils.clip_grads_with_norm_(weights, limit, norm)
    return norm.item()
