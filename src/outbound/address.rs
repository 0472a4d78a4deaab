//! Which addresses of the network may be called: those of the public internet, unless the operator says otherwise.
//!
//! Businesses choose where we call. Without this, one of them could let us call the database, a cloud's metadata service,
//! or a neighbour. It looks at addresses after names are resolved, right before connecting, so that a name cannot first
//! mean one thing and then another.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};
use std::vec;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;
use url::{Host, Url};

/// Resolves names to the addresses that may be called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver {
    /// Whether addresses of private networks and of this machine may be called as well.
    pub(crate) is_private_allowed: bool,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, Result<Self::Response, io::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let is_private_allowed = self.is_private_allowed;
        async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<_> = found.filter(|address| is_private_allowed || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, "no address that may be called"));
            }
            Ok(allowed.into_iter())
        }
        .boxed()
    }
}

impl Resolver {
    /// Whether a web address may be called, as far as it tells without being resolved.
    pub(crate) fn allows(self, url: &Url) -> bool {
        let (is_encrypted, is_anonymous) =
            (url.scheme() == "https", url.username().is_empty() && url.password().is_none());
        if !is_anonymous || !(is_encrypted || (url.scheme() == "http" && self.is_private_allowed)) {
            return false;
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.is_private_allowed || is_public(address.into()),
            Some(Host::Ipv6(address)) => self.is_private_allowed || is_public(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        }
    }
}

/// Whether an address belongs to the public internet (RFC 6890 lists what does not).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        // Shared by carriers.
        || (first == 100 && (64..128).contains(&second))
        // Benchmarks.
        || (first == 198 && (18..20).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        // Relays of IPv6, long out of use.
        || (first == 192 && second == 88 && third == 99))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    match segments {
        // What stands for IPv4 addresses: NAT64 and 6to4.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo and other protocols, documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, ..] => false,
        // All that is given out begins with 001.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for address in ["1.1.1.1", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::101:101"]
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001::1",
            "2001:db8::1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn web_addresses_are_judged_before_they_are_resolved() {
        let strict = Resolver { is_private_allowed: false };
        let lenient = Resolver { is_private_allowed: true };
        for (url, when_strict, when_lenient) in [
            ("https://hooks.example/x", true, true),
            ("http://hooks.example/x", false, true),
            ("https://10.0.0.1/", false, true),
            ("https://[::1]/", false, true),
            ("https://2130706433/", false, true),
            ("https://0x7f.1/", false, true),
            ("http://localhost:8080/", false, true),
            ("https://user@hooks.example/", false, false),
            ("ftp://hooks.example/", false, false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!((strict.allows(&url), lenient.allows(&url)), (when_strict, when_lenient), "{url}");
        }
    }

    #[tokio::test]
    async fn names_of_this_machine_resolve_to_nothing() {
        let name: Name = "localhost".parse().unwrap();
        let refused = Resolver { is_private_allowed: false }.call(name.clone()).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(Resolver { is_private_allowed: true }.call(name).await.unwrap().len() > 0);
    }
}
