//! The memory that claims take, for a cache that keeps them.

use super::Claims;
use crate::token::{ALLOCATION_BYTES, Confirmation};

impl Claims {
    /// The memory that the claims take in addition to their own structure, in bytes.
    pub(crate) fn heap_bytes(&self) -> usize {
        let audiences = size_of_val(self.audience());
        let scopes = self.scope.heap_bytes();
        // The payload, four lists and strings that are always present, and the optional ones.
        let allocations = 5 + self.audience.len() + self.scope.len() + self.optional().count();
        let allocations = allocations + usize::from(!self.other_clients.is_empty());
        let texts = self.all.as_str().len() + self.text_bytes();
        let clients = size_of_val(&*self.other_clients);
        let confirmation = self.confirmation().map_or(0, Confirmation::bytes);
        audiences + clients + scopes + texts + allocations * ALLOCATION_BYTES + confirmation
    }

    /// The maximum size of the values that are derived and kept, in bytes: enough to write every claim once
    /// and those with a method of their own twice, with 240 bytes for the names of these and three
    /// for each scope and audience. The cache of accepted tokens counts this size for
    /// [`Verified::derived`](crate::token::Verified::derived) with each token, whether it is
    /// used or not.
    pub fn derived_bytes(&self) -> usize {
        let elements = self.audience.len() + self.scope.len();
        self.all.as_str().len() + self.text_bytes() + elements * QUOTED_BYTES + NAMES_BYTES
    }

    fn text_bytes(&self) -> usize {
        let always = [&self.issuer, &self.subject].into_iter();
        let texts = always.chain(self.optional()).map(|text| text.len());
        let audiences = self.audience.iter().map(String::len);
        let scopes = self.scope.iter().map(|scope| scope.as_str().len());
        texts.chain(audiences).chain(scopes).sum()
    }

    fn optional(&self) -> impl Iterator<Item = &Box<str>> {
        [&self.token_id, &self.client_id, &self.user_id]
            .into_iter()
            .flatten()
            .chain(&self.other_clients)
    }
}

/// Two quotes and a comma.
const QUOTED_BYTES: usize = 3;
/// The names of eleven claims, three dates of 25 bytes and the characters
/// between them.
const NAMES_BYTES: usize = 240;

#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use serde_json::json;

    use super::*;
    use crate::token::ClaimNames;

    /// The last column is the allocation for the list of scopes, which an empty list does not need.
    #[test]
    fn the_memory_of_claims_is_what_a_copy_of_them_allocates() {
        for (row, more, unused) in [
            ("no scope", json!({}), 1),
            ("a scope", json!({ "scp": ["read"] }), 0),
            ("three scopes", json!({ "scope": "read write delete" }), 0),
            (
                "audiences",
                json!({ "aud": ["a", "bc", "def"], "scp": ["s"] }),
                0,
            ),
            (
                "optional claims",
                json!({ "jti": "j", "uid": "user", "cid": "c", "scp": ["s"] }),
                0,
            ),
            (
                "three clients",
                json!({ "client_id": "a", "cid": "bc", "azp": "def", "scp": ["s"] }),
                0,
            ),
        ] {
            let claims = claims(&more);
            let mut copy = None;

            let measured = measure(|| copy = Some(claims.clone()));

            let counted = claims.heap_bytes() as u64;
            let allocations = measured.count_total + unused;
            let expected = measured.bytes_total + allocations * ALLOCATION_BYTES as u64;
            assert_eq!(counted, expected, "{row}");
            assert_eq!(copy.as_ref(), Some(&claims));
        }
    }

    #[test]
    fn what_is_derived_may_take_each_claim_once_and_those_with_a_name_twice() {
        let more =
            json!({ "aud": ["abc", "de"], "scp": ["read"], "cid": "client", "azp": "other" });
        let claims = claims(&more);

        let named =
            "issuer".len() + "sub".len() + "abcde".len() + "read".len() + "clientother".len();
        let expected = claims.all.as_str().len() + named + 3 * 3 + 240;
        assert_eq!(claims.derived_bytes(), expected);
    }

    fn claims(more: &serde_json::Value) -> Claims {
        let mut all = json!({ "iss": "issuer", "aud": "a", "sub": "sub", "exp": 7 });
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        Claims::read(all.to_string().as_bytes(), &ClaimNames::default()).unwrap()
    }
}
