"""Prints the summed loss of rows laid out in each way, of the same rows one by one through transformers' own loss, the greatest
difference of a gradient, how many tokens were evaluated in how many passes, and how often attention was given a mask.

python check_layouts.py RUNNER MODEL ROWS
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import torch
import torch.nn.functional as F
from rows import PACKED, PADDED, passes, read_rows
from student import load_base, loss_sum
from transformers import AutoModelForCausalLM

model = load_base({"kind": "folder", "path": sys.argv[2], "name": "tiny"}, torch.float32).eval()
rows = read_rows(sys.argv[3], model.config.vocab_size)[:8]
plain = AutoModelForCausalLM.from_pretrained(sys.argv[2], dtype=torch.float32).eval()
attention = F.scaled_dot_product_attention
masked = 0


def watched(*arguments, attn_mask=None, **named):
    global masked
    masked += attn_mask is not None
    return attention(*arguments, attn_mask=attn_mask, **named)


F.scaled_dot_product_attention = watched


def losses(layout, budget):
    global masked
    masked = 0
    model.zero_grad()
    total = 0.0
    groups = passes(rows, budget, layout)
    for group in groups:
        loss = loss_sum(model, layout.lay(group, "cpu"))
        loss.backward()
        total += loss.item()
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    greatest = max((gradients[name] - weight.grad).abs().max().item() for name, weight in plain.named_parameters())
    return {"loss": total, "gradientsDiffer": greatest, "masks": masked, "tokens": sum(map(layout.tokens, groups)), "passes": len(groups)}


single = 0.0
for row in rows:
    labels = torch.full((1, len(row.ids)), -100)
    for start, end in row.trained:
        labels[0, start:end] = torch.tensor(row.ids[start:end])
    loss = plain(input_ids=torch.tensor([row.ids]), labels=labels).loss * row.loss_tokens
    loss.backward()
    single += loss.item()
every = {"packed": losses(PACKED, 100_000), "packedInSome": losses(PACKED, 200), "padded": losses(PADDED, 100_000), "paddedInSome": losses(PADDED, 200)}
print(json.dumps({"single": single, "rowTokens": sum(len(row.ids) for row in rows), **every}))
