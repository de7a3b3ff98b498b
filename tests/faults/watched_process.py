# SPDX-License-Identifier: Apache-2.0
"""Runs a program and lets a test decide the outcome of each of its system calls.

A seccomp filter stops the system calls listed in ARCHITECTURES, and the kernel notifies this process of each
(seccomp_unotify(2), Linux 5.5). The test can let a call continue, make it fail with an errno, execute half of it, or
kill the program instead. Needs no privileges, no ptrace and no preloaded library, and works for static and sanitized
programs.

`strace -e inject=...:when=N` does not suffice: it counts the calls of each thread separately, so with two threads
that write, the first writes of the second thread can never be selected.
"""

import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

# Architecture -> (its AUDIT_ARCH, number of seccomp(2), name -> number of the watched calls).
ARCHITECTURES = {
    "x86_64": (0xC000003E, 317, {
        "write": 1, "open": 2, "pread64": 17, "pwrite64": 18, "sendto": 44, "sendmsg": 46, "fcntl": 72, "fsync": 74,
        "fdatasync": 75, "ftruncate": 77, "rename": 82, "unlink": 87, "openat": 257, "unlinkat": 263, "renameat": 264,
        "fallocate": 285, "renameat2": 316}),
    "aarch64": (0xC00000B7, 277, {
        "fcntl": 25, "unlinkat": 35, "renameat": 38, "ftruncate": 46, "fallocate": 47, "openat": 56, "write": 64,
        "pread64": 67, "pwrite64": 68, "fsync": 82, "fdatasync": 83, "sendto": 206, "sendmsg": 211, "renameat2": 276}),
}
NAMED_BY_PATH = {"open": 0, "openat": 1, "unlink": 0, "unlinkat": 1, "rename": 0, "renameat": 1, "renameat2": 1}
CHANGES_THE_FILE = {"write", "pwrite64", "fdatasync", "fsync", "ftruncate", "fallocate", "rename", "renameat",
                    "renameat2", "unlink", "unlinkat"}
SENDS = {"sendto", "sendmsg"}

NOTIF_RECV, NOTIF_SEND = 0xC0502100, 0xC0182101
NOTIF_BYTES = 80
RESPONSE_CONTINUE = 1
SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER = 1, 8
RET_ALLOW, RET_USER_NOTIF = 0x7FFF0000, 0x7FC00000
PR_SET_NO_NEW_PRIVS = 38
PATH_BYTES_MAX = 4096
RUN_S_MAX = 60
SLOWLY_MS = 2
POLL_MS = 1000


class CannotWatch(Exception):
    """This machine or container does not allow a process to intercept the system calls of another."""


class Call:
    """A system call before its execution. `path` is the file that it operates on. `number` counts from 1 over all
    threads; it is 0 for sends on a socket."""

    def __init__(self, name, thread, path, arguments):
        self.name, self.thread, self.path, self.arguments = name, thread, path, arguments
        self.number = 0

    def content(self):
        """The bytes that a write or sendto call would write."""
        _, address, length = self.arguments[:3]
        return memory_of(self.thread, address, length)

    def __str__(self):
        return f"call {self.number}, {self.name} of {os.path.basename(self.path)}"


def memory_of(thread, address, length):
    with open(f"/proc/{thread}/mem", "rb", buffering=0) as memory:
        memory.seek(address)
        return memory.read(length)


class Fail:
    """Skips the call and makes it return this error."""

    def __init__(self, error_number):
        self.error_number = error_number


class Kill:
    """Sends SIGKILL before the call is executed."""


class HalfThenKill:
    """Executes the first half of a write, then sends SIGKILL."""


class Half:
    """Executes the first half of a write and returns its length, as a disk that becomes full does."""


class Hang:
    """Lets the call hang, like a file server that does not respond, and sends `signal` to the program."""

    def __init__(self, signal_number):
        self.signal_number = signal_number


class Slowly:
    """Lets the call continue after other threads have had time to make calls. Handles those calls first, then
    calls `then()`: every call handled before `then()` was made before this call was executed."""

    def __init__(self, then):
        self.then = then


class Finished:
    def __init__(self, code, output, stderr, pid):
        self.code, self.output, self.stderr, self.pid = code, output, stderr, pid
        self.was_killed = code == -signal.SIGKILL


