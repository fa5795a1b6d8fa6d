#!/usr/bin/env python3
"""What the tests ask of a database: sql.py FILE STATEMENT prints the rows, `|` between values.

Debian's python3 brings SQLite along; the program `sqlite3` is one that nobody else here needs."""

import sqlite3
import sys

file, statement = sys.argv[1:]
with sqlite3.connect(file) as database:
    for row in database.execute(statement):
        print(*row, sep="|")
