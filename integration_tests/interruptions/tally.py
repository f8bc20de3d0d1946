"""What a campaign of interruptions counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

COLUMNS = ("wrong answer", "lost write", "torn batch", "lost slot", "wrong exception")


@dataclass
class Tally:
    """What was tried, and what did not hold."""

    tried: Counter[str] = field(default_factory=Counter)
    interrupted: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    told: list[str] = field(default_factory=list)

    def add(self, kind: str, where: str, *, interrupted: bool, faults: list[str]) -> None:
        """Count a trial."""
        self.tried[kind] += 1
        self.interrupted[kind] += interrupted
        for fault in faults:
            named = fault.partition(":")[0]
            self.faults[kind][named if named in COLUMNS else "other"] += 1
            self.told.append(f"{kind}, {where}: {fault}")

    def table(self) -> str:
        """Lay out the counts, a line for each kind."""
        columns = [*COLUMNS, "other"]
        lines = [f"{'':36}" + "".join(f"{name:>16}" for name in ("tried", "interrupted", *columns))]
        for kind in self.tried:
            counts = [self.tried[kind], self.interrupted[kind]]
            counts += [self.faults[kind][name] for name in columns]
            lines.append(f"{kind:36}" + "".join(f"{count:>16}" for count in counts))
        total = [self.tried.total(), self.interrupted.total()]
        total += [sum(each[name] for each in self.faults.values()) for name in columns]
        lines.append(f"{'all':36}" + "".join(f"{count:>16}" for count in total))
        return "\n".join(lines)
