//! Parameters in the types that the server expects, in its binary format.

use crate::database_query::{
    params::Param,
    postgres::{array, instant, numeric, uuid},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use esteira_sdk::Error;
use sqlx::{
    Encode, Postgres, Type, TypeInfo as _,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgTypeKind},
};

/// A parameter, ready to be sent.
pub(crate) struct Bound {
    type_info: PgTypeInfo,
    bytes: Option<Vec<u8>>,
}

/// Why a parameter cannot be sent.
enum Refused {
    /// The type cannot be sent from JSON at all.
    Type,
    /// This value is not of the type.
    Value,
}

impl Bound {
    /// A parameter as the type that the server expects in this place.
    ///
    /// Errors: `INPUT_INVALID` when the value is not of the type, `CONFIG_INVALID` when no value can be. Neither holds the value.
    pub(crate) fn new(number: usize, param: &Param, type_info: &PgTypeInfo) -> Result<Self, Error> {
        let bytes = match param {
            Param::Null => None,
            param => Some(bytes(param, type_info).map_err(|refused| match refused {
                Refused::Value => {
                    let kind = param.kind();
                    Error::input_invalid(format!("parameter {number} is {kind} that cannot be taken as the type {type_info}"))
                }
                Refused::Type => Error::config_invalid(format!(
                    "params: parameter {number} has the type {type_info}, which cannot be sent; write it as a text and cast it in the \
                     statement, as in ${number}::text::{type_info}"
                )),
            })?),
        };
        Ok(Self { type_info: type_info.clone(), bytes })
    }
}

impl Type<Postgres> for Bound {
    fn type_info() -> PgTypeInfo {
        // Never asked for: each value says its own type.
        <str as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Bound {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.bytes {
            None => Ok(IsNull::Yes),
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
        }
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(self.type_info.clone())
    }
}

fn bytes(param: &Param, type_info: &PgTypeInfo) -> Result<Vec<u8>, Refused> {
    match type_info.kind() {
        PgTypeKind::Domain(inner) => return bytes(param, inner),
        PgTypeKind::Array(element) => return array_bytes(param, element),
        PgTypeKind::Enum(_) => return text(param).ok_or(Refused::Value),
        _ => {}
    }
    match type_info.name() {
        "BOOL" => match param {
            Param::Bool(flag) => Some(vec![u8::from(*flag)]),
            _ => None,
        },
        "INT2" => number::<i16>(param).map(|n| n.to_be_bytes().to_vec()),
        "INT4" => number::<i32>(param).map(|n| n.to_be_bytes().to_vec()),
        "INT8" => number::<i64>(param).map(|n| n.to_be_bytes().to_vec()),
        "OID" => number::<u32>(param).map(|n| n.to_be_bytes().to_vec()),
        "FLOAT4" => number::<f32>(param).filter(|n| n.is_finite()).map(|n| n.to_be_bytes().to_vec()),
        "FLOAT8" => number::<f64>(param).filter(|n| n.is_finite()).map(|n| n.to_be_bytes().to_vec()),
        "NUMERIC" => match param {
            Param::Number(digits) | Param::Text(digits) => numeric::from_text(digits),
            _ => None,
        },
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "citext" => text(param),
        "JSON" => Some(param.to_json().into_bytes()),
        "JSONB" => Some([&[1], param.to_json().as_bytes()].concat()),
        "UUID" => plain(param).and_then(uuid::from_text),
        "BYTEA" => plain(param).and_then(|base64| STANDARD.decode(base64).ok()),
        "DATE" => plain(param).and_then(instant::date).map(|days| days.to_be_bytes().to_vec()),
        "TIMESTAMP" => {
            plain(param).and_then(|time| instant::timestamp(time, false)).map(|micros| micros.to_be_bytes().to_vec())
        }
        "TIMESTAMPTZ" => {
            plain(param).and_then(|time| instant::timestamp(time, true)).map(|micros| micros.to_be_bytes().to_vec())
        }
        _ => return Err(Refused::Type),
    }
    .ok_or(Refused::Value)
}

fn array_bytes(param: &Param, element: &PgTypeInfo) -> Result<Vec<u8>, Refused> {
    let items = param.items().ok_or(Refused::Value)?;
    let oid = element.oid().ok_or(Refused::Type)?;
    let items = items
        .iter()
        .map(|item| match item {
            Param::Null => Ok(None),
            item => bytes(item, element).map(Some),
        })
        .collect::<Result<Vec<_>, _>>()?;
    array::encode(oid.0, &items).ok_or(Refused::Value)
}

fn plain(param: &Param) -> Option<&str> {
    match param {
        Param::Text(text) => Some(text),
        _ => None,
    }
}

/// Texts as they are, everything else as its JSON text.
fn text(param: &Param) -> Option<Vec<u8>> {
    Some(match param {
        Param::Text(text) => text.clone().into_bytes(),
        other => other.to_json().into_bytes(),
    })
}

fn number<T: std::str::FromStr>(param: &Param) -> Option<T> {
    match param {
        Param::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}
