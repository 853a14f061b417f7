//! What a connection is charged with for the memory that it holds.

use std::io;
use std::time::Duration;

use super::super::memory::{Charge, price};
use super::account::{Account, RequestNumber};
use super::charges::Tls;
use super::{Pace, now};

impl Pace {
    /// The connection uses TLS.
    pub(in crate::service::server) fn begin_handshake(&self) {
        let mut account = self.account();
        account.charges.tls = Some(Tls {
            bytes: 0,
            has_finished_handshake: false,
        });
        self.settle(&account);
    }

    /// The handshake is complete: a head has its time from now on.
    pub(in crate::service::server) fn end_handshake(&self) {
        let mut account = self.account();
        if let Some(tls) = &mut account.charges.tls {
            tls.has_finished_handshake = true;
        }
        let now = now();
        account.waiting_since = now;
        self.holding.begins(now);
    }

    /// This many bytes of TLS have arrived.
    ///
    /// # Errors
    ///
    /// When they are more than any handshake has.
    pub(in crate::service::server) fn has_received(&self, bytes: usize) -> io::Result<()> {
        let mut account = self.account();
        let Some(tls) = &mut account.charges.tls else {
            return Ok(());
        };
        tls.bytes += bytes;
        if !tls.has_finished_handshake {
            if tls.bytes > MAX_HANDSHAKE_BYTES {
                return Err(io::Error::other("more bytes than any handshake has"));
            }
            self.settle(&account);
        }
        Ok(())
    }

    /// The response of a request in flight holds this many bytes of its own.
    pub(in crate::service::server) fn holds(&self, number: RequestNumber, bytes: usize) {
        self.account().holds(number, bytes);
    }

    /// Whether the connection must be closed for its memory.
    ///
    /// Bytes of the client may have arrived that this process was too busy to read. If so,
    /// a connection that holds no more than its price stays.
    pub(super) async fn must_leave(&self) -> bool {
        if !self.holding.must_leave() || !self.holding.may_stay() {
            return self.holding.must_leave();
        }
        let is_active = self.holding.has_worked_since() || {
            let before = self.account().progress();
            tokio::time::sleep(ONE_TURN).await;
            self.account().progress() != before || self.holding.has_worked_since()
        };
        if is_active {
            self.holding.keep_open(now());
        }
        !is_active
    }

    /// Whether the budget has room for a request that has begun, or its connection has paid
    /// for it already. What is refused is charged no more.
    pub(in crate::service::server) fn may_begin(&self, number: RequestNumber) -> bool {
        if !self.holding.is_budget_spent() {
            return true;
        }
        let mut account = self.account();
        let has_paid = self.charge(&account).more == 0;
        if !has_paid {
            account.release(number);
        }
        has_paid
    }

    /// Charges the connection with what it holds now.
    pub(super) fn settle(&self, account: &Account) {
        let charge = self.charge(account);
        if charge.bytes() != self.holding.bytes() {
            self.holding.set(charge);
        }
    }

    fn charge(&self, account: &Account) -> Charge {
        let max_head_bytes = usize::try_from(self.max_head_bytes).unwrap_or(usize::MAX);
        let unasked = usize::try_from(account.unasked_bytes).unwrap_or(usize::MAX);
        let charges = &account.charges;
        let mut price = price::CONNECTION;
        let mut more = charges.requests;
        if charges.frames.is_http2() {
            price += price::HTTP2;
            more += price::streams(charges.most_streams);
            more += price::read_http2(unasked) + price::frames(&charges.frames, max_head_bytes);
        } else {
            more += price::read(unasked, max_head_bytes);
        }
        if let Some(tls) = &charges.tls {
            price += price::TLS;
            more += price::encrypted(tls.bytes);
        }
        if let Some(upgrade) = &account.upgrade {
            more += price::message(upgrade.unfinished_bytes());
        }
        if account.blocked_since.is_some() {
            more += price::BLOCKED;
        }
        Charge {
            price,
            more: more.saturating_sub(price::INCLUDED),
        }
    }
}

/// The runtime polls its sockets before this timer ends.
const ONE_TURN: Duration = Duration::from_millis(1);
/// A chain of client certificates included.
const MAX_HANDSHAKE_BYTES: usize = 32 * 1024;
