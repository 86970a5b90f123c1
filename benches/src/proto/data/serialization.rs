//! The four data sets of rust_serialization_benchmark, made by its rules: the same shapes, counts, ranges and
//! probabilities from the same generator of random numbers, drawn in our own order.

use super::random::Random;
use super::wire::Wire;

/// 10,000 lines of a web server's log.
pub(super) fn logs() -> Vec<Vec<u8>> {
    one(|wire, random| (0..10_000).for_each(|_| wire.message(1, |wire| log(wire, random))))
}

/// 125,000 triangles.
pub(super) fn surface() -> Vec<Vec<u8>> {
    one(|wire, random| {
        for _ in 0..125_000 {
            wire.message(1, |wire| {
                (1..=4).for_each(|corner| wire.message(corner, |wire| vector(wire, random)))
            });
        }
    })
}

/// 500 players of a game and what they carry.
pub(super) fn players() -> Vec<Vec<u8>> {
    one(|wire, random| (0..500).for_each(|_| wire.message(1, |wire| player(wire, random))))
}

/// 1,000 updates of another game's server to its client.
pub(super) fn updates() -> Vec<Vec<u8>> {
    one(|wire, random| (0..1_000).for_each(|_| wire.message(1, |wire| update(wire, random))))
}

fn one(fill: impl FnOnce(&mut Wire, &mut Random)) -> Vec<Vec<u8>> {
    let mut wire = Wire::default();
    fill(&mut wire, &mut Random::new());
    vec![wire.0]
}

fn log(wire: &mut Wire, random: &mut Random) {
    const USERS: [&str; 9] = ["-", "alice", "bob", "carmen", "david", "eric", "frank", "george", "harry"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "UPDATE", "DELETE"];
    const ROUTES: [&str; 7] = [
        "/favicon.ico",
        "/css/index.css",
        "/css/fonts-large.min.css",
        "/img/logo-full.svg",
        "/img/splash.jpg",
        "/api/login",
        "/api/logout",
    ];
    const PROTOCOLS: [&str; 4] = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];
    const CODES: [u64; 8] = [101, 200, 204, 206, 304, 404, 429, 503];

    wire.message(1, |wire| (1..=4).for_each(|number| wire.uint(number, random.below(256) as u64)));
    wire.bytes(2, "-");
    wire.bytes(3, random.pick(&USERS));
    let (day, month, year) = (1 + random.below(28), random.pick(&MONTHS), 1970 + random.below(52));
    let (hour, minute, second) = (random.below(24), random.below(60), random.below(60));
    let zone = random.within(-12, 13) * 100;
    wire.bytes(4, format!("{day}/{month}/{year}:{hour}:{minute}:{second} {zone:+05}"));
    let (method, route) = (random.pick(&METHODS), random.pick(&ROUTES));
    wire.bytes(5, format!("{method} {route} {}", random.pick(&PROTOCOLS)));
    wire.uint(6, random.pick(&CODES));
    wire.uint(7, random.below(100_000_000) as u64);
}

fn vector(wire: &mut Wire, random: &mut Random) {
    (1..=3).for_each(|number| wire.float(number, random.f32()));
}

const DIMENSIONS: [&str; 3] = ["overworld", "nether", "end"];

fn player(wire: &mut Wire, random: &mut Random) {
    wire.uint(1, random.below(4) as u64);
    wire.uint(2, random.below(4) as u64);
    wire.uint(3, random.u64());
    wire.bytes(4, random.pick(&DIMENSIONS));
    wire.uint(5, random.u32().into());
    wire.message(6, |wire| item(wire, random));
    if random.chance(0.5) {
        wire.bytes(7, random.pick(&DIMENSIONS));
    }
    (8..=10).for_each(|number| wire.uint(number, random.u64()));
    if random.chance(0.5) {
        wire.tag(11, 0);
        wire.varint(random.below(2) as u64);
    }
    wire.uint(12, random.below(1 << 16) as u64);
    wire.float(13, random.f32());
    wire.float(14, random.f32());
    wire.uint(15, random.u32().into());
    wire.uint(16, random.u32().into());
    wire.float(17, random.f32());
    wire.int(18, random.u32().cast_signed().into());
    wire.int(19, random.u32().cast_signed().into());
    (0..random.below(40)).for_each(|_| wire.message(20, |wire| item(wire, random)));
    (0..random.below(27)).for_each(|_| wire.message(21, |wire| item(wire, random)));
    wire.message(22, |wire| {
        wire.float(1, random.f32());
        wire.float(2, random.f32());
        (3..=7).for_each(|number| wire.bool(number, random.chance(0.5)));
    });
    if random.chance(0.5) {
        wire.message(23, |wire| (1..=3).for_each(|number| wire.double(number, random.f64())));
    }
    if random.chance(0.5) {
        wire.message(24, |wire| {
            wire.message(1, |wire| (1..=4).for_each(|number| wire.uint(number, random.u32().into())));
            wire.message(2, |wire| entity(wire, random));
        });
    }
    for shoulder in [25, 26] {
        if random.chance(0.5) {
            wire.message(shoulder, |wire| entity(wire, random));
        }
    }
    wire.bool(27, random.chance(0.5));
    wire.message(28, |wire| {
        const RECIPES: [&str; 8] =
            ["pickaxe", "torch", "bow", "crafting table", "furnace", "shears", "arrow", "tnt"];
        (0..random.below(30)).for_each(|_| wire.bytes(1, random.pick(&RECIPES)));
        (0..random.below(10)).for_each(|_| wire.bytes(2, random.pick(&RECIPES)));
        (3..=10).for_each(|number| wire.bool(number, random.chance(0.5)));
    });
}

