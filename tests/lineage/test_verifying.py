"""Slices proved in a clean process: enlarged, made smaller, and what is said where they are not proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_jupyter import slicing
from mlops_jupyter.effects import EffectLog, structure_hash
from mlops_jupyter.lineage.verifying import verify

SETTINGS = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}


class Session:
    """Cells executed with an effect log, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.namespace = {"__name__": "__main__", "__builtins__": __builtins__}
        self.log = EffectLog(self.namespace, folder=folder)
        self.log.install()

    def run(self, *sources):
        for source in sources:
            self.log.before(source)
            outcome = "finished"
            try:
                exec(compile(source, "<cell>", "exec"), self.namespace)
            except Exception:
                outcome = "failed"
            self.log.after(outcome)

    def slice(self, *names, kept=None):
        found = slicing.slice_of(self.log.entries, names)
        return found if kept is None else slicing.with_kept(self.log.entries, found, kept)

    def verify(self, found, **options):
        values = {name: self.namespace[name] for name in found.targets}
        return verify(
            self.log.entries, found, values, folder=self.folder, environment=SETTINGS, timeout_s=60, **options
        )


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = Session(tmp_path)
    yield made
    made.log.uninstall()


def kept(found):
    return [cell.seq for cell in found.kept]


def test_what_nothing_is_known_of_is_refused(session):
    session.run("x = 1")
    with pytest.raises(ValueError, match="nothing to compare 'x' with"):
        verify(session.log.entries, session.slice("x"), folder=session.folder)


@pytest.mark.slow
def test_a_right_slice_is_stamped_as_it_is(session):
    session.run("xs = [1, 2]", "other = 5", "xs.append(3)", "total = sum(xs)")
    proved = session.verify(session.slice("total"))
    assert (proved.verdict, kept(proved)) == ("identical", [1, 3, 4])
    assert proved.verified_at is not None
    known = {"total": structure_hash(6)}
    again = verify(session.log.entries, session.slice("total"), folder=session.folder, hashes=known)
    assert again.verdict == "identical"


@pytest.mark.slow
def test_a_slice_that_lacks_a_cell_is_enlarged_and_made_small_again(session):
    session.run("xs = [1, 2]", "noise = [0]", "xs.append(3)", "noise.append(len(xs))", "total = sum(xs)")
    told = []
    proved = session.verify(session.slice("total", kept=[1, 5]), on_run=lambda run, what: told.append(what))
    assert (proved.verdict, kept(proved)) == ("identical", [1, 3, 5])
    assert told[0] == "the slice"
    assert 3 <= len(told) <= 8
    assert next(cell.why for cell in proved.kept if cell.seq == 3)


@pytest.mark.slow
def test_numbers_that_are_nearly_the_same_are_equal(session):
    session.run("x = 0.1 + 0.2")
    session.namespace["x"] *= 1 + 1e-12
    assert session.verify(session.slice("x")).verdict == "equal"
    session.namespace["x"] *= 1.5
    differs = session.verify(session.slice("x"))
    assert differs.verdict == "differs"
    assert any(doubt.startswith("not proved: `x`") for doubt in differs.doubts)


@pytest.mark.slow
def test_entropy_cannot_be_repeated_and_is_named(session):
    session.run("import os", "y = 2", "token = os.urandom(8)")
    proved = session.verify(session.slice("token"))
    assert proved.verdict == "differs"
    assert kept(proved) == [1, 3]
    assert any("cannot be repeated" in doubt for doubt in proved.doubts)
    assert any("two runs of all cells differ" in doubt for doubt in proved.doubts)


@pytest.mark.slow
def test_a_file_that_changed_is_named_unless_a_copy_was_kept(session):
    Path("in.txt").write_text("then")
    session.run("from pathlib import Path; text = Path('in.txt').read_text()")
    found = session.slice("text")
    assert session.verify(found).verdict == "identical"
    Path("in.txt").write_text("now")
    lost = session.verify(found)
    assert lost.verdict == "failed"
    assert "in.txt is no longer what the cells read, and no copy was kept" in lost.doubts
    assert session.verify(found, files={"in.txt": b"then"}).verdict == "identical"


@pytest.mark.slow
def test_nothing_that_cells_write_reaches_the_folder(session):
    session.run(
        "from pathlib import Path", "Path('out.txt').write_text('x')", "size = Path('out.txt').stat().st_size"
    )
    Path("out.txt").unlink()
    assert session.verify(session.slice("size")).verdict == "identical"
    assert not Path("out.txt").exists()


@pytest.mark.slow
def test_a_slice_repeats_what_nobody_seeded(session):
    session.run("import random", "a = random.random()", "b = [random.random() for _ in range(3)]")
    proved = session.verify(session.slice("b"))
    assert (proved.verdict, kept(proved)) == ("identical", [1, 3])
