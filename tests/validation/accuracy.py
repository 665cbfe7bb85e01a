"""How many injected faults suggested rules catch, and how often clean later versions break one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from injected import deliveries, faults, split, tables

from mlops_jupyter import data, validation
from mlops_jupyter.data.profile import profile


@dataclass
class Accuracy:
    """Faults put in and caught, by kind; clean versions looked at, and those that broke a rule."""

    injected: Counter = field(default_factory=Counter)
    caught: Counter = field(default_factory=Counter)
    missed: list = field(default_factory=list)
    n_clean: int = 0
    false_breaks: list = field(default_factory=list)

    @property
    def share_caught(self) -> float:
        return self.caught.total() / self.injected.total()


def measured(which, *, n_clean, seed, breaks=None):
    """Return the accuracy of rules suggested from one version of each table.

    ``breaks(learned)`` returns a function that yields the rules a later frame breaks; ours where None. A
    fault is caught by a rule that the clean version, which it was put into, keeps.
    """
    found = Accuracy()
    for name, frame in tables(which).items():
        learned, later = split(frame, n_clean, seed)
        broken_by = (breaks or _ours)(learned)
        for version in later:
            found.n_clean += 1
            found.false_breaks += [(name, rule) for rule in broken_by(version)]
        usual = _rules(broken_by(later[0]))
        for kind, column, broken in [*faults(later[0], seed), ("stale copy", "", learned.copy())]:
            found.injected[kind] += 1
            if _rules(broken_by(broken)) - (usual if column else set()):
                found.caught[kind] += 1
            else:
                found.missed.append((name, kind, column))
    return found


def _rules(broken):
    return {said.partition(": ")[0] for said in broken}


def _ours(learned):
    version = data.fingerprint(learned, rows=False).version
    seen = profile(learned, version=version)
    # That each version is another than the one before is a rule that two versions suggest.
    before = profile(learned.iloc[::-1].reset_index(drop=True))
    doc = validation.infer([seen], dataset="d", labels=["d:1"], frame=learned)
    history = [rule for rule in validation.infer([before, seen], dataset="d", labels=["d:1", "d:2"]).rules
               if rule.kind == "fresh"]  # fmt: skip
    doc = type(doc)(doc.dataset, (*doc.rules, *history), learned_from=doc.learned_from)

    def broken_by(later):
        looked = profile(later, version=data.fingerprint(later, rows=False).version)
        report = validation.check(later, doc, profile=looked, reference=seen)
        return [f"{one.rule.name}: {one.message}" for one in report.results if one.state == "failed"]

    return broken_by


@dataclass
class InTime:
    """Deliveries in the order of time: later ones looked at, and the rules they broke."""

    n_later: int
    errors: list
    n_warnings: int


def in_time(name, by, n_learned):
    """Learn from the first deliveries and ask all later ones; what they were compared with is the newest."""
    parts = deliveries(name, by)
    seen = [profile(part) for part in parts]
    labels = [f"{name}:{number}" for number in range(1, n_learned + 1)]
    doc = validation.infer(seen[:n_learned], dataset=name, labels=labels, frame=parts[n_learned - 1])
    failed = []
    for number, (part, looked) in enumerate(zip(parts, seen, strict=True), 1):
        if number > n_learned:
            report = validation.check(part, doc, profile=looked, reference=seen[n_learned - 1])
            failed += [(number, one.rule, one.message) for one in report.results if one.state == "failed"]
    errors = [(number, rule.name, said) for number, rule, said in failed if rule.severity == "error"]
    return InTime(len(parts) - n_learned, errors, len(failed) - len(errors))
