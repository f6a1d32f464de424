#!/usr/bin/env python3
"""Reduces the OurAirports table to crates/demo/data/airports.ndjson; README.md beside this file says how to run it.

Usage: reduce.py AIRPORTS_CSV_GZ > airports.ndjson
"""

import csv
import gzip
import io
import json
import sys

CONTINENTS = {"SA", "AF", "EU"}


def number(text):
    """The shortest decimal with at most four digits: eleven metres on the ground."""
    return round(float(text), 4)


def main():
    with gzip.open(sys.argv[1]) as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")))
    kept = [row for row in rows if row["continent"] in CONTINENTS and row["iata_code"]]
    kept.sort(key=lambda row: int(row["id"]))
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n")
    for row in kept:
        record = {
            "id": int(row["id"]),
            "iata": row["iata_code"],
            "name": " ".join(row["name"].split()),
            "type": row["type"],
            "city": " ".join(row["municipality"].split()) or None,
            "country": row["iso_country"],
            "continent": row["continent"],
            "latitude": number(row["latitude_deg"]),
            "longitude": number(row["longitude_deg"]),
            "elevation_ft": int(row["elevation_ft"]) if row["elevation_ft"] else None,
            "scheduled": row["scheduled_service"] == "yes",
        }
        out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    out.flush()


if __name__ == "__main__":
    main()
