//! A line per gate at the end of a benchmark, and tables between two marks of a document.

use std::fmt;

/// A floor, and whether it holds.
pub(crate) struct Gate {
    pub(crate) name: String,
    pub(crate) held: bool,
    pub(crate) figure: String,
}

impl Gate {
    pub(crate) fn json(&self) -> String {
        let Self { name, held, figure } = self;
        format!("{{\"gate\": \"{name}\", \"held\": {held}, \"figure\": \"{figure}\"}}")
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, held, figure } = self;
        write!(f, "gate {name} {} {figure}", if *held { "held" } else { "NOT HELD" })
    }
}

/// Puts `tables` between the two lines `<!-- bench NAME -->` of `old`; without them there is nothing else.
pub(crate) fn put(old: &str, name: &str, tables: &str) -> String {
    let mark = format!("<!-- bench {name} -->");
    match old.split(&mark).collect::<Vec<_>>()[..] {
        [before, _, after] => format!("{before}{mark}\n{tables}{mark}{after}"),
        _ => tables.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_replace_those_of_the_last_run() {
        let old = "# Head\n<!-- bench rpc -->\nold\n<!-- bench rpc -->\ntail\n";
        let new = "# Head\n<!-- bench rpc -->\nnew\n<!-- bench rpc -->\ntail\n";
        assert_eq!(put(old, "rpc", "new\n"), new);
        assert_eq!(put(new, "rpc", "new\n"), new);
        assert_eq!(put("", "rpc", "new\n"), "new\n");
    }
}
