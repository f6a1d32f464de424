//! A list of fields, written down once: the struct, its bytes, its JSON, and where two of it differ, all in one order.

macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name<'a> { $($(#[$fmeta])* pub $field: $type),+ }

        impl<'a> $crate::wire::Field<'a> for $name<'a> {
            fn put(&self, out: &mut Vec<u8>) {
                $($crate::wire::Field::put(&self.$field, out);)+
            }

            fn take(from: &mut $crate::wire::Reader<'a>) -> Result<Self, $crate::wire::Error> {
                Ok(Self { $($field: from.field(stringify!($field))?),+ })
            }
        }

        impl $crate::json::Show for $name<'_> {
            fn show(&self) -> serde_json::Value {
                let fields = [$((stringify!($field).to_owned(), $crate::json::Show::show(&self.$field))),+];
                serde_json::Value::Object(fields.into_iter().collect())
            }
        }

        impl $name<'_> {
            /// The first field in which the two differ.
            pub fn first_difference(&self, other: &Self) -> Option<&'static str> {
                $(if self.$field != other.$field {
                    return Some(stringify!($field));
                })+
                None
            }
        }
    )+};
}
pub(crate) use fields;
