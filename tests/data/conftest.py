"""What tests of files share: bytes spoilt at random."""

import pytest


def mutated(content, rng):
    """Return bytes with a few of them flipped, cut, doubled, zeroed or written anew."""
    spoilt = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not spoilt:
            break
        at = rng.randrange(len(spoilt))
        length = min(rng.choice((1, 2, 4, 16, 200)), len(spoilt) - at)
        kind = rng.randrange(7)
        if kind == 0:
            spoilt[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            spoilt[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            spoilt[at : at + length] = b"\xff" * length
        elif kind == 3:
            spoilt[at : at + length] = bytes(length)
        elif kind == 4:
            del spoilt[at : at + length]
        elif kind == 5:
            spoilt[at:at] = spoilt[at : at + length]
        elif rng.random() < 0.3:
            del spoilt[at:]
    return bytes(spoilt)


@pytest.fixture(scope="session")
def mutate():
    """Function that spoils bytes by a seeded generator."""
    return mutated
