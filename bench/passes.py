"""Tokens a second of a training job on this machine, by the tokens a pass: python bench/passes.py JOB STEPS BUDGET…

JOB is a folder that `apprentice train` made; the python is the one of its environment. Each step's rows are trained on with
every budget in turns. Prints a JSON line for each, with the median of the steps, and one for the most memory that the process
took: give one budget alone to know what that takes.
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
    for run.step in range(steps):
        rows = run.rows_of_step()
        tokens = sum(len(row.ids) for row in rows)
        # Forwards and back, so that none is always the first.
        for budget in budgets if run.step % 2 == 0 else budgets[::-1]:
            run.budget = budget
            started = time.monotonic()
            run.optimise(rows)
            speeds[budget].append(tokens / (time.monotonic() - started))
    for budget in budgets:
        print(json.dumps({"passTokens": budget, "tokensPerSecond": round(statistics.median(speeds[budget]), 1)}))
    print(json.dumps({"memoryGiB": round(run.memory() / 2**30, 1)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), [int(budget) for budget in sys.argv[3:]])
