//! A list with an upper bound whose entries are on the heap.
//!
//! For entries of some hundred octets and more: moving the list moves three words, where a
//! `heapless::Vec` moves its whole capacity and needs as much stack. Only pages that have been
//! written to are resident.
use core::ops::{Deref, DerefMut};
use serde::{Serialize, Serializer};

/// A list of at most `N` entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounded<T, const N: usize>(Vec<T>);

impl<T, const N: usize> Bounded<T, N> {
    /// Empty; it allocates when it is filled.
    pub const fn new() -> Self {
        Bounded(Vec::new())
    }

    /// Empty, with the room for all `N`: it never allocates again.
    pub fn with_room() -> Self {
        Bounded(Vec::with_capacity(N))
    }

    /// It has `N` entries: [`Bounded::push`] fails.
    pub fn is_full(&self) -> bool {
        self.0.len() >= N
    }

    /// Appends an entry; returns it where there is no room.
    pub fn push(&mut self, entry: T) -> Result<(), T> {
        match self.is_full() {
            true => Err(entry),
            false => {
                self.0.push(entry);
                Ok(())
            }
        }
    }

    /// Removes the entries for which `keep` is false; the others keep their order.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.0.retain(keep);
    }

    /// Removes the entry at `place`, which must exist; the others keep their order.
    pub fn remove(&mut self, place: usize) -> T {
        self.0.remove(place)
    }

    /// Removes the entry at `place`, which must exist; the last one takes its place.
    pub fn swap_remove(&mut self, place: usize) -> T {
        self.0.swap_remove(place)
    }

    /// Removes all entries; the room stays allocated.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// [`Bounded::with_room`].
impl<T, const N: usize> Default for Bounded<T, N> {
    fn default() -> Self {
        Bounded::with_room()
    }
}

impl<T, const N: usize> Deref for Bounded<T, N> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T, const N: usize> DerefMut for Bounded<T, N> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<'b, T, const N: usize> IntoIterator for &'b Bounded<T, N> {
    type Item = &'b T;
    type IntoIter = core::slice::Iter<'b, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'b, T, const N: usize> IntoIterator for &'b mut Bounded<T, N> {
    type Item = &'b mut T;
    type IntoIter = core::slice::IterMut<'b, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl<T, const N: usize> IntoIterator for Bounded<T, N> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The first `N`; what does not fit is left out.
impl<T, const N: usize> FromIterator<T> for Bounded<T, N> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Bounded(entries.into_iter().take(N).collect())
    }
}

impl<T: Serialize, const N: usize> Serialize for Bounded<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_comes_back() {
        let mut list = Bounded::<u8, 2>::with_room();
        assert_eq!((list.push(1), list.push(2)), (Ok(()), Ok(())));
        assert!(list.is_full());
        assert_eq!(list.push(3), Err(3));
        assert_eq!(list[..], [1, 2]);
        list.retain(|entry| *entry != 1);
        assert_eq!(list.push(3), Ok(()));
        assert_eq!(list.swap_remove(0), 2);
        assert_eq!((0..9).collect::<Bounded<u8, 2>>()[..], [0, 1]);
    }

    #[test]
    fn its_room_stays_where_it_is() {
        let mut list = Bounded::<[u8; 100], 64>::with_room();
        let _ = list.push([0; 100]);
        let first = list.as_ptr();
        while list.push([0; 100]).is_ok() {}
        assert_eq!((list.len(), list.as_ptr()), (64, first));
    }
}
