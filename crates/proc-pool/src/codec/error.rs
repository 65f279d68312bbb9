//! Why a value could not be written or read.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CodecError {
    /// The bytes do not fit where they should go.
    Full,
    /// There are fewer bytes than the value needs.
    TooShort,
    /// There are more bytes than the value needs.
    TooLong,
    /// The bytes stand for nothing of the type.
    Invalid(&'static str),
    /// What the type itself has to say.
    Custom(String),
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("it is too long"),
            Self::TooShort => f.write_str("bytes are missing"),
            Self::TooLong => f.write_str("there are bytes too many"),
            Self::Invalid(what) => f.write_str(what),
            Self::Custom(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for CodecError {}

impl serde::ser::Error for CodecError {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::Custom(what.to_string())
    }
}

impl serde::de::Error for CodecError {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::Custom(what.to_string())
    }
}
