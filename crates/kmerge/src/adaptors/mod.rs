//! What can be done with the equal items of a merge, and with the sources they come from.

mod at_least;
mod dedup;
mod difference;
mod groups;
mod with_source;

pub use at_least::AtLeast;
pub use dedup::{Dedup, Keep};
pub use difference::Difference;
pub use groups::Groups;
pub use with_source::WithSource;
