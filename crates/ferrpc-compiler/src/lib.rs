//! `.proto` text to checked descriptors.
