# SPDX-License-Identifier: Apache-2.0
"""Files of the state folder: private, and never seen half written."""
import json
import os
import tempfile


def private_folder(path):
    os.makedirs(path, mode=0o700, exist_ok=True)
    os.chmod(path, 0o700)
    return path


def write(path, data, mode=0o600):
    """Write by rename, so that a reader waiting for the file gets all of it."""
    if isinstance(data, str):
        data = data.encode("utf-8")
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(temporary, mode)
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def write_json(path, value):
    write(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read(path):
    with open(path, "rb") as source:
        return source.read()


def remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
