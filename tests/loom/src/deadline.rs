//! Deadlines: there are none here.

use tokio::time::Instant;

use crate::status::Status;

pub(crate) fn blame(status: Status, _: Option<Instant>) -> Status {
    status
}
