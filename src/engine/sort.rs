//! Sorting of short lists. The standard library's for lists of any length take 2 KiB for each type of
//! entry.

/// Sorts a list of some tens of entries at most; those that are alike keep their order.
pub fn sort<T>(list: &mut [T], is_less: &mut dyn FnMut(&T, &T) -> bool) {
    for end in 1..list.len() {
        let mut place = end;
        while place > 0 && is_less(&list[place], &list[place - 1]) {
            list.swap(place, place - 1);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::sort;

    #[test]
    fn entries_that_are_alike_keep_their_order() {
        let mut list = [(2, 'a'), (1, 'b'), (2, 'c'), (0, 'd'), (1, 'e')];
        sort(&mut list, &mut |a, b| a.0 < b.0);
        assert_eq!(list, [(0, 'd'), (1, 'b'), (1, 'e'), (2, 'a'), (2, 'c')]);
        sort::<u8>(&mut [], &mut |_, _| unreachable!());
    }
}
