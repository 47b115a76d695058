"""The APT source of backports is derived from a machine's entry for Debian, in both of APT's formats.

    source_test.py DERIVE_SOURCE
"""

import pathlib
import subprocess
import sys
import tempfile

LINES = [  # file, line of the entry, derived entry
    ("deb http://deb.example/debian bookworm main\n", 1, "deb http://deb.example/debian bookworm-backports main\n"),
    ("# ours\ndeb [ arch=amd64 signed-by=/k.gpg ]\thttps://deb.example/debian/ bookworm main contrib\n", 2,
     "deb [ arch=amd64 signed-by=/k.gpg ] https://deb.example/debian/ bookworm-backports main contrib\n"),
    ("deb-src http://deb.example/debian bookworm main\ndeb cdrom:/x sid main\ndeb file:/srv/debian bookworm main\n", 3,
     "deb file:/srv/debian bookworm-backports main\n"),
]
STANZAS = [
    ("Types: deb deb-src\n# why\nURIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n", 1,
     "Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm-backports\nComponents: main\n"),
    ("# ours\n\nTypes: deb\nURIs: http://other.example\nSuites: x\nComponents: y\n\n"
     "Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm\nComponents: main\nSigned-By: /k.gpg\n", 2,
     "Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /k.gpg\n"),
    ("Types: deb\nURIs:\n http://deb.example/debian\nSuites: bookworm\n bookworm-updates\nComponents: main\nSigned-By:\n"
     " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n", 1,
     "Types: deb\nURIs:\n http://deb.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By:\n"
     " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n"),
    ("types: deb\nuris: http://deb.example/debian\nsuites: bookworm\ncomponents: main\n", 1,
     "Types: deb\nuris: http://deb.example/debian\nSuites: bookworm-backports\ncomponents: main\n"),
]


def derived(program, folder, name, text, place):
    file = folder / name
    file.write_text(text)
    command = [program, file, str(place), "bookworm-backports"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(program):
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, cases in (("debian.list", LINES), ("debian.sources", STANZAS)):
            for text, place, expected in cases:
                had = derived(program, pathlib.Path(folder), name, text, place)
                if had != expected:
                    wrong += 1
                    print(f"from {name}, entry {place}:\n{text}\nexpected\n{expected}\nbut had\n{had}\n")
    print(f"{len(LINES) + len(STANZAS)} sources, {wrong} derived wrongly")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
