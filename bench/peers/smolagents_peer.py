"""Answers one JSON line per request on stdin with the milliseconds it took: the peer of bench/loop.ts and bench/snippets.ts."""

import json
import sys
import time

from smolagents import CodeAgent
from smolagents.local_python_executor import LocalPythonExecutor
from smolagents.models import ChatMessage, MessageRole, Model
from smolagents.monitoring import LogLevel


class Scripted(Model):
    def __init__(self, turns):
        super().__init__(model_id="scripted")
        self.turns = turns
        self.at = 0

    def generate(self, messages, **kwargs):
        turn = self.turns[self.at % len(self.turns)]
        self.at += 1
        return ChatMessage(role=MessageRole.ASSISTANT, content=turn)


def loop(request):
    turns = [f"Thought: {thought}\n<code>\n{code}\n</code>" for thought, code in request["turns"]]
    agent = CodeAgent(tools=[], model=Scripted(turns), verbosity_level=LogLevel.OFF, max_steps=10)
    start = time.perf_counter()
    answer = agent.run("question")
    return time.perf_counter() - start, answer


def execute(request):
    executor = LocalPythonExecutor(additional_authorized_imports=[])
    executor.send_tools({})
    start = time.perf_counter()
    result = executor(request["code"])
    return time.perf_counter() - start, result.output


for line in sys.stdin:
    request = json.loads(line)
    seconds, answer = {"loop": loop, "execute": execute}[request["kind"]](request)
    print(json.dumps({"ms": seconds * 1000, "answer": str(answer)}), flush=True)
