//! CPU time of processes that run.

use std::fs;
use std::path::PathBuf;

use crate::{Result, context};

/// CPU time of all threads of a process, in user space and in the kernel.
pub(crate) fn ns(process: u32) -> Result<u64> {
    let tasks = PathBuf::from(format!("/proc/{process}/task"));
    let mut sum = 0;
    for task in fs::read_dir(&tasks).map_err(context(tasks.display()))? {
        let file = task.map_err(context(tasks.display()))?.path().join("schedstat");
        let text = fs::read_to_string(&file).map_err(context(file.display()))?;
        let ns = text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok());
        sum += ns.ok_or_else(|| format!("{}: {text:?}", file.display()))?;
    }
    Ok(sum)
}
