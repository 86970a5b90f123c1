//! "Did you mean": the nearest of some names.

/// The candidate nearest to `name`, if it is near enough to be a slip of the keyboard.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong: more is another word.
    let most = (name.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|it| it.len().abs_diff(name.len()) <= most && *it != name)
        .map(|it| (distance(name, it), it))
        .filter(|&(distance, it)| distance <= most && distance < it.len())
        // The first of the nearest by name, whatever order they come in.
        .min()
        .map(|(_, it)| it)
}

/// Edits between two names: letters inserted, removed, replaced or swapped with their neighbour; a letter
/// in another case counts as none of them but breaks no tie.
fn distance(a: &str, b: &str) -> usize {
    let a = a.to_ascii_lowercase().into_bytes();
    let b = b.to_ascii_lowercase().into_bytes();
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            row[j + 1] = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let words = ["string", "int32", "UserRequest", "x"];
        assert_eq!(nearest("sting", words), Some("string"));
        assert_eq!(nearest("UserReqeust", words), Some("UserRequest"));
        assert_eq!(nearest("userrequest", words), Some("UserRequest"));
        assert_eq!(nearest("int", words), None);
        assert_eq!(nearest("Address", words), None);
        assert_eq!(nearest("y", words), None);
    }
}
