"""Seconds a step of a job takes on this machine, by the tokens a pass: python bench/passes.py JOB STEPS BUDGET…

JOB is a folder that `apprentice train` made; the python is the one of its environment. Each step's rows are trained on with
every budget in turns. Prints a JSON line per budget: the median of tokens a second, and the most memory so far, which only
the first of several budgets has to itself.
"""

import json
import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src/training/runner"))

import train


class Silent:
    def write(self, *_, **__):
        pass


def main(job, steps, budgets):
    os.chdir(job)
    with open("job.json", encoding="utf-8") as file:
        run = train.Run(json.load(file), Silent(), threading.Event())
    speeds = {budget: [] for budget in budgets}
    memory = {}
    for run.step in range(steps):
        rows = run.rows_of_step()
        tokens = sum(len(row.ids) for row in rows)
        # Forwards and back, so that none is always the first.
        for budget in budgets if run.step % 2 == 0 else budgets[::-1]:
            run.budget = budget
            started = time.monotonic()
            run.optimise(rows)
            speeds[budget].append(tokens / (time.monotonic() - started))
            memory[budget] = run.memory()
    for budget in budgets:
        print(json.dumps({"passTokens": budget, "tokensPerSecond": round(statistics.median(speeds[budget]), 1), "memoryGiB": round(memory[budget] / 2**30, 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(budget) for budget in sys.argv[3:]])
