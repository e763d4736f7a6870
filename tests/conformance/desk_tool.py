#!/usr/bin/env python3
"""Asks the desk tool `iso8583` for keys, MACs and PIN blocks, and other people's libraries, too.

psec makes PIN blocks, MACs, verification and check values and opens key blocks, pydukpt derives
TDES DUKPT keys. What no library does is written here from the standard, with pycryptodome's AES
and DES only: AES DUKPT (ANSI X9.24-3, section 6), UnionPay's MAC, PIN blocks of format 1. So all
published vectors of TDES and AES DUKPT are checked beside the library's own reading of them, and
what nobody published, AES-192 among it, has two independent readings.

Exit code 0 if both always say the same, 1 if not, 2 if the tool can't be run.
"""

import argparse
import collections
import itertools
import json
import pathlib
import random
import subprocess
import sys
import warnings

import pydukpt
from Crypto.Cipher import AES, DES
from psec import cvv, des, mac, pinblock, tr31

# One and two DES keys are what these terminals have; the library below psec warns of them.
warnings.filterwarnings("ignore", message=".*TripleDES")

USES = ("initial", "transaction", "pin", "mac-request", "mac-response", "data-request",
        "data-response")
AES_USAGE = {"pin": 0x1000, "mac-request": 0x2000, "mac-response": 0x2001,
             "data-request": 0x3000, "data-response": 0x3001}
AES_CODE = {16: 2, 24: 3, 32: 4}
PANS = ("4000001234562", "5555555551234567", "6216261000000000018")
PINS = ("1234", "98765", "123456789012")


def des_key(key):
    """psec wants 3DES keys of two or three parts; a single one repeated is single DES."""
    return key * 2 if len(key) == 8 else key


def aes_dukpt(bdk, ksn, use, length):
    """ANSI X9.24-3:2017, 6.3: the derivation data of each key, two blocks where it is longer."""
    def derive(key, usage, size, context):
        data = (usage.to_bytes(2, "big") + AES_CODE[size].to_bytes(2, "big")
                + (size * 8).to_bytes(2, "big") + context)
        blocks = (AES.new(key, AES.MODE_ECB).encrypt(bytes([1, number]) + data)
                  for number in (1, 2))
        return b"".join(blocks)[:size]

    identity, counter = ksn[:8], int.from_bytes(ksn[8:], "big")
    key = derive(bdk, 0x8001, len(bdk), identity)
    if use == "initial":
        return key
    seen = 0
    for bit in range(31, -1, -1):
        if counter >> bit & 1:
            seen |= 1 << bit
            key = derive(key, 0x8000, len(bdk), identity[4:] + seen.to_bytes(4, "big"))
    if use == "transaction":
        return key
    return derive(key, AES_USAGE[use], length, identity[4:] + ksn[8:])


def tdes_dukpt(bdk, ksn, use):
    initial = pydukpt.derive_ipek(bdk, ksn)
    if use == "initial":
        return initial
    key = pydukpt.derive_key(initial, ksn)
    variants = {"transaction": bytes, "pin": pydukpt.pin_key,
                "mac-request": pydukpt.mac_request_key, "mac-response": pydukpt.mac_response_key,
                "data-request": pydukpt.data_request_key,
                "data-response": pydukpt.data_response_key}
    return variants[use](key)


def cup_ecb(key, data):
    """UnionPay: fold, as hex characters, encrypt the first half, fold, encrypt."""
    data += bytes(-len(data) % 8)
    folded = bytes(8)
    for at in range(0, len(data), 8):
        folded = bytes(a ^ b for a, b in zip(folded, data[at:at + 8], strict=True))
    text = folded.hex().upper().encode()
    once = des.encrypt_tdes_ecb(des_key(key), text[:8])
    mixed = bytes(a ^ b for a, b in zip(once, text[8:], strict=True))
    return des.encrypt_tdes_ecb(des_key(key), mixed).hex().upper()[:8]


