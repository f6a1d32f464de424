#!/usr/bin/env python3
"""Verifies what esteira's ledger exports, with nothing of esteira and nothing but Python's standard library.

    verify.py FILE.json --origin NAME --key VKEY [--key VKEY ..]

prints the verdict on evidence, or whether a statement is SIGNED (envelope.py), and what failed first; ends with 0 when
it is VALID or SIGNED. Written from docs/provenance.md, RFC 8032, RFC 9162 and C2SP signed-note and tlog-checkpoint.
Origin and keys come from whoever verifies, never from what is verified.
"""
import argparse, base64, hashlib, json, re, sys

from ed25519 import signed

sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
leaf_hash = lambda entry: sha(b"\0", entry)
node_hash = lambda left, right: sha(b"\1", left, right)
commitment = lambda salt, digest: sha(b"\2", salt, digest)
raw_list = lambda texts: [bytes.fromhex(text) for text in texts]

# Keys, notes and checkpoints.
def b64(text):
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 in another form")
    return raw

def read_key(text):
    name, key_id, raw = text.split("+", 2)
    raw = b64(raw)
    if raw[:1] != b"\1" or len(raw) != 33 or sha(name.encode(), b"\n", raw)[:4].hex() != key_id:
        raise ValueError(f"not a verifier key: {text}")
    return name, bytes.fromhex(key_id), raw[1:]

def open_note(note, keys):
    """The text and the keys that signed it, as they were given."""
    raw = note.encode()
    if len(raw) > 64 << 10 or any(byte < 32 and byte != 10 for byte in raw) or not note.endswith("\n"):
        raise ValueError("not a note")
    split, signers = note.rindex("\n\n"), []
    text, lines = note[: split + 1], note[split + 2 : -1].split("\n")
    if len(lines) > 64:
        raise ValueError("too many signatures")
    for line in lines:
        found = re.fullmatch(r"\u2014 ([^\s+]+) (\S+)", line)
        raw = b64(found[2]) if found else b""
        if len(raw) < 5:
            raise ValueError("not a signature")
        for key in keys:
            name, key_id, public = read_key(key)
            if (name, key_id) == (found[1], raw[:4]):
                if not signed(public, text.encode(), raw[4:]):
                    raise ValueError("a bad signature")
                signers += [key] if key not in signers else []
    if not signers:
        raise ValueError("signed by nobody who is trusted")
    return text, signers

def read_checkpoint(text):
    origin, size, root, end = text.split("\n")
    if not origin or end or not re.fullmatch("0|[1-9][0-9]*", size) or int(size) >= 2**64 or len(b64(root)) != 32:
        raise ValueError("not a checkpoint")
    return origin, int(size), b64(root)

def open_checkpoint(note, origin, keys):
    found, *head = read_checkpoint(open_note(note, keys)[0])
    if found != origin:
        raise ValueError("another log")
    return tuple(head)

# RFC 9162, sections 2.1.3.2 and 2.1.4.2; the latter is the former for both roots at once.
def walk(node, last, start, path):
    """The two roots to which a path leads: over all that it joins, and over what lies left of it."""
    whole = left = start
    for other in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            whole, left = node_hash(other, whole), node_hash(other, left)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            whole = node_hash(whole, other)
        node, last = node >> 1, last >> 1
    return (whole, left) if last == 0 else None

def included(leaf, index, size, path, root):
    found = walk(index, size - 1, leaf, path) if index < size else None
    return found is not None and found[0] == root

def consistent(old, old_root, new, new_root, path):
    if old > new or old == 0 or old == new:
        return not path and (old == new and old_root == new_root or old == 0 and old < new and old_root == sha())
    path = path if old & (old - 1) else [old_root] + path
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    return bool(path) and walk(node, last, path[0], path[1:]) == (new_root, old_root)

