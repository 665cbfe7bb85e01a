"""Scripts run as people run them, each in a fork of this process: the libraries are loaded once."""

import json
import os
import sys
import tempfile
import types
from pathlib import Path


def hash_after(text, files, target, *, arguments=()):
    """Run the text of a script in a folder of its own; return the target's hash, and the error if any."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(json.dumps(_run(text, files, target, arguments)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return tuple(json.loads(answer)) if answer else (None, "the process ended")


def _run(text, files, target, arguments):
    from mlops_jupyter.effects import structure_hash

    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = ["script.py", *arguments]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary).resolve() / "work"
        folder.mkdir()
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        try:
            exec(compile(text, "script.py", "exec"), main.__dict__)
            return structure_hash(getattr(main, target)), None
        except BaseException as error:
            return None, f"{type(error).__name__}: {error}"
