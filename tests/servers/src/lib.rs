#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test has to fail")]

mod clock;
mod cluster;
mod disk;
mod faulty;
mod guard;
mod model_server;
mod network;
mod port;
mod postgres;
mod program;
mod proxy;
mod redis;
mod s3;
mod served;
mod undo;

pub use cluster::RedisCluster;
pub use disk::Disk;
pub use faulty::Faulty;
pub use model_server::{Manner, ModelServer};
pub use network::{Cut, Network};
pub use port::free_port;
pub use postgres::{PostgresServer, postgres};
pub use program::{corpus, full, model, program};
pub use proxy::{Direction, Proxy, Verdict};
pub use redis::{Fsync, RedisOptions, RedisServer};
pub use s3::S3Server;
pub use served::Served;
pub use undo::not_run;
