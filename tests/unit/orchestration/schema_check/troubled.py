"""The checking child with files that spin or kill it, by their names."""

import signal

from orchestration.schema_check import child

_HONEST = child.fault_of


def _troubled(catalogue, path):
    while "spin" in path:
        pass
    if "die" in path:
        signal.raise_signal(signal.SIGSEGV)
    return _HONEST(catalogue, path)


if __name__ == "__main__":
    child.PROCESSOR_SECONDS = 1
    child.fault_of = _troubled
    child.main()
