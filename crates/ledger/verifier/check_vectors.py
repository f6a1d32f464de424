#!/usr/bin/env python3
"""Checks verify.py against the vectors that esteira's own code writes and those that others published.

    check_vectors.py FOLDER        says how many vectors it agreed on; ends with 1 at the first that it does not
"""
import json, sys
from pathlib import Path

from ed25519 import signed
from envelope import open_statement, pae
from verify import (commitment, consistent, included, leaf_hash, open_checkpoint, open_note, read_checkpoint, read_key,
                    read_leaf, sha, tree_root, verify)

agreed = 0


def check(name, found, expected):
    global agreed
    if found != expected:
        sys.exit(f"{name}: found {found!r}, expected {expected!r}")
    agreed += 1


def or_none(call, *arguments):
    try:
        return call(*arguments)
    except (ValueError, KeyError):
        return None


def raw(text):
    return bytes.fromhex(text)


def text_commitment(salt, texts):
    return sha(b"\3", salt, *(len(text.encode()).to_bytes(8, "big") + text.encode() for text in texts))


def digests_of(text, keys):
    """The digests of a statement's subjects, when a trusted key signed it."""
    return [subject["digest"]["sha256"] for subject in open_statement(json.loads(text), keys)["subject"]]


def check_leaves(file):
    for leaf in file["leaves"]:
        check("leaf", read_leaf(raw(leaf["hex"])), leaf["fields"])
        check("leaf hash", leaf_hash(raw(leaf["hex"])).hex(), leaf["hash"])
    for case in file["refused"]:
        check(case["name"], or_none(read_leaf, raw(case["hex"])), None)
    for case in file["commitments"]:
        check("commitment", commitment(raw(case["salt"]), sha(raw(case["body"]))).hex(), case["commitment"])
        check("texts", text_commitment(raw(case["salt"]), case["texts"]).hex(), case["text_commitment"])


def check_tree(leaves, roots, cases):
    for size, root in roots.items():
        check(f"root of {size}", tree_root(leaves[:size]), root)
    for case in cases["inclusion"]:
        index, size, path = case["index"], case["size"], [raw(each) for each in case["path"]]
        check(f"leaf {index} of {size}", included(leaves[index], index, size, path, roots[size]), True)
        check("another leaf", included(leaf_hash(b"x"), index, size, path, roots[size]), False)
        check("one too many", included(leaves[index], index, size, path + [sha()], roots[size]), False)
    for case in cases["consistency"]:
        old, new, path = case["old"], case["new"], [raw(each) for each in case["path"]]
        check(f"{old} to {new}", consistent(old, roots[old], new, roots[new], path), True)
        check("another root", consistent(old, sha(b"x"), new, roots[new], path), False)
        check("one too many", consistent(old, roots[old], new, roots[new], path + [sha()]), False)


def check_published(file):
    for case in file["ed25519"]:
        public, message, signature = raw(case["public"]), raw(case["message"]), raw(case["signature"])
        check("Ed25519", signed(public, message, signature), True)
        check("Ed25519, another message", signed(public, message + b"x", signature), False)
    tree = file["merkle"]
    leaves = [leaf_hash(raw(entry)) for entry in tree["entries"]]
    check_tree(leaves, dict(enumerate(map(raw, tree["roots"]))), tree)
    for case in file["notes"]:
        expected = (case["text"], case["signers"]) if case["text"] else None
        check(case["name"], or_none(open_note, case["note"], case["keys"]), expected)
    point = file["checkpoint"]
    check("checkpoint", read_checkpoint(point["text"]), (point["origin"], point["size"], raw(point["root"])))
    check("PAE", pae(file["pae"]["type"], raw(file["pae"]["payload"])).decode(), file["pae"]["encoding"])


def main():
    folder = Path(sys.argv[1])
    file = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    check_published(file.pop("published"))
    check_leaves(file.pop("leaves"))
    log = file.pop("log")
    roots = {case["size"]: raw(case["root"]) for case in log["roots"]}
    check_tree([leaf_hash(str(number).encode()) for number in range(1000)], roots, log)
    notes = file.pop("notes")
    for case in notes["cases"]:
        expected = (int(case["size"]), raw(case["root"])) if case["size"] else None
        check(case["name"], or_none(open_checkpoint, case["note"], notes["origin"], notes["keys"]), expected)
    evidence = file.pop("evidence")
    for case in evidence["cases"]:
        found = verify(case["bundle"], evidence["origin"], evidence["keys"])
        check(case["name"], found, (case["verdict"], case["failing"]))
    envelopes = file.pop("envelopes")
    for case in envelopes["cases"]:
        check(case["name"], or_none(digests_of, case["envelope"], envelopes["keys"]), case["subjects"])
    if file:
        sys.exit(f"files that nobody reads: {sorted(file)}")
    print(f"agreed on {agreed} vectors")


if __name__ == "__main__":
    main()
