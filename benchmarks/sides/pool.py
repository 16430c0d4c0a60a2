"""Two worker processes, started in turns with two bare interpreters that import the same: seconds of each."""

import json
import subprocess
import sys
import time

import plait

IMPORTS = "import plait.engine.workers.process; print(flush=True); input()"


def workers():
    start = time.perf_counter()
    with plait.Workers(2):
        return time.perf_counter() - start


def interpreters():
    # A session of its own, as a worker has it: some systems share out processor time by session.
    how = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    start = time.perf_counter()
    started = [subprocess.Popen([sys.executable, "-c", IMPORTS], **how) for _ in range(2)]
    assert all(process.stdout.readline() for process in started)
    seconds = time.perf_counter() - start
    for process in started:
        process.communicate(b"\n")
    return seconds


def main():
    workers(), interpreters()
    taken = [(workers(), interpreters()) for _ in range(int(sys.argv[1]))]
    print(json.dumps({"workers": [pair[0] for pair in taken], "bare": [pair[1] for pair in taken]}))


if __name__ == "__main__":
    main()
