//! The users that `user-server` and `user` serve.

use ferrpc::{Request, Response, Status};

use crate::{UserRequest, UserResponse, UserService};

/// Knows one user, by any positive id.
#[derive(Clone, Copy, Debug)]
pub struct Users;

impl UserService for Users {
    async fn get_user(&self, request: Request<UserRequest>) -> Result<Response<UserResponse>, Status> {
        let id = request.get_ref().id;
        if id <= 0 {
            return Err(Status::invalid_argument(format!("id must be positive, got {id}")));
        }
        let user = UserResponse {
            id,
            name: "John Doe".into(),
            email: "john@example.com".into(),
            ..Default::default()
        };
        Ok(user.into())
    }
}