def filter_program():
    """Returns the code of a seccomp filter that notifies of the watched calls and allows all others, and its length."""
    audit_arch, _, calls = ARCHITECTURES[os.uname().machine]
    load, jump_if_equal, verdict = 0x20, 0x15, 0x06
    numbers = sorted(calls.values())
    lines = [(load, 0, 0, 4), (jump_if_equal, 1, 0, audit_arch), (verdict, 0, 0, RET_ALLOW), (load, 0, 0, 0)]
    lines += [(jump_if_equal, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    lines += [(verdict, 0, 0, RET_ALLOW), (verdict, 0, 0, RET_USER_NOTIF)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines), len(lines)


def install_filter():
    """Installs the filter for the calling thread and the programs that it executes. Returns the descriptor of the
    listener, or -1."""
    libc = ctypes.CDLL(None, use_errno=True)
    code, length = filter_program()
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("@HxxxxxxP", length, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return -1
    return libc.syscall(ARCHITECTURES[os.uname().machine][1], SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER, program)


def execute_watched(channel_number, command):
    """Runs in the new process: passes the listener to the test, then executes `command` under the filter. A thread
    without the filter passes it, since the sends of a filtered thread would wait for the listener."""
    channel = socket.socket(fileno=channel_number)
    installed = threading.Event()
    listener = []

    def hand_over():
        installed.wait()
        if listener[0] >= 0:
            socket.send_fds(channel, [b"+"], [listener[0]])
        else:
            channel.send(b"-")

    helper = threading.Thread(target=hand_over)
    helper.start()
    listener.append(install_filter())
    installed.set()
    helper.join()
    if listener[0] < 0:
        sys.exit(1)
    os.set_inheritable(channel_number, False)
    os.set_inheritable(listener[0], False)
    os.execv(command[0], command)


class WatchedProcess:
    """`decide(call)` determines the outcome of each call on a file for which `concerns(path)` is true, and of each
    send on a socket. It returns None to continue the call, or a Fail, Kill, HalfThenKill, Half, Hang or
    Slowly."""

    def __init__(self, command, decide, concerns, environment, folder):
        if os.uname().machine not in ARCHITECTURES:
            raise CannotWatch(f"no system call numbers for {os.uname().machine} in {os.path.basename(__file__)}")
        self.decide, self.concerns = decide, concerns
        self.names = {number: name for name, number in ARCHITECTURES[os.uname().machine][2].items()}
        self.calls = 0
        self.folder = str(folder)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.set_inheritable(True)
            starter = [sys.executable, "-I", "-S", os.path.abspath(__file__), str(theirs.fileno()), *command]
            self.process = subprocess.Popen(starter, env=environment, cwd=folder, pass_fds=[theirs.fileno()],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.PIPE, text=True)
            theirs.close()
            _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
        if not descriptors:
            notes = self.process.communicate()[1]
            raise CannotWatch("seccomp(2) provides no listener: " + notes)
        self.listener = descriptors[0]

    def finish(self):
        """Handles the calls of the program until it ends."""
        pipes = threading.Thread(target=self._read_pipes)
        pipes.start()
        self.waiting = select.poll()
        self.waiting.register(self.listener, select.POLLIN)
        deadline = time.monotonic() + RUN_S_MAX
        try:
            while self._has_callers():
                if time.monotonic() > deadline:
                    self.process.kill()
                    raise TimeoutError(f"the program did not end within {RUN_S_MAX} s")
        finally:
            os.close(self.listener)
            pipes.join()
        return Finished(self.process.returncode, self.output, self.stderr, self.process.pid)

    def _read_pipes(self):
        self.output, self.stderr = self.process.communicate()

    def _has_callers(self):
        """Waits for the next call and handles it. False if no process is left."""
        ready = self.waiting.poll(POLL_MS)
        if ready and not ready[0][1] & select.POLLIN:
            return False
        if ready:
            self._handle_next()
        return True

    def _handle_next(self):
        notification = bytearray(NOTIF_BYTES)
        try:
            fcntl.ioctl(self.listener, NOTIF_RECV, notification)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return  # the calling process has ended in the meantime
            raise
        identity, thread, _, number, _, _, *arguments = struct.unpack("=QIIiIQ6Q", notification)
        try:
            call = self._call_of(self.names[number], thread, arguments)
            response = (0, 0, RESPONSE_CONTINUE) if call is None else self._decided(call)
        except ProcessLookupError:
            return  # the calling process was killed before its memory was read
        if response is None:
            return
        try:
            fcntl.ioctl(self.listener, NOTIF_SEND, struct.pack("=QqiI", identity, *response))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise

    def _decided(self, call):
        """Returns value, error and flags of the response, or None if there is none."""
        if call.name not in SENDS:
            self.calls += 1
            call.number = self.calls
        decision = self.decide(call)
        if isinstance(decision, Fail):
            return 0, -decision.error_number, 0
        if isinstance(decision, Half):
            return self._write_half(call), 0, 0
        if isinstance(decision, Hang):
            self.process.send_signal(decision.signal_number)
            return None
        if isinstance(decision, HalfThenKill):
            self._write_half(call)
        if isinstance(decision, (Kill, HalfThenKill)):
            self.process.kill()
            return None
        if isinstance(decision, Slowly):
            while self.waiting.poll(SLOWLY_MS) and self._has_callers():
                pass
            decision.then()
        return 0, 0, RESPONSE_CONTINUE

    def _call_of(self, name, thread, arguments):
        """Returns None for a call on a file that the test does not observe."""
        try:
            if name in NAMED_BY_PATH:
                path = os.path.join(self.folder, self._text_at(thread, arguments[NAMED_BY_PATH[name]]))
            else:
                path = os.readlink(f"/proc/{thread}/fd/{arguments[0]}")
        except (OSError, UnicodeDecodeError):
            return None  # the descriptor is not open, so the call will fail
        path = os.path.normpath(path) if path.startswith("/") else path
        if name in SENDS or self.concerns(path):
            return Call(name, thread, path, arguments)
        return None

    @staticmethod
    def _text_at(thread, address):
        return memory_of(thread, address, PATH_BYTES_MAX).split(b"\0", 1)[0].decode()

    @staticmethod
    def _write_half(call):
        """Appends the first half of the bytes of `call`, without a newline at the end."""
        content = call.content()
        half = content[:max(1, len(content) // 2)].removesuffix(b"\n")
        target = os.open(f"/proc/{call.thread}/fd/{call.arguments[0]}", os.O_WRONLY | os.O_APPEND)
        try:
            return os.write(target, half)
        finally:
            os.close(target)


if __name__ == "__main__":
    execute_watched(int(sys.argv[1]), sys.argv[2:])
