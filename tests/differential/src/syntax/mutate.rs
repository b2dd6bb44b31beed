//! Edits of a file at random: of tokens, of characters, of lines, of the whole text.

use gobpf_tests::generate::rng::Rng;

use super::corpus::Corpus;
use super::pieces::{ENDLESS, NESTING, PIECES};
use super::tokens::{Kind, Token, tokens};

/// One to three edits of `text`; now and then none.
pub fn mutate(text: &str, corpus: &Corpus, rng: &mut Rng) -> String {
    let mut text = text.to_owned();
    let edits = rng.weighted(&[(1, 0), (30, 1), (12, 2), (6, 3)]);
    for _ in 0..edits {
        text = match rng.weighted(&[(60, 0), (20, 1), (12, 2), (8, 3)]) {
            0 => of_tokens(&text, corpus, rng),
            1 => of_characters(&text, rng),
            2 => of_lines(&text, rng),
            _ => of_all(&text, rng),
        };
    }
    text
}

/// Where a character starts.
fn place(text: &str, rng: &mut Rng) -> usize {
    let mut at = rng.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn piece(rng: &mut Rng) -> &'static str {
    rng.pick(PIECES)
}

fn splice(text: &str, from: usize, to: usize, with: &str) -> String {
    format!("{}{with}{}", &text[..from], &text[to..])
}

fn of_tokens(text: &str, corpus: &Corpus, rng: &mut Rng) -> String {
    let all = tokens(text);
    // Blanks and comments are rarely what matters.
    let solid: Vec<usize> =
        (0..all.len()).filter(|at| !matches!(all[*at].kind, Kind::Blank | Kind::Comment)).collect();
    if solid.is_empty() {
        return text.to_owned() + piece(rng);
    }
    let number = rng.below(solid.len());
    let Token { kind, range } = all[solid[number]].clone();
    let word = &text[range.clone()];
    match rng.below(10) {
        0 => splice(text, range.start, range.end, ""),
        1 => splice(text, range.end, range.end, &format!(" {word}")),
        2 => splice(text, range.start, range.end, piece(rng)),
        3 => splice(text, range.start, range.start, &format!(" {} ", piece(rng))),
        4 => splice(text, range.start, range.start, piece(rng)),
        5 => {
            // With the next one.
            let Some(next) = solid.get(number + 1).map(|at| all[*at].range.clone()) else {
                return splice(text, range.start, range.end, "");
            };
            let between = &text[range.end..next.start];
            let swapped = format!("{}{between}{word}", &text[next.clone()]);
            splice(text, range.start, next.end, &swapped)
        }
        6 => {
            // Another token of the same kind, or of any.
            let other = &all[solid[rng.below(solid.len())]];
            splice(text, range.start, range.end, &text[other.range.clone()])
        }
        7 => {
            let last = solid[(number + rng.below(6)).min(solid.len() - 1)];
            splice(text, range.start, all[last].range.end, "")
        }
        8 => {
            // A stretch of another file.
            let other = corpus.pick(rng);
            let tokens = tokens(other);
            let from = rng.below(tokens.len().max(1));
            let to = (from + 1 + rng.below(8)).min(tokens.len());
            let stretch = tokens.get(from..to).unwrap_or_default();
            let stretch: String = stretch.iter().map(|token| &other[token.range.clone()]).collect();
            splice(text, range.start, range.start, &stretch)
        }
        _ if kind == Kind::Literal => splice(text, range.end - last_length(word), range.end, ""),
        _ => splice(text, range.start, range.start, if rng.chance(50) { "\n" } else { " " }),
    }
}

fn last_length(word: &str) -> usize {
    word.chars().next_back().map_or(0, char::len_utf8)
}

fn of_characters(text: &str, rng: &mut Rng) -> String {
    let at = place(text, rng);
    let next = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    match rng.below(4) {
        0 => splice(text, at, next, ""),
        1 => {
            let c = char::from(rng.below(128) as u8);
            splice(text, at, next, c.encode_utf8(&mut [0; 4]))
        }
        2 => splice(text, at, at, piece(rng)),
        _ => {
            let mut end = (at + rng.below(40)).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            splice(text, at, end.max(at), "")
        }
    }
}

fn of_lines(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.is_empty() {
        return text.to_owned();
    }
    let at = rng.below(lines.len());
    match rng.below(4) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at]),
        2 => {
            let other = rng.below(lines.len());
            lines.swap(at, other);
        }
        _ => lines[at] = lines[at].trim_end_matches('\n'),
    }
    lines.concat()
}

/// Where a token starts.
fn boundary(text: &str, rng: &mut Rng) -> usize {
    let all = tokens(text);
    all.get(rng.below(all.len().max(1))).map_or(0, |token| token.range.start)
}

fn of_all(text: &str, rng: &mut Rng) -> String {
    let cut = |at: usize| text[..at].to_owned();
    match rng.below(13) {
        7 => {
            // The same again and again, as far as both parsers read.
            let at = boundary(text, rng);
            let times = rng.pick(&[2, 3, 10, 50, 200, 1000]);
            splice(text, at, at, &rng.pick(ENDLESS).repeat(times))
        }
        8 | 9 => {
            let (from, to) = (boundary(text, rng), boundary(text, rng));
            let (from, to) = (from.min(to), from.max(to));
            let times = rng.pick(&[1, 1, 2, 5, 40]);
            let (start, end) = rng.pick(NESTING);
            let inner = format!("{}{}{}", start.repeat(times), &text[from..to], end.repeat(times));
            splice(text, from, to, &inner)
        }
        10 => {
            // Two tokens change places.
            let all = tokens(text);
            if all.is_empty() {
                return text.to_owned();
            }
            let (a, b) = (rng.below(all.len()), rng.below(all.len()));
            let (first, last) = (all[a.min(b)].range.clone(), all[a.max(b)].range.clone());
            if a == b {
                return splice(text, first.start, first.end, "");
            }
            let between = &text[first.end..last.start];
            let swapped = format!("{}{between}{}", &text[last.clone()], &text[first.clone()]);
            splice(text, first.start, last.end, &swapped)
        }
        11 => {
            let at = boundary(text, rng);
            splice(text, at, at, rng.pick(&["\u{feff}", "\u{0}", "\u{e9}", "\u{2028}", "\r", "\u{c}"]))
        }
        12 => text.replace('\t', rng.pick(&["", " ", "\u{a0}", "\r\t"])),
        0 => text.replace('\n', "\r\n"),
        1 => format!("\u{feff}{text}"),
        2 => text.trim_end_matches('\n').to_owned(),
        3 => {
            let all = tokens(text);
            cut(all.get(rng.below(all.len().max(1))).map_or(0, |token| token.range.end))
        }
        4 => cut(place(text, rng)) + "\u{feff}",
        5 => cut(place(text, rng)) + piece(rng),
        _ => cut(place(text, rng)),
    }
}
