//! The one resolver: it looks a name up and hands on only addresses that may be connected to.

use crate::egress::address::{Reach, reach};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

/// Looks names up; the system does, unless a test stands in for it.
pub(crate) trait Lookup: Send + Sync {
    /// The addresses of a name.
    fn lookup(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The system's resolver.
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// No address of the name may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that the operator's list permits")]
pub(crate) struct AddressRefused;

/// Hands the HTTP client the addresses that it may connect to, and no others: what is checked is what is connected.
pub(crate) struct GuardedResolver {
    /// The farthest reach that is handed on.
    pub(crate) most: Reach,
    /// Who knows the addresses.
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (most, found) = (self.most, self.lookup.lookup(name.as_str().to_owned()));
        Box::pin(async move {
            let allowed: Vec<SocketAddr> = found
                .await?
                .into_iter()
                .filter(|address| reach(*address) <= most)
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if allowed.is_empty() {
                return Err(AddressRefused.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(&'static [&'static str]);

    impl Lookup for Fixed {
        fn lookup(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
            let found = self.0.iter().map(|address| address.parse().expect("address")).collect();
            Box::pin(async move { Ok(found) })
        }
    }

    async fn check(found: &'static [&'static str], most: Reach, expected: &[&str]) {
        let resolver = GuardedResolver { most, lookup: Arc::new(Fixed(found)) };
        let allowed = resolver.resolve("some.name".parse().expect("name")).await;
        match allowed {
            Ok(allowed) => assert_eq!(allowed.map(|address| address.ip().to_string()).collect::<Vec<_>>(), expected),
            Err(error) => {
                assert!(error.downcast_ref::<AddressRefused>().is_some(), "{error}");
                assert!(expected.is_empty(), "{found:?} at {most:?}");
            }
        }
    }

    #[tokio::test]
    async fn only_permitted_addresses_are_handed_on() {
        check(&["1.1.1.1", "10.0.0.1", "169.254.169.254"], Reach::Public, &["1.1.1.1"]).await;
        check(&["1.1.1.1", "10.0.0.1", "169.254.169.254"], Reach::Private, &["1.1.1.1", "10.0.0.1"]).await;
        check(&["127.0.0.1", "::1"], Reach::Public, &[]).await;
        check(&["169.254.169.254", "fd00:ec2::254"], Reach::Private, &[]).await;
        check(&["::ffff:127.0.0.1"], Reach::Public, &[]).await;
        check(&[], Reach::Private, &[]).await;
    }
}
