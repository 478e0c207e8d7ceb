"""Training rows, the order they are seen in, and how several are evaluated at once."""

import json
from dataclasses import dataclass
from typing import Callable, NamedTuple

import torch

from events import Stop


@dataclass
class Row:
    ids: list
    trained: list  # half-open ranges of ids that are in the loss

    @property
    def loss_tokens(self):
        # The first token of all has nothing before it to be told from.
        return sum(end - max(start, 1) for start, end in self.trained)


def read_rows(path, vocabulary):
    rows = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
                row = Row(value["input_ids"], [tuple(span) for span in value["trained"]])
                sound = all(0 <= start < end <= len(row.ids) for start, end in row.trained) and all(0 <= id < vocabulary for id in row.ids)
            except (ValueError, KeyError, TypeError) as error:
                raise Stop("data_invalid", f"{path}:{number} is no training row: {error!r}. Export the set again.")
            if not sound:
                raise Stop("data_invalid", f"{path}:{number} does not fit the model's vocabulary of {vocabulary}: export the set for this model.")
            if row.loss_tokens > 0:
                rows.append(row)
    return rows


def epoch_order(count, seed, epoch):
    """The same for a resumed run: it depends on nothing but the seed and the epoch."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch)).tolist()


@dataclass
class Batch:
    """Rows that are evaluated at once."""

    ids: torch.Tensor  # (sequences, length)
    at: torch.Tensor  # positions, counted through all sequences, whose next token is in the loss
    targets: torch.Tensor  # those tokens
    positions: torch.Tensor | None = None  # (sequences, length); None: from 0 in each
    mask: torch.Tensor | None = None  # (1, 1, length, length): True where a query may look; None: at all before it


class Layout(NamedTuple):
    """How rows are put together."""

    lay: Callable
    tokens: Callable  # how many are evaluated


def pack(rows, device):
    """Rows in one sequence. What they all begin with is there once; each row sees that and itself only."""
    shared = shared_length(rows)
    ids, positions, owner = list(rows[0].ids[:shared]), list(range(shared)), [0] * shared
    at, targets = [], []
    for number, row in enumerate(rows, 1):
        add_targets(row, len(ids) - shared, at, targets)
        ids += row.ids[shared:]
        positions += range(shared, len(row.ids))
        owner += [number] * (len(row.ids) - shared)
    owner = torch.tensor(owner, device=device)
    length = len(ids)
    visible = (owner[None, :] == 0) | (owner[None, :] == owner[:, None])
    mask = visible & torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return Batch(
        ids=torch.tensor([ids], device=device),
        positions=torch.tensor([positions], device=device),
        mask=mask[None, None],
        at=torch.tensor(at, device=device),
        targets=torch.tensor(targets, device=device),
    )


def pad(rows, device):
    """Rows side by side, filled up at their ends. What comes after a token changes nothing for it, so that no mask is needed."""
    length = max(len(row.ids) for row in rows)
    at, targets = [], []
    for number, row in enumerate(rows):
        add_targets(row, number * length, at, targets)
    return Batch(
        ids=torch.tensor([row.ids + [0] * (length - len(row.ids)) for row in rows], device=device),
        at=torch.tensor(at, device=device),
        targets=torch.tensor(targets, device=device),
    )


def add_targets(row, offset, at, targets):
    for start, end in row.trained:
        for index in range(max(start, 1), end):
            at.append(offset + index - 1)
            targets.append(row.ids[index])


def shared_length(rows):
    """How many tokens all rows begin with, up to the one before the first that is in the loss."""
    if len(rows) == 1:
        return 0
    limit = min(max(row.trained[0][0] - 1, 0) for row in rows)
    first = rows[0].ids
    for index in range(limit):
        if any(row.ids[index] != first[index] for row in rows):
            return index
    return limit


def packed_length(rows):
    shared = shared_length(rows)
    return shared + sum(len(row.ids) - shared for row in rows)


def padded_length(rows):
    return len(rows) * max(len(row.ids) for row in rows)


PACKED = Layout(pack, packed_length)
PADDED = Layout(pad, padded_length)


def layout_for(device):
    """A processor is spared the common beginning; a GPU has its fastest attention where there is no mask."""
    return PADDED if device.type == "cuda" else PACKED


def passes(rows, budget, layout):
    """Splits rows into batches of at most `budget` tokens. A longer row goes alone."""
    groups, group = [], []
    for row in sorted(rows, key=lambda row: len(row.ids)):
        if group and layout.tokens(group + [row]) > budget:
            groups.append(group)
            group = []
        group.append(row)
    return groups + [group] if group else groups


def even_passes(rows, rank, world, budget, layout):
    """A process's passes, and what their loss is multiplied by. All have as many: who lacks one takes any row, times 0."""
    every = [passes(rows[other::world], budget, layout) for other in range(world)]
    missing = max(len(groups) for groups in every) - len(every[rank])
    shortest = min(rows, key=lambda row: len(row.ids))
    return [(group, 1) for group in every[rank]] + [([shortest], 0)] * missing
