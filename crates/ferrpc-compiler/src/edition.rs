//! The editions of the language. proto2 and proto3 count as the first two.

/// Which language a file is written in; later ones compare as greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Edition {
    Proto2,
    Proto3,
    E2023,
    E2024,
    E2026,
}

impl Edition {
    /// The edition that `edition = "…"` names.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|it| it.1 == name).map(|it| it.0)
    }

    /// Whether it is named by `syntax = "…"` (or by nothing) rather than by `edition = "…"`.
    pub(crate) fn is_legacy(self) -> bool {
        self < Self::E2023
    }

    /// Its number in `google.protobuf.Edition`.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::Proto2 => 998,
            Self::Proto3 => 999,
            Self::E2023 => 1000,
            Self::E2024 => 1001,
            Self::E2026 => 1002,
        }
    }

    /// What people call it.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Proto2 => "proto2",
            Self::Proto3 => "proto3",
            Self::E2023 => "edition 2023",
            Self::E2024 => "edition 2024",
            Self::E2026 => "edition 2026",
        }
    }

    /// Those that have a name of their own.
    pub(crate) const NAMED: [(Self, &'static str); 3] =
        [(Self::E2023, "2023"), (Self::E2024, "2024"), (Self::E2026, "2026")];
}

/// What people call the edition of this number of `google.protobuf.Edition`.
pub(crate) fn shown(number: i32) -> String {
    let all = [Edition::Proto2, Edition::Proto3, Edition::E2023, Edition::E2024, Edition::E2026];
    match all.iter().find(|it| it.number() == number) {
        Some(edition) => edition.shown().to_owned(),
        None => "an edition to come".to_owned(),
    }
}