fn item(wire: &mut Wire, random: &mut Random) {
    const IDS: [&str; 8] = ["dirt", "stone", "pickaxe", "sand", "gravel", "shovel", "chestplate", "steak"];
    wire.int(1, random.within(-128, 128));
    wire.uint(2, random.below(256) as u64);
    wire.bytes(3, random.pick(&IDS));
}

fn entity(wire: &mut Wire, random: &mut Random) {
    const IDS: [&str; 8] = ["cow", "sheep", "zombie", "skeleton", "spider", "creeper", "parrot", "bee"];
    const NAMES: [&str; 8] = ["rainbow", "princess", "steve", "johnny", "missy", "coward", "fairy", "howard"];
    wire.bytes(1, random.pick(&IDS));
    for position in [2, 3] {
        wire.message(position, |wire| (1..=3).for_each(|number| wire.double(number, random.f64())));
    }
    wire.message(4, |wire| (1..=2).for_each(|number| wire.float(number, random.f32())));
    wire.float(5, random.f32());
    wire.uint(6, random.below(1 << 16) as u64);
    wire.uint(7, random.below(1 << 16) as u64);
    (8..=10).for_each(|number| wire.bool(number, random.chance(0.5)));
    wire.int(11, random.u32().cast_signed().into());
    wire.message(12, |wire| (1..=4).for_each(|number| wire.uint(number, random.u32().into())));
    if random.chance(0.5) {
        wire.bytes(13, random.pick(&NAMES));
    }
    (14..=16).for_each(|number| wire.bool(number, random.chance(0.5)));
}

/// What the ships of the game have: how often one is seen, turrets, weapons.
const SHIPS: [(f64, usize, usize); 10] = [
    (2.14, 1, 20),
    (0.52, 4, 10),
    (0.97, 4, 16),
    (1.46, 4, 18),
    (13.16, 0, 2),
    (1.55, 3, 28),
    (0.83, 1, 15),
    (7.25, 2, 6),
    (4.06, 0, 14),
    (12.92, 3, 11),
];
/// The one that dives.
const SUBMARINE: usize = 8;

fn update(wire: &mut Wire, random: &mut Random) {
    let players = 200 + random.below(200);
    let radius = (players as f32 * 15_000.0).sqrt() + random.f32() * 100.0 - 50.0;
    (0..20 + random.below(20)).for_each(|_| wire.message(1, |wire| contact(wire, random, players)));
    wire.uint(2, (random.f32().powi(4) * 5_000.0) as u64 + random.below(50) as u64);
    wire.float(3, radius);
    let chunks = (radius / 1_600.0).ceil() as i64;
    for _ in 0..3 + random.below(7) {
        wire.message(4, |wire| {
            wire.message(1, |wire| {
                (1..=2).for_each(|number| wire.int(number, random.within(-chunks, chunks)))
            });
            let len = if random.chance(0.02) { 900 + random.below(200) } else { 3 + random.below(6) };
            let data: Vec<u8> = (0..len).map(|_| random.u32() as u8).collect();
            wire.bytes(2, data);
        });
    }
}

fn contact(wire: &mut Wire, random: &mut Random, players: usize) {
    let ship = ship(random);
    let (_, turrets, weapons) = SHIPS[ship];
    let visible = random.chance(0.7);
    let unharmed = visible && random.chance(0.6);
    wire.uint(1, if unharmed { 0 } else { random.below(200) as u64 });
    wire.uint(2, random.below(players * 20) as u64);
    if visible {
        wire.tag(3, 0);
        wire.varint(ship as u64);
    }
    wire.message(4, |wire| {
        wire.uint(1, random.below(1 << 16) as u64);
        wire.bool(2, dives(random, ship));
        wire.int(3, velocity(random));
    });
    if visible {
        wire.tag(5, 0);
        wire.varint(random.below(players) as u64);
        let loaded = random.f64();
        wire.packed(6, (0..weapons).map(|_| u64::from(random.chance(loaded))));
    }
    wire.message(7, |wire| {
        wire.int(1, if dives(random, ship) { random.within(-120, -35) } else { 0 });
        wire.uint(2, random.below(1 << 16) as u64);
        wire.message(3, |wire| (1..=2).for_each(|number| wire.float(number, random.f32() * 1_500.0 - 750.0)));
        wire.int(4, velocity(random));
    });
    if visible {
        let base = random.within(0, 1 << 16);
        let mut angle = || {
            let near = random.chance(0.75);
            let angle = if near { base + random.within(-200, 200) } else { random.within(0, 1 << 16) };
            angle as u64 & 0xffff
        };
        wire.packed(8, (0..turrets).map(|_| angle()));
    }
}

fn ship(random: &mut Random) -> usize {
    let all: f64 = SHIPS.iter().map(|(often, ..)| often).sum();
    let mut left = random.f64() * all;
    SHIPS
        .iter()
        .position(|(often, ..)| {
            left -= often;
            left < 0.0
        })
        .unwrap_or(SHIPS.len() - 1)
}

fn dives(random: &mut Random, ship: usize) -> bool {
    ship == SUBMARINE && random.chance(0.9)
}

fn velocity(random: &mut Random) -> i64 {
    match random.below(100) {
        0..80 => random.within(140, 900),
        80..90 => 0,
        _ => random.within(-225, -35),
    }
}
