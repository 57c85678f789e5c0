//! Settings whose value is one of a few words: the words and their values in one table each.

/// A value that is a word in the file.
pub trait Choice: Copy + 'static {
    /// Every word with its value, in the order in which the words are shown.
    const WORDS: &'static [(&'static str, Self)];
}

/// The words of a [`Choice`], without the type of their values: a function from the position to
/// the word.
#[derive(Clone, Copy)]
pub struct Words(fn(usize) -> Option<&'static str>);

impl Words {
    /// The words of `T`.
    pub const fn of<T: Choice>() -> Self {
        Words(|n| T::WORDS.get(n).map(|(word, _)| *word))
    }

    /// In the order of [`Choice::WORDS`].
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        (0..).map_while(self.0)
    }

    /// Whether this is one of the words.
    pub fn contains(self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }
}

/// An enum with the word of each variant beside it.
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
            /// The word that the file has for it.
            pub const fn word(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }
    };
}
pub(super) use choice;
