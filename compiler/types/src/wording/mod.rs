//! The words for every problem. Where Go's compiler has words for it, they are the same.

mod kernel;

use gobpf_diagnostics::{Code, Diagnostic, codes};
use gobpf_source::{Place, Span};

use crate::constant::Misfit;
use crate::error::{EntryProblem, Idle, ShiftProblem, TypeError, ValueCount, Why};

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
        let primary = span(self.place);
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
        .or_else(|| names(why))
        .or_else(|| uses(why))
        .or_else(|| counts(why))
        .or_else(|| parts(why))
        .or_else(|| branches(why))
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

fn names(why: &Why) -> Option<Words> {
    Some(match why {
        Why::Undefined { name } => Words::new(codes::GB0201, format!("undefined: {name}")),
        Why::NoMember { expr, on, name, similar } => Words::new(
            codes::GB0201,
            format!("{expr} undefined (type {on} has no field or method {name}{similar})"),
        ),
        Why::UndefinedButHave { name, have } => {
            Words::new(codes::GB0201, format!("undefined: {name} (but have {have})"))
        }
        Why::InvalidReceiver { ty } => {
            Words::new(codes::GB0210, format!("invalid receiver type {ty} (pointer or interface type)"))
        }
        Why::NoMethod { expr, on, name, is_field } => {
            let what = if *is_field { "method" } else { "field or method" };
            Words::new(codes::GB0201, format!("{expr} undefined (type {on} has no {what} {name})"))
        }
        Why::InterfacePointer { expr, on } => Words::new(
            codes::GB0201,
            format!("{expr} undefined (type {on} is pointer to interface, not interface)"),
        ),
        Why::PointerMethod { expr, on, name } => Words::new(
            codes::GB0201,
            format!("invalid method expression {expr} (needs pointer receiver (*{on}).{name})"),
        ),
        Why::Unexported { expr, name } => {
            Words::new(codes::GB0201, format!("{expr} undefined (cannot refer to unexported field {name})"))
        }
        Why::NotExported { name } => Words::new(
            codes::GB0201,
            format!(
                "name {} not exported by package {}",
                name.rsplit('.').next().unwrap_or(name),
                name.split('.').next().unwrap_or(name)
            ),
        ),
        Why::NotUsed { name } => Words::new(codes::GB0204, format!("declared and not used: {name}")),
        Why::ImportNotUsed { path, alias: None } => {
            Words::new(codes::GB0205, format!("{path:?} imported and not used"))
        }
        Why::ImportNotUsed { path, alias: Some(alias) } => {
            Words::new(codes::GB0205, format!("{path:?} imported as {alias} and not used"))
        }
        Why::Redeclared { name, other } => {
            Words::new(codes::GB0209, format!("{name} redeclared in this block"))
                .label(*other, format!("other declaration of {name}"))
        }
        Why::MethodRedeclared { on, name, other } => {
            Words::new(codes::GB0209, format!("method {on}.{name} already declared"))
                .label(*other, format!("other declaration of {name}"))
        }
        Why::DeclaredByImport { name, path, other } => Words::new(
            codes::GB0209,
            format!("{name} already declared through import of package {name} ({path:?})"),
        )
        .label(*other, format!("other declaration of {name}")),
        Why::PackageWithoutSelector { name } => {
            Words::new(codes::GB0210, format!("use of package {name} not in selector"))
        }
        Why::ImportMissing { path } => Words::new(codes::GB0201, format!("could not import {path}"))
            .help("the package was not found; `go mod tidy` may get it"),
        Why::NotAType { expr } => Words::new(codes::GB0210, format!("{expr} is not a type")),
        Why::NotGeneric { expr, ty } => {
            Words::new(codes::GB0210, format!("invalid operation: {expr} ({ty} is not a generic type)"))
        }
        Why::IotaOutside => Words::new(codes::GB0201, "cannot use iota outside constant declaration"),
        Why::FieldRedeclared { name, other } => Words::new(codes::GB0209, format!("{name} redeclared"))
            .label(*other, format!("other declaration of {name}")),
        Why::NotAnExpression { expr } if expr == "_" => {
            Words::new(codes::GB0210, "cannot use _ as value or type")
        }
        Why::NotAnExpression { expr } => {
            Words::new(codes::GB0210, format!("{expr} (type) is not an expression"))
        }
        Why::Cycle { name, recursive_type: true, direct: true } => {
            Words::new(codes::GB0216, format!("invalid recursive type: {name} refers to itself"))
        }
        Why::Cycle { name, recursive_type: true, .. } => {
            Words::new(codes::GB0216, format!("invalid recursive type {name}"))
        }
        Why::Cycle { name, recursive_type: false, direct: true } => {
            Words::new(codes::GB0216, format!("initialization cycle: {name} refers to itself"))
        }
        Why::Cycle { name, recursive_type: false, .. } => {
            Words::new(codes::GB0216, format!("initialization cycle for {name}"))
        }
        Why::InvalidTilde { reason } => Words::new(codes::GB0220, format!("invalid use of ~ ({reason})")),
        Why::OverlappingTerms { term, other } => {
            Words::new(codes::GB0220, format!("overlapping terms {term} and {other}"))
        }
        Why::ReceiverParameter { expr } => {
            Words::new(codes::GB0220, format!("receiver type parameter {expr} must be an identifier"))
        }
        Why::ResultShadowed { name, other } => {
            Words::new(codes::GB0209, format!("result parameter {name} not in scope at return"))
                .label(*other, format!("inner declaration of {name}"))
        }
        Why::UnexportedField { name, ty } => Words::new(
            codes::GB0215,
            format!("implicit assignment to unexported field {name} in struct literal of type {ty}"),
        ),
        Why::NotSatisfied { reason } => Words::new(codes::GB0220, reason.clone()),
        Why::NotInferred { function, reason } => {
            Words::new(codes::GB0220, format!("in call to {function}, {reason}"))
        }
        Why::TypeMismatch { function, missing, operand, text, inferred, target } => {
            let matched = match (missing.as_slice(), inferred == target) {
                ([], true) => target.clone(),
                ([], false) => format!("inferred type {inferred} for {target}"),
                (missing, _) => format!("{target} (cannot infer {})", and_list(missing)),
            };
            Words::new(
                codes::GB0220,
                format!("in call to {function}, type {operand} of {text} does not match {matched}"),
            )
        }
        Why::CannotInfer { function, name } => {
            Words::new(codes::GB0220, format!("in call to {function}, cannot infer {name}"))
        }
        Why::TooManyTypeArguments { name, have, want } => Words::new(
            codes::GB0220,
            format!("got {have} type arguments but {name} has {want} type parameters"),
        ),
        Why::NotInstantiated { name } => {
            Words::new(codes::GB0220, format!("cannot use generic function {name} without instantiation"))
        }
        Why::LocalGeneric => {
            Words::new(codes::GB0220, "generic type cannot be declared inside a function".to_owned())
        }
        Why::TypeArguments { name, have: 0, want: _ } => {
            Words::new(codes::GB0210, format!("cannot use generic type {name} without instantiation"))
        }
        Why::TypeArguments { name, have, want } => {
            let few = if have < want { "not enough" } else { "too many" };
            Words::new(
                codes::GB0210,
                format!("{few} type arguments for type {name}: have {have}, want {want}"),
            )
        }
        _ => return None,
    })
}

