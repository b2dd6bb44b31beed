//! Makes a program that differs smaller, for as long as it differs in the same way: lines and blocks are left out, blocks
//! are replaced by what is in them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::batch::{Batch, Member, NativeRun};
use super::judge::{self, Answer, Way};

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
    pub words: String,
}

/// Numbers of lines to leave out.
type Cut = BTreeSet<usize>;

/// The smallest program found that differs in this way; none where it doesn't differ again.
///
/// # Errors
/// Go can't be asked.
pub fn reduce(program: &Member, way: &Way) -> Result<Option<Reduced>, String> {
    let start = Instant::now();
    let Some(mut smallest) =
        differing(std::slice::from_ref(&program.text), program, way)?.pop().map(|(_, found)| found)
    else {
        return Ok(None);
    };
    while start.elapsed() < MOST_TIME {
        let text = smallest.text.clone();
        let lines: Vec<&str> = text.lines().collect();
        let cuts = cuts(&lines);
        let mut good: Vec<(usize, Reduced)> = Vec::new();
        for (lot, cuts) in cuts.chunks(LOT).enumerate() {
            let texts: Vec<String> = cuts.iter().map(|cut| without(&lines, cut)).collect();
            let found = differing(&texts, program, way)?;
            good.extend(found.into_iter().map(|(index, found)| (lot * LOT + index, found)));
            if start.elapsed() > MOST_TIME {
                break;
            }
        }
        let Some(best) = together(&lines, &cuts, good, program, way)? else { break };
        smallest = best;
    }
    Ok(Some(smallest))
}

/// The smallest of what several good cuts give together, and of the single ones.
fn together(
    lines: &[&str],
    cuts: &[Cut],
    mut good: Vec<(usize, Reduced)>,
    program: &Member,
    way: &Way,
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
    let joined = differing(&texts, program, way)?;
    let all = joined.into_iter().chain(good).map(|(_, found)| found);
    Ok(all.min_by_key(|found| found.text.len()))
}

/// Those of `texts` that differ in this way, by their number.
fn differing(texts: &[String], program: &Member, way: &Way) -> Result<Vec<(usize, Reduced)>, String> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut batch = Batch::new()?;
    for text in texts {
        batch.add(text.clone(), program.packets.clone());
    }
    let mut found = Vec::new();
    for (index, (text, native)) in texts.iter().zip(batch.run()?).enumerate() {
        let Ok(native) = native else { continue };
        if let Answer::Differs(other, words) = judge::judge(text, &program.packets, &native)
            && other == *way
        {
            found.push((index, Reduced { text: text.clone(), native, words }));
        }
    }
    Ok(found)
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
