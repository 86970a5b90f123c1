//! The life of a server's connections, from the first octet to the last goodbye.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ferrpc_http2::{Connection, Limits as Http2Limits};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Server;
use super::connection::{Common, ServerSide};
use super::shutdown::{ShutdownReport, Stop, Stopping, due};
use super::unread::Unread;
use crate::conn;
use crate::conn::driver::Driver;
use crate::conn::inbox::{Command, Inbox};
use crate::connection_info::ConnectionInfo;
use crate::counters::Counters;
use crate::lock::{Mutex, MutexGuard};

/// How long connections may take to say goodbye after they were killed; their drivers take a second at most.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// What all connections of a server share, and how to reach each.
pub(super) struct Life {
    common: Arc<Common>,
    /// As the configuration says; one piece of memory for all engines.
    http2: Arc<Http2Limits>,
    open: Arc<Open>,
}

/// The connections that are open.
struct Open {
    inboxes: Mutex<Inboxes>,
    /// Notified when one is gone.
    left: Notify,
}

#[derive(Default)]
struct Inboxes {
    by_number: HashMap<u64, Entry>,
    next: u64,
    /// How far all of them have to go: what comes now is late.
    stage: Option<Stage>,
}

struct Entry {
    inbox: Arc<Inbox>,
    /// The address that it was accepted at.
    listener: Option<SocketAddr>,
}

/// What connections are told when a server ends.
#[derive(Clone, Copy)]
enum Stage {
    Drain,
    Cut,
    Kill,
}

impl Stage {
    fn command(self) -> Command {
        match self {
            Self::Drain => Command::Drain,
            Self::Cut => Command::Cut,
            Self::Kill => Command::Close,
        }
    }

    fn due(self, stop: &Stop) -> Instant {
        match self {
            Self::Drain => stop.drain_at,
            Self::Cut => stop.cut_at,
            Self::Kill => stop.kill_at,
        }
    }
}

/// All connections, or those of one listener.
pub(super) type Which = Option<SocketAddr>;

impl Life {
    pub(super) fn new(server: Server, counters: Arc<Counters>) -> Self {
        let one_thread =
            server.shards.is_some() || Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
        Self::on(server, counters, one_thread)
    }

    fn on(server: Server, counters: Arc<Counters>, one_thread: bool) -> Self {
        let (router, config) = server.finish();
        let unread = Arc::new(Unread::new(config.limits.unread_bytes_max));
        let http2 = Arc::new(config.limits.http2());
        Self {
            common: Arc::new(Common { router, config: Arc::new(config), counters, unread, one_thread }),
            http2,
            open: Arc::new(Open { inboxes: Mutex::default(), left: Notify::new() }),
        }
    }

    /// Starts the task of a connection, unless there are too many already. `held` is dropped when the
    /// connection is over.
    pub(super) fn serve<Io>(
        &self,
        io: Io,
        info: ConnectionInfo,
        listener: Option<SocketAddr>,
        held: impl Send + Unpin + 'static,
    ) where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let inbox = Arc::new(Inbox::default());
        let number = {
            let mut inboxes = self.open.lock();
            if inboxes.by_number.len() >= self.common.config.limits.connections_max {
                self.common.counters.connections_max.count();
                return;
            }
            inboxes.next += 1;
            let number = inboxes.next;
            inboxes.by_number.insert(number, Entry { inbox: inbox.clone(), listener });
            if let Some(stage) = inboxes.stage {
                inbox.push(stage.command());
            }
            number
        };
        let mut engine = Connection::server(self.http2.clone(), Instant::now().into_std());
        engine.count_into(self.common.counters.http2.clone());
        let side = ServerSide::new(self.common.clone(), inbox.clone(), info);
        let driver = Driver::new(io, engine, side, inbox, self.common.config.limits.keepalive());
        let member = Member { open: self.open.clone(), number, _held: held };
        conn::spawn(Served { driver, _member: member });
    }

    /// Ready once there is no connection.
    pub(super) async fn empty(&self) {
        self.open.empty(None).await;
    }

    /// Drains connections, then cuts their calls, then closes those that are left; bounded in time whatever the
    /// peers do. Nothing is told twice, so that an end that is hastened goes on from where it is.
    pub(super) async fn end(&self, which: Which, stopping: Stopping) -> ShutdownReport {
        let began = Instant::now();
        let cut_before = self.common.counters.calls_cut.get();
        let connections = self.open.tell(which, Stage::Drain);
        let mut report =
            ShutdownReport { connections, undrained: 0, calls_cut: 0, killed: 0, took: began.elapsed() };
        for stage in [Stage::Cut, Stage::Kill] {
            let over = tokio::select! {
                // In this order: who has gone in time needs no telling.
                biased;
                () = self.open.empty(which) => true,
                () = due(stopping.clone(), |stop| stage.due(stop)) => false,
            };
            if over {
                break;
            }
            let left = self.open.tell(which, stage);
            match stage {
                Stage::Cut => report.undrained = left,
                _ => report.killed = left,
            }
        }
        let _ = tokio::time::timeout(KILL_TIMEOUT, self.open.empty(which)).await;
        report.calls_cut = self.common.counters.calls_cut.get() - cut_before;
        report.took = began.elapsed();
        report
    }

    /// As [`end`](Self::end), at fixed times.
    pub(super) async fn end_at(&self, which: Which, stop: Stop) -> ShutdownReport {
        let (_kept, stopping) = tokio::sync::watch::channel(Some(stop));
        self.end(which, stopping).await
    }
}

