"""Runs a command at a terminal of its own: at-terminal.py COMMAND ARG...

What it writes there goes to standard output as it comes. Each line of standard input is JSON: {"after": TEXT, "type": TEXT}
types a text once what was written since the last one has the other in it. Ends as the command does.
"""
import json, os, pty, select, sys

steps = [json.loads(line) for line in sys.stdin]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
since = b""
while True:
    if not select.select([terminal], [], [], 60)[0]:
        os.kill(pid, 9)
        break
    try:
        read = os.read(terminal, 65536)
    except OSError:  # The command has closed it.
        break
    if not read:
        break
    sys.stdout.buffer.write(read)
    sys.stdout.flush()
    since += read
    if steps and steps[0]["after"].encode() in since:
        os.write(terminal, steps.pop(0)["type"].encode())
        since = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
