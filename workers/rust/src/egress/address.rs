//! Which addresses are public, which are private, and which are never meant by a name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, as far as egress is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// On the public internet.
    Public,
    /// Loopback, or a private network of the operator.
    Private,
    /// Link-local, metadata services, multicast, reserved: reached only when the address itself is on the list.
    Special,
}

/// The reach of an address. Addresses that carry an IPv4 address are what that one is.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // Metadata service inside the shared address space.
        [100, 100, 100, 200] => Reach::Special,
        [10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => {
            Reach::Private
        }
        // This network, link-local (with most metadata services), protocol assignments, 6to4 relays.
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [192, 88, 99, _] => Reach::Special,
        // Documentation.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Special,
        // Multicast and reserved.
        [224..=255, ..] => Reach::Special,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    let s = address.segments();
    let embedded = |high: u16, low: u16| reach_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // IPv4-mapped, and NAT64.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // Metadata service inside the unique local addresses.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254] => Reach::Special,
        [0xfc00..=0xfdff, ..] | [0x64, 0xff9b, 1, ..] => Reach::Private,
        // Protocol assignments with Teredo, documentation, 6to4.
        [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0x0000..=0x0fff, ..] => {
            Reach::Special
        }
        [0x2000..=0x3fff, ..] => Reach::Public,
        // Unspecified, IPv4-compatible, link-local, site-local, multicast, and all that is not global unicast.
        _ => Reach::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: Reach) {
        assert_eq!(reach(address.parse().expect("address")), expected, "{address}");
    }

    #[test]
    fn every_range_has_its_reach() {
        for public in [
            "1.1.1.1",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "2606:4700::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            check(public, Reach::Public);
        }
        let private = [
            "127.0.0.1",
            "127.255.0.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "::1",
            "fd00::1",
            "fc00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
        ];
        for address in private {
            check(address, Reach::Private);
        }
        let special = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "192.0.2.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::127.0.0.1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "::ffff:169.254.169.254",
            "4000::1",
        ];
        for address in special {
            check(address, Reach::Special);
        }
    }
}
