//! Raw TCP with blocking sockets: what calls and streams would cost without any protocol.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::clock::Tally;
use super::meter::{Count, Meter, Stretch};

/// What a small call has on the wire once both sides know each other's fields: 30 octets and a message of 7 in
/// its envelope there, 35 octets and one of 35 back (frame headers, indexed fields, DATA).
pub const SMALL: Exchange = Exchange { there: 37, back: 70 };

/// Octets of one request and of its answer.
#[derive(Clone, Copy)]
pub struct Exchange {
    /// Of the request.
    pub there: usize,
    /// Of the answer.
    pub back: usize,
}

/// Answers each request of so many octets, on each connection in a thread of its own.
///
/// # Errors
/// The listener is broken.
pub fn serve_exchanges(listener: &TcpListener, exchange: Exchange) -> io::Result<()> {
    serve(listener, move |mut socket| {
        let mut octets = vec![7; exchange.there.max(exchange.back)];
        loop {
            socket.read_exact(&mut octets[..exchange.there])?;
            socket.write_all(&octets[..exchange.back])?;
        }
    })
}

/// Takes all there is and answers with its length, in eight octets.
///
/// # Errors
/// The listener is broken.
pub fn serve_bulk(listener: &TcpListener) -> io::Result<()> {
    serve(listener, |mut socket| {
        let (mut octets, mut sum) = (vec![0; 64 << 10], 0_u64);
        loop {
            match socket.read(&mut octets)? {
                0 => return socket.write_all(&sum.to_be_bytes()),
                count => sum += count as u64,
            }
        }
    })
}

fn serve(
    listener: &TcpListener,
    connection: impl Fn(TcpStream) -> io::Result<()> + Copy + Send + 'static,
) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept()?;
        socket.set_nodelay(true)?;
        // It ends when the client goes away.
        std::thread::spawn(move || connection(socket));
    }
}

/// One exchange after the other on one connection.
///
/// # Errors
/// The server is not there, or goes away.
pub fn exchanges(
    target: &str,
    exchange: Exchange,
    warm_up: f64,
    seconds: f64,
    watch: Option<u32>,
) -> Result<(Tally, Stretch), String> {
    let said = |error: io::Error| format!("{target}: {error}");
    let (count, mut tally) = (Count::default(), Tally::default());
    let meter = Meter::new(watch, count.clone())?;
    let mut socket = TcpStream::connect(target).map_err(said)?;
    socket.set_nodelay(true).map_err(said)?;
    let mut octets = vec![7; exchange.there.max(exchange.back)];
    let mut once = || {
        let begun = Instant::now();
        socket.write_all(&octets[..exchange.there])?;
        socket.read_exact(&mut octets[..exchange.back])?;
        Ok(begun.elapsed())
    };
    let end = Instant::now() + Duration::from_secs_f64(warm_up);
    while Instant::now() < end {
        once().map_err(said)?;
    }
    let before = meter.read()?;
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    while Instant::now() < end {
        let took = once().map_err(said)?;
        tally.times.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        count.one();
    }
    Ok((tally, before.until(&meter.read()?)))
}

/// Sends so many octets, or as many as there is time for; then waits for the server to have them all.
///
/// # Errors
/// The server is not there, goes away, or has counted something else.
pub fn bulk(target: &str, octets: u64, seconds: f64, watch: Option<u32>) -> Result<(u64, Stretch), String> {
    let said = |error: io::Error| format!("{target}: {error}");
    let count = Count::default();
    let meter = Meter::new(watch, count.clone())?;
    let mut socket = TcpStream::connect(target).map_err(said)?;
    let before = meter.read()?;
    let start = Instant::now();
    let piece = vec![7; 64 << 10];
    let mut sent = 0;
    while sent < octets && start.elapsed().as_secs_f64() < seconds {
        socket.write_all(&piece).map_err(said)?;
        sent += piece.len() as u64;
        count.one();
    }
    socket.shutdown(std::net::Shutdown::Write).map_err(said)?;
    let mut counted = [0; 8];
    socket.read_exact(&mut counted).map_err(said)?;
    let stretch = before.until(&meter.read()?);
    let counted = u64::from_be_bytes(counted);
    if counted == sent {
        Ok((sent, stretch))
    } else {
        Err(format!("{counted} octets of {sent} were counted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listening(serve: impl FnOnce(&TcpListener) -> io::Result<()> + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let target = listener.local_addr().expect("bound").to_string();
        // It ends with the test's process.
        std::thread::spawn(move || serve(&listener));
        target
    }

    #[test]
    fn exchanges_go_there_and_back() {
        let target = listening(|listener| serve_exchanges(listener, SMALL));
        let (tally, stretch) =
            exchanges(&target, SMALL, 0.0, 0.05, Some(std::process::id())).expect("it serves");
        assert!(!tally.times.is_empty());
        assert_eq!(stretch.messages, tally.times.len());
        assert!(stretch.server_cpu_ns.is_some_and(|ns| ns > 0));
    }

    #[test]
    fn the_server_says_how_much_has_come() {
        let target = listening(serve_bulk);
        let (octets, _) = bulk(&target, 1 << 20, 60.0, None).expect("it serves");
        assert_eq!(octets, 1 << 20);
    }
}
