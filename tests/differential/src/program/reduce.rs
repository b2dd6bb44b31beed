//! Makes a program that differs smaller, for as long as it differs in the same way: lines and blocks are left out, blocks
//! are replaced by what is in them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::batch::{Batch, Member, NativeRun};
use super::judge::{self, Answer, Difference, Way};
use super::kernels::Kernel;

/// Candidates that are built together.
const LOT: usize = 100;
/// What a reduction may take.
const MOST_TIME: Duration = Duration::from_secs(90);

/// A program that differs, what Go computes, and the words of the difference.
pub struct Reduced {
    /// Its text.
    pub text: String,
    /// Go's results.
    pub native: Vec<NativeRun>,
    /// What differs.
    pub difference: Difference,
}

/// Numbers of lines to leave out.
type Cut = BTreeSet<usize>;

/// The smallest program found that differs in this way; none where it doesn't differ again.
///
/// # Errors
/// Go can't be asked.
pub fn reduce(
    program: &Member,
    difference: &Difference,
    kernels: &[Kernel],
) -> Result<Option<Reduced>, String> {
    let asked = Asked {
        inputs: &program.packets,
        difference,
        kernel: kernels.iter().find(|kernel| kernel.name == difference.kernel),
        deadline: Instant::now() + MOST_TIME,
    };
    let first = asked.differing(std::slice::from_ref(&program.text))?.pop();
    let Some((_, mut smallest)) = first else { return Ok(None) };
    while !asked.is_over() {
        let text = smallest.text.clone();
        let lines: Vec<&str> = text.lines().collect();
        let cuts = cuts(&lines);
        let mut good: Vec<(usize, Reduced)> = Vec::new();
        for (lot, cuts) in cuts.chunks(LOT).enumerate() {
            let texts: Vec<String> = cuts.iter().map(|cut| without(&lines, cut)).collect();
            let found = asked.differing(&texts)?;
            good.extend(found.into_iter().map(|(index, found)| (lot * LOT + index, found)));
            if asked.is_over() {
                break;
            }
        }
        let Some(best) = asked.together(&lines, &cuts, good)? else { break };
        smallest = best;
    }
    Ok(Some(smallest))
}

/// What candidates are asked for.
struct Asked<'a> {
    inputs: &'a [Vec<u8>],
    difference: &'a Difference,
    /// Where the difference was seen; none where it needs no kernel.
    kernel: Option<&'a Kernel>,
    deadline: Instant,
}

