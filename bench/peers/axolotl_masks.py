"""What Axolotl makes of the `axolotl` preset, with its configuration: python axolotl_masks.py SET..."""

import os
import sys

import yaml
from axolotl.cli.config import load_cfg
from axolotl.loaders import load_tokenizer
from axolotl.utils.data import prepare_datasets, sft
from axolotl.utils.schemas.config import AxolotlInputConfig
from axolotl.utils.schemas.datasets import SFTDataset
from compare import report, splits


def check(folder):
    os.chdir(os.path.join(folder, "axolotl"))
    with open("config.yaml", encoding="utf-8") as file:
        written = yaml.safe_load(file)
    # Axolotl passes over names that it does not know.
    unknown = set(written) - set(AxolotlInputConfig.model_fields) | {name for data in written["datasets"] for name in data} - set(SFTDataset.model_fields)
    assert not unknown, unknown
    config = load_cfg("config.yaml", dataset_num_proc=0, shuffle_merged_datasets=False)
    tokenizer = load_tokenizer(config)
    train, validation, *_ = prepare_datasets(config, tokenizer)
    report("axolotl", folder, splits(train, validation))


# Rows are only looked at: keeping them on disk starts processes that import everything anew.
sft.save_preprocessed_dataset = lambda *_: None

for path in sys.argv[1:]:
    check(os.path.abspath(path))
