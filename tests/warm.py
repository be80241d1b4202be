"""Programs that begin where their slow imports are done.

`python()` is a command that runs a script, `-m MODULE` or `-c PROGRAM` as Python does, in a process of its own with the
caller's folder, environment and streams. That process is a fork of one that has imported what programs here spend
seconds on, and nothing of this repository, so that a clone runs its own code. Where a fresh interpreter is part of a
promise, because of its hash seed, of what it imports or of how it dies, a test runs `sys.executable`.
"""

import atexit
import contextlib
import fcntl
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from pathlib import Path
from types import ModuleType

SLOW = (
    "celery.result",
    "dulwich.porcelain",
    "dvc.cli.parser",
    "dvc.repo.experiments",
    "dvc.repo.reproduce",
    "dvc.repo.status",
    "dvc.stage.run",
    "dvc_data.index",
    "fastapi",
    "great_expectations.expectations.core",
    "hydra.core.override_parser.overrides_parser",
    "matplotlib.figure",
    "networkx",
    "pandas",
    "peft",
    "pyarrow.parquet",
    "pydantic",
    "pygit2",
    "rich.console",
    "ruamel.yaml",
    "safetensors.torch",
    "scipy.stats",
    "tokenizers",
    "torch._dynamo",
    "torch._inductor.standalone_compile",
    "torch.utils.flop_counter",
    "transformers.models.llama.modeling_llama",
    "typer.main",
    "uvicorn",
)
LONGEST = 1 << 16
"""Bytes of a message."""

INTERPRETER = sys.executable
Program = tuple[list[str], str, dict[str, str]]
"""Its arguments, folder and environment."""


class Withheld(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Takes a package back that is loaded, and gives it when a program imports it.

    What a stage records of its run names torch where the stage has imported that.
    """

    def __init__(self, package: str) -> None:
        names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
        self.package, self.modules = package, {name: sys.modules.pop(name) for name in names}
        self.spec = self.modules[package].__spec__
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.ModuleSpec(name, self) if name == self.package else None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        sys.meta_path.remove(self)
        sys.modules.update(self.modules)
        return self.modules[self.package]

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


@functools.cache
def python() -> Path:
    """The command. The process behind it is one for all workers of a test run, and ends with that."""
    testing = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    folder = Path(tempfile.gettempdir()) / f"warm-{testing}"  # short, as the path of a socket must be
    folder.mkdir(mode=0o700, exist_ok=True)
    command, place = folder / "python", str(folder / "socket")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not command.exists():
            neutral = {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
            serving = [sys.executable, "-P", __file__, "--serve", place, str(command), str(testing)]
            subprocess.run(serving, env=neutral, stdin=subprocess.DEVNULL, check=True)
    return command


def path() -> str:
    """The caller's PATH, but that `python` is this command."""
    return f"{python().parent}{os.pathsep}{os.environ['PATH']}"


def ask(place: str, arguments: list[str]) -> int:
    """Have a program run, and hear what asks it to end; its exit status."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(place)
        message = json.dumps([arguments, str(Path.cwd()), dict(os.environ)])
        socket.send_fds(connection, [message.encode()], [0, 1, 2])
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda number, _: connection.sendall(bytes([number])))
        status = int(connection.recv(LONGEST))
    return status if status >= 0 else 128 - status


def serve(place: str, command: str, testing: int) -> Program:
    """Import what is slow and go on in the background as long as a process lives; returns in forks, with a program."""
    end = os.pidfd_open(testing)
    for module in SLOW:
        importlib.import_module(module)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        client = shlex.join([INTERPRETER, "-IS", __file__, place])
        Path(command).write_text(f'#!/bin/sh\nexec {client} "$@"\n', encoding="utf-8")
        Path(command).chmod(0o755)
        if os.fork():
            os._exit(0)
        os.setsid()
        sys.executable = command  # what programs start with it begins like them
        keepers = set[int]()
        while end not in select.select([listener, end], [], [])[0]:
            connection, _ = listener.accept()
            if not (keeper := os.fork()):
                return keep(connection)
            connection.close()
            keepers = {one for one in {*keepers, keeper} if not os.waitpid(one, os.WNOHANG)[0]}
    shutil.rmtree(Path(place).parent)
    os._exit(0)


def keep(connection: socket.socket) -> Program:
    """Fork a program, pass signals on, kill it if who asked for it dies, tell how it ended; returns in the program."""
    message, streams, _, _ = socket.recv_fds(connection, LONGEST, 3)
    if not (program := os.fork()):
        connection.close()
        os.setsid()
        for standard, stream in enumerate(streams):
            os.dup2(stream, standard)
            os.close(stream)
        arguments, folder, environment = json.loads(message)
        return arguments, folder, environment
    for stream in (0, 1, 2, *streams):
        os.close(stream)
    end = os.pidfd_open(program)
    while end not in select.select([connection, end], [], [])[0]:
        with contextlib.suppress(ProcessLookupError):  # it leads no group yet
            for number in connection.recv(LONGEST) or [signal.SIGKILL]:
                os.killpg(program, number)
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    with contextlib.suppress(OSError):
        connection.send(str(status).encode())
    os._exit(0)


def run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Be the interpreter that was asked for; with options that it may not know, a new one."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))  # as the interpreter does
    match arguments:
        case ["-c", program, *rest]:
            sys.argv = ["-c", *rest]
            sys.path.insert(0, "")
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            sys.path.insert(0, folder)
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-W", action, *rest]:
            warnings._setoption(action)  # type: ignore[attr-defined]  # as the interpreter does
            run(rest, folder, environment)
        case [option, *_] if option.startswith("-"):
            os.execv(INTERPRETER, [INTERPRETER, *arguments])
        case [script, *rest]:
            sys.argv = [script, *rest]
            sys.path.insert(0, str(Path(script).resolve().parent))
            runpy.run_path(script, run_name="__main__")


def exit_status(program: Program) -> int:
    """Run a program to its end; how it ended. The interpreter is not taken apart, which would take a second."""
    status: object = 0
    Withheld("torch")
    try:
        run(*program)
    except SystemExit as exited:
        status = exited.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    if not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        place, command, testing = sys.argv[2:]
        os._exit(exit_status(serve(place, command, int(testing))))
    sys.exit(ask(sys.argv[1], sys.argv[2:]))