impl Asked<'_> {
    fn is_over(&self) -> bool {
        Instant::now() > self.deadline
    }

    /// The smallest of what several good cuts give together, and of the single ones.
    fn together(
        &self,
        lines: &[&str],
        cuts: &[Cut],
        mut good: Vec<(usize, Reduced)>,
    ) -> Result<Option<Reduced>, String> {
        good.sort_by_key(|(_, found)| found.text.len());
        let mut texts = Vec::new();
        let mut share = good.len();
        while share > 1 {
            for part in good.chunks(share) {
                let mut all = Cut::new();
                for (index, _) in part {
                    if all.is_disjoint(&cuts[*index]) {
                        all.extend(&cuts[*index]);
                    }
                }
                texts.push(without(lines, &all));
            }
            share = share.div_ceil(2).min(share - 1);
            if share < 4 {
                break;
            }
        }
        texts.truncate(LOT);
        let joined = self.differing(&texts)?;
        let all = joined.into_iter().chain(good).map(|(_, found)| found);
        Ok(all.min_by_key(|found| found.text.len()))
    }

    /// Those of `texts` that differ in this way, by their number. What is not looked at in time doesn't.
    fn differing(&self, texts: &[String]) -> Result<Vec<(usize, Reduced)>, String> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let mut batch = Batch::new()?;
        for text in texts {
            batch.add(text.clone(), self.inputs.to_vec());
        }
        let mut found = Vec::new();
        let mut compiled = Vec::new();
        let mut add = |index: usize, native: &[NativeRun], answer: Answer| match answer {
            Answer::Differs(difference) if difference.is_like(self.difference) => {
                let text = texts[index].clone();
                found.push((index, Reduced { text, native: native.to_vec(), difference }));
            }
            Answer::Refused(words) if self.difference.way == Way::Refused(words.clone()) => {
                let (text, difference) = (texts[index].clone(), self.difference.clone());
                found.push((index, Reduced { text, native: native.to_vec(), difference }));
            }
            _ => {}
        };
        for (index, native) in batch.run()?.into_iter().enumerate() {
            let Ok(native) = native else { continue };
            if self.is_over() {
                break;
            }
            match (judge::compile(&texts[index], self.inputs), self.kernel) {
                (Err(answer), _) => add(index, &native, answer),
                // A machine is started once for all of them.
                (Ok(program), Some(kernel)) if kernel.is_machine() => compiled.push((index, native, program)),
                (Ok(program), Some(kernel)) => {
                    let report = kernel.ask(std::slice::from_ref(&program.job)).pop();
                    let report = report.unwrap_or_else(|| Err("no report".to_owned()));
                    add(index, &native, program.compare(kernel, &report, &native));
                }
                (Ok(_), None) => {}
            }
        }
        if let Some(kernel) = self.kernel.filter(|_| !compiled.is_empty()) {
            let jobs: Vec<_> = compiled.iter().map(|(_, _, program)| program.job.clone()).collect();
            for ((index, native, program), report) in compiled.iter().zip(kernel.ask(&jobs)) {
                add(*index, native, program.compare(kernel, &report, native));
            }
        }
        Ok(found)
    }
}

/// What may be left out, the most first.
fn cuts(lines: &[&str]) -> Vec<Cut> {
    let units = units(lines);
    let mut found: Vec<Cut> = Vec::new();
    for unit in &units {
        found.push((unit.start..unit.end).collect());
        if unit.end > unit.start + 1 {
            // The block goes, what is in it stays.
            found.push([unit.start, unit.end - 1].into());
        }
    }
    // Neighbours.
    for length in [8, 4, 2] {
        for window in units.windows(length) {
            if let (Some(first), Some(last)) = (window.first(), window.last())
                && first.depth == last.depth
                && window.iter().all(|unit| unit.depth >= first.depth)
            {
                found.push((first.start..last.end).collect());
            }
        }
    }
    found.sort_by_key(|cut| std::cmp::Reverse(cut.len()));
    found.dedup();
    found
}

fn without(lines: &[&str], cut: &Cut) -> String {
    let kept = lines.iter().enumerate().filter(|(number, _)| !cut.contains(number));
    kept.flat_map(|(_, line)| [*line, "\n"]).collect()
}

/// A line, or a block from the line that opens it to the one that closes it.
struct Unit {
    start: usize,
    end: usize,
    depth: usize,
}

fn units(lines: &[&str]) -> Vec<Unit> {
    let depth = |line: &str| line.len() - line.trim_start_matches('\t').len();
    let mut units = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with(['}', ')']) {
            continue;
        }
        let own = depth(line);
        let opens = line.ends_with('{') || line.ends_with('(');
        let mut end = start + 1;
        while opens && end < lines.len() {
            let inside = depth(lines[end]) > own || lines[end].trim().is_empty() || lines[end].ends_with(':');
            let goes_on = depth(lines[end]) == own
                && (lines[end].starts_with(&format!("{}case ", "\t".repeat(own)))
                    || lines[end].trim_start().starts_with("default:")
                    || lines[end].trim_start().starts_with("} else"));
            if !inside && !goes_on {
                // The line that closes it.
                end += usize::from(lines[end].trim_start().starts_with(['}', ')']));
                break;
            }
            end += 1;
        }
        units.push(Unit { start, end: end.min(lines.len()), depth: own });
    }
    units
}
