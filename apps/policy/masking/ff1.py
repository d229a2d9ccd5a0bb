"""Format-preserving encryption FF1, many values at once. Pure.

NIST SP 800-38G, algorithms 7 and 8, over AES from `cryptography`; checked with the vectors that NIST published. All values of
one length go through AES together, which is what makes it fast.
"""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LEAST_DOMAIN = 1_000_000
ROUNDS = 10
SMALL = 2**31  # up to which numbers of half a value are reckoned in machine words


class FF1:
    """Encrypts lists of numerals (lists of ints below `radix`) of one length."""

    def __init__(self, key: bytes, radix: int):
        self._aes = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - the building block of the standard
        self.radix = radix

    def encrypt(self, values, tweak=b""):
        """`values`: an array of shape (count, length)."""
        return self._run(values, tweak, forward=True)

    def decrypt(self, values, tweak=b""):
        return self._run(values, tweak, forward=False)

    def _run(self, values, tweak, *, forward):
        numerals = np.asarray(values)
        count, length = numerals.shape
        if not count:
            return numerals
        left, right = length // 2, length - length // 2
        size = -(-(self.radix**right - 1).bit_length() // 8)
        taken = 4 * -(-size // 4) + 4
        first, second = self._numbers(numerals[:, :left]), self._numbers(numerals[:, left:])
        head = bytes([1, 2, 1]) + self.radix.to_bytes(3, "big") + bytes([10, left % 256])
        head += length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        start = np.frombuffer(self._encrypted(head), np.uint8)
        fixed = tweak + b"\0" * ((-len(tweak) - size - 1) % 16)
        for turn in range(ROUNDS) if forward else range(ROUNDS - 1, -1, -1):
            most = self.radix ** (left if turn % 2 == 0 else right)
            said = self._digest(start, fixed, turn, second if forward else first, size, taken, most)
            if forward:
                first, second = second, (first + said) % most
            else:
                first, second = (second - said) % most, first
        return np.hstack([self._numerals(first, left), self._numerals(second, right)])

    def _digest(self, start, fixed, turn, number, size, taken, most):
        """NUM(S) mod `most` of each value, where S is the pseudorandom function of the standard over what it is given."""
        count = len(number)
        message = np.zeros((count, len(fixed) + 1 + size), np.uint8)
        message[:, : len(fixed)] = np.frombuffer(fixed, np.uint8)
        message[:, len(fixed)] = turn
        message[:, len(fixed) + 1 :] = _bytes(number, size)
        block = np.broadcast_to(start, (count, 16))
        for at in range(0, message.shape[1], 16):
            block = self._blocks(message[:, at : at + 16] ^ block)
        blocks, made = [block], 16
        while made < taken:
            counter = np.frombuffer((made // 16).to_bytes(16, "big"), np.uint8)
            blocks.append(self._blocks(block ^ counter))
            made += 16
        return _modulo(np.hstack(blocks)[:, :taken], most)

    def _blocks(self, blocks):
        found = self._encrypted(np.ascontiguousarray(blocks).tobytes())
        return np.frombuffer(found, np.uint8).reshape(-1, 16)

    def _encrypted(self, data):
        sealing = self._aes.encryptor()
        return sealing.update(data) + sealing.finalize()

    def _numbers(self, numerals):
        """Each row as a number; of Python's where machine words do not hold it."""
        small = self.radix ** numerals.shape[1] < SMALL
        found = np.zeros(len(numerals), np.int64 if small else object)
        for place in range(numerals.shape[1]):
            found = found * self.radix + numerals[:, place].astype(found.dtype)
        return found

    def _numerals(self, numbers, length):
        found = np.zeros((len(numbers), length), np.int64)
        for place in range(length - 1, -1, -1):
            found[:, place] = (numbers % self.radix).astype(np.int64)
            numbers = numbers // self.radix
        return found


def _bytes(numbers, size):
    """Numbers as `size` bytes each, the greatest first."""
    if numbers.dtype != object:
        wide = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
        return wide[:, 8 - size :]
    joined = b"".join(int(number).to_bytes(size, "big") for number in numbers)
    return np.frombuffer(joined, np.uint8).reshape(-1, size)


def _modulo(data, most):
    """Rows of bytes, a multiple of four, as numbers modulo `most`."""
    words = np.ascontiguousarray(data).view(">u4")
    found = np.zeros(len(words), np.uint64 if most < SMALL else object)
    for place in range(words.shape[1]):
        word = words[:, place].astype(found.dtype)
        found = (
            ((found << np.uint64(32)) + word) % np.uint64(most)
            if most < SMALL
            else (found * 2**32 + word) % most
        )
    return found.astype(np.int64) if most < SMALL else found
