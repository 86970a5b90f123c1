//! Every bound the compiler holds, with its unit and the attack or accident it stops.

/// Largest `.proto` file read, in bytes. Offsets are 32 bits wide; nothing sane comes near.
pub(crate) const FILE_BYTES_MAX: usize = 64 << 20;

/// Most files in one run, imports included. Stops a directory of files that import each other in a chain
/// without end.
pub(crate) const FILES_MAX: usize = 100_000;

/// Deepest nesting of messages, groups and entries of maps. The parser recurses once a level. The same as
/// protoc's.
pub(crate) const MESSAGE_DEPTH_MAX: usize = 31;

/// Deepest nesting of messages in an option, those that the parts of its name go through and those in
/// braces together. Parser, encoder and all who read the option recurse once a level. The same as protoc's.
pub(crate) const VALUE_DEPTH_MAX: usize = 100;

/// Most copies of options that one file may ask for: each range of an `extensions` statement has a copy of
/// all its options. Stops a file of some kilobytes from filling the memory with the product of the two.
pub(crate) const RANGE_OPTIONS_MAX: usize = 1 << 18;

/// Most bytes of full names in one run: of all declarations, and once more of all uses of types. Stops a file of many short declarations inside of long names from filling the memory.
pub(crate) const NAMES_BYTES_MAX: usize = 1 << 29;

/// Most diagnostics kept in one report; the rest are counted. Stops a corrupt file from filling the
/// terminal and the memory.
pub(crate) const DIAGNOSTICS_MAX: usize = 500;

/// Longest fully qualified name, in bytes. Names are joined from all levels around them, so that without
/// a bound deep nesting of long names costs their product.
pub(crate) const NAME_BYTES_MAX: usize = 4096;

/// Longest name of a package, in bytes. The same as protoc's.
pub(crate) const PACKAGE_BYTES_MAX: usize = 511;

/// Most parts of a package's name: languages make a module of each. The same as protoc's.
pub(crate) const PACKAGE_PARTS_MAX: usize = 101;

/// Longest source line shown whole, in characters; a longer one is cut around the label.
pub(crate) const FRAME_CHARS_MAX: usize = 140;
