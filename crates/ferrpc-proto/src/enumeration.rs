//! What all generated enums have in common.

use core::fmt;
use core::hash::Hash;

/// A generated enum: a newtype over the number on the wire, with a constant per value.
///
/// Numbers without a name are kept, so matches need a last arm for them. Implemented by generated
/// code only.
///
/// # Safety
/// `Self` lies in memory as its number, an `i32`.
#[expect(unsafe_code)] // The table reads and writes enums as numbers, so this is its contract.
pub unsafe trait Enum: Copy + Default + Eq + Hash + fmt::Debug + Send + Sync + 'static {
    /// All values, in the order of the `.proto` file, aliases included.
    const VALUES: &'static [(i32, &'static str)];

    /// Whether unknown numbers are kept with the unknown fields instead (proto2 enums).
    const CLOSED: bool;

    /// The value with this number.
    fn from_number(number: i32) -> Self;

    /// The number on the wire.
    fn number(self) -> i32;
}

/// The name of a number; the first one declared if there are several.
#[doc(hidden)]
pub fn name_of(values: &'static [(i32, &'static str)], number: i32) -> Option<&'static str> {
    values.iter().find(|(found, _)| *found == number).map(|(_, name)| *name)
}

/// The number of a name.
#[doc(hidden)]
pub fn number_of(values: &'static [(i32, &'static str)], name: &str) -> Option<i32> {
    values.iter().find(|(_, found)| *found == name).map(|(number, _)| *number)
}

/// Prints the name of a value, or the number of one without.
#[doc(hidden)]
pub fn debug(values: &'static [(i32, &'static str)], number: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name_of(values, number) {
        Some(name) => f.write_str(name),
        None => fmt::Debug::fmt(&number, f),
    }
}
