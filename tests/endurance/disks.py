"""Takes the disk away from programs, gives it back, and compares with a run left in peace.

    sudo python -m tests.endurance.disks [infer] [train] [convert] [evaluate]

For each of infer, train, convert and evaluate: a disk that is full after a share of what the
program writes (a small tmpfs), an output folder that vanishes while it works, and one that an
ordinary user may not write to. The program must end with one line that says what is wrong, and,
started again with the disk in order, leave byte for byte what an uninterrupted run leaves. Needs
root, to mount. Exits with 1 after any fault.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from tests.endurance.kills import TRIALS, Trial, fork, import_all, read_all, wait
from tests.programs import call_program

SHARES = (0.02, 0.2, 0.5, 0.8, 0.95)
"""Of what a program writes: how large the disk is."""
MOMENTS = (0.3, 0.5, 0.7, 0.9)
"""Of the time it takes: when its folder vanishes."""


class Disks:
    """One program's trials.

    Args:
        trial: the program; its inputs are made here.
    """

    def __init__(self, trial: Trial):
        self.trial = trial
        self.words = trial.folder / "words"
        self.faults: list[str] = []
        self.count = 0
        assert wait(fork(lambda: trial.prepare() or 0)) == 0, "the inputs cannot be made"
        begun = time.perf_counter()
        peaceful = trial.folder / "peaceful"
        assert wait(self._start(peaceful)) == 0, "it fails even if it is left in peace"
        self.seconds = time.perf_counter() - begun
        self.whole = read_all(peaceful)
        self.size = sum(p.stat().st_size for p in peaceful.rglob("*") if p.is_file())

    def _start(self, output, prepare: Callable[[], object] = lambda: None):
        tool, *flags = self.trial.arguments(output)

        def body():
            prepare()
            return call_program(tool, *flags)

        return fork(body, self.words)

    def _check_words(self, what, status, is_error=True):
        """Judges how it ended."""
        self.count += 1
        text = self.words.read_text(errors="replace")
        errors = [line for line in text.splitlines() if line.startswith(("error: ", "failed: "))]
        if "Traceback" in text or (is_error and (status not in (1, 2) or len(errors) != 1)):
            self.faults.append(f"{what}: status {status}, errors {errors}: {text[-800:]}")

    def _check_again(self, what, output):
        """Judges what a second start makes of it."""
        again = wait(self._start(output))
        if again or read_all(output) != self.whole:
            names = [n for n in self.whole if read_all(output).get(n) != self.whole[n]]
            self.faults.append(f"{what}: then status {again}; other files: {names[:5]}")

    def fill(self, share: float) -> None:
        """A disk that is full after a share."""
        mount = self.trial.folder / "mount"
        mount.mkdir(exist_ok=True)
        size = max(4096, int(share * self.size))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount], check=True)
        try:
            output = mount / "output"
            # Files take whole pages, so that little is always too little.
            status = wait(self._start(output))
            more = f"remount,size={40 * self.size + (1 << 22)}"
            subprocess.run(["mount", "-o", more, "tmpfs", mount], check=True)
            self._check_words(f"full at {share:.0%}", status, is_error=status != 0)
            self._check_again(f"full at {share:.0%}", output)
        finally:
            subprocess.run(["umount", mount], check=True)

    def vanish(self, moment: float) -> None:
        """A folder that is gone."""
        output = self.trial.folder / "vanishing"
        process = self._start(output)
        time.sleep(moment * self.seconds)
        shutil.rmtree(output, ignore_errors=True)
        status = wait(process)
        what = f"vanished at {moment:.0%}"
        self._check_words(what, status, is_error=status != 0)
        shutil.rmtree(output, ignore_errors=True)  # what was written afterwards
        self._check_again(what, output)
        shutil.rmtree(output)

    def forbid(self) -> None:
        """A folder that an ordinary user may not write to."""
        output = self.trial.folder / "forbidden"
        output.mkdir()
        output.chmod(0o555)
        status = wait(self._start(output, drop_privileges))
        if any(output.iterdir()):
            self.faults.append("read-only: something was written")
        self._check_words("read-only", status)
        output.chmod(0o755)
        self._check_again("read-only", output)


def drop_privileges() -> None:
    """Makes root an ordinary user, whom permissions bind; files of its own stay readable."""
    version, everything = 0x20080522, 0
    header, none = (ctypes.c_uint32 * 2)(version, everything), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, none):
        raise OSError(ctypes.get_errno(), "privileges cannot be dropped")


def main() -> int:
    if os.getuid():
        print("needs root, to mount small disks", file=sys.stderr)
        return 2
    import_all()
    faults = []
    for name in sys.argv[1:] or TRIALS:
        kind = TRIALS[name]
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder).chmod(0o755)
            disks = Disks(kind(pathlib.Path(folder)))
            for share in SHARES:
                disks.fill(share)
            for moment in MOMENTS:
                disks.vanish(moment)
            disks.forbid()
        print(f"{name}: {disks.count} trials, {len(disks.faults)} faults", flush=True)
        for fault in disks.faults:
            print(f"  {fault}", flush=True)
        faults += disks.faults
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
