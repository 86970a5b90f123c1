//! Every bound the compiler holds, with its unit and the attack or accident it stops.

/// Largest `.proto` file read, in bytes. Offsets are 32 bits wide; nothing sane comes near.
pub(crate) const FILE_BYTES_MAX: usize = 64 << 20;

/// Most files in one run, imports included. Stops a directory of files that import each other in a chain
/// without end.
pub(crate) const FILES_MAX: usize = 100_000;

/// Deepest nesting of messages (and of groups). The parser recurses once a level. The same as protoc's.
pub(crate) const MESSAGE_DEPTH_MAX: usize = 32;

/// Deepest nesting of braces and brackets in an option's value. The parser recurses once a level.
pub(crate) const VALUE_DEPTH_MAX: usize = 64;

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
