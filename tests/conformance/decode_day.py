#!/usr/bin/env python3
"""Reads the messages of a captured store day with other people's libraries.

`sim store --capture` leaves every message between hub and bank in host/line.jsonl. Hub and bank
use the same codec and the same keys code, so they could be wrong alike. This script uses none of
it: pyiso8583 takes the fields apart and puts them together again, pycryptodome does DES. It opens
the working keys of each sign-on and checks their check values, recomputes every MAC, and opens
every PIN block and compares the PIN with what the customer typed.

Exit code 0 if all is as it must be, 1 if not, 2 if the folder is no captured day.
"""

import argparse
import collections
import json
import pathlib
import sys
import tomllib

import iso8583
from Crypto.Cipher import DES, DES3

ENVELOPE_BYTES = 11  # TPDU and header
NO_MAC = {"0800", "0810", "0820", "0830", "0500", "0510", "0320", "0330"}


def digits(length, len_type=0, pad="right"):
    """BCD, counted in digits; an odd one has a 0 after the last or before the first."""
    return {"data_enc": "b", "len_enc": "bcd", "len_type": len_type, "max_len": length,
            "len_count": "nibbles", f"{pad}_pad": "0", "desc": ""}


def text(length, len_type=0):
    return {"data_enc": "latin-1", "len_enc": "bcd", "len_type": len_type, "max_len": length,
            "desc": ""}


def octets(length, len_type=0):
    return {"data_enc": "b", "len_enc": "bcd", "len_type": len_type, "max_len": length, "desc": ""}


def cup_pos(mti):
    """The dialect as its field table says, written down a second time."""
    settles = mti in {"0500", "0510", "0320", "0330"}
    fields = {"h": octets(0), "t": octets(2), "p": octets(8), "1": octets(0),
              "2": digits(19, 1), "3": digits(6), "4": digits(12), "11": digits(6),
              "12": digits(6), "13": digits(4), "14": digits(4), "15": digits(4), "22": digits(3),
              "23": digits(3, pad="left"), "25": digits(2), "26": digits(2), "32": digits(11, 1),
              "33": digits(11, 1), "35": digits(37, 1), "36": digits(104, 2), "37": text(12),
              "38": text(6), "39": text(2), "41": text(8), "42": text(15), "43": text(40),
              "44": text(25, 1), "46": text(999, 2), "47": text(999, 2),
              "48": digits(322, 2) if settles else text(322, 2), "49": text(3), "52": octets(8),
              "53": digits(16), "54": text(40, 2), "55": octets(255, 2), "56": text(999, 2),
              "57": text(999, 2), "58": text(999, 2), "59": text(999, 2), "60": digits(999, 2),
              "61": digits(999, 2),
              "62": octets(999, 2) if mti in {"0800", "0810"} else text(999, 2),
              "63": text(163, 2), "64": octets(8)}
    for number in range(2, 129):
        fields.setdefault(str(number), text(0))
    return fields


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def cipher(key):
    """Single DES for a key of 8 bytes, else triple DES; K K is single DES, which DES3 refuses."""
    if len(key) == 8 or key[:8] == key[8:16]:
        return DES.new(key[:8], DES.MODE_ECB)
    return DES3.new(key, DES3.MODE_ECB)


def mac(key, data):
    data += bytes(-len(data) % 8)
    folded = bytes(8)
    for at in range(0, len(data), 8):
        folded = xor(folded, data[at:at + 8])
    characters = folded.hex().upper().encode()
    des = cipher(key)
    return des.encrypt(xor(des.encrypt(characters[:8]), characters[8:])).hex().upper().encode()[:8]


def pin_of(block, pan):
    """The PIN of a clear ISO 9564 block of format 0."""
    clear = xor(block, bytes.fromhex("0000" + pan[-13:-1])).hex()
    length = int(clear[1], 16)
    pin, fill = clear[2:2 + length], clear[2 + length:]
    if clear[0] != "0" or not 4 <= length <= 12 or not pin.isdecimal() or set(fill) - {"f"}:
        raise ValueError("not a PIN block of format 0")
    return pin


class Day:
    def __init__(self, folder):
        terminals = tomllib.loads((folder / "host/keys.toml").read_text())["terminal"]
        self.master = {t["tid"]: bytes.fromhex(t["tmk"]) for t in terminals}
        self.pins = {}
        for line in (folder / "workload.jsonl").read_text().splitlines():
            for tender in json.loads(line)["tenders"]:
                if tender.get("pin"):
                    self.pins.setdefault(tender["pan"], set()).add(tender["pin"])
        self.keys = {}
        self.seen = collections.Counter()

    def open_keys(self, tid, value):
        """PIK and MAK out of field 62, each followed by the check value it must have."""
        length = {24: 8, 40: 16, 60: 16}[len(value)]
        keys = []
        for at in range(0, len(value), length + 4):
            key = cipher(self.master[tid]).decrypt(value[at:at + length])
            if len(keys) == 1 and length == 16 and key[8:] == bytes(8):
                key = key[:8]
            if cipher(key).encrypt(bytes(8))[:4] != value[at + length:at + length + 4]:
                raise ValueError("a working key has another check value")
            keys.append(key)
            self.seen["working keys"] += 1
        self.keys[tid] = keys

    def check(self, frame):
        if int.from_bytes(frame[:2], "big") != len(frame) - 2:
            raise ValueError("the length prefix is not the length")
        message = frame[2 + ENVELOPE_BYTES:]
        mti = message[:2].hex()
        spec = cup_pos(mti)
        fields, _ = iso8583.decode(message, spec)
        again, _ = iso8583.encode(dict(fields), spec)
        if again != message:
            raise ValueError("written again it is other bytes")
        self.seen[mti] += 1
        tid = fields["41"]
        if mti == "0810" and "62" in fields:
            self.open_keys(tid, bytes.fromhex(fields["62"]))
        if ("64" in fields) == (mti in NO_MAC):
            raise ValueError("a MAC where none belongs, or none where one does")
        if "64" in fields:
            if mac(self.keys[tid][1], message[:-8]) != message[-8:]:
                raise ValueError("the MAC is another")
            self.seen["MACs"] += 1
        if "52" in fields:
            pan = fields.get("2") or fields["35"].split("D")[0]
            block = cipher(self.keys[tid][0]).decrypt(bytes.fromhex(fields["52"]))
            if pin_of(block, pan) not in self.pins.get(pan, ()):
                raise ValueError("the PIN is not the customer's")
            self.seen["PIN blocks"] += 1


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("folder", type=pathlib.Path, help="of a `sim store --capture`")
    folder = arguments.parse_args().folder
    try:
        day = Day(folder)
        lines = (folder / "host/line.jsonl").read_text().splitlines()
    except OSError as error:
        print(f"no captured day: {error}", file=sys.stderr)
        return 2
    wrong = 0
    for number, line in enumerate(lines, 1):
        try:
            day.check(bytes.fromhex(json.loads(line)["hex"]))
        except (ValueError, KeyError, iso8583.DecodeError, iso8583.EncodeError) as error:
            # Not the text of a library's error: it may hold the message.
            what = error if type(error) is ValueError else type(error).__name__
            print(f"line {number}: {what}", file=sys.stderr)
            wrong += 1
    for kind in ("working keys", "MACs", "PIN blocks"):
        if not day.seen[kind]:
            print(f"no {kind} were seen", file=sys.stderr)
            wrong += 1
    print(json.dumps({"messages": len(lines), "wrong": wrong, **dict(sorted(day.seen.items()))}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
