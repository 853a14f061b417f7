//! A list that grows and never shrinks, whose readers wait for nobody.

use std::iter;
use std::sync::OnceLock;

/// Items are found in the order in which they came.
pub(super) struct List<T>(OnceLock<Box<Node<T>>>);

struct Node<T> {
    item: T,
    rest: List<T>,
}

impl<T> List<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The item that `is_it`, else what `make` makes, added at the end.
    pub(super) fn find_or_add(&self, is_it: impl Fn(&T) -> bool, make: impl Fn() -> T) -> &T {
        let mut list = self;
        loop {
            let node = list.0.get_or_init(|| {
                Box::new(Node {
                    item: make(),
                    rest: Self::new(),
                })
            });
            if is_it(&node.item) {
                return &node.item;
            }
            list = &node.rest;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        let nodes = iter::successors(self.0.get(), |node| node.rest.0.get());
        nodes.map(|node| &node.item)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn an_item_is_added_once_however_many_look_for_it() {
        let list: List<(u32, AtomicU32)> = List::new();

        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for number in 0..1000 {
                        let wanted = number % 10;
                        let is_it = |item: &(u32, _)| item.0 == wanted;
                        let item = list.find_or_add(is_it, || (wanted, AtomicU32::new(0)));
                        item.1.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });

        let mut found: Vec<_> = list
            .iter()
            .map(|(number, count)| (*number, count.load(Ordering::Relaxed)))
            .collect();
        found.sort_unstable();
        let expected: Vec<_> = (0..10).map(|number| (number, 400)).collect();
        assert_eq!(found, expected);
    }
}
