//! Bytes as the files write them.

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    text.parse::<esteira_ledger::bundle::Hex>().expect("hexadecimal digits").0
}
