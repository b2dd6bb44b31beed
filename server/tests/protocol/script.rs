//! Reads a transcript.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// A transcript.
pub struct Script {
    /// What happens, with the line on which it stands.
    pub steps: Vec<(usize, Step)>,
    /// With which status the server must end.
    pub exit: i32,
}

/// A step.
pub enum Step {
    /// These messages are sent, in one piece.
    Send(Vec<Value>),
    /// The next message with this address must be so.
    Expect(Value),
    /// This must come sooner or later.
    Await(Value),
    /// This must not come.
    Refuse(Value),
}

impl Script {
    /// Reads `text`; files that it holds are written below `root`.
    ///
    /// # Errors
    ///
    /// The line that makes no sense, and why.
    pub fn parse(text: &str, root: &Path) -> Result<Script, String> {
        let mut script = Script { steps: Vec::new(), exit: 0 };
        let mut files = BTreeMap::new();
        let mut lines = text.lines().enumerate().peekable();
        while let Some((index, line)) = lines.next() {
            let number = index + 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix("=== ") {
                let body: Vec<&str> =
                    lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "===").collect();
                let body = expand(&body);
                let path = root.join(name);
                fs::create_dir_all(path.parent().unwrap_or(root)).map_err(|error| error.to_string())?;
                fs::write(path, &body).map_err(|error| error.to_string())?;
                files.insert(name.to_string(), body);
                continue;
            }
            if let Some(status) = line.strip_prefix("exit ") {
                script.exit = status.parse().map_err(|_| format!("line {number}: no status: {status}"))?;
                continue;
            }
            let (arrow, rest) = line.split_once(' ').ok_or(format!("line {number}: what is `{line}`?"))?;
            let mut json = rest.to_string();
            while let Some((_, more)) = lines.next_if(|(_, line)| line.starts_with(' ')) {
                json.push_str(more);
            }
            let mut value = serde_json::from_str(&json).map_err(|error| format!("line {number}: {error}"))?;
            fill(&mut value, root, &files)?;
            match (arrow, script.steps.last_mut()) {
                ("-->", Some((_, Step::Send(messages)))) => messages.push(value),
                ("-->", _) => script.steps.push((number, Step::Send(vec![value]))),
                ("<--", _) => script.steps.push((number, Step::Expect(value))),
                ("<-*", _) => script.steps.push((number, Step::Await(value))),
                ("<-!", _) => script.steps.push((number, Step::Refuse(value))),
                _ => return Err(format!("line {number}: `{arrow}` is none of --> <-- <-* <-!")),
            }
        }
        Ok(script)
    }
}

/// Writes out what stands between `%repeat N` and `%end` N times; `%n` there is the number of the turn.
fn expand(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = lines.iter();
    while let Some(line) = rest.next() {
        match line.strip_prefix("%repeat ").and_then(|count| count.parse::<usize>().ok()) {
            None => out.extend([line, "\n"]),
            Some(count) => {
                let block: Vec<_> = rest.by_ref().take_while(|line| **line != "%end").collect();
                for turn in 0..count {
                    for line in &block {
                        out.extend([line.replace("%n", &turn.to_string()).as_str(), "\n"]);
                    }
                }
            }
        }
    }
    out
}

/// Puts texts of files and the folder's URI where `${text NAME}` and `${root}` stand.
fn fill(value: &mut Value, root: &Path, files: &BTreeMap<String, String>) -> Result<(), String> {
    match value {
        Value::String(text) => {
            let name = text.strip_prefix("${text ").and_then(|rest| rest.strip_suffix('}'));
            *text = match name {
                Some(name) => files.get(name).cloned().ok_or(format!("there is no file {name}"))?,
                None => text.replace("${root}", &format!("file://{}", root.display())),
            };
            Ok(())
        }
        Value::Array(values) => values.iter_mut().try_for_each(|value| fill(value, root, files)),
        Value::Object(values) => {
            let uri = format!("file://{}", root.display());
            let named = std::mem::take(values).into_iter();
            values.extend(named.map(|(key, value)| (key.replace("${root}", &uri), value)));
            values.values_mut().try_for_each(|value| fill(value, root, files))
        }
        _ => Ok(()),
    }
}
