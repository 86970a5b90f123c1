//! Operations by our client.

use std::rc::Rc;

use ferrpc::{Channel, Sender, Status, Streaming};
use ferrpc_proto::Bytes;

use super::{Call, Connection, Plan, Shape};
use crate::rpc::api::{LoadClient, Order, Piece, UserId};
use crate::rpc::meter::Count;
use crate::rpc::service::payload;

pub(super) struct Client(LoadClient);

impl Connection for Client {
    type Slot = Slot;

    async fn open(plan: &Plan) -> Result<Self, String> {
        let channel = Channel::new(&plan.target).map_err(|error| error.to_string())?;
        let client = LoadClient::new(channel);
        let this = Self(client);
        // A stub that knows one answer only is asked for that one.
        let plan = if plan.shape == Shape::Unary {
            plan
        } else {
            &Plan { shape: Shape::Unary, call: Call::User, ..plan.clone() }
        };
        let mut slot = this.slot(&Rc::new(plan.clone()), &Count::default());
        super::Slot::operate(&mut slot).await?;
        Ok(this)
    }

    fn slot(&self, plan: &Rc<Plan>, count: &Count) -> Slot {
        Slot {
            client: self.0.clone(),
            payload: payload(plan.payload_bytes),
            plan: Rc::clone(plan),
            count: count.clone(),
            number: 0,
            stream: None,
        }
    }

    fn take_bulk(&self) -> impl Future<Output = String> + 'static {
        let client = self.0.clone();
        async move {
            let order = Order { count: u64::MAX, payload_bytes: 64 << 10, ..Order::default() };
            let mut pieces = match client.down(order).await {
                Ok(pieces) => pieces,
                Err(status) => return failure(status),
            };
            loop {
                match pieces.message().await {
                    Ok(Some(_)) => {}
                    Ok(None) => return "the stream beside the calls has ended".to_owned(),
                    Err(status) => return failure(status),
                }
            }
        }
    }
}

pub(super) struct Slot {
    client: LoadClient,
    plan: Rc<Plan>,
    payload: Bytes,
    count: Count,
    number: u64,
    /// Of ping-pong, once it has begun.
    stream: Option<(Sender<Piece>, Streaming<Piece>)>,
}

impl super::Slot for Slot {
    async fn operate(&mut self) -> Result<(), String> {
        self.number += 1;
        match (self.plan.shape, self.plan.call) {
            (Shape::Unary, Call::Echo) => self.echo().await,
            (Shape::Unary, Call::User) => self.user().await,
            (Shape::Unary, Call::Sized) => self.sized().await,
            (Shape::Server, _) => self.down().await,
            (Shape::Client, _) => self.up().await,
            (Shape::Bidi, _) => self.ping_pong().await,
            (Shape::Bulk, _) => Err("bulk has no operations".to_owned()),
        }
    }

    async fn finish(self) -> Result<(), String> {
        let Some((mut there, mut back)) = self.stream else { return Ok(()) };
        there.close();
        match back.message().await.map_err(failure)? {
            Some(piece) => Err(format!("piece {} came after the end", piece.number)),
            None => Ok(()),
        }
    }
}

/// Puts the plan's metadata on a call.
macro_rules! with_fields {
    ($slot:expr, $call:expr) => {{
        let mut call = Some($call);
        $slot.plan.fields.each($slot.number, |name, value| {
            call = call.take().map(|call| call.metadata(name, value));
        });
        call.ok_or("no call")?
    }};
}

impl Slot {
    fn piece(&self, number: u64) -> Piece {
        Piece { number, payload: self.payload.clone(), ..Piece::default() }
    }

    fn check(&self, number: u64, piece: &Piece) -> Result<(), String> {
        if piece.number != number {
            return Err(format!("piece {} came where {number} was due", piece.number));
        }
        if piece.payload != self.payload {
            return Err(format!(
                "piece {number} came with another payload, of {} octets",
                piece.payload.len()
            ));
        }
        self.count.one();
        Ok(())
    }

    async fn echo(&self) -> Result<(), String> {
        let call = with_fields!(self, self.client.unary(self.piece(self.number)));
        self.check(self.number, call.await.map_err(failure)?.get_ref())
    }

    async fn user(&self) -> Result<(), String> {
        let call = with_fields!(self, self.client.get_user(UserId { id: 1, ..UserId::default() }));
        let reply = call.await.map_err(failure)?;
        let user = reply.get_ref();
        if (user.id, &*user.name, &*user.email) != super::USER {
            return Err(format!("user {}, {:?}, {:?}", user.id, user.name, user.email));
        }
        self.count.one();
        Ok(())
    }

    async fn sized(&self) -> Result<(), String> {
        let call = with_fields!(self, self.client.sized(self.order(1)?));
        self.check(0, call.await.map_err(failure)?.get_ref())
    }

    fn order(&self, count: u64) -> Result<Order, String> {
        let payload_bytes = u32::try_from(self.plan.payload_bytes).map_err(|error| error.to_string())?;
        Ok(Order { count, payload_bytes, ..Order::default() })
    }

    async fn down(&self) -> Result<(), String> {
        let mut pieces = self.client.down(self.order(self.plan.messages)?).await.map_err(failure)?;
        let mut count = 0;
        while let Some(piece) = pieces.message().await.map_err(failure)? {
            self.check(count, &piece)?;
            count += 1;
        }
        if count == self.plan.messages { Ok(()) } else { Err(format!("{count} pieces came")) }
    }

    async fn up(&self) -> Result<(), String> {
        let mut upload = self.client.up().await.map_err(failure)?;
        for number in 0..self.plan.messages {
            upload.send(self.piece(number)).await.map_err(failure)?;
            self.count.one();
        }
        let total = upload.finish().await.map_err(failure)?.into_inner();
        let payload_bytes = self.plan.messages * self.plan.payload_bytes as u64;
        if (total.count, total.payload_bytes) == (self.plan.messages, payload_bytes) {
            return Ok(());
        }
        Err(format!("{} pieces of {} octets were counted", total.count, total.payload_bytes))
    }

    async fn ping_pong(&mut self) -> Result<(), String> {
        let piece = self.piece(self.number);
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(self.client.both().await.map_err(failure)?.split()),
        };
        stream.0.send(piece).await.map_err(failure)?;
        let piece = stream.1.message().await.map_err(failure)?;
        self.check(
            self.number,
            &piece.ok_or_else(|| format!("the stream ended before piece {}", self.number))?,
        )
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn failure(status: Status) -> String {
    status.to_string()
}