def tree_root(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else sha()
    k = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(tree_root(hashes[:k]), tree_root(hashes[k:]))

# Leaves. The kinds' fields in their order, each with its type.
CODES = {
    "class": "PRODUCTION QA DEVTEST".split(),
    "state": "PENDING RUNNING PAUSED CANCELLING SUCCEEDED FAILED CANCELLED TIMED_OUT".split(),
    "lineage": "DIRECT SUB_PLAN REPROCESS".split(),
    "failure": "RETRYABLE NON_RETRYABLE TIMEOUT CANCELLED LEASE_EXPIRED PROTOCOL".split(),
    "cause": "PURGE ERASURE RETENTION".split(),
    "decision": "ALLOWED DENIED".split(),
    "verdict": "VALID VALID_NOT_ANCHORED MISMATCH_CONTENT MISMATCH_LEAF CHAIN_BROKEN NOT_INCLUDED ERASED UNKNOWN".split(),
}
RECORDS = {
    "operator": "user:text account:text on_behalf_of:text",
    "mark": "kind:failure code:text",
    "policy": "policy:text version:text passed:flag",
}
KINDS = {
    1: "JobStarted account:text plan_version:uuid plan_digest:hash job:uuid lineage:lineage request_digest:?hash "
    "inputs:hashes create_time:int operator:operator data_class:class parents:hashes",
    2: "AttemptEnded account:text plan_digest:hash job:uuid step:text item_path:path task:uuid attempt:count fence:int "
    "function:text function_version:text inputs:hashes outputs:hashes policies:*policy start_time:int end_time:int "
    "worker_start_time:?int worker_end_time:?int worker:text operator:text data_class:class failure:?mark texts:?hash "
    "parents:hashes",
    3: "JobEnded account:text plan_digest:hash job:uuid state:state failure:?mark texts:?hash results:hashes "
    "start_time:?int end_time:int operator:text data_class:class parents:hashes",
    4: "JobReprocessed account:text plan_digest:hash job:uuid source_job:uuid from_step:text overrides:hashes "
    "reason:hash create_time:int operator:operator data_class:class parents:hashes",
    5: "VerificationPerformed account:text scope:text verdict:verdict checked:big failed:big tree_size:big root:hash "
    "start_time:int end_time:int operator:operator parents:hashes",
    6: "OperatorActed account:text operator:operator credential:text action:text resource:text reason:?hash "
    "request_digest:hash decision:decision result:text start_time:int latency_micros:big client_address:?hash parents:hashes",
    7: "BodiesRemoved account:text job:uuid cause:cause bodies:hashes bytes:big reason:?hash time:int operator:operator "
    "data_class:class parents:hashes",
    8: "EpochDeclared epoch:big tree_size:big root:hash anchor_size:big anchor_root:hash reason:hash time:int "
    "operator:operator parents:hashes",
}

class Reader:
    def __init__(self, raw):
        self.raw, self.at = raw, 0

    def take(self, count):
        self.at += count
        if self.at > len(self.raw):
            raise ValueError("cut short")
        return self.raw[self.at - count : self.at]

    def number(self, limit=2**64):
        value = shift = 0
        byte = 128
        while byte > 127:
            byte = self.take(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
        if value >= limit or (byte == 0 and shift > 7):
            raise ValueError("not the one form of a number")
        return value

    def value(self, kind):
        if kind[0] == "?":
            return self.value(kind[1:]) if self.flag() else None
        if kind[0] == "*":
            return [self.value(kind[1:]) for _ in range(self.number())]
        if kind in RECORDS:
            return {name: self.value(type) for name, type in (field.split(":") for field in RECORDS[kind].split())}
        if kind in CODES:
            return dict(enumerate(CODES[kind], 1))[self.take(1)[0]]
        return getattr(self, kind)()

    def flag(self):
        return {0: False, 1: True}[self.take(1)[0]]

    text = lambda self: self.take(self.number()).decode()
    hash = lambda self: self.take(32).hex()
    int = lambda self: str(int.from_bytes(self.take(8), "big", signed=True))
    big = lambda self: str(self.number())
    count = lambda self: self.number(2**32)
    path = lambda self: ".".join(str(self.count()) for _ in range(self.number()))
    uuid = lambda self: re.sub("(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5", self.take(16).hex())

    def hashes(self):
        count = self.number()
        return [self.hash() for _ in range(count)] if count <= 16 else {"count": str(count), "root": self.hash()}

def read_leaf(raw):
    if len(raw) > 64 << 10 or raw[:4] != b"ESL\1":
        raise ValueError("not a leaf of version 1")
    reader = Reader(raw[4:])
    name, *fields = KINDS[reader.take(1)[0]].split()
    leaf = {field.split(":")[0]: reader.value(field.split(":")[1]) for field in fields}
    if reader.at != len(reader.raw):
        raise ValueError("something behind the leaf")
    return {**leaf, "kind": name}

# Evidence.
def holds(hashes, position, wanted, path):
    """Whether a list, as a leaf has it, has `wanted` at a position."""
    if isinstance(hashes, list):
        return not path and position < len(hashes) and hashes[position] == wanted.hex()
    count, root = int(hashes["count"]), bytes.fromhex(hashes["root"])
    return included(leaf_hash(wanted), position, count, path, root)

def leaf_or_none(raw):
    try:
        return read_leaf(raw)
    except (ValueError, KeyError):
        return None

def in_log(leaf, place, head):
    return place and included(leaf_hash(leaf), place["index"], head[0], raw_list(place["path"]), head[1])

def check_body(leaf, body):
    """What is wrong with the body, and the certificate of its removal, if that is what there is."""
    read, made = leaf.get("inputs", leaf.get("overrides")), leaf.get("outputs", leaf.get("results"))
    hashes = read if body["role"] == "input" else made
    if hashes is None:
        return "role", None
    (kind, held), path = next(iter(body["held"].items())), raw_list(body["path"])
    if kind == "removed":
        certificate = held["certificate"]
        if certificate is None:
            return "body", None
        left, removal = bytes.fromhex(certificate["commitment"]), leaf_or_none(bytes.fromhex(certificate["leaf"]))
        good = removal and removal["kind"] == "BodiesRemoved" and removal["job"] == leaf.get("job")
        good = good and holds(removal["bodies"], certificate["position"], left, raw_list(certificate["path"]))
        return (None, certificate) if good and holds(hashes, body["position"], left, path) else ("certificate", None)
    digest = sha(bytes.fromhex(held["bytes"])) if kind == "bytes" else bytes.fromhex(held["digest"])
    wanted = commitment(bytes.fromhex(held["salt"]), digest)
    return None if holds(hashes, body["position"], wanted, path) else "content", None

def check_parents(named, parents):
    hashes = [leaf_hash(parent) for parent in parents]
    if isinstance(named, list):
        wrong = [at for at, (one, other) in enumerate(zip(raw_list(named), hashes)) if one != other]
        return "parent count" if len(named) != len(hashes) else f"parent {wrong[0]}" if wrong else None
    root = tree_root([leaf_hash(each) for each in hashes]).hex()
    return "parent count" if int(named["count"]) != len(hashes) else None if named["root"] == root else "parent 0"

def verify(bundle, origin, keys):
    """The verdict, and what failed first."""
    if bundle["format"] != "esteira-evidence-v1":
        raise ValueError("evidence of a format that is not known")
    if bundle["leaf"] is None:
        return "UNKNOWN", "leaf"
    raw, certificate = bytes.fromhex(bundle["leaf"]), None
    leaf = leaf_or_none(raw)
    if leaf is None:
        return "MISMATCH_LEAF", "leaf form"
    if bundle["body"]:
        failing, certificate = check_body(leaf, bundle["body"])
        if failing:
            return "MISMATCH_CONTENT", failing
    if bundle["rows"] == "gone":
        return "MISMATCH_LEAF", "rows"
    if bundle["rows"] not in ("elsewhere", {"leaf": bundle["leaf"]}):
        rebuilt = leaf_or_none(bytes.fromhex(bundle["rows"]["leaf"]))
        if rebuilt is None:
            return "MISMATCH_LEAF", "leaf form"
        same_kind = rebuilt["kind"] == leaf["kind"]
        return "MISMATCH_LEAF", "field " + (next(n for n in leaf if leaf[n] != rebuilt[n]) if same_kind else "kind")
    if failing := check_parents(leaf["parents"], raw_list(bundle["parents"])):
        return "CHAIN_BROKEN", failing
    try:
        head = open_checkpoint(bundle["checkpoint"] or "", origin, keys)
    except ValueError:
        return "NOT_INCLUDED", "checkpoint"
    if not in_log(raw, bundle["included"], head):
        return "NOT_INCLUDED", "inclusion"
    if certificate and not in_log(bytes.fromhex(certificate["leaf"]), certificate["included"], head):
        return "NOT_INCLUDED", "certificate inclusion"
    anchored = (0,)
    if bundle["anchor"]:
        try:
            anchored = open_checkpoint(bundle["anchor"]["note"], origin, keys)
        except ValueError:
            return "NOT_INCLUDED", "anchor"
        old, new = (anchored, head) if anchored[0] < head[0] else (head, anchored)
        if not consistent(*old, *new, raw_list(bundle["anchor"]["consistency"])):
            return "NOT_INCLUDED", "consistency"
    if certificate:
        return "ERASED", None
    return ("VALID" if bundle["included"]["index"] < anchored[0] else "VALID_NOT_ANCHORED"), None

def main():
    from envelope import sealed
    parser = argparse.ArgumentParser(description="Verifies evidence, or a statement, of esteira.")
    parser.add_argument("file", type=argparse.FileType(encoding="utf-8"))
    parser.add_argument("--origin", required=True, help="the log's name")
    parser.add_argument("--key", required=True, action="append", help="a key that may sign: NAME+ID+KEY")
    asked = parser.parse_args()
    bundle = json.load(asked.file)
    verdict, failing = (sealed if "payloadType" in bundle else verify)(bundle, asked.origin, asked.key)
    print(verdict + (f": {failing}" if failing else ""))
    sys.exit(verdict not in ("VALID", "SIGNED"))

if __name__ == "__main__":
    main()
