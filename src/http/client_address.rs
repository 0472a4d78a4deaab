//! From which address a request comes.
//!
//! It is the socket's, unless that is a proxy we trust (`TRUSTED_PROXIES`): then it is what the proxy says in
//! `X-Forwarded-For`. Anybody can send that header, so it is read from its end, where the nearest proxy wrote, and only
//! as far as the writers are trusted.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of the connection, as an extension of its requests.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// A range of addresses, as `10.0.0.0/8`; an address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether an address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(drop)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(drop))?;
        if bits > most { Err(()) } else { Ok(Self { address, bits }) }
    }
}

/// The client's address.
pub fn find(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut nearest = peer.to_canonical();
    if trusted.is_empty() {
        return nearest;
    }
    let values = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or("?"));
    let hops: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        if !is_trusted(nearest) {
            break;
        }
        // A proxy that writes something else than an address hides its client; then the proxy is all we know.
        let Some(address) = address_of(hop) else { break };
        nearest = address;
    }
    nearest
}

/// An address, as some proxies write it also with its port.
fn address_of(hop: &str) -> Option<IpAddr> {
    let address = hop.parse().or_else(|_| hop.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(trusted: &[&str], peer: &str, forwarded: &[&'static str]) -> String {
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        find(&trusted, peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_trusted() {
        assert_eq!(found(&[], "203.0.113.9", &["1.1.1.1"]), "203.0.113.9");
        assert_eq!(found(&["10.0.0.0/8"], "203.0.113.9", &["1.1.1.1"]), "203.0.113.9");
        assert_eq!(found(&["10.0.0.0/8"], "10.1.2.3", &["1.1.1.1"]), "1.1.1.1");
        assert_eq!(found(&["10.0.0.0/8"], "10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn only_what_trusted_proxies_wrote_counts() {
        let trusted = &["10.0.0.0/8", "2001:db8::1"];
        assert_eq!(found(trusted, "10.1.2.3", &["6.6.6.6, 1.1.1.1, 10.9.9.9"]), "1.1.1.1");
        assert_eq!(found(trusted, "10.1.2.3", &["6.6.6.6", "1.1.1.1"]), "1.1.1.1");
        assert_eq!(found(trusted, "2001:db8::1", &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(found(trusted, "10.1.2.3", &["6.6.6.6, unknown"]), "10.1.2.3");
        assert_eq!(found(trusted, "10.1.2.3", &["[2001:db8::7]:443"]), "2001:db8::7");
        assert_eq!(found(trusted, "::ffff:10.1.2.3", &["1.1.1.1:80"]), "1.1.1.1");
    }

    #[test]
    fn ranges_are_read() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "127.0.0.1", "fe80::/10", "1.2.3.4/32"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "localhost", "10.0.0.0/-1", "10.0.0.0/"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("255.1.2.3".parse().unwrap()) && !all.contains("::1".parse().unwrap()));
        let half: Network = "fe80::/10".parse().unwrap();
        assert!(half.contains("febf::1".parse().unwrap()) && !half.contains("fec0::1".parse().unwrap()));
    }
}
