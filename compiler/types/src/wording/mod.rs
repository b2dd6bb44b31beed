//! The words for every problem. Where Go's compiler has words for it, they are the same.

mod go;
mod instead;
mod kernel;

use gobpf_diagnostics::{Code, Diagnostic, codes};
use gobpf_source::{Place, Span, TextRange};

use crate::error::{EntryProblem, Idle, TypeError, Why};

pub use go::{TEMPLATES, Template};

/// A sentence with its code, and what to do.
struct Words {
    code: Code,
    message: String,
    help: Vec<String>,
    labels: Vec<(Place, String)>,
}

impl Words {
    fn new(code: Code, message: impl Into<String>) -> Words {
        Words { code, message: message.into(), help: Vec::new(), labels: Vec::new() }
    }

    fn help(mut self, help: impl Into<String>) -> Words {
        self.help.push(help.into());
        self
    }

    fn label(mut self, place: Place, message: impl Into<String>) -> Words {
        self.labels.push((place, message.into()));
        self
    }
}

impl TypeError {
    /// The code of its page.
    pub fn code(&self) -> Code {
        words(&self.why).code
    }

    /// The row of [`TEMPLATES`] that its words come from, where they are Go's.
    pub fn template(&self) -> Option<Template> {
        go::message(&self.why).map(|(template, _)| template)
    }

    /// It speaks of a type that has an error of its own.
    pub(crate) fn follows_from_another(&self) -> bool {
        words(&self.why)
            .message
            .get(1..)
            .is_some_and(|rest| rest.contains("invalid type") || rest.contains("invalid operand"))
    }

    /// The diagnostic that is shown. `span` turns a place into an absolute range.
    pub fn to_diagnostic(&self, span: &dyn Fn(Place) -> Span) -> Diagnostic {
        let words = words(&self.why);
        let mut primary = span(self.place);
        if self.why.is_at_end() {
            let (start, end) = (primary.range.start(), primary.range.end());
            primary.range = TextRange::new(end.checked_sub(1.into()).unwrap_or(end).max(start), end);
        }
        let mut diagnostic = Diagnostic::error(words.code, primary, words.message);
        for (place, message) in words.labels {
            diagnostic = diagnostic.label(span(place), message);
        }
        for step in &self.path {
            let verb = if step.is_use { "uses" } else { "calls" };
            let message = format!("{} {verb} {} here", step.caller, step.callee);
            diagnostic = diagnostic.label(span(step.place), message);
        }
        for help in words.help {
            diagnostic = diagnostic.help(help);
        }
        diagnostic
    }
}

fn words(why: &Why) -> Words {
    directives(why)
        .or_else(|| go(why))
        .or_else(|| kernel::kernel(why))
        .or_else(|| kernel::printk(why))
        .unwrap_or_else(|| Words::new(codes::GB0203, format!("invalid operation: {why:?}")))
}

fn directives(why: &Why) -> Option<Words> {
    Some(match why {
        Why::ForeignDirective { name, of_sdk: true } => {
            Words::new(codes::GB0110, format!("//bpf:{name} binds declarations of the SDK to the kernel"))
                .help("a program has //bpf:section, //bpf:license and //bpf:kernel")
        }
        Why::ForeignDirective { name, of_sdk: false } => {
            Words::new(codes::GB0110, format!("//bpf:{name} is not supported yet"))
        }
        Why::MisplacedDirective { name, belongs } => {
            Words::new(codes::GB0111, format!("misplaced directive //bpf:{name}"))
                .help(format!("it stands directly above {belongs}, without an empty line between"))
        }
        Why::MalformedDirective { name, expected } => {
            Words::new(codes::GB0112, format!("//bpf:{name} has a wrong argument: {expected}"))
        }
        Why::RepeatedDirective { name, first } => {
            Words::new(codes::GB0113, format!("//bpf:{name} is given twice"))
                .label(*first, "given here first")
        }
        Why::IdleDirective { name, idle } => {
            let (reason, help) = match idle {
                Idle::Program => (
                    "the kernel calls this function, which is a program",
                    "remove it, or put it above a function that the program calls",
                ),
                Idle::Native => {
                    ("no program calls this function", "remove it: what no program calls is native Go")
                }
                Idle::Global => {
                    ("a global function is never inlined", "remove it: //bpf:global says the same and more")
                }
            };
            Words::new(codes::GB0116, format!("//bpf:{name} has no effect: {reason}")).help(help)
        }
        Why::UnknownSection { section, known } => {
            let message = match section.is_empty() {
                true => "//bpf:section needs the name of a section".to_owned(),
                false => format!("unknown section {section:?}"),
            };
            Words::new(codes::GB0114, message).help(format!("sections are {}", known.join(", ")))
        }
        Why::Entry { section, context, problem } => entry(section, context, problem),
        _ => return None,
    })
}

fn entry(section: &str, context: &str, problem: &EntryProblem) -> Words {
    let message = match problem {
        EntryProblem::Parameters { count } => {
            format!("a program takes one parameter, its context, and this one has {count}")
        }
        EntryProblem::Context { found } => {
            format!("a program in section {section} takes a {context}, not a {found}")
        }
        EntryProblem::Results { count } => {
            format!("a program has one result, and this one has {count}")
        }
        EntryProblem::ResultType { found } => {
            format!("the result of a program is an int32 or a type based on it, not {found}")
        }
        EntryProblem::Method => "a method can't be a program".to_owned(),
        EntryProblem::Generic => "a program can't have type parameters".to_owned(),
        EntryProblem::NoBody => "a program needs a body".to_owned(),
    };
    Words::new(codes::GB0115, message).help(format!("write func NAME(ctx {context}) int32"))
}

/// What Go's compiler says, with the places that its words quote as labels.
fn go(why: &Why) -> Option<Words> {
    let (template, message) = go::message(why)?;
    let words = Words::new(template.code, message);
    Some(match why {
        Why::Redeclared { name, other }
        | Why::FieldRedeclared { name, other }
        | Why::MethodRedeclared { name, other, .. }
        | Why::DeclaredByImport { name, other, .. }
        | Why::LabelRepeated { label: name, other } => {
            words.label(*other, format!("other declaration of {name}"))
        }
        Why::ResultShadowed { name, other } => words.label(*other, format!("inner declaration of {name}")),
        Why::DuplicateCase { other, .. } | Why::DuplicateTypeCase { other, .. } => {
            words.label(*other, "previous case")
        }
        Why::DuplicateDefault { other } => words.label(*other, "first default"),
        Why::GotoOverVariable { declaration, .. } => {
            words.label(*declaration, "the variable is declared here")
        }
        Why::ImportMissing { .. } => words.help("the package was not found; `go mod tidy` may get it"),
        _ => words,
    })
}

/// `A, B, and C`.
fn and_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

/// `in call to f, ` where it is one.
fn in_call(function: &Option<String>) -> String {
    function.as_ref().map(|function| format!("in call to {function}, ")).unwrap_or_default()
}

/// `: cause` where there is one.
fn because(cause: &str) -> String {
    if cause.is_empty() { String::new() } else { format!(": {cause}") }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// What there is of arguments that are too few or too many.
fn few_or_many(too_many: bool) -> &'static str {
    if too_many { "too many" } else { "not enough" }
}
