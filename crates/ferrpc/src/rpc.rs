//! Rich errors: what stands in the details of a [`Status`], typed. `google.rpc` has ten messages for it, and any other
//! message will do.
//!
//! ```
//! use ferrpc::Status;
//! use ferrpc::rpc::{BadRequest, bad_request::FieldViolation};
//!
//! // A server:
//! let violation = FieldViolation { field: "id".into(), description: "not positive".into(), ..Default::default() };
//! let mistakes = BadRequest { field_violations: vec![violation], ..Default::default() };
//! let status = Status::invalid_argument("id must be positive, got -1").with_detail(&mistakes);
//!
//! // A client:
//! let mistakes = status.detail::<BadRequest>()?.expect("the server says which field");
//! assert_eq!(mistakes.field_violations[0].field, "id");
//! # Ok::<(), ferrpc::proto::DecodeError>(())
//! ```

mod generated {
    include!("gen/rpc.rs");
}

use ferrpc_proto::wkt::Any;
use ferrpc_proto::{DecodeError, Message};

pub use self::generated::google::rpc::*;
use crate::status::Status as CallStatus;

impl CallStatus {
    /// Adds a message to the details, behind those that are there.
    ///
    /// A message that cannot be encoded, or details given by [`with_details`](Self::with_details) that cannot be read,
    /// make this an INTERNAL that says so: nothing is left out silently. Details travel in the trailers, for which
    /// many peers have a limit of 8 KiB.
    #[must_use]
    pub fn with_detail<M: Message>(self, detail: &M) -> Self {
        match self.add_detail(detail) {
            Ok(details) => self.with_details(details),
            Err(what) => Self::internal(format!("{}: {what}; the status was: {self}", M::FULL_NAME)),
        }
    }

    fn add_detail<M: Message>(&self, detail: &M) -> Result<Vec<u8>, String> {
        let detail = Any::pack(detail).map_err(|error| format!("this detail cannot be encoded: {error}"))?;
        let status =
            self.rpc_status().map_err(|error| format!("the details before it cannot be read: {error}"))?;
        let mut status = Status { code: i32::try_from(self.code().number()).unwrap_or(i32::MAX), ..status };
        self.message().clone_into(&mut status.message);
        status.details.push(detail);
        status.encode_to_vec().map_err(|error| format!("the details cannot be encoded: {error}"))
    }

    /// The first message of type `M` in the details.
    ///
    /// # Errors
    /// If the peer's details, or this one of them, cannot be read.
    pub fn detail<M: Message>(&self) -> Result<Option<M>, DecodeError> {
        let details = self.rpc_status()?.details;
        details.iter().find(|detail| detail.is::<M>()).map_or(Ok(None), Any::unpack)
    }

    /// The details as a whole, code and message as the peer wrote them there; empty if there are none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn rpc_status(&self) -> Result<Status, DecodeError> {
        Status::decode(self.details())
    }
}

#[cfg(test)]
mod tests {
    use ferrpc_proto::wkt::{Duration, StringValue};

    use super::*;
    use crate::code::Code;

    #[test]
    fn all_ten_messages_and_any_other_come_out_as_they_went_in() {
        macro_rules! round_trip {
            ($($message:expr),* $(,)?) => {{
                let mut status = CallStatus::resource_exhausted("too much");
                $( status = status.with_detail(&$message); )*
                $( assert_eq!(status.detail().unwrap(), Some($message)); )*
                status
            }};
        }
        let metadata = || ferrpc_proto::Map::from_iter([("zone".into(), "a".into())]);
        let status = round_trip!(
            RetryInfo {
                retry_delay: Duration { seconds: 3, ..Default::default() }.into(),
                ..Default::default()
            },
            DebugInfo { stack_entries: vec!["main".into()], detail: "d".into(), ..Default::default() },
            QuotaFailure {
                violations: vec![quota_failure::Violation { subject: "s".into(), ..Default::default() }],
                ..Default::default()
            },
            ErrorInfo {
                reason: "R".into(),
                domain: "example.com".into(),
                metadata: metadata(),
                ..Default::default()
            },
            PreconditionFailure {
                violations: vec![precondition_failure::Violation {
                    r#type: "TOS".into(),
                    ..Default::default()
                }],
                ..Default::default()
            },
            BadRequest {
                field_violations: vec![bad_request::FieldViolation {
                    field: "f".into(),
                    ..Default::default()
                }],
                ..Default::default()
            },
            RequestInfo { request_id: "1".into(), serving_data: "x".into(), ..Default::default() },
            ResourceInfo { resource_type: "t".into(), resource_name: "n".into(), ..Default::default() },
            Help {
                links: vec![help::Link { url: "https://example.com".into(), ..Default::default() }],
                ..Default::default()
            },
            LocalizedMessage { locale: "de".into(), message: "zu viel".into(), ..Default::default() },
            StringValue { value: "one's own".into(), ..Default::default() },
        );
        let whole = status.rpc_status().unwrap();
        assert_eq!((whole.code, whole.message.as_str(), whole.details.len()), (8, "too much", 11));
        assert_eq!(whole.details[0].type_url, "type.googleapis.com/google.rpc.RetryInfo");
    }

    #[test]
    fn details_that_are_not_there_are_none_and_damaged_ones_an_error() {
        let status = CallStatus::not_found("x");
        assert!(status.detail::<Help>().unwrap().is_none());
        let damaged = status.with_details([0x0f]);
        assert!(damaged.detail::<Help>().is_err());
        let added = damaged.with_detail(&Help::default());
        assert_eq!(added.code(), Code::Internal);
        let start = "google.rpc.Help: the details before it cannot be read: ";
        assert!(added.message().starts_with(start), "{added}");
        assert!(added.message().contains("NOT_FOUND: x"), "{added}");
    }
}
