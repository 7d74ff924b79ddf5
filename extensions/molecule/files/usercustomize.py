"""Ansible's modules come as zip archives, which Python compiles anew each time: more than a quarter of what a task
takes on a host of the lab. Here it keeps what it compiled out of them, as it does of files that are in folders.

Python imports a module of this name at its start (docs.python.org/3/library/site.html). The demo does without, and so
does what is measured: cleanup.yml takes it away."""

import marshal
import os
import zipimport
from importlib.util import source_hash
from types import CodeType

FOLDER = "/var/cache/zipimport"


def compiled(pathname: str, source: bytes) -> CodeType:
    path = f"{FOLDER}/{source_hash(source).hex()}"
    if os.path.exists(path):
        with open(path, "rb") as file:
            return marshal.load(file)
    code = compile(source, pathname, "exec", dont_inherit=True)
    os.makedirs(FOLDER, mode=0o700, exist_ok=True)
    with open(f"{path}.{os.getpid()}", "wb") as file:
        marshal.dump(code, file)
    os.rename(file.name, path)
    return code


zipimport._compile_source = compiled
