//! Evidence as JSON: what an export hands to a verifier that has neither the database nor this code.
//!
//! Trust is no part of it: who verifies brings origin and keys along. The Python verifier reads the same form.

use crate::{
    hash::{Hash, Salt},
    verdict::Finding,
    verify::{self, Anchor, Body, Certificate, Evidence, Held, Included, Role, Rows, Standing, Trust},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The form's name and version, the first thing in each bundle.
pub const FORMAT: &str = "esteira-evidence-v1";

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.to_text())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}
as_text!(Hash, Salt, Hex);

impl Hash {
    fn to_text(self) -> String {
        self.to_string()
    }
}

impl Salt {
    fn to_text(self) -> String {
        Hex(self.0.to_vec()).to_text()
    }
}

/// Bytes as lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl Hex {
    fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::str::FromStr for Hex {
    type Err = esteira_model::id::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: esteira_model::id::Malformed =
            esteira_model::id::Malformed { expected: "an even number of lower-case hexadecimal digits" };
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair: &[u8]| match pair {
            [high, low] => Some(crate::hash::nibble(*high)? << 4 | crate::hash::nibble(*low)?),
            _ => None,
        };
        pairs.map(byte).collect::<Option<_>>().map(Self).ok_or(EXPECTED)
    }
}

/// See [`Evidence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`FORMAT`].
    pub format: String,
    /// See [`Evidence::leaf`].
    pub leaf: Option<Hex>,
    /// See [`Evidence::rows`].
    pub rows: BundleRows,
    /// See [`Evidence::body`].
    pub body: Option<BundleBody>,
    /// See [`Evidence::parents`].
    pub parents: Vec<Hex>,
    /// See [`Evidence::included`].
    pub included: Option<BundleIncluded>,
    /// The signed note of the log's head.
    pub checkpoint: Option<String>,
    /// The newest anchor.
    pub anchor: Option<BundleAnchor>,
}

/// See [`Rows`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BundleRows {
    /// See [`Rows::Elsewhere`].
    Elsewhere,
    /// See [`Rows::Gone`].
    Gone,
    /// See [`Rows::Leaf`].
    Leaf(Hex),
}

/// See [`Body`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleBody {
    /// See [`Body::role`].
    pub role: Role,
    /// See [`Body::position`].
    pub position: u64,
    /// See [`Body::path`].
    pub path: Vec<Hash>,
    /// See [`Body::held`].
    pub held: BundleHeld,
}

/// See [`Held`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum BundleHeld {
    /// See [`Held::Bytes`].
    Bytes {
        /// The bytes.
        bytes: Hex,
        /// The artifact's salt.
        salt: Salt,
    },
    /// See [`Held::Digest`].
    Digest {
        /// The digest.
        digest: Hash,
        /// The artifact's salt.
        salt: Salt,
    },
    /// See [`Held::Removed`].
    Removed {
        /// What certifies it.
        certificate: Option<BundleCertificate>,
    },
}

/// See [`Certificate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleCertificate {
    /// See [`Certificate::leaf`].
    pub leaf: Hex,
    /// See [`Certificate::commitment`].
    pub commitment: Hash,
    /// See [`Certificate::position`].
    pub position: u64,
    /// See [`Certificate::path`].
    pub path: Vec<Hash>,
    /// See [`Certificate::included`].
    pub included: BundleIncluded,
}

/// See [`Included`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleIncluded {
    /// See [`Included::index`].
    pub index: u64,
    /// See [`Included::path`].
    pub path: Vec<Hash>,
}

/// See [`Anchor`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleAnchor {
    /// See [`Anchor::note`].
    pub note: String,
    /// See [`Anchor::consistency`].
    pub consistency: Vec<Hash>,
}

impl Bundle {
    /// Verifies what the bundle holds; none when it is of a format that is not known.
    pub fn verify(&self, trust: &Trust<'_>) -> Option<Finding> {
        if self.format != FORMAT {
            return None;
        }
        let parents: Vec<&[u8]> = self.parents.iter().map(|parent| parent.0.as_slice()).collect();
        let evidence = Evidence {
            leaf: self.leaf.as_ref().map(|leaf| leaf.0.as_slice()),
            rows: match &self.rows {
                BundleRows::Elsewhere => Rows::Elsewhere,
                BundleRows::Gone => Rows::Gone,
                BundleRows::Leaf(leaf) => Rows::Leaf(&leaf.0),
            },
            body: self.body.as_ref().map(BundleBody::view),
            parents: &parents,
            included: self.included.as_ref().map(BundleIncluded::view),
        };
        let anchor = self.anchor.as_ref().map(BundleAnchor::view);
        Some(verify::verify(&evidence, &Standing::new(self.checkpoint.as_deref(), anchor, trust)))
    }
}

impl BundleBody {
    fn view(&self) -> Body<'_> {
        let held = match &self.held {
            BundleHeld::Bytes { bytes, salt } => Held::Bytes(&bytes.0, *salt),
            BundleHeld::Digest { digest, salt } => Held::Digest(*digest, *salt),
            BundleHeld::Removed { certificate } => Held::Removed(certificate.as_ref().map(BundleCertificate::view)),
        };
        Body { role: self.role, position: self.position, path: &self.path, held }
    }
}

impl BundleCertificate {
    fn view(&self) -> Certificate<'_> {
        Certificate {
            leaf: &self.leaf.0,
            commitment: self.commitment,
            position: self.position,
            path: &self.path,
            included: self.included.view(),
        }
    }
}

impl BundleIncluded {
    fn view(&self) -> Included<'_> {
        Included { index: self.index, path: &self.path }
    }
}

impl BundleAnchor {
    fn view(&self) -> Anchor<'_> {
        Anchor { note: &self.note, consistency: &self.consistency }
    }
}
