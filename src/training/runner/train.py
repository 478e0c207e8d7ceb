"""Trains the job in the folder given: python train.py JOB ATTEMPT.

Reads JOB/job.json and its data; writes JOB/events.jsonl, JOB/checkpoints/ and JOB/artifacts/. Starting it again goes on
from the last checkpoint, to the same losses. TERM and USR1 make it save and exit with 75, which asks to be started again.
"""

import json
import math
import os
import resource
import signal
import sys
import threading
import time
from contextlib import nullcontext
from datetime import timedelta

import torch
import torch.distributed as dist

import alone
import artifacts
import checkpoint
from events import PREEMPTED, Events, Stop
from rows import epoch_order, even_passes, layout_for, passes, read_rows
from sharding import clip_gradients, part, part_of_optimizer, shard, whole
from student import add_lora, computes_in_bfloat16, load_base, logits_at, loss_sum, pick_device

CHECKED_ROWS = 2


def main(job_dir, attempt):
    os.chdir(job_dir)
    rank = int(os.environ.get("RANK", 0))
    with open("job.json", encoding="utf-8") as file:
        job = json.load(file)
    for folder in ("checkpoints", "artifacts"):
        os.makedirs(folder, exist_ok=True)
    events = Events("events.jsonl", attempt, rank)
    interrupted = threading.Event()
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, lambda *_: interrupted.set())
    alone.end_with_parent(interrupted)
    try:
        # The other processes wait for the first.
        with alone.hold("lock", interrupted, events) if rank == 0 else nullcontext():
            Run(job, events, interrupted).train()
        events.write("end")
        return 0
    except Stop as stop:
        events.write("preempted" if stop.status == PREEMPTED else "error", code=stop.code, message=str(stop))
        return stop.status
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
            events.write("error", code="unexpected", message=str(error))
            raise
        events.write("error", code="out_of_memory", message="Out of memory: lower --pass-tokens, turn on --gradient-checkpointing, or share the model among GPUs with --gpus and --fsdp.")
        return 1
    except OSError as error:
        events.write("error", code="disk_full" if error.errno == 28 else "unexpected", message=str(error))
        raise


