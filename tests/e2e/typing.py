# Runs a program on a terminal and types standard input there: typing.py PROGRAM ARGUMENT...
# Types once the program has written something, prints all that it writes, and exits with its code.
import os
import pty
import select
import sys

typed = sys.stdin.buffer.read()
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    if not select.select([terminal], [], [], 20)[0]:
        sys.exit("the program is silent")
    try:
        written = os.read(terminal, 65536)
    except OSError:
        break
    if not written:
        break
    sys.stdout.buffer.write(written.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    if typed:
        os.write(terminal, typed)
        typed = b""
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