/// A connection's task. Not an `async` block, which would keep room for the driver twice.
struct Served<D, H> {
    driver: D,
    _member: Member<H>,
}

impl<D: Future + Unpin, H> Future for Served<D, H>
where
    Self: Unpin,
{
    type Output = D::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<D::Output> {
        Pin::new(&mut self.driver).poll(cx)
    }
}

/// A place among the open connections, left when it is dropped, however its task ends.
struct Member<H> {
    open: Arc<Open>,
    number: u64,
    _held: H,
}

impl<H> Drop for Member<H> {
    fn drop(&mut self) {
        self.open.remove(self.number);
    }
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, Inboxes> {
        self.inboxes.lock()
    }

    fn remove(&self, number: u64) {
        let mut inboxes = self.lock();
        inboxes.by_number.remove(&number);
        drop(inboxes);
        self.left.notify_waiters();
    }

    /// Tells connections, and if it is all of them also those to come, how far they have to go; how many there are.
    fn tell(&self, which: Which, stage: Stage) -> usize {
        let mut inboxes = self.lock();
        if which.is_none() {
            inboxes.stage = Some(stage);
        }
        let told = inboxes.by_number.values().filter(|entry| entry.is_of(which));
        // One that is gone meanwhile needs no telling.
        told.inspect(|entry| _ = entry.inbox.push(stage.command())).count()
    }

    async fn empty(&self, which: Which) {
        loop {
            let left = self.left.notified();
            if !self.lock().by_number.values().any(|entry| entry.is_of(which)) {
                return;
            }
            left.await;
        }
    }
}

