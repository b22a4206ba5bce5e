//! Which addresses a webhook may reach: whoever may set one must not be able to make this server ask its own network.
//!
//! Invariant: a connection is made only to an address that was checked, so a name cannot mean another one a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// Networks that are not the public internet, after the special-purpose registries of IANA.
const PRIVATE_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 3),
];

/// Of IPv6 only 2000::/3 is given out; these parts of it are special all the same.
const PRIVATE_V6: &[([u16; 2], u32)] = &[([0x2001, 0], 23), ([0x2001, 0xdb8], 32), ([0x3fff, 0], 20)];

/// Whether an address is one of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let inside =
        |(network, bits): &([u8; 4], u32)| (u32::from(address) ^ u32::from_be_bytes(*network)) >> (32 - bits) == 0;
    !PRIVATE_V4.iter().any(inside)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let last = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match parts {
        // An IPv4 address in other clothes: mapped, behind NAT64, or of 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(last(high, low)),
        [0x2002, high, low, ..] => is_public_v4(last(high, low)),
        _ => {
            let start = (u32::from(parts[0]) << 16) | u32::from(parts[1]);
            let inside = |([first, second], bits): &([u16; 2], u32)| {
                (start ^ ((u32::from(*first) << 16) | u32::from(*second))) >> (32 - bits) == 0
            };
            parts[0] >> 13 == 1 && !PRIVATE_V6.iter().any(inside)
        }
    }
}

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is an address of this machine or of a private network; start the server with --webhook-allow-private to let \
     webhooks reach those"
)]
pub struct NotPublic(pub String);

/// Refuses addresses that are written as numbers; names are checked when they are looked up.
pub fn check_literal(url: &Url) -> Result<(), NotPublic> {
    let host = url.host_str().unwrap_or_default();
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(NotPublic(host.to_owned())),
        _ => Ok(()),
    }
}

/// Looks names up, and forgets the addresses that may not be reached.
pub struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.iter().copied().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() && !found.is_empty() {
                return Err(NotPublic(name.as_str().to_owned()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ms_34_addresses_of_private_networks_are_known_in_every_form() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "198.20.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:101:101::",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn ms_34_numbers_are_recognised_however_they_are_written() {
        for private in ["http://127.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://[::1]:80/", "http://0/"] {
            assert!(check_literal(&private.parse().unwrap()).is_err(), "{private}");
        }
        for public in ["http://1.1.1.1/", "https://example.org/", "http://[2606:4700::1111]/"] {
            assert!(check_literal(&public.parse().unwrap()).is_ok(), "{public}");
        }
    }

    #[tokio::test]
    async fn ms_34_a_name_of_a_private_address_leads_nowhere() {
        let refused = PublicOnly.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.downcast_ref::<NotPublic>().is_some(), "{refused}");
    }
}
