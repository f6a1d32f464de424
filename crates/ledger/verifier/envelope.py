"""Statements of in-toto in envelopes of DSSE 1.0: what verify.py does with an export of `esteira trace JOB --export`.

Written from the specifications of DSSE and in-toto Statement v1, and from docs/trace.md.
"""
import base64, json

from ed25519 import signed
from verify import open_checkpoint, read_key


def pae(kind, payload):
    return f"DSSEv1 {len(kind.encode())} {kind} {len(payload)} ".encode() + payload


def open_statement(envelope, keys):
    """The statement on a job, when a trusted key signed it."""
    payload = base64.b64decode(envelope["payload"], validate=True)
    message, good = pae(envelope["payloadType"], payload), False
    for signature in envelope["signatures"]:
        for name, key_id, public in map(read_key, keys):
            label = f"{name}+{key_id.hex()}"
            if signature["keyid"] in ("", label):
                fine = signed(public, message, base64.b64decode(signature["sig"], validate=True))
                if not fine and signature["keyid"] == label:
                    raise ValueError("a bad signature")
                good |= fine
    body = json.loads(payload)
    known = body.get("_type") == "https://in-toto.io/Statement/v1"
    known &= body.get("predicateType") == "urn:esteira:provenance:job:v1"
    if not good or not known or envelope["payloadType"] != "application/vnd.in-toto+json" or not body["subject"]:
        raise ValueError("not a statement of a job, or signed by nobody who is trusted")
    for subject in body["subject"]:
        if len(bytes.fromhex(subject["digest"]["sha256"])) != 32:
            raise ValueError("a subject without a digest")
    return body


def sealed(envelope, origin, keys):
    """SIGNED and what it is about, or REFUSED and why: of the envelope, and of the checkpoint of the log that it names."""
    try:
        statement = open_statement(envelope, keys)
        job, log = statement["predicate"]["job"], statement["predicate"]["log"]
        size, _ = open_checkpoint(log["checkpoint"] or "", origin, keys)
        if log["origin"] != origin or (log["end_leaf"] and not log["end_leaf"]["index"] < size):
            raise ValueError("of another log, or of a larger one")
    except (ValueError, KeyError, TypeError) as error:
        return "REFUSED", f"{type(error).__name__} {error}"
    count, plan = len(statement["subject"]), job["plan"]
    return "SIGNED", f"{count} subjects of job {job['job']}, plan {plan['name']} version {plan['version']}"
