//! Whether a message has what a pattern asks for.

use regex::Regex;
use serde_json::Value;

/// Compares `value` with `pattern`: an object must have the pattern's members, an array as many elements; a string
/// `~...` is a regular expression, `"<absent>"` means that there is no such member, `"<any>"` takes all.
///
/// # Errors
///
/// The path of the first difference, and both sides.
pub fn matches(pattern: &Value, value: &Value) -> Result<(), String> {
    differ("", pattern, Some(value))
}

fn differ(path: &str, pattern: &Value, value: Option<&Value>) -> Result<(), String> {
    let wrong = || {
        let shown = value.map_or_else(|| "nothing".to_string(), ToString::to_string);
        Err(format!("at `{path}`: wanted {pattern}, got {shown}"))
    };
    match (pattern, value) {
        (Value::String(text), None) if text == "<absent>" => Ok(()),
        (Value::String(text), Some(_)) if text == "<any>" => Ok(()),
        (Value::Object(wanted), Some(Value::Object(got))) => {
            wanted.iter().try_for_each(|(key, wanted)| differ(&format!("{path}/{key}"), wanted, got.get(key)))
        }
        (Value::Array(wanted), Some(Value::Array(got))) if wanted.len() == got.len() => {
            let pairs = wanted.iter().zip(got).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(index, (wanted, got))| differ(&format!("{path}/{index}"), wanted, Some(got)))
        }
        (Value::String(text), Some(Value::String(got))) if text.starts_with('~') => {
            let regex = Regex::new(&text[1..]).map_err(|error| error.to_string())?;
            if regex.is_match(got) { Ok(()) } else { wrong() }
        }
        (pattern, Some(value)) if pattern == value => Ok(()),
        _ => wrong(),
    }
}
