//! Settings that take one of a few words: the words and their values in one table each.

/// A value that the file gives by a word.
pub trait Choice: Copy + 'static {
    /// Every word with its value, in the order in which the words are shown.
    const WORDS: &'static [(&'static str, Self)];
}

/// The words of a [`Choice`], whatever their values are; it gives the `n`th.
#[derive(Clone, Copy)]
pub struct Words(fn(usize) -> Option<&'static str>);

impl Words {
    pub const fn of<T: Choice>() -> Self {
        Words(|n| T::WORDS.get(n).map(|(word, _)| *word))
    }

    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        (0..).map_while(self.0)
    }

    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}

/// An enum whose variants each have their word beside them.
macro_rules! choice {
    ($(#[$note:meta])* pub enum $name:ident {
        $($(#[$about:meta])* $variant:ident = $word:literal,)+
    }) => {
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $variant,)+
        }

        impl Choice for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $name::$variant)),+];
        }

        impl $name {
            /// As it stands in the file.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }
    };
}
pub(super) use choice;
