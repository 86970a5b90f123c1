//! Unary operations by tonic's client: what ours is measured against.

use std::rc::Rc;

use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};

use super::{Call, Connection, Plan, Shape};
use crate::rpc::meter::Count;
use crate::rpc::tonic::ferrpc::bench::rpc as api;

type Stub = api::load_client::LoadClient<Channel>;

pub(super) struct Client(Stub);

impl Connection for Client {
    type Slot = Slot;

    async fn open(plan: &Plan) -> Result<Self, String> {
        if (plan.shape, plan.call) != (Shape::Unary, Call::User) {
            return Err("tonic's client calls GetUser only".to_owned());
        }
        let endpoint =
            Endpoint::from_shared(format!("http://{}", plan.target)).map_err(|error| error.to_string())?;
        let channel = endpoint.tcp_nodelay(true).connect().await.map_err(|error| error.to_string())?;
        let mut stub = Stub::new(channel);
        stub.get_user(api::UserId { id: 1 }).await.map_err(failure)?;
        Ok(Self(stub))
    }

    fn slot(&self, plan: &Rc<Plan>, count: &Count) -> Slot {
        Slot { stub: self.0.clone(), plan: Rc::clone(plan), count: count.clone(), number: 0 }
    }

    fn take_bulk(&self) -> impl Future<Output = String> + 'static {
        std::future::ready("tonic's client takes no stream beside its calls".to_owned())
    }
}

pub(super) struct Slot {
    stub: Stub,
    plan: Rc<Plan>,
    count: Count,
    number: u64,
}

impl super::Slot for Slot {
    async fn operate(&mut self) -> Result<(), String> {
        self.number += 1;
        let mut request = tonic::Request::new(api::UserId { id: 1 });
        let mut refused = None;
        self.plan.fields.each(self.number, |name, value| match MetadataValue::try_from(value) {
            Ok(value) => drop(request.metadata_mut().insert(name, value)),
            Err(error) => refused = Some(error.to_string()),
        });
        if let Some(refused) = refused {
            return Err(refused);
        }
        let reply = self.stub.get_user(request).await.map_err(failure)?;
        let user = reply.get_ref();
        if (user.id, &*user.name, &*user.email) != super::USER {
            return Err(format!("user {}, {:?}, {:?}", user.id, user.name, user.email));
        }
        self.count.one();
        Ok(())
    }

    async fn finish(self) -> Result<(), String> {
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failure(status: tonic::Status) -> String {
    status.to_string()
}
