//! The words of syntax errors. Go programmers know those of `go/parser`; ours are the same where it has any.

/// One error per line is shown, and at most this many of a file.
pub(crate) const MAX_ERRORS: usize = 10;

/// How deep constructs may be nested, in levels of operators, parentheses, types and blocks.
pub(crate) const MAX_DEPTH: u32 = 400;

pub(crate) const TOO_DEEP: &str = "nested too deeply";
pub(crate) const TOO_DEEP_HELP: &str = "split the expression or the block: at most 400 levels are read";

pub(crate) const UNCLOSED_BLOCK: &str = "this '{' is not closed";
pub(crate) const UNCLOSED_BLOCK_HELP: &str = "close the block with '}' before the next declaration";

pub(crate) const TYPE_GUARD: &str = "use of .(type) outside type switch";
pub(crate) const TYPE_GUARD_HELP: &str = "write the type, as in x.(T), or use it as `switch x.(type)`";

pub(crate) const EMPTY_FILE_HELP: &str = "a Go file begins with its package clause, such as `package main`";
pub(crate) const BRACE_ON_NEXT_LINE_HELP: &str =
    "put the '{' at the end of the line before: a line end ends a statement";
pub(crate) const DECLARATION_HELP: &str = "outside of functions only import, const, type, var and func stand; `x := 1` is written `var x = 1` there";
pub(crate) const COMPARISON_HELP: &str = "to compare, write '=='";
pub(crate) const TRAILING_COMMA_HELP: &str =
    "end the line with ',' or put the closing bracket on the same line";

/// "and N more": the help of the last shown error.
pub(crate) fn more_errors(count: usize) -> String {
    match count {
        1 => "1 more line of this file has syntax errors".to_string(),
        _ => format!("{count} more lines of this file have syntax errors"),
    }
}

pub(crate) fn unknown_directive(namespace: &str, name: &str) -> String {
    match name {
        "" => format!("a name is missing after `//{namespace}:`"),
        _ => format!("unknown directive `//{namespace}:{name}`"),
    }
}

pub(crate) fn did_you_mean(namespace: &str, name: &str) -> String {
    format!("did you mean `//{namespace}:{name}`?")
}

pub(crate) fn known_directives(names: &str) -> String {
    format!("directives are: {names}")
}

pub(crate) fn stray_directive(namespace: &str, name: &str) -> String {
    format!("directive `//{namespace}:{name}` stands above nothing it can speak of")
}

pub(crate) const STRAY_DIRECTIVE_HELP: &str =
    "put it on a line of its own directly above the declaration it speaks of, without a blank line between";
pub(crate) const STRAY_FILE_DIRECTIVE_HELP: &str =
    "put it above the package clause: it speaks of the whole file";

pub(crate) fn misspelt(written: &str) -> String {
    format!("misspelt directive: `{written}` is an ordinary comment")
}

pub(crate) fn misspelt_help(right: &str) -> String {
    format!("write `{right}`: small letters, no space after `//`, a colon before the name")
}

pub(crate) fn misspelt_fix(right: &str) -> String {
    format!("Write `{right}`")
}

pub(crate) const LATE_IMPORT: &str = "imports must appear before other declarations";
pub(crate) const LATE_IMPORT_HELP: &str = "move the import up, below the package clause";
