//! Inputs and results of a program, in comments of its Go file: the format of `run/*.go`.
//!
//! ```text
//! // SET limits[u32 1] = u64 10
//! // RUN Filter packet=00*14_09 => 1
//! // RUN OnOpen syscall=openat*3
//! // MAP calls[u32 $pid] = u64 3
//! // TRACE "^pid [0-9]+$"
//! // MODEL unknown "^feature bpf-to-bpf calls$"
//! ```

use regex::Regex;

use crate::fields::{self, Names};
use crate::hex::Hex;
use crate::job::{Entry, Input, Job, Report, Run};

/// All that a file says.
#[derive(Debug, Default)]
pub struct Scenario {
    set: Vec<(Place, String)>,
    runs: Vec<Expected>,
    maps: Vec<(Place, Comparison, String)>,
    trace: Vec<Regex>,
    /// What keeps the model from a verdict.
    unmodelled: Option<Regex>,
}

/// `name[fields]`
#[derive(Debug)]
struct Place {
    map: String,
    key: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Comparison {
    Equal,
    AtLeast,
    Absent,
}

#[derive(Debug)]
struct Expected {
    program: String,
    input: Input,
    result: Option<u32>,
    data: Option<Hex>,
}

impl Scenario {
    /// Reads the comments of `text`.
    pub fn read(text: &str) -> Result<Scenario, String> {
        let mut scenario = Scenario::default();
        for (index, line) in text.lines().enumerate() {
            let Some((word, rest)) = line.strip_prefix("// ").and_then(|line| line.split_once(' ')) else {
                continue;
            };
            let read = match word {
                "SET" => scenario.read_set(rest),
                "RUN" => Expected::read(rest).map(|run| scenario.runs.push(run)),
                "MAP" => scenario.read_map(rest),
                "TRACE" => scenario.read_trace(rest),
                "MODEL" => scenario.read_model(rest),
                _ => Ok(()),
            };
            read.map_err(|why| format!("line {}: {why}", index + 1))?;
        }
        Ok(scenario)
    }

    /// Whether entries are put into maps before the runs.
    pub fn fills_maps(&self) -> bool {
        !self.set.is_empty()
    }

    /// What the verifier model says of the file's programs, where it has no verdict for them yet.
    pub fn unmodelled(&self) -> Option<&Regex> {
        self.unmodelled.as_ref()
    }

    /// The runs: program, input and expected result.
    pub fn runs(&self) -> impl Iterator<Item = (&str, &Input, Option<u32>)> {
        self.runs.iter().map(|run| (run.program.as_str(), &run.input, run.result))
    }

    /// Puts entries and runs into `job`.
    pub fn prepare(&self, job: &mut Job) -> Result<(), String> {
        for (place, value) in &self.set {
            let map = job.map(&place.map).ok_or_else(|| format!("SET: no map `{}`", place.map))?;
            let key = Hex(fields::bytes(&place.key, Names::default())?);
            job.entries.push(Entry { map, key, value: Hex(fields::bytes(value, Names::default())?) });
        }
        for run in &self.runs {
            let program =
                job.program(&run.program).ok_or_else(|| format!("RUN: no program `{}`", run.program))?;
            job.runs.push(Run { program, input: run.input.clone() });
        }
        job.trace = !self.trace.is_empty();
        Ok(())
    }

