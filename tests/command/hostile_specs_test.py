#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests hostile specs: too large, nested too deeply, endless or misleading.

    hostile_specs_test.py KEYFERRY

Each spec must be rejected with exit code 3 and a location, within CPU_S_MAX of processor time and
MEMORY_MIB_MAX of memory. (Processor time is measured because the machine may be busy.)
"""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

KEYFERRY = ""
SANITIZED = False
MEASURE = """
import os, sys
child = os.fork()
if child == 0:
    os.dup2(2, 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""
CPU_S_MAX = 1.0
MEMORY_MIB_MAX = 64
WAIT_S_MAX = 60
KEY = "mrk-1234abcd12ab34cd56ef1234567890ab"
FLEET = '[fleet]\nname = "t"\naccount = "111122223333"\nprimary = "us-east-1"\n'
GROUP = '[[group]]\nname = "g"\npolicy = "default"\n'
GOOD = FLEET + GROUP + f'keys = ["{KEY}"]\nreplicate_to = ["eu-west-1"]\n'
MILLION = 1_000_000


def letters(number):
    return "".join(chr(97 + number // 26 ** place % 26) for place in range(4))


class HostileSpecs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="keyferry-hostile-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.fleet = self.folder / "fleet.toml"

    def refused(self, expected, place=None, tries=3):
        """Expects that the spec at self.fleet is rejected within the limits, with the message `expected` at `place`."""
        # Runs in a small separate process, because a child's peak memory includes that of its parent.
        done = subprocess.run([sys.executable, "-c", MEASURE, KEYFERRY, "validate", self.fleet], text=True,
                              capture_output=True, timeout=WAIT_S_MAX, check=False, stdin=subprocess.DEVNULL,
                              env={"PATH": os.environ["PATH"]})
        text = done.stderr
        exit_code, cpu_s, memory_kib = map(float, done.stdout.split())
        self.assertEqual(exit_code, 3, text[:500])
        self.assertRegex(text, rf"(?m)^{self.fleet}:{place or '[0-9]+:[0-9]+'}: .*{expected}")
        for control in (*range(32), 127):
            self.assertNotIn(chr(control), text.replace("\n", ""))
        if SANITIZED:
            return None  # sanitizers need additional time and memory
        if cpu_s >= CPU_S_MAX and tries > 1:  # another process on the same core can double the time
            return self.refused(expected, place, tries - 1)
        self.assertLess(cpu_s, CPU_S_MAX, "seconds of processor time")
        self.assertLess(memory_kib / 1024, MEMORY_MIB_MAX, "MiB")
        return None

    def test_too_large(self):
        self.fleet.write_text(GOOD + "# " + "x" * 100_000_000)
        self.refused("more than 8388608 bytes; move the keys to a keys_file", "1:1")

    def test_maximum_size(self):
        room = 8 * 1024 * 1024 - len(FLEET) - 20
        for text in ("# " + "x" * room, 'x = "' + "x" * room + '"', "x = '" + "é" * (room // 2) + "'"):
            self.fleet.write_text(FLEET + text + "\n", encoding="utf-8")
            self.refused("has no .*group", "1:1")

    def test_a_million_of_every_item(self):
        for text in ("a = [" + "1," * MILLION + "]", "a = [" + "[]," * MILLION + "]", "[[group]]\n" * MILLION,
                     "".join(f"[t{number}]\n" for number in range(MILLION)),
                     "".join(f"k{number} = 1\n" for number in range(MILLION // 2)),
                     "".join("a{0}.b{0}.c{0}.d{0}.e{0}.f{0}.g{0} = 1\n".format(number) for number in range(100_000))):
            self.fleet.write_text(text[:8_000_000])
            self.refused("more than 150000 of the characters")

    def test_maximum_number_of_every_item(self):
        most = 149_000
        for text in ("a = [" + "1," * most + "]", "a = [" + "[]," * (most // 2) + "]", "[[group]]\n" * (most // 2),
                     "".join(f"[{number:x}]\n" for number in range(most)),
                     "[wait]\n" + "".join(f"until_read{number:x} = 1\n" for number in range(most)),
                     GROUP + "keys = [" + '"x",' * most + "]"):
            self.fleet.write_text(text + "\n")
            self.refused("")

    def test_too_deep(self):
        for text, place in (("a = " + "[" * 100_000, "1:261"), ("a = " + "{a=" * 50_000, "1:773"), ("a = " + "[" * MILLION, "1:150004"),
                            ("[" + ".".join("a" * MILLION) + "]", "1:35"), (".".join("a" * MILLION) + " = 1", "1:34"),
                            ("a . \"b\" . " * MILLION, None)):
            self.fleet.write_text(text[:8_000_000] + "\n")
            self.refused("", place)
        dots = ".".join("a" * 16)
        self.fleet.write_text("a = " + f"{{{dots}=" * 250 + "1" + "}" * 250 + "\n")
        self.refused("nested more than 256 levels deep")

    def test_too_many_regions(self):
        many = ",".join(f'"us-{letters(number)}-1"' for number in range(100_000))
        self.fleet.write_text(GOOD + f"[region_sets]\nall = [{many}]\n")
        self.refused("'all' in .region_sets. has 100000 entries; the maximum is 200")
        self.fleet.write_text(FLEET + GROUP + f'keys = ["{KEY}"]\nreplicate_to = [{many}]\n')
        self.refused("'replicate_to' in group 'g' has 100000 entries")

    def test_more_replicas_than_can_be_planned(self):
        (self.folder / "keys").write_text("".join(f"mrk-{number:032x}\n" for number in range(110_000)))
        regions = ",".join(f'"us-{letters(number)}-1"' for number in range(190))
        self.fleet.write_text(FLEET + GROUP + f'keys_file = "keys"\nreplicate_to = [{regions}]\n')
        self.refused("has 20900000 replicas, more than the maximum of 20000000", "1:1")

    def test_ten_million_keys(self):
        with (self.folder / "keys").open("wb") as keys:
            keys.truncate(10 * MILLION * 37)
        self.fleet.write_text(FLEET + GROUP + 'keys_file = "keys"\nreplicate_to = ["eu-west-1"]\n')
        self.refused("cannot read .*keys': File too large", "8:13")

    def test_deceptive_characters(self):
        for text, place, expected in (("\0", "12:1", "invalid TOML"), ('x = "a\0b"', "12:7", "invalid TOML"),
                                      ('x = "\x1b[2J"', "12:6", "invalid TOML"), ('x = "\x7f"', "12:6", "invalid TOML"),
                                      ("# \u202e comment", "12:3", r"U\+202E changes the order in which text is displayed"),
                                      ('x = "é\u2066"', "12:7", r"U\+2066"), ("x = '\u202a'", "12:6", r"U\+202A"),
                                      ("x = '\u2069'", "12:6", r"U\+2069")):
            self.fleet.write_text(GOOD + "\n\n" + text + "\n", encoding="utf-8")
            self.refused(expected, place)
        self.fleet.write_bytes(GOOD.encode() + b'x = "\xff\xfe"\n')
        self.refused("invalid TOML", "10:5")

    def test_duplicate_name(self):
        self.fleet.write_text(GOOD + 'policy = "default"\n')
        self.refused("a key may be defined only once", "10:10")
        self.fleet.write_text(GOOD + "[fleet]\n")
        self.refused("a key may be defined only once", "10:1")

    def test_not_a_regular_file(self):
        pipe, loop, folder = (self.folder / name for name in ("pipe", "loop", "folder"))
        os.mkfifo(pipe)
        loop.symlink_to(loop)
        folder.mkdir()
        for path, expected in ((pipe, "not a regular file"), ("/dev/zero", "not a regular file"),
                               (folder, "not a regular file"), (loop, "[Tt]oo many levels of symbolic links")):
            self.fleet = path
            self.refused(expected, "1:1")
            self.fleet = self.folder / "fleet.toml"
            self.fleet.write_text(FLEET + GROUP + f'keys_file = "{path}"\nreplicate_to = ["eu-west-1"]\n')
            self.refused("cannot read .*", "8:13")

    @unittest.skipIf(os.geteuid() == 0, "root may read everything")
    def test_unreadable_file(self):
        self.fleet.write_text(GOOD)
        self.fleet.chmod(0)
        self.refused("Permission denied", "1:1")


if __name__ == "__main__":
    KEYFERRY = os.path.abspath(sys.argv.pop(1))
    SANITIZED = b"__asan_init" in Path(KEYFERRY).read_bytes() or b"__tsan_init" in Path(KEYFERRY).read_bytes()
    unittest.main(verbosity=1)
