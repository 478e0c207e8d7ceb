"""Trains like train.py on a device that holds no batch of more than so many tokens: python little_memory.py RUNNER JOB TOKENS"""

import sys

sys.path.insert(0, sys.argv[1])

import torch
import train

loss_sum, most = train.loss_sum, int(sys.argv[3])


def limited(base, batch):
    if base.training and batch.ids.numel() > most:
        raise torch.OutOfMemoryError("out of memory")
    return loss_sum(base, batch)


train.loss_sum = limited
sys.exit(train.main(sys.argv[2], 0))
