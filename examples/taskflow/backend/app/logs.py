# SPDX-License-Identifier: Apache-2.0
"""Logs as lines of JSON. An error is its types and places, never its text: that may hold a value."""

import json
import logging
import sys
import threading
import time
import traceback
from pathlib import Path

_OURS = Path(__file__).parent
log = logging.getLogger("taskflow")


def describe(error: BaseException | None) -> dict:
    """What can be told of an error and of what caused it: where in our code, and where in the end."""
    types, places = [], []
    while error is not None and len(types) < 5:
        types.append(type(error).__name__)
        frames = traceback.extract_tb(error.__traceback__)
        shown = [f for f in frames[:-1] if Path(f.filename).parent == _OURS] + frames[-1:]
        places.append([f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in shown])
        error = error.__cause__ or error.__context__
    return {"error": types, "at": places}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {"time": f"{moment}.{int(record.msecs):03d}Z", "level": record.levelname.lower()}
        # Our own messages are constants. What a library puts into its message nobody has looked at.
        line["message"] = record.msg if record.name == log.name else f"said by {record.name}"
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line |= describe(record.exc_info[1])
        return json.dumps(line, ensure_ascii=True)


def _uncaught(_type, error, _trace) -> None:
    log.critical("not handled", extra={"facts": describe(error)})


def set_up(level: str) -> None:
    """Everything goes to standard output: our own lines from level on, those of libraries from warning on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(level)
    sys.excepthook = _uncaught
    threading.excepthook = lambda a: _uncaught(a.exc_type, a.exc_value, a.exc_traceback)


def say(level: int, message: str, error: BaseException | None = None, **facts) -> None:
    """message is a constant; facts are numbers, and names that are no values."""
    log.log(level, message, exc_info=error, extra={"facts": facts})
