#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files as C arrays: embed.py PREFIX OUT.c OUT.h FILE..."""

import os
import re
import sys


def rows(data):
    for at in range(0, len(data), 16):
        yield "\t" + ", ".join(str(b if b < 128 else b - 256) for b in data[at : at + 16]) + ",\n"


def main():
    prefix, out_c, out_h, *files = sys.argv[1:]
    head = "/* Made by tools/embed.py: do not edit. */\n"
    with open(out_c, "w") as c, open(out_h, "w") as h:
        c.write(head + f'#include "cmd/{os.path.basename(out_h)}"\n')
        h.write(head + "#pragma once\n\n#include <stddef.h>\n\n")
        for path in files:
            name = prefix + "_" + re.sub(r"\W", "_", os.path.basename(path))
            with open(path, "rb") as f:
                data = f.read()
            h.write(f"extern const char {name}[];\nextern const size_t {name}_len;\n")
            c.write(f"\nconst char {name}[] = {{\n{''.join(rows(data))}}};\n")
            c.write(f"const size_t {name}_len = sizeof({name});\n")


main()
