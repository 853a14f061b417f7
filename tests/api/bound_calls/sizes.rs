//! How long the header `DPoP` may be, over HTTP/1.1 and HTTP/2.

use crate::bound_calls::Holder;
use crate::protocols::{Field, PROTOCOLS};
use crate::world::World;

/// A proof for a call of `whoami` that has exactly this length.
fn proof(holder: &Holder, length: usize) -> String {
    // Base64url has no text whose length is one more than a multiple of four.
    for in_header in 0..4 {
        let padded = |in_claims: usize| {
            let proof = holder.proof().header("x", "x".repeat(in_header));
            proof.claim("x", "x".repeat(in_claims)).sign()
        };
        let missing = (length - padded(0).len()) * 3 / 4;
        let found = (missing - 2..=missing + 2)
            .map(padded)
            .find(|it| it.len() == length);
        if let Some(proof) = found {
            return proof;
        }
    }
    panic!("no proof of {length} bytes");
}

fn fields(holder: &Holder, length: usize) -> [Field; 2] {
    [
        ("authorization", format!("DPoP {}", holder.token)),
        ("dpop", proof(holder, length)),
    ]
}

#[tokio::test]
async fn a_proof_of_8_kib_is_accepted_and_a_longer_one_is_refused() {
    let wide = World::with(&[("http.max_head_size", "64KiB")]).await;
    let usual = World::start().await;
    for protocol in PROTOCOLS {
        for (world, length, status, reason) in [
            (&usual, 8 * 1024, 200, "none"),
            (&usual, 8 * 1024 + 1, 401, "proof_too_long"),
            // The whole head is longer than `http.max_head_size`.
            (&usual, 20 * 1024, 431, "none"),
            (&wide, 8 * 1024, 200, "none"),
            (&wide, 20 * 1024, 401, "proof_too_long"),
        ] {
            let holder = Holder::new(world);

            let answer = protocol.whoami(world, &fields(&holder, length)).await;

            let expected = (status, reason.to_owned());
            assert_eq!(answer, expected, "{protocol:?}: {length}");
        }
    }
    // None of these heads has an effect on other callers.
    for world in [&usual, &wide] {
        let token = world.sign(&world.token());
        assert_eq!(world.whoami(&token).await.status, 200);
    }
}
