//! Bytes written as typed fields: `u32 7, u8 1, pad 3`. Numbers are little-endian unless they start with `be`.

/// The processes and users of a run, for the words `$pid` and `$uid`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names {
    /// The process that made the system calls.
    pub pid: u64,
    /// Its user.
    pub uid: u64,
}

/// The bytes of `text`.
pub fn bytes(text: &str, names: Names) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        let (kind, value) = field.split_once(' ').ok_or_else(|| format!("`{field}` is not `TYPE VALUE`"))?;
        bytes.extend(one(kind, value.trim(), names).map_err(|why| format!("`{field}`: {why}"))?);
    }
    Ok(bytes)
}

fn one(kind: &str, value: &str, names: Names) -> Result<Vec<u8>, String> {
    if kind == "hex" {
        return value.parse::<crate::hex::Hex>().map(|hex| hex.0);
    }
    if kind == "str" {
        return Ok(value.as_bytes().to_vec());
    }
    let number: i128 = match value {
        "$pid" => i128::from(names.pid),
        "$uid" => i128::from(names.uid),
        _ => match value.strip_prefix("0x") {
            Some(digits) => i128::from_str_radix(digits, 16),
            None => value.parse(),
        }
        .map_err(|_| "not a number".to_string())?,
    };
    if kind == "pad" {
        return Ok(vec![0; usize::try_from(number).map_err(|_| "not a number of bytes")?]);
    }
    let size = match kind.trim_start_matches("be").trim_start_matches(['u', 'i']) {
        "8" => 1,
        "16" => 2,
        "32" => 4,
        "64" => 8,
        _ => return Err("not one of u8 to u64, i8 to i64, be16 to be64, pad, hex, str".into()),
    };
    let bits = 8 * size as u32;
    if number >= 1 << bits || number < -(1 << (bits - 1)) {
        return Err(format!("does not fit in {bits} bits"));
    }
    let mut bytes = number.to_le_bytes()[..size].to_vec();
    if kind.starts_with("be") {
        bytes.reverse();
    }
    Ok(bytes)
}

/// A value of up to 8 bytes as an unsigned number.
pub fn number(bytes: &[u8]) -> Option<u64> {
    let mut wide = [0; 8];
    wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(u64::from_le_bytes(wide))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_laid_out_in_order() {
        let names = Names { pid: 0x1234, uid: 0 };
        let text = "u32 $pid, u8 1, pad 3, be16 0x0800, i8 -1, hex 0a0b";
        let expected = [0x34, 0x12, 0, 0, 1, 0, 0, 0, 8, 0, 0xff, 10, 11];
        assert_eq!(bytes(text, names), Ok(expected.to_vec()));
        assert!(bytes("u8 256", names).is_err() && bytes("u7 1", names).is_err());
    }
}
