//! Recognizes RSA keys whose private key can be computed: ROCA, CVE-2017-15361.
//!
//! A library of smart cards and TPMs made primes of the form `k * M + (65537^a mod M)`, where
//! `M` is the product of the first primes. The modulus of such a key is a power of 65537 modulo
//! each of these primes. Another key has this property once in about 2^27 keys.

/// Whether a modulus, as big-endian bytes, has the fingerprint.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|prime| is_power_of_generator(residue(modulus, *prime), *prime))
}

fn residue(modulus: &[u8], prime: u32) -> u32 {
    (modulus.iter()).fold(0, |residue, byte| {
        (residue * 256 + u32::from(*byte)) % prime
    })
}

fn is_power_of_generator(residue: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == residue {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}

const GENERATOR: u32 = 65_537;
/// The primes of `M` for the shortest keys, 2 apart, which are part of `M` for all lengths.
#[rustfmt::skip]
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

#[cfg(test)]
mod tests {
    use super::*;

    // The table that the finders of ROCA published: bit `r` is set where `r` is a power.
    #[test]
    fn the_powers_are_those_that_were_published() {
        #[rustfmt::skip]
        let published: [(u32, u64); 11] = [
            (3, 6), (5, 30), (7, 126), (11, 1_026), (13, 5_658), (17, 107_286), (19, 199_410),
            (23, 8_388_606), (29, 536_870_910), (31, 2_147_483_646), (37, 67_109_890),
        ];
        for (prime, bits) in published {
            let powers = (0..prime).filter(|it| is_power_of_generator(*it, prime));

            let found = powers.fold(0, |bits, residue| bits | 1_u64 << residue);

            assert_eq!(found, bits, "{prime}");
        }
    }

    #[test]
    fn residues_are_those_of_the_number() {
        for number in [0, 1, 255, 256, 65_537, u128::MAX, u128::MAX / 7] {
            for prime in PRIMES {
                let expected = u32::try_from(number % u128::from(prime)).expect("below the prime");
                assert_eq!(residue(&number.to_be_bytes(), prime), expected, "{number}");
            }
        }
    }

    #[test]
    fn powers_of_the_generator_have_the_fingerprint_and_their_neighbours_have_not() {
        // 65537^7 is below 2^128, and so the same power modulo every prime.
        let number = u128::from(GENERATOR).pow(7);

        assert!(has_fingerprint(&number.to_be_bytes()));
        assert!(!has_fingerprint(&(number + 2).to_be_bytes()));
        assert!(!has_fingerprint(&[0xbf; 256]));
    }
}