class Run:
    def __init__(self, job, events, interrupted):
        self.events, self.interrupted = events, interrupted
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.hyper, self.settings = job["hyperparameters"], job["settings"]
        if self.settings.get("threads"):
            torch.set_num_threads(self.settings["threads"])
        self.device = pick_device(self.settings["device"])
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
            # Its gradients are not numbers for some lengths on an H100 or H200 (pytorch/pytorch#196678); others are as fast.
            torch.backends.cuda.enable_cudnn_sdp(False)
        if self.world > 1:
            # The others wait while the first writes a checkpoint, which may be of hundreds of gigabytes.
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo", timeout=timedelta(hours=2))
        self.fsdp = self.world > 1 and bool(self.settings.get("fsdp"))
        self.half = self.settings["dtype"] == "bfloat16" and computes_in_bfloat16(self.device)
        self.layout = layout_for(self.device)
        self.budget = self.settings.get("passTokens") or (16_384 if self.device.type == "cuda" else 1_024)

        full = self.hyper["method"] == "full"
        base = load_base(job["model"], torch.bfloat16 if self.half and not full else torch.float32)
        self.rows = read_rows("data/train.jsonl", base.config.vocab_size)
        self.held = read_rows("data/validation.jsonl", base.config.vocab_size) if os.path.exists("data/validation.jsonl") else []
        if not self.rows:
            raise Stop("dataset_empty", "No row of data/train.jsonl has a token to train on.")
        self.model = base if full else add_lora(base, self.hyper, job["model"]["name"])
        if self.fsdp:
            shard(base, self.device, self.half)
        else:
            self.model.to(self.device)
        self.base = base
        if self.settings["gradientCheckpointing"]:
            base.gradient_checkpointing_enable({"use_reentrant": False})
            base.enable_input_require_grads()
        self.trained = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        self.optimizer = torch.optim.AdamW(self.trained.values(), lr=self.hyper["learningRate"], weight_decay=self.hyper["weightDecay"])
        self.per_epoch = math.ceil(len(self.rows) / self.hyper["batchSize"])
        self.steps = max(1, round(self.per_epoch * self.hyper["epochs"]))
        self.step, self.best, self.worse, self.best_weights = 0, None, 0, None
        # The step of the last evaluation, and what the last checkpoint has.
        self.evaluated, self.saved = None, None

    def train(self):
        self.resume()
        self.events.write(
            "start", step=self.step, steps=self.steps, rows=len(self.rows), heldRows=len(self.held), device=str(self.device), processes=self.world,
            trainedParameters=sum(weight.numel() for weight in self.trained.values()), tokens=sum(len(row.ids) for row in self.rows),
            lossTokens=sum(row.loss_tokens for row in self.rows), dtype="bfloat16" if self.half else "float32", torch=torch.__version__,
        )
        self.evaluate_if_due()
        saved_at, speeds = time.monotonic(), []
        while self.step < self.steps and not self.stopped_early():
            started = time.monotonic()
            rows = self.rows_of_step()
            loss, norm = self.optimise(rows)
            self.step += 1
            seconds = time.monotonic() - started
            tokens = sum(len(row.ids) for row in rows)
            speeds = (speeds + [tokens / seconds])[-20:]
            self.events.write(
                "step", step=self.step, steps=self.steps, epoch=round(self.step / self.per_epoch, 3), loss=loss, learningRate=self.learning_rate(self.step - 1),
                gradNorm=norm, tokens=tokens, tokensPerSecond=round(tokens / seconds, 1), memoryBytes=self.memory(),
                secondsLeft=round((self.steps - self.step) * sum(len(row.ids) for row in self.rows) / self.per_epoch / (sum(speeds) / len(speeds))),
            )
            self.evaluate_if_due()
            if self.step == self.steps or self.stopped_early() or self.checkpoint_due(saved_at):
                self.save()
                saved_at = time.monotonic()
        self.write_artifacts()

    def rows_of_step(self):
        epoch, index = divmod(self.step, self.per_epoch)
        size = self.hyper["batchSize"]
        return [self.rows[number] for number in epoch_order(len(self.rows), self.hyper["seed"], epoch)[index * size : (index + 1) * size]]

    def passes_of(self, rows):
        """This process's passes of a step, and what their loss is multiplied by."""
        if self.fsdp:
            return even_passes(rows, self.rank, self.world, self.budget, self.layout)
        return [(group, 1) for group in passes(rows[self.rank :: self.world], self.budget, self.layout)]

    def optimise(self, rows):
        """One step. Where its passes do not fit the GPU, they are made smaller, for the steps after it, too."""
        while True:
            try:
                return self.try_step(rows)
            except torch.OutOfMemoryError:
                largest = max((group for group, _ in self.passes_of(rows)), key=self.layout.tokens)
                # Several processes would have to agree, and may be within a common operation.
                if self.world > 1 or len(largest) == 1:
                    raise
            self.budget = self.layout.tokens(largest) // 2
            self.optimizer.zero_grad(set_to_none=True)
            torch.cuda.empty_cache()
            self.events.write("warning", message=f"Out of memory: passes have at most {self.budget} tokens from here on (--pass-tokens).")

    def try_step(self, rows):
        """The loss is the mean over all trained tokens of the rows, whatever the number of passes and processes."""
        self.model.train()
        # The dropout of a step depends on nothing that came before it, so that a resumed run draws the same.
        torch.manual_seed(self.hyper["seed"] * 1_000_003 + self.step * 1_009 + self.rank)
        count = sum(row.loss_tokens for row in rows)
        total = torch.zeros((), device=self.device)
        self.give_way()
        for group, factor in self.passes_of(rows):
            self.give_way(within_step=True)
            with self.autocast():
                loss = factor * loss_sum(self.base, self.layout.lay(group, self.device)) / count
            loss.backward()
            total += loss.detach()
        for weight in self.trained.values():
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
        if self.world > 1:
            dist.all_reduce(total)
        if self.world > 1 and not self.fsdp:
            for weight in self.trained.values():
                dist.all_reduce(weight.grad)
        norm = clip_gradients(self.trained.values(), self.hyper["maxGradNorm"])
        if not (math.isfinite(total.item()) and math.isfinite(norm)):
            raise Stop("loss_not_finite", f"The loss of step {self.step + 1} is {total.item()}, its gradient's norm {norm}: lower --learning-rate.")
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate(self.step)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total.item(), norm

    def learning_rate(self, step):
        peak, warm = self.hyper["learningRate"], round(self.hyper["warmup"] * self.steps)
        if step < warm:
            return peak * (step + 1) / warm
        done = (step - warm) / max(1, self.steps - warm)
        return {"linear": peak * (1 - done), "cosine": peak * (1 + math.cos(math.pi * done)) / 2, "constant": peak}[self.hyper["schedule"]]

    def evaluate_if_due(self):
        """Once for a step, also when it was interrupted in between."""
        every = self.settings.get("evalSteps") or self.per_epoch
        if self.held and self.evaluated != self.step and (self.step % every == 0 or self.step == self.steps):
            self.evaluate()

    @torch.no_grad()
    def evaluate(self):
        self.model.eval()
        total = 0.0
        for group in passes(self.held, self.budget, self.layout):
            self.give_way(within_step=True)
            with self.autocast():
                total += loss_sum(self.base, self.layout.lay(group, self.device)).item()
        loss = total / sum(row.loss_tokens for row in self.held)
        if not math.isfinite(loss):
            raise Stop("loss_not_finite", f"The held-out loss after step {self.step} is {loss}: lower --learning-rate.")
        self.evaluated = self.step
        improved = self.best is None or loss < self.best
        self.best, self.worse = (loss, 0) if improved else (self.best, self.worse + 1)
        if improved and self.settings.get("patience"):
            self.best_weights = {name: weight.detach().cpu().clone() for name, weight in self.trained.items()}
        self.events.write("eval", step=self.step, loss=loss, best=self.best)

    def stopped_early(self):
        return bool(self.settings.get("patience")) and self.worse >= self.settings["patience"]

    def give_way(self, within_step=False):
        """On a signal: the state of the last whole step is saved, and the rest of this one is thrown away."""
        if self.world > 1:
            # Processes may have more or fewer passes, but agree on steps.
            if within_step:
                return
            asked = torch.tensor(float(self.interrupted.is_set()), device=self.device)
            dist.all_reduce(asked)
            if asked.item() == 0:
                return
        elif not self.interrupted.is_set():
            return
        self.save()
        raise Stop("preempted", f"Interrupted after step {self.step} of {self.steps}; saved.", PREEMPTED)

    def checkpoint_due(self, saved_at):
        if self.settings.get("checkpointSteps"):
            return self.step % self.settings["checkpointSteps"] == 0
        return time.monotonic() - saved_at >= self.settings["checkpointSeconds"]

    def save(self):
        """The same file however many processes there are, and whether the weights are sharded or not."""
        if self.saved == (self.step, self.evaluated):
            return
        tensors = whole({"bestWeights": self.best_weights, "weights": self.trained, "optimizer": self.optimizer.state_dict()}, keep=self.rank == 0)
        if self.rank == 0:
            checkpoint.save("checkpoints", self.step, {"step": self.step, "best": self.best, "worse": self.worse, "evaluated": self.evaluated, **tensors})
            self.events.write("checkpoint", step=self.step)
        # The others stay until it is written: once one process has ended, torchrun ends them all.
        if self.world > 1:
            dist.barrier()
        self.saved = (self.step, self.evaluated)

    def resume(self):
        state = checkpoint.load("checkpoints", lambda message: self.events.write("warning", message=message))
        if state is None:
            return
        if state["weights"].keys() != self.trained.keys():
            raise Stop("checkpoint_foreign", "The checkpoint is of another model: train into a new folder.")
        with torch.no_grad():
            for name, weight in self.trained.items():
                weight.copy_(part(state["weights"][name], weight))
        self.optimizer.load_state_dict(part_of_optimizer(state["optimizer"], list(self.trained.values())))
        self.step, self.best, self.worse = state["step"], state["best"], state["worse"]
        self.evaluated = state.get("evaluated", self.step)
        self.saved = (self.step, self.evaluated)
        if state["bestWeights"]:
            self.best_weights = {name: part(best, self.trained[name]).cpu() for name, best in state["bestWeights"].items()}

    def write_artifacts(self):
        if self.best_weights:
            with torch.no_grad():
                for name, weight in self.trained.items():
                    weight.copy_(self.best_weights[name])
        weights = whole(self.trained if self.hyper["method"] == "lora" else self.untied_state(), keep=self.rank == 0)
        checks = self.check()
        if self.rank == 0:
            artifacts.write("artifacts", self.model, self.base.config, weights, checks, self.hyper, self.events)

    def untied_state(self):
        """Of weights that are the same tensor, one."""
        return {name: tensor for name, tensor in self.base.state_dict().items() if name not in self.base.all_tied_weights_keys}

    @torch.no_grad()
    def check(self):
        """What torch says of a few rows, for llama.cpp's answers to be held against."""
        self.model.eval()
        checks = []
        for row in (self.held or self.rows)[:CHECKED_ROWS]:
            with self.autocast():
                batch = self.layout.lay([row], self.device)
                logprobs = torch.log_softmax(logits_at(self.base, batch), dim=-1)
            checks.append({
                "input_ids": row.ids, "at": batch.at.tolist(), "best": logprobs.argmax(-1).tolist(),
                "logprobs": [round(value, 5) for value in logprobs.gather(1, batch.targets[:, None])[:, 0].tolist()],
            })
        return checks

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)

    def memory(self):
        """Most that was taken so far, in bytes."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
