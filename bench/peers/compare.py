"""Holds the rows that a trainer's data code makes against those of an exported set, token by token."""

import json
import os
from itertools import zip_longest

IGNORED = -100


def exported(folder, split):
    """Token ids and labels of a set's own rows."""
    path = os.path.join(folder, f"{split}.jsonl")
    if not os.path.exists(path):
        return []
    rows = []
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        labels = [IGNORED] * len(row["input_ids"])
        for start, end in row["trained"]:
            labels[start:end] = row["input_ids"][start:end]
        rows.append((row["input_ids"], labels))
    return rows


def compare(ours, theirs, excused=lambda ids, at: False):
    """Counts of differences. `excused`: whether a token of theirs is a known one, which are counted apart, too."""
    counts = {"rows": 0, "tokens": 0, "trained": 0, "tokensThatDiffer": 0, "labelsThatDiffer": 0, "excused": 0}
    for (our_ids, our_labels), (their_ids, their_labels) in zip(ours, theirs, strict=True):
        counts["rows"] += 1
        counts["tokens"] += len(our_ids)
        counts["trained"] += sum(label != IGNORED for label in our_labels)
        tokens = [at for at, (a, b) in enumerate(zip_longest(our_ids, their_ids)) if a != b]
        labels = [at for at, (a, b) in enumerate(zip_longest(our_labels, their_labels)) if a != b]
        counts["tokensThatDiffer"] += len(tokens)
        counts["labelsThatDiffer"] += len(labels)
        counts["excused"] += sum(at < len(their_ids) and excused(their_ids, at) for at in tokens + labels)
    return counts


def report(trainer, folder, prepared, **options):
    """Prints a JSON line. `prepared`: the trainer's (input_ids, labels) of each split."""
    counts = {}
    for split, rows in prepared.items():
        for name, count in compare(exported(folder, split), rows, **options).items():
            counts[name] = counts.get(name, 0) + count
    print(json.dumps({"trainer": trainer, "set": os.path.basename(folder), **counts}), flush=True)


def splits(train, validation):
    """(input_ids, labels) of what `datasets` holds, without the splits that are not there."""
    named = {"train": train, "validation": validation}
    return {name: [(row["input_ids"], row["labels"]) for row in rows] for name, rows in named.items() if rows is not None}
