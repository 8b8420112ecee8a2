"""The Dockerfile's instructions."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.job import JOBS


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    value: str


def stages() -> list[list[Instruction]]:
    """The instructions of each stage, its FROM first."""
    lines = [line for line in (JOBS / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    found: list[list[Instruction]] = []
    for line in joined:
        name, _, value = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append(Instruction(name, " ".join(value.split())))
    return found


def copied() -> list[str]:
    """What the first stage copies from the folder it is built in."""
    return [source for each in stages()[0] if each.name == "COPY" for source in each.value.split()[:-1]]