    /// Compares a report with what is expected; the error names all that differs.
    pub fn check(&self, job: &Job, report: &Report) -> Result<(), String> {
        let mut wrong = Vec::new();
        for (index, (run, ran)) in self.runs.iter().zip(&report.ran).enumerate() {
            let name = format!("RUN number {} ({})", index + 1, run.program);
            match (&ran.result, run.result) {
                (Err(why), _) => wrong.push(format!("{name}: {why}")),
                (Ok(result), Some(wanted)) if *result != wanted => {
                    wrong.push(format!(
                        "{name}: returned {} where {} was expected",
                        *result as i32, wanted as i32
                    ));
                }
                _ => {}
            }
            if run.data.as_ref().is_some_and(|data| *data != ran.data) {
                wrong.push(format!("{name}: the packet is {}", ran.data));
            }
        }
        let names = Names { pid: u64::from(report.pid), uid: 0 };
        for (place, comparison, value) in &self.maps {
            if let Err(why) = check_entry(job, report, place, *comparison, value, names) {
                wrong.push(format!("MAP {}[{}]: {why}", place.map, place.key));
            }
        }
        for pattern in &self.trace {
            if !report.trace.iter().any(|line| pattern.is_match(line)) {
                wrong.push(format!(
                    "TRACE \"{pattern}\": not printed; this was:\n{}",
                    report.trace.join("\n")
                ));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    fn read_set(&mut self, rest: &str) -> Result<(), String> {
        let (place, value) = rest.split_once(" = ").ok_or("SET wants `map[key] = value`")?;
        self.set.push((Place::read(place)?, value.to_string()));
        Ok(())
    }

    fn read_model(&mut self, rest: &str) -> Result<(), String> {
        let pattern = rest.strip_prefix("unknown \"").and_then(|rest| rest.strip_suffix('"'));
        let pattern = pattern.ok_or("MODEL wants `unknown \"regexp\"`")?;
        self.unmodelled = Some(Regex::new(pattern).map_err(|error| error.to_string())?);
        Ok(())
    }

    fn read_map(&mut self, rest: &str) -> Result<(), String> {
        let forms = [(" = ", Comparison::Equal), (" >= ", Comparison::AtLeast)];
        let entry = match forms.iter().find_map(|(sign, kind)| Some((rest.split_once(sign)?, *kind))) {
            Some(((place, value), kind)) => (Place::read(place)?, kind, value.to_string()),
            None => match rest.strip_suffix(" absent") {
                Some(place) => (Place::read(place)?, Comparison::Absent, String::new()),
                None => return Err("MAP wants `map[key] = value`, `>= value` or `absent`".into()),
            },
        };
        self.maps.push(entry);
        Ok(())
    }

    fn read_trace(&mut self, rest: &str) -> Result<(), String> {
        let pattern = rest.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let pattern = pattern.ok_or("TRACE wants a \"regexp\"")?;
        self.trace.push(Regex::new(pattern).map_err(|error| error.to_string())?);
        Ok(())
    }
}

impl Place {
    fn read(text: &str) -> Result<Place, String> {
        let (map, key) = text
            .trim()
            .strip_suffix(']')
            .and_then(|text| text.split_once('['))
            .ok_or_else(|| format!("`{text}` is not `map[key]`"))?;
        Ok(Place { map: map.to_string(), key: key.to_string() })
    }
}

impl Expected {
    fn read(rest: &str) -> Result<Expected, String> {
        let (input, output) = rest.split_once("=>").unwrap_or((rest, ""));
        let mut words = input.split_whitespace();
        let program = words.next().ok_or("RUN wants the name of a program")?.to_string();
        let (mut packet, mut repeat, mut call) = (None, 1, None);
        for word in words {
            match word.split_once('=') {
                Some(("packet", hex)) => packet = Some(hex.parse::<Hex>()?),
                Some(("repeat", times)) => repeat = times.parse().map_err(|_| format!("repeat={times}?"))?,
                Some(("syscall", text)) => {
                    let (name, times) = text.split_once('*').unwrap_or((text, "1"));
                    let times = times.parse().map_err(|_| format!("syscall={text}?"))?;
                    call = Some(Input::SystemCall { name: name.to_string(), times });
                }
                _ => return Err(format!("`{word}` is none of packet=, repeat=, syscall=")),
            }
        }
        let input = match (packet, call) {
            (Some(data), None) => Input::Packet { data, repeat },
            (None, Some(call)) => call,
            _ => return Err("RUN wants either packet= or syscall=".into()),
        };
        let (mut result, mut data) = (None, None);
        for word in output.split_whitespace() {
            match word.strip_prefix("data=") {
                Some(hex) => data = Some(hex.parse::<Hex>()?),
                None => {
                    let number: i64 = word.parse().map_err(|_| format!("`{word}` is no result"))?;
                    result = Some(number as u32);
                }
            }
        }
        Ok(Expected { program, input, result, data })
    }
}

fn check_entry(
    job: &Job,
    report: &Report,
    place: &Place,
    comparison: Comparison,
    value: &str,
    names: Names,
) -> Result<(), String> {
    let map = job.map(&place.map).ok_or("no such map")?;
    let key = Hex(fields::bytes(&place.key, names)?);
    let found = report.entries.iter().find(|entry| entry.map == map && entry.key == key);
    let Some(found) = found.map(|entry| &entry.value) else {
        let all: Vec<String> = report
            .entries
            .iter()
            .filter(|entry| entry.map == map)
            .map(|entry| format!("{} = {}", entry.key, entry.value))
            .collect();
        let absent = comparison == Comparison::Absent;
        return if absent { Ok(()) } else { Err(format!("absent; there are:\n{}", all.join("\n"))) };
    };
    let wanted = fields::bytes(value, names)?;
    let good = match comparison {
        Comparison::Equal => found.0 == wanted,
        Comparison::AtLeast => {
            found.0.len() == wanted.len() && fields::number(&found.0) >= fields::number(&wanted)
        }
        Comparison::Absent => false,
    };
    if good { Ok(()) } else { Err(format!("is {found}")) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_and_mistakes_named() {
        let text = "package p\n// SET m[u32 1] = u64 2\n// RUN F packet=00*14_09 repeat=2 => -1 data=00\n\
            // RUN G syscall=openat*3\n// MAP m[u32 $pid] >= u64 3\n// MAP m[u32 1] absent\n// TRACE \"^x$\"\n";
        let scenario = Scenario::read(text).unwrap();
        assert_eq!((scenario.set.len(), scenario.runs.len(), scenario.maps.len()), (1, 2, 2));
        assert_eq!(scenario.runs[0].result, Some(u32::MAX));
        for wrong in ["// RUN F", "// RUN F packet=0", "// MAP m = 1", "// TRACE x", "// RUN F x=1"] {
            assert!(Scenario::read(wrong).is_err(), "{wrong}");
        }
    }
}