fn uses(why: &Why) -> Option<Words> {
    Some(match why {
        Why::CannotUse { operand, target, context, misfit, cause } => {
            let reason = match misfit {
                Misfit::Overflows => " (overflows)",
                Misfit::Truncated => " (truncated)",
                Misfit::Kind => "",
            };
            let code = if *misfit == Misfit::Kind { codes::GB0202 } else { codes::GB0208 };
            let cause = because(cause);
            Words::new(code, format!("cannot use {operand} as {target} value in {context}{reason}{cause}"))
        }
        Why::Mismatched { expr, left, right } => Words::new(
            codes::GB0203,
            format!("invalid operation: {expr} (mismatched types {left} and {right})"),
        ),
        Why::OperatorUndefined { operator, operand } if operator.starts_with("shift") => {
            Words::new(codes::GB0203, format!("invalid operation: shifted operand {operand} must be integer"))
        }
        Why::OperatorUndefined { operator, operand } => Words::new(
            codes::GB0203,
            format!("invalid operation: operator {operator} not defined on {operand}"),
        ),
        Why::CompareUndefined { expr, reason } => {
            Words::new(codes::GB0203, format!("invalid operation: {expr} ({reason})"))
        }
        Why::NonNumeric { expr, ty } => {
            Words::new(codes::GB0203, format!("invalid operation: {expr} (non-numeric type {ty})"))
        }
        Why::NotCallable { operand, ty } => Words::new(
            codes::GB0203,
            format!("invalid operation: cannot call {operand}: {ty} is not a function"),
        ),
        Why::NoIndirection { operand } => {
            Words::new(codes::GB0203, format!("invalid operation: cannot indirect {operand}"))
        }
        Why::NotBoolean { statement } => {
            Words::new(codes::GB0202, format!("non-boolean condition in {statement} statement"))
        }
        Why::NoValue { expr } => Words::new(codes::GB0210, format!("{expr} (no value) used as value")),
        Why::NoValueOrType { expr } => {
            Words::new(codes::GB0210, format!("{expr} (no value) used as value or type"))
        }
        Why::PointerMethodCall { name, on } => {
            Words::new(codes::GB0212, format!("cannot call pointer method {name} on {on}"))
        }
        Why::SeveralValues { expr, types } => Words::new(
            codes::GB0210,
            format!("multiple-value {expr} (value of type {types}) in single-value context"),
        ),
        Why::NotUsedValue { operand } => Words::new(codes::GB0210, format!("{operand} is not used")),
        Why::UntypedNil { context } => Words::new(codes::GB0202, format!("use of untyped nil in {context}")),
        Why::NotAssignable { expr } => Words::new(
            codes::GB0212,
            format!("cannot assign to {expr} (neither addressable nor a map index expression)"),
        ),
        Why::NotAVariable { expr } => Words::new(codes::GB0212, format!("cannot assign to {expr}")),
        Why::FieldInMap { expr } => {
            Words::new(codes::GB0212, format!("cannot assign to struct field {expr} in map"))
        }
        Why::NoAddress { operand } => {
            Words::new(codes::GB0212, format!("invalid operation: cannot take address of {operand}"))
        }
        Why::Unaddressable { operand } => {
            Words::new(codes::GB0212, format!("cannot slice unaddressable value {operand}"))
        }
        Why::CannotConvert { operand, target, cause } => {
            let cause = because(cause);
            Words::new(codes::GB0213, format!("cannot convert {operand} to type {target}{cause}"))
        }
        Why::ConstraintConversion { ty } => Words::new(
            codes::GB0213,
            format!(
                "cannot use interface {ty} in conversion (contains specific type constraints or is comparable)"
            ),
        ),
        Why::ConstantConversion { operand, target, misfit } => match misfit {
            Misfit::Overflows => Words::new(codes::GB0208, format!("{operand} overflows {target}")),
            Misfit::Truncated => Words::new(codes::GB0208, format!("{operand} truncated to {target}")),
            Misfit::Kind => Words::new(codes::GB0213, format!("cannot convert {operand} to type {target}")),
        },
        Why::ConstantOverflow { value, ty } => {
            Words::new(codes::GB0208, format!("constant {value} overflows {ty}"))
        }
        Why::ConstantTooLarge { operation } => {
            Words::new(codes::GB0208, format!("constant {operation}overflow"))
        }
        Why::NotConstant { operand } => Words::new(codes::GB0202, format!("{operand} is not constant")),
        _ => return None,
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

/// `: cause` where there is one.
fn because(cause: &str) -> String {
    if cause.is_empty() { String::new() } else { format!(": {cause}") }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn counts(why: &Why) -> Option<Words> {
    let message = match why {
        Why::ArgumentCount { function, have, want, too_many } => {
            let few = if *too_many { "too many" } else { "not enough" };
            format!("{few} arguments in call to {function}\n\thave {have}\n\twant {want}")
        }
        Why::ReturnCount { have, want, too_many } => {
            let few = if *too_many { "too many" } else { "not enough" };
            format!("{few} return values\n\thave {have}\n\twant {want}")
        }
        Why::AssignmentCount { variables, values } => {
            let right = match values {
                ValueCount::Expressions(count) => plural(*count, "value"),
                ValueCount::Call { function, results } => {
                    format!("{function} returns {}", plural(*results, "value"))
                }
            };
            format!("assignment mismatch: {} but {right}", plural(*variables, "variable"))
        }
        Why::BuiltinCount { call, expected, found } => {
            let few = if found > expected { "too many" } else { "not enough" };
            format!("invalid operation: {few} arguments for {call} (expected {expected}, found {found})")
        }
        Why::ConversionCount { ty, too_many: false } => format!("missing argument in conversion to {ty}"),
        Why::ConversionCount { ty, too_many: true } => {
            format!("too many arguments in conversion to {ty}")
        }
        Why::OperationCount { operator } => {
            format!("assignment operation {operator}= requires single-valued expressions")
        }
        Why::MissingInitial { name } => format!("missing init expr for const declaration of {name}"),
        Why::NoNewVariables => "no new variables on left side of :=".to_owned(),
        Why::RepeatedOnLeft { name } => format!("{name} repeated on left side of :="),
        Why::NonNameOnLeft { expr } => format!("non-name {expr} on left side of :="),
        Why::MissingReturn => return Some(Words::new(codes::GB0206, "missing return")),
        _ => return None,
    };
    Some(Words::new(codes::GB0207, message))
}

fn parts(why: &Why) -> Option<Words> {
    let (code, message) = match why {
        Why::DivisionByZero => (codes::GB0214, "invalid operation: division by zero".to_owned()),
        Why::ShiftCount { operand, problem } => {
            let message = match problem {
                ShiftProblem::Negative => format!("negative shift count {operand}"),
                ShiftProblem::Invalid => format!("invalid shift count {operand}"),
                ShiftProblem::NotInteger => format!("shift count {operand} must be integer"),
            };
            (codes::GB0214, format!("invalid operation: {message}"))
        }
        Why::CannotIndex { operand } => (codes::GB0203, format!("cannot index {operand}")),
        Why::CannotSlice { operand } => (codes::GB0203, format!("cannot slice {operand}")),
        Why::IndexNotInteger { operand } => {
            (codes::GB0214, format!("invalid argument: index {operand} must be integer"))
        }
        Why::IndexOverflows { operand } => {
            (codes::GB0214, format!("invalid argument: index {operand} overflows int"))
        }
        Why::IndexNegative { operand } => {
            (codes::GB0214, format!("invalid argument: index {operand} must not be negative"))
        }
        Why::IndexOutOfBounds { index, length } => {
            (codes::GB0214, format!("invalid argument: index {index} out of bounds [0:{length}]"))
        }
        Why::SliceIndices { low, high } => (codes::GB0214, format!("invalid slice indices: {low} < {high}")),
        Why::InvalidLiteralType { ty, is_element } => {
            let element = if *is_element { " element" } else { "" };
            (codes::GB0215, format!("invalid composite literal{element} type {ty}"))
        }
        Why::UnknownField { name, ty, similar } => {
            (codes::GB0215, format!("unknown field {name} in struct literal of type {ty}{similar}"))
        }
        Why::RepeatedField { name } => {
            (codes::GB0215, format!("duplicate field name {name} in struct literal"))
        }
        Why::FieldCount { ty, too_many } => {
            let few = if *too_many { "too many" } else { "too few" };
            (codes::GB0215, format!("{few} values in struct literal of type {ty}"))
        }
        Why::MissingLiteralType => (codes::GB0215, "missing type in composite literal".to_owned()),
        Why::KeyNotConstant { expr } => (codes::GB0215, format!("index {expr} must be integer constant")),
        Why::MixedFields => {
            (codes::GB0215, "mixture of field:value and value elements in struct literal".to_owned())
        }
        Why::BadFieldName { expr } => (codes::GB0215, format!("invalid field name {expr} in struct literal")),
        Why::MissingKey => (codes::GB0215, "missing key in map literal".to_owned()),
        Why::RepeatedKey { key } => (codes::GB0215, format!("duplicate key {key} in map literal")),
        Why::RepeatedIndex { index } => {
            (codes::GB0215, format!("duplicate index {index} in array or slice literal"))
        }
        Why::ElementBound { index, length } => {
            (codes::GB0215, format!("index {index} is out of bounds (>= {length})"))
        }
        Why::ArrayLengthType { operand, want } => {
            (codes::GB0215, format!("array length {operand} must be {want}"))
        }
        Why::OpenArray => {
            (codes::GB0215, "invalid use of [...] array (outside a composite literal)".to_owned())
        }
        Why::UndefinedLength { name } => {
            (codes::GB0215, format!("undefined array length {name} or missing type constraint"))
        }
        Why::InvalidConstantType { ty } => (codes::GB0215, format!("invalid constant type {ty}")),
        Why::ConstraintAsType { ty, by_terms } => {
            let reason = match by_terms {
                true => "interface contains type constraints",
                false => "interface is (or embeds) comparable",
            };
            (codes::GB0220, format!("cannot use type {ty} outside a type constraint: {reason}"))
        }
        Why::BadMapKey { ty } => (codes::GB0215, format!("invalid map key type {ty}")),
        Why::BadArrayLength { expr } => (codes::GB0215, format!("invalid array length {expr}")),
        Why::BuiltinArgument { operand, builtin } => {
            (codes::GB0203, format!("invalid argument: {operand} for built-in {builtin}"))
        }
        Why::NotACall { word } => (codes::GB0210, format!("expression in {word} must be function call")),
        Why::DeferConversion { expr } => {
            (codes::GB0210, format!("defer requires function call, not conversion {expr}"))
        }
        Why::DeferDiscards { expr } => (codes::GB0210, format!("defer discards result of {expr}")),
        Why::BuiltinNotCalled { name } => (codes::GB0210, format!("{name} (built-in) must be called")),
        Why::BuiltinSpread { name } => {
            (codes::GB0203, format!("invalid operation: invalid use of ... with built-in {name}"))
        }
        Why::CannotOrder { operand } => {
            (codes::GB0203, format!("invalid argument: {operand} cannot be ordered"))
        }
        Why::MismatchedArguments { left, right, expr } => (
            codes::GB0203,
            format!(
                "invalid argument: mismatched types {left} (previous argument) and {right} (type of {expr})"
            ),
        ),
        Why::CopyElements { operands, elements } => (
            codes::GB0203,
            format!("invalid copy: arguments {operands} have different element types {elements}"),
        ),
        Why::CopyArgument { have } => {
            (codes::GB0203, format!("invalid copy: argument must be a slice; have {have}"))
        }
        Why::AppendArgument { have } => {
            (codes::GB0203, format!("invalid append: argument must be a slice; have {have}"))
        }
        Why::CannotClear { operand } => (
            codes::GB0203,
            format!(
                "invalid argument: cannot clear {operand}: argument must be (or constrained by) map or slice"
            ),
        ),
        Why::NotASelector { expr } => {
            (codes::GB0203, format!("invalid argument: {expr} is not a selector expression"))
        }
        Why::NotAPointer { operand } => {
            (codes::GB0203, format!("invalid argument: {operand} is not a pointer"))
        }
        Why::NotAMap { operand } => (codes::GB0203, format!("invalid argument: {operand} is not a map")),
        Why::CannotMake { ty } => (
            codes::GB0203,
            format!("invalid argument: cannot make {ty}: type must be slice, map, or channel"),
        ),
        Why::MakeCount { call, found } => {
            (codes::GB0207, format!("invalid operation: {call} expects 2 or 3 arguments; found {found}"))
        }
        Why::MakeSwapped => (codes::GB0203, "invalid argument: length and capacity swapped".to_owned()),
        Why::ThreeIndexString => (codes::GB0203, "invalid operation: 3-index slice of string".to_owned()),
        Why::SeveralIndices => (codes::GB0203, "invalid operation: more than one index".to_owned()),
        Why::BuiltinSelector { name } => {
            (codes::GB0210, format!("invalid use of {name} (built-in) in selector expression"))
        }
        Why::NoSend { operand } => {
            (codes::GB0203, format!("invalid operation: cannot send to non-channel {operand}"))
        }
        Why::NoReceive { operand } => {
            (codes::GB0203, format!("invalid operation: cannot receive from non-channel {operand}"))
        }
        Why::SpreadNotVariadic { function } => {
            (codes::GB0207, format!("cannot use ... in call to non-variadic {function}"))
        }
        Why::CannotRange { operand } => (codes::GB0203, format!("cannot range over {operand}")),
        Why::CannotRangeFunction { operand, reason } => {
            (codes::GB0203, format!("cannot range over {operand}: {reason}"))
        }
        Why::RangeVariables { operand, most: 0 } => {
            (codes::GB0207, format!("range over {operand} permits no iteration variables"))
        }
        Why::RangeVariables { operand, most } => {
            let most = plural(*most, "iteration variable");
            (codes::GB0207, format!("range over {operand} permits only {}", most.replacen('1', "one", 1)))
        }
        _ => return None,
    };
    Some(Words::new(code, message))
}

fn branches(why: &Why) -> Option<Words> {
    Some(match why {
        Why::DuplicateCase { operand, other } => {
            Words::new(codes::GB0217, format!("duplicate case {operand} in expression switch"))
                .label(*other, "previous case")
        }
        Why::InvalidCase { expr, tag, reason } => {
            Words::new(codes::GB0217, format!("invalid case {expr} in switch on {tag} ({reason})"))
        }
        Why::CannotSwitch { expr, ty } => {
            Words::new(codes::GB0217, format!("cannot switch on {expr} ({ty} is not comparable)"))
        }
        Why::DuplicateDefault { other } => {
            Words::new(codes::GB0217, "multiple defaults").label(*other, "first default")
        }
        Why::LabelRepeated { label, other } => {
            Words::new(codes::GB0209, format!("label {label} already defined"))
                .label(*other, format!("other declaration of {label}"))
        }
        Why::GotoIntoBlock { label } => Words::new(codes::GB0211, format!("goto {label} jumps into block")),
        Why::GotoOverVariable { label, declaration } => {
            Words::new(codes::GB0211, format!("goto {label} jumps over variable declaration"))
                .label(*declaration, "the variable is declared here")
        }
        Why::LabelNotUsed { label } => {
            Words::new(codes::GB0211, format!("label {label} defined and not used"))
        }
        Why::LabelInvalid { label, word } => {
            Words::new(codes::GB0211, format!("invalid {word} label {label}"))
        }
        Why::LabelUndefined { label, word: "goto" } => {
            Words::new(codes::GB0211, format!("label {label} not defined"))
        }
        Why::LabelUndefined { label, word } => {
            Words::new(codes::GB0211, format!("{word} label not defined: {label}"))
        }
        Why::BranchOutside { word: "continue" } => Words::new(codes::GB0211, "continue is not in a loop"),
        Why::BranchOutside { word } => {
            Words::new(codes::GB0211, format!("{word} is not in a loop, switch, or select"))
        }
        Why::FallthroughMisplaced { last: true } => {
            Words::new(codes::GB0211, "cannot fallthrough final case in switch")
        }
        Why::FallthroughMisplaced { last: false } => {
            Words::new(codes::GB0211, "fallthrough statement out of place")
        }
        _ => return None,
    })
}
