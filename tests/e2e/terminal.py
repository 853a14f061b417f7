# Runs a program in the foreground of a terminal: terminal.py PROGRAM ARGUMENT...
# Prints its process id and what it writes. SIGUSR1 closes the terminal. Exits with its code.
import os
import pty
import select
import signal
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
closing = []
signal.signal(signal.SIGUSR1, lambda *_: closing.append(True))
print(f"pid {pid}", flush=True)
while not closing:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            sys.stdout.buffer.write(os.read(terminal, 65536))
        except OSError:
            break
        sys.stdout.flush()
os.close(terminal)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
