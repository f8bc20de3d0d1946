"""What EXPLAIN says, as a tree: each step with its time, rows and details."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# the blanks are as many as EXPLAIN writes: a stored value in a line may be nothing else
_STEP = re.compile(
    r"(?:->  )?(?P<title>.+?)  \(cost=\S+ rows=\d+ width=\d+\)"
    r"(?: \((?:actual time=[\d.]+\.\.(?P<ms>[\d.]+) rows=(?P<rows>[\d.]+) loops=(?P<loops>\d+)"
    r"|(?P<never>never executed))\))?\Z"
)
_LABEL = re.compile(r"(?:CTE \S.*|(?:InitPlan|SubPlan) \d+.*)\Z")
_TOTAL = re.compile(r"(Planning|Execution) Time: ([\d.]+) ms\Z")
_VECTOR = re.compile(r"'\[-?[\d.e+,-]{80,}\]'")
_MOST_STEPS = 2_000


@dataclass(slots=True)
class Step:
    """One step of a plan.

    Attributes:
        title: What it does.
        label: What the plan calls it: a CTE, a subplan; empty where it has no name.
        ms: Milliseconds in all, those of the steps below it included; None where it did not run.
        rows: Rows in all.
        loops: How often it ran.
        details: What else is said of it.
        steps: Those below it.
    """

    title: str
    label: str = ""
    ms: float | None = None
    rows: float = 0.0
    loops: int = 0
    details: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class Tree:
    """A plan that ran.

    Attributes:
        steps: Its first step; none where nothing of it could be read.
        planning: Milliseconds that the planner took; None where it does not say.
        execution: Milliseconds that the plan took.
        details: What is said of all of it.
    """

    steps: list[Step] = field(default_factory=list)
    planning: float | None = None
    execution: float | None = None
    details: list[str] = field(default_factory=list)

    def share(self, step: Step) -> float:
        """Tell a step's part of the time, 0 to 1."""
        whole = self.execution or (self.steps[0].ms if self.steps else None)
        return 0.0 if not whole or step.ms is None else min(1.0, step.ms / whole)


def read_plan(text: str) -> Tree:
    """Read what ``EXPLAIN (ANALYZE, BUFFERS)`` says as text; what it cannot read is a detail."""
    tree = Tree()
    above: list[tuple[int, Step]] = []
    label, label_depth, count = "", -1, 0
    for line in text.splitlines():
        words = line.strip()
        depth = len(line) - len(line.lstrip())
        if total := _TOTAL.match(words):
            if total[1] == "Planning":
                tree.planning = float(total[2])
            else:
                tree.execution = float(total[2])
            continue
        while above and above[-1][0] >= depth:
            above.pop()
        found = _STEP.match(words) if count < _MOST_STEPS else None
        if found is not None:
            count += 1
            step = _step(found, label if 0 <= label_depth < depth else "")
            (above[-1][1].steps if above else tree.steps).append(step)
            above.append((depth, step))
            label = ""
        elif _LABEL.match(words) and ":" not in words:
            label, label_depth = words, depth
        elif words:
            told = _VECTOR.sub("'[...]'", words)
            (above[-1][1].details if above else tree.details).append(told)
    return tree


def _step(found: re.Match[str], label: str) -> Step:
    if found["ms"] is None:
        return Step(found["title"], label)
    loops = int(found["loops"])
    return Step(
        found["title"], label, float(found["ms"]) * loops, float(found["rows"]) * loops, loops
    )


def broken_sql(sql: str) -> str:
    """Break a statement before each of its parts, so that it can be read."""
    return re.sub(r', ("\w+" AS (?:NOT )?MATERIALIZED \()', r",\n\1", sql)
