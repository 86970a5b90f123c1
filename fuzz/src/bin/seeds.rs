//! `seeds TARGET DIR`: writes the inputs that a target starts from, one file each.

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(target), Some(dir)) = (arguments.next(), arguments.next()) else {
        return Err(std::io::Error::other("usage: seeds TARGET DIR"));
    };
    std::fs::create_dir_all(&dir)?;
    for (nth, seed) in ferrpc_fuzz::seeds(&target).iter().enumerate() {
        std::fs::write(format!("{dir}/seed-{nth:04}"), seed)?;
    }
    Ok(())
}