class Comparison:
    def __init__(self, tool):
        self.tool = tool
        self.seen = collections.Counter()
        self.wrong = 0

    def ask(self, *words):
        done = subprocess.run([self.tool, *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else f"exit code {done.returncode}"

    def same(self, kind, expected, *words):
        self.seen[kind] += 1
        if self.ask(*words) != expected:
            self.wrong += 1
            print(f"{kind}: {' '.join(words)}: the libraries say {expected}", file=sys.stderr)

    def opens(self, kind, pin, read, *words):
        """A block with random fill, which only reading it can check."""
        self.seen[kind] += 1
        made = self.ask(*words)
        try:
            found = read(bytes.fromhex(made)) == pin
        except ValueError:
            found = False
        if not found:
            self.wrong += 1
            print(f"{kind}: {' '.join(words)}: no block of this PIN", file=sys.stderr)

    def dukpt(self, draw):
        counters = ["000001", "000002", "000003", "00000F", "0FF800", "155554", "1FF800"]
        for counter, use in itertools.product(counters, USES):
            bdk = draw.randbytes(16)
            ksn = bytes.fromhex("FFFF9876543210" + "%06X" % (0xE00000 | int(counter, 16)))
            key = tdes_dukpt(bdk, ksn, use)
            self.same("TDES DUKPT", key.hex().upper(), "dukpt", "--scheme", "tdes", "--bdk",
                      bdk.hex(), "--ksn", ksn.hex(), "--key-use", use)
        counters = ["00000001", "00000002", "00000003", "0000000A", "00012345", "FFFE4000",
                    "FFFE8000", "FFFF0000"]
        sizes = [(base, size) for base in (16, 24, 32) for size in (16, 24, 32) if size <= base]
        for (base, size), counter, use in itertools.product(sizes, counters, USES):
            bdk = draw.randbytes(base)
            ksn = draw.randbytes(8) + bytes.fromhex(counter)
            key = aes_dukpt(bdk, ksn, use, size)
            self.same(f"AES-{size * 8} DUKPT", key.hex().upper(), "dukpt", "--scheme",
                      f"aes{size * 8}", "--bdk", bdk.hex(), "--ksn", ksn.hex(), "--key-use", use)

    def macs(self, draw):
        kinds = (("iso9797-1-alg1", 8), ("iso9797-1-alg1", 16), ("iso9797-1-alg3", 16),
                 ("x9.19", 16))
        lengths = (1, 7, 8, 9, 16, 100)
        for length, padding, (name, size) in itertools.product(lengths, (1, 2), kinds):
            key, data = draw.randbytes(size), draw.randbytes(length)
            if name == "iso9797-1-alg1":
                value = mac.generate_cbc_mac(des_key(key), data, padding)
            else:
                value = mac.generate_retail_mac(key[:8], key[8:], data, padding)
            self.same("MACs", value.hex().upper(), "mac", "--algorithm", name, "--key",
                      key.hex(), "--data", data.hex(), "--padding", str(padding))
        for length, size in itertools.product((1, 8, 31, 240), (8, 16)):
            key, data = draw.randbytes(size), draw.randbytes(length)
            self.same("MACs", cup_ecb(key, data), "mac", "--algorithm", "cup-ecb", "--key",
                      key.hex(), "--data", data.hex())

    def pin_blocks(self, draw):
        for pin, pan, size in itertools.product(PINS, PANS, (0, 8, 16, 24)):
            key = draw.randbytes(size)
            under = ["--key", key.hex()] if size else []
            clear = {0: pinblock.encode_pinblock_iso_0(pin, pan),
                     1: bytes.fromhex(f"1{len(pin):X}{pin}{draw.randbytes(8).hex()}"[:16]),
                     2: pinblock.encode_pinblock_iso_2(pin),
                     3: pinblock.encode_pinblock_iso_3(pin, pan)}
            for form, block in clear.items():
                sealed = des.encrypt_tdes_ecb(des_key(key), block) if size else block
                where = ["--format", str(form), "--pan", pan, *under]
                self.same(f"PIN blocks of format {form}", pin, "pin-block", "--decode",
                          sealed.hex(), *where)
                if form in (0, 2):
                    self.same(f"PIN blocks of format {form}", sealed.hex().upper(), "pin-block",
                              "--pin", pin, *where)
        for pin, pan in itertools.product(PINS, PANS):
            self.opens("PIN blocks of format 3", pin,
                       lambda block, pan=pan: pinblock.decode_pinblock_iso_3(block, pan),
                       "pin-block", "--format", "3", "--pin", pin, "--pan", pan)
            self.opens("PIN blocks of format 1", f"1{len(pin):X}{pin}",
                       lambda block, pin=pin: block.hex().upper()[:2 + len(pin)],
                       "pin-block", "--format", "1", "--pin", pin)

    def format_4(self, draw):
        for pin, pan, size in itertools.product(PINS, PANS, (16, 24, 32)):
            key = draw.randbytes(size)
            where = ["--format", "4", "--pan", pan, "--key", key.hex()]
            block = pinblock.encipher_pinblock_iso_4(key, pin, pan)
            self.same("PIN blocks of format 4", pin, "pin-block", "--decode", block.hex(), *where)
            self.opens("PIN blocks of format 4", pin,
                       lambda block, key=key, pan=pan:
                       pinblock.decipher_pinblock_iso_4(key, block, pan),
                       "pin-block", "--pin", pin, *where)

    def values(self, draw):
        for pan, service in itertools.product(PANS, ("101", "201", "000")):
            key = draw.randbytes(16)
            value = cvv.generate_cvv(key, pan, "3012", service)
            self.same("CVVs", value, "cvv", "--cvk", key.hex(), "--pan", pan, "--expiry", "3012",
                      "--service-code", service)
        for size in (8, 16, 24):
            key = draw.randbytes(size)
            value = (DES.new(key, DES.MODE_ECB).encrypt(bytes(8))[:3] if size == 8
                     else des.generate_kcv(key, 3))
            self.same("check values", value.hex().upper(), "kcv", "--key", key.hex())
        for size in (16, 24, 32):
            key = draw.randbytes(size)
            value = AES.new(key, AES.MODE_ECB).encrypt(bytes(16))[:3]
            self.same("check values", value.hex().upper(), "kcv", "--cipher", "aes", "--key",
                      key.hex())

    def key_blocks(self, file):
        """The blocks that the library's own tests open, opened by psec."""
        for block in json.loads(file.read_text())["blocks"]:
            _, key = tr31.unwrap(bytes.fromhex(block["protection"]), block["block"])
            self.seen["key blocks"] += 1
            if key.hex().upper() != block["key"]:
                self.wrong += 1
                print("key blocks: psec finds another key", file=sys.stderr)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("tool", help="the program `iso8583`")
    arguments.add_argument("--seed", type=int, default=8583)
    options = arguments.parse_args()
    compared, draw = Comparison(options.tool), random.Random(options.seed)
    try:
        compared.ask("--version")
    except OSError as error:
        print(f"the tool can't be run: {error}", file=sys.stderr)
        return 2
    for part in (compared.dukpt, compared.macs, compared.pin_blocks, compared.format_4,
                 compared.values):
        part(draw)
    vectors = pathlib.Path(__file__).parents[2] / "iso8583/tests/vectors"
    compared.key_blocks(vectors / "key_blocks.json")
    print(json.dumps({"compared": compared.seen.total(), "wrong": compared.wrong,
                      **dict(sorted(compared.seen.items()))}))
    return 1 if compared.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
