//! A live peer for the tests: rust-libp2p's rendezvous, as a point and as a client. Flags and control protocol: ../README.md.
use std::{collections::HashMap, env, time::Duration};

use futures::StreamExt;
use libp2p::{
    identify, identity, noise, ping, rendezvous,
    swarm::{dial_opts::DialOpts, NetworkBehaviour, SwarmEvent},
    tcp, yamux, Multiaddr, PeerId, Swarm,
};
use rendezvous::{Cookie, Namespace, Registration};
use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[derive(NetworkBehaviour)]
struct Behaviour {
    client: rendezvous::client::Behaviour,
    server: rendezvous::server::Behaviour,
    identify: identify::Behaviour,
    ping: ping::Behaviour,
}

struct Flags {
    listen: Multiaddr,
    lifetime: Duration,
    min_ttl: u64,
    per_peer: usize,
}

fn flags() -> Flags {
    let mut flags = Flags {
        listen: "/ip4/127.0.0.1/tcp/0".parse().unwrap(),
        lifetime: Duration::from_secs(900),
        min_ttl: rendezvous::MIN_TTL,
        per_peer: rendezvous::server::MAX_REGISTRATION_PEER,
    };
    let mut args = env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().unwrap_or_default();
        let number = || value.parse::<u64>().unwrap_or_else(|_| panic!("{name} takes a number"));
        match name.as_str() {
            "--listen" => flags.listen = value.parse().expect("a multiaddr"),
            "--lifetime-seconds" => flags.lifetime = Duration::from_secs(number()),
            "--min-ttl" => flags.min_ttl = number(),
            "--per-peer" => flags.per_peer = number() as usize,
            _ => panic!("no such flag: {name}"),
        }
    }
    flags
}

/// Requests that wait for an event, oldest first. One of a kind and a point at a time is answered in order.
#[derive(Default)]
struct Waiting(HashMap<String, Vec<Value>>);

impl Waiting {
    fn add(&mut self, what: &str, of: impl ToString, id: Value) {
        self.0.entry(format!("{what} {}", of.to_string())).or_default().push(id);
    }

    fn take(&mut self, what: &str, of: impl ToString) -> Option<Value> {
        let ids = self.0.get_mut(&format!("{what} {}", of.to_string()))?;
        if ids.is_empty() { None } else { Some(ids.remove(0)) }
    }
}

async fn say(message: Value) {
    let mut out = tokio::io::stdout();
    let _ = out.write_all(format!("{message}\n").as_bytes()).await;
    let _ = out.flush().await;
}

async fn answer(id: Option<Value>, result: Result<Value, String>) {
    let Some(id) = id else { return };
    match result {
        Ok(mut fields) => {
            fields["id"] = id;
            fields["ok"] = json!(true);
            say(fields).await;
        }
        Err(error) => say(json!({ "id": id, "ok": false, "error": error })).await,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let flags = flags();
    let key = identity::Keypair::generate_ed25519();
    let peer = key.public().to_peer_id();
    let mut swarm = libp2p::SwarmBuilder::with_existing_identity(key.clone())
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)
        .expect("a transport")
        .with_behaviour(|key| Behaviour {
            client: rendezvous::client::Behaviour::new(key.clone()),
            server: rendezvous::server::Behaviour::new(
                rendezvous::server::Config::default()
                    .with_min_ttl(flags.min_ttl)
                    .with_max_registration_per_peer(flags.per_peer),
            ),
            identify: identify::Behaviour::new(identify::Config::new("/swarmchart-test/1.0.0".into(), key.public())),
            ping: ping::Behaviour::default(),
        })
        .expect("a behaviour")
        .with_swarm_config(|config| config.with_idle_connection_timeout(flags.lifetime))
        .build();
    swarm.listen_on(flags.listen.clone()).expect("it listens");

    let mut waiting = Waiting::default();
    let mut cookies: HashMap<String, Cookie> = HashMap::new();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let end = tokio::time::sleep(flags.lifetime);
    tokio::pin!(end);
    loop {
        tokio::select! {
            _ = &mut end => return say(json!({ "event": "closing", "reason": "lifetime" })).await,
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return say(json!({ "event": "closing", "reason": "stdin ended" })).await };
                if line.trim().is_empty() { continue }
                let request: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
                let id = request["id"].clone();
                if request["cmd"] == "close" {
                    return answer(Some(id), Ok(json!({}))).await;
                }
                match command(&mut swarm, &mut waiting, &cookies, &request, &id) {
                    Ok(Some(result)) => answer(Some(id), Ok(result)).await,
                    Ok(None) => {}
                    Err(error) => answer(Some(id), Err(error)).await,
                }
            }
            event = swarm.select_next_some() => heard(event, peer, &mut swarm, &mut waiting, &mut cookies).await,
        }
    }
}

fn text<'a>(request: &'a Value, field: &str) -> Result<&'a str, String> {
    request[field].as_str().ok_or(format!("{field} is missing"))
}

fn namespace(request: &Value) -> Result<Option<Namespace>, String> {
    match request["namespace"].as_str() {
        None => Ok(None),
        Some(name) => Namespace::new(name.to_owned()).map(Some).map_err(|error| error.to_string()),
    }
}