impl Entry {
    fn is_of(&self, which: Which) -> bool {
        which.is_none() || self.listener == which
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::ready;

    use ferrpc_attack::frames::{
        ACK, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PREFACE, SETTINGS, WINDOW_UPDATE, append, block,
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};
    use tokio::task::Id;

    use super::*;
    use crate::server::Handlers;

    /// Counts what would be system calls on a socket. A read of nothing would be none: the runtime knows.
    #[derive(Clone, Default)]
    struct Counts {
        reads: Arc<AtomicUsize>,
        writes: Arc<AtomicUsize>,
    }

    impl Counts {
        fn take(&self) -> (usize, usize) {
            (self.reads.swap(0, Ordering::Relaxed), self.writes.swap(0, Ordering::Relaxed))
        }
    }

    struct Counting {
        io: DuplexStream,
        counts: Counts,
    }

    impl AsyncRead for Counting {
        fn poll_read(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            space: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            let read = ready!(Pin::new(&mut self.io).poll_read(cx, space));
            self.counts.reads.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(read)
        }
    }

    impl AsyncWrite for Counting {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            octets: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.counts.writes.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut self.io).poll_write(cx, octets)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.io).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.io).poll_shutdown(cx)
        }
    }

    /// Calls of a method that nobody has: their answers are one HEADERS frame each.
    fn calls(streams: impl Iterator<Item = u32>) -> Vec<u8> {
        let mut head = vec![0x83, 0x86];
        head.extend(block(&[
            (":path", "/none/None"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]));
        let mut out = Vec::new();
        for stream in streams {
            append(&mut out, HEADERS, END_HEADERS, stream, &head);
            append(&mut out, DATA, END_STREAM, stream, &[0; 5]);
        }
        out
    }

    /// Reads frames until so many calls have been answered.
    async fn answers(client: &mut DuplexStream, count: usize) {
        let mut header = [0; 9];
        let mut answered = 0;
        while answered < count {
            client.read_exact(&mut header).await.unwrap();
            let len = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
            client.read_exact(&mut vec![0; len]).await.unwrap();
            answered += usize::from(header[3] == 1 && header[4] & 1 != 0);
        }
    }

    #[tokio::test]
    async fn a_turn_is_one_read_and_one_write_however_many_calls_came() {
        let life = Life::new(Server::new(), Arc::default());
        let (mut client, io) = tokio::io::duplex(64 << 10);
        let counts = Counts::default();
        life.serve(Counting { io, counts: counts.clone() }, ConnectionInfo::new(), None, ());
        let mut greeting = PREFACE.to_vec();
        append(&mut greeting, SETTINGS, 0, 0, &[]);
        greeting.extend(calls([1].into_iter()));
        client.write_all(&greeting).await.unwrap();
        answers(&mut client, 1).await;
        counts.take();

        for call in 1..=10 {
            client.write_all(&calls([2 * call + 1].into_iter())).await.unwrap();
            answers(&mut client, 1).await;
            assert_eq!(counts.take(), (1, 1), "call {call}");
        }
        client.write_all(&calls((0..32).map(|call| 101 + 2 * call))).await.unwrap();
        answers(&mut client, 32).await;
        assert_eq!(counts.take(), (1, 1), "32 calls at once");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_beyond_a_turns_share_wait_for_no_more_input() {
        let life = Life::new(Server::new(), Arc::default());
        let (mut client, io) = tokio::io::duplex(64 << 10);
        life.serve(io, ConnectionInfo::new(), None, ());
        let mut octets = PREFACE.to_vec();
        append(&mut octets, SETTINGS, 0, 0, &[]);
        octets.extend(calls((0..300).map(|call| 1 + 2 * call)));
        client.write_all(&octets).await.unwrap();
        let answered = tokio::time::timeout(Duration::from_secs(1), answers(&mut client, 300)).await;
        answered.expect("what was read and left over is digested in turns of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_paused_goes_on_when_its_messages_are_written() {
        let server = Server::new().fallback(|_, _, mut sender| async move {
            for _ in 0..8 {
                sender.send(vec![0; 60_000].into()).await?;
            }
            Ok(())
        });
        let life = Life::new(server, Arc::default());
        // Windows and a pipe that take all of it: there is no other reason for a turn.
        let (mut client, io) = tokio::io::duplex(1 << 20);
        life.serve(io, ConnectionInfo::new(), None, ());
        let mut octets = PREFACE.to_vec();
        append(&mut octets, SETTINGS, 0, 0, &[0, 4, 0, 0x10, 0, 0]);
        append(&mut octets, WINDOW_UPDATE, 0, 0, &[0, 0x10, 0, 0]);
        octets.extend(calls([1].into_iter()));
        client.write_all(&octets).await.unwrap();
        let answered = tokio::time::timeout(Duration::from_secs(1), answers(&mut client, 1)).await;
        answered.expect("what left the queue makes room for more");
    }

    /// A server with one connection; its handlers are a test's, and say where they begin and where they end.
    struct Homes {
        client: DuplexStream,
        counts: Counts,
        said: Arc<std::sync::Mutex<Vec<(Id, Id)>>>,
        next: u32,
    }

    impl Homes {
        async fn new<F>(
            one_thread: bool,
            handlers: Handlers,
            handler: impl Fn(usize) -> F + Send + Sync + 'static,
        ) -> Self
        where
            F: Future<Output = ()> + Send + 'static,
        {
            let said = Arc::new(std::sync::Mutex::new(Vec::new()));
            let (saying, handler) = (said.clone(), Arc::new(handler));
            let server = Server::new().handlers(handlers).fallback(move |_, _, _| {
                let (said, handler) = (saying.clone(), handler.clone());
                async move {
                    let begun = tokio::task::id();
                    let call = {
                        let mut said = said.lock().unwrap();
                        said.push((begun, begun));
                        said.len() - 1
                    };
                    handler(call).await;
                    said.lock().unwrap()[call].1 = tokio::task::id();
                    Ok(())
                }
            });
            let life = Life::on(server, Arc::default(), one_thread);
            let (mut client, io) = tokio::io::duplex(64 << 10);
            let counts = Counts::default();
            life.serve(Counting { io, counts: counts.clone() }, ConnectionInfo::new(), None, ());
            let mut greeting = PREFACE.to_vec();
            append(&mut greeting, SETTINGS, 0, 0, &[]);
            client.write_all(&greeting).await.unwrap();
            Self { client, counts, said, next: 1 }
        }

        /// So many calls, `together` of them at a time: in which task each began and ended.
        async fn call(&mut self, count: u32, together: u32) -> Vec<(Id, Id)> {
            self.said.lock().unwrap().clear();
            for _ in 0..count / together {
                let streams = (0..together).map(|call| self.next + 2 * call);
                self.client.write_all(&calls(streams)).await.unwrap();
                self.next += 2 * together;
                answers(&mut self.client, together as usize).await;
            }
            self.said.lock().unwrap().clone()
        }
    }

    /// How many tasks they began in.
    fn tasks(said: &[(Id, Id)]) -> usize {
        said.iter().map(|(begun, _)| *begun).collect::<HashSet<_>>().len()
    }

    #[tokio::test]
    async fn handlers_run_where_they_are_told_to_on_any_runtime() {
        for one_thread in [true, false] {
            let mut spawned = Homes::new(one_thread, Handlers::Spawn, |_| async {}).await;
            assert_eq!(tasks(&spawned.call(20, 1).await), 20);
            let mut inline = Homes::new(one_thread, Handlers::Inline, |_| async {}).await;
            assert_eq!(tasks(&inline.call(20, 1).await), 1);
        }
        let mut one_thread = Homes::new(true, Handlers::Auto, |_| async {}).await;
        assert_eq!(tasks(&one_thread.call(20, 1).await), 1);
    }

    /// Time stands still there: all polls are brief.
    #[tokio::test(start_paused = true)]
    async fn handlers_on_many_threads_are_tasks_until_their_method_is_known_to_be_brief() {
        let waits = |call| async move {
            if call >= 50 {
                tokio::task::yield_now().await;
            }
        };
        let mut homes = Homes::new(false, Handlers::Auto, waits).await;
        let said = homes.call(100, 1).await;
        assert_eq!(tasks(&said[..6]), 6, "tasks, as long as nobody knows them");
        assert_eq!(tasks(&said[6..50]), 1, "brief");
        let waiting = &said[50..];
        assert!(waiting.iter().all(|(begun, ended)| begun == &said[6].0 || begun == ended));
        assert_eq!(tasks(&waiting[..6]), 1, "begun inline and moved to a task");
        assert_eq!(tasks(&waiting[6..]), waiting.len() - 6, "tasks at once, since most of them wait");
    }

    /// Time stands still, or turns could end sooner for answers that waited too long.
    #[tokio::test(start_paused = true)]
    async fn handlers_that_wait_only_since_the_connection_used_up_its_share_stay_in_its_task() {
        // Three of tokio's 128 units each, so that a hundred calls need several turns of the connection.
        let uses = |_| async {
            for _ in 0..3 {
                tokio::task::coop::consume_budget().await;
            }
        };
        let mut homes = Homes::new(true, Handlers::Auto, uses).await;
        homes.call(1, 1).await;
        homes.counts.take();
        let said = homes.call(100, 100).await;
        let moved = said.iter().filter(|(begun, ended)| begun != ended).count();
        assert_eq!(tasks(&said), 1);
        assert!((1..=3).contains(&moved), "{moved} moved");
        let (_, writes) = homes.counts.take();
        assert!(writes > 1, "a turn that ends early writes what is there");
    }

    /// Time stands still there: all polls are brief.
    #[tokio::test(start_paused = true)]
    async fn what_waits_only_since_the_connection_used_up_its_share_is_not_learned() {
        // All of tokio's units for one poll, of which the connection's task has used one for its read.
        let uses = |_| async {
            for _ in 0..128 {
                tokio::task::coop::consume_budget().await;
            }
        };
        let mut homes = Homes::new(false, Handlers::Auto, uses).await;
        let said = homes.call(40, 1).await;
        let known = &said[10..];
        assert_eq!(tasks(known), 1, "begun inline, since their method is brief in tasks of its own");
        assert!(known.iter().all(|(begun, ended)| begun != ended), "and moved to a task each");
    }

    #[tokio::test(start_paused = true)]
    async fn atk_07_a_client_that_reads_late_is_read_again_at_once() {
        const PINGS: usize = 9000;
        let limits = crate::ServerLimits { ping_interval_min: Duration::ZERO, ..Default::default() };
        let life = Life::new(Server::new().limits(limits), Arc::default());
        let (mut client, io) = tokio::io::duplex(16 << 10);
        life.serve(io, ConnectionInfo::new(), None, ());
        let began = Instant::now();
        client.write_all(PREFACE).await.unwrap();
        let mut octets = Vec::new();
        append(&mut octets, SETTINGS, 0, 0, &[]);
        append(&mut octets, SETTINGS, ACK, 0, &[]);
        (0..PINGS).for_each(|_| append(&mut octets, PING, 0, 0, &[7; 8]));
        let (mut read, mut write) = tokio::io::split(client);
        // The answers do not fit: until they are read, nothing more is taken.
        let mut left = &octets[..];
        while let Ok(written) = tokio::time::timeout(Duration::from_millis(1), write.write(left)).await {
            left = &left[written.unwrap()..];
        }
        assert!(left.len() > octets.len() / 2, "{} octets not taken", left.len());
        let rest = left.to_vec();
        let writing = conn::spawn(async move { write.write_all(&rest).await });
        let mut header = [0; 9];
        let mut answered = 0;
        while answered < PINGS {
            read.read_exact(&mut header).await.unwrap();
            let len = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
            read.read_exact(&mut vec![0; len]).await.unwrap();
            answered += usize::from(header[3] == PING);
        }
        writing.await.unwrap().unwrap();
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let counters = &life.common.counters.http2;
        assert!(counters.reply_bytes_max.get() > 0);
    }
}