/// Does a command; `None`: an event answers it.
fn command(
    swarm: &mut Swarm<Behaviour>,
    waiting: &mut Waiting,
    cookies: &HashMap<String, Cookie>,
    request: &Value,
    id: &Value,
) -> Result<Option<Value>, String> {
    let point = || text(request, "point")?.parse::<PeerId>().map_err(|error| error.to_string());
    let cmd = text(request, "cmd")?;
    match cmd {
        "dial" => {
            let address: Multiaddr = text(request, "address")?.parse().map_err(|error| format!("{error}"))?;
            let options = DialOpts::from(address);
            let peer = options.get_peer_id().ok_or("the address has no peer id")?;
            if swarm.is_connected(&peer) {
                return Ok(Some(json!({ "peerId": peer.to_string() })));
            }
            swarm.dial(options).map_err(|error| error.to_string())?;
            waiting.add("dial", peer, id.clone());
        }
        "register" => {
            let name = namespace(request)?.ok_or("namespace is missing")?;
            let point = point()?;
            let client = &mut swarm.behaviour_mut().client;
            client.register(name.clone(), point, request["ttl"].as_u64()).map_err(|error| error.to_string())?;
            waiting.add("register", name, id.clone());
        }
        "unregister" => {
            let name = namespace(request)?.ok_or("namespace is missing")?;
            let point = point()?;
            swarm.behaviour_mut().client.unregister(name, point);
            return Ok(Some(json!({})));
        }
        "discover" => {
            let name = namespace(request)?;
            let cookie = match request["cookie"].as_str() {
                None => None,
                Some(known) => Some(cookies.get(known).ok_or("no such cookie")?.clone()),
            };
            let point = point()?;
            swarm.behaviour_mut().client.discover(name, cookie, request["limit"].as_u64(), point);
            waiting.add("discover", point, id.clone());
        }
        _ => return Err(format!("unknown command {cmd}")),
    }
    Ok(None)
}

fn told(registration: &Registration) -> Value {
    let addresses: Vec<String> = registration.record.addresses().iter().map(Multiaddr::to_string).collect();
    json!({
        "peerId": registration.record.peer_id().to_string(),
        "namespace": registration.namespace.to_string(),
        "ttl": registration.ttl,
        "addresses": addresses,
    })
}

async fn heard(
    event: SwarmEvent<BehaviourEvent>,
    peer: PeerId,
    swarm: &mut Swarm<Behaviour>,
    waiting: &mut Waiting,
    cookies: &mut HashMap<String, Cookie>,
) {
    use rendezvous::{client::Event as Client, server::Event as Server};
    match event {
        SwarmEvent::NewListenAddr { address, .. } => {
            // What a client registers is what others reach it at.
            swarm.add_external_address(address.clone());
            say(json!({ "event": "listening", "peerId": peer.to_string(), "addresses": [format!("{address}/p2p/{peer}")] })).await;
        }
        SwarmEvent::ConnectionEstablished { peer_id, .. } => {
            answer(waiting.take("dial", peer_id), Ok(json!({ "peerId": peer_id.to_string() }))).await;
        }
        SwarmEvent::OutgoingConnectionError { peer_id: Some(peer_id), error, .. } => {
            answer(waiting.take("dial", peer_id), Err(error.to_string())).await;
        }
        SwarmEvent::Behaviour(BehaviourEvent::Client(event)) => match event {
            Client::Registered { namespace, ttl, .. } => {
                answer(waiting.take("register", namespace), Ok(json!({ "ttl": ttl }))).await;
            }
            Client::RegisterFailed { namespace, error, .. } => {
                answer(waiting.take("register", namespace), Err(format!("{error:?}"))).await;
            }
            Client::Discovered { rendezvous_node, registrations, cookie } => {
                let name = format!("cookie {}", cookies.len());
                cookies.insert(name.clone(), cookie);
                let list: Vec<Value> = registrations.iter().map(told).collect();
                let id = waiting.take("discover", rendezvous_node);
                answer(id, Ok(json!({ "registrations": list, "cookie": name }))).await;
            }
            Client::DiscoverFailed { rendezvous_node, error, .. } => {
                answer(waiting.take("discover", rendezvous_node), Err(format!("{error:?}"))).await;
            }
            Client::Expired { peer } => say(json!({ "event": "expired", "peerId": peer.to_string() })).await,
        },
        SwarmEvent::Behaviour(BehaviourEvent::Server(event)) => {
            let told = match event {
                Server::PeerRegistered { peer, registration } => {
                    json!({ "event": "peerRegistered", "peerId": peer.to_string(), "registration": told(&registration) })
                }
                Server::PeerNotRegistered { peer, namespace, error } => {
                    json!({ "event": "peerNotRegistered", "peerId": peer.to_string(), "namespace": namespace.to_string(), "error": format!("{error:?}") })
                }
                Server::PeerUnregistered { peer, namespace } => {
                    json!({ "event": "peerUnregistered", "peerId": peer.to_string(), "namespace": namespace.to_string() })
                }
                Server::DiscoverServed { enquirer, registrations } => {
                    json!({ "event": "discoverServed", "peerId": enquirer.to_string(), "count": registrations.len() })
                }
                Server::DiscoverNotServed { enquirer, error } => {
                    json!({ "event": "discoverNotServed", "peerId": enquirer.to_string(), "error": format!("{error:?}") })
                }
                Server::RegistrationExpired(registration) => {
                    json!({ "event": "registrationExpired", "registration": told(&registration) })
                }
            };
            say(told).await;
        }
        _ => {}
    }
}
