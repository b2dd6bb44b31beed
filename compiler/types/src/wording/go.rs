//! The words of Go's compiler: a table of templates, each row once. `tests/differential/words` has a package for every
//! row, which the real compiler judges as well.

use gobpf_diagnostics::{Code, codes};

use super::{and_list, because, few_or_many, in_call, plural};
use crate::constant::Misfit;
use crate::error::{InferenceProblem, ShiftProblem, ValueCount, Why};

/// A row: what the message is made of, and the code of its page.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Template {
    /// The code.
    pub code: Code,
    /// The words, with names in braces for what is particular.
    pub text: &'static str,
}

/// Rows `PROBLEM if CONDITION => CODE "words with {fields}", field = VALUE;`, the first that fits counts.
macro_rules! templates {
    ($($problem:pat $(if $condition:expr)? => $code:ident $text:literal $(, $field:ident = $value:expr)*;)*) => {
        /// All rows.
        pub const TEMPLATES: &[Template] = &[$(Template { code: codes::$code, text: $text }),*];

        /// The row for a problem and its message; `None` where Go has no such problem.
        pub(super) fn message(why: &Why) -> Option<(Template, String)> {
            Some(match why {
                $($problem $(if $condition)? => (
                    Template { code: codes::$code, text: $text },
                    format!($text $(, $field = $value)*),
                ),)*
                _ => return None,
            })
        }
    };
}

templates! {
    // Names and declarations.
    Why::Undefined { name } => GB0201 "undefined: {name}";
    Why::UndefinedButHave { name, have } => GB0201 "undefined: {name} (but have {have})";
    Why::NoMember { expr, on, name, similar } =>
        GB0201 "{expr} undefined (type {on} has no field or method {name}{similar})";
    Why::NoMethod { expr, on, name } =>
        GB0201 "{expr} undefined (type {on} has no method {name})";
    Why::AmbiguousSelector { expr } => GB0201 "ambiguous selector {expr}";
    Why::InterfacePointer { expr, on, word } =>
        GB0201 "{expr} undefined (type {on} is pointer to {word}, not {word})";
    Why::PointerMethod { expr, on, name } =>
        GB0201 "invalid method expression {expr} (needs pointer receiver (*{on}).{name})";
    Why::Unexported { expr, name, what } =>
        GB0201 "{expr} undefined (cannot refer to unexported {what} {name})";
    Why::NotExported { name, package } => GB0201 "name {name} not exported by package {package}";
    Why::ImportMissing { path } => GB0201 "could not import {path}";
    Why::IotaOutside => GB0201 "cannot use iota outside constant declaration";
    Why::BindingNotUsed { name } => GB0204 "{name} declared and not used";
    Why::NotUsed { name } => GB0204 "declared and not used: {name}";
    Why::ImportNotUsed { path, alias: None } => GB0205 "{path:?} imported and not used";
    Why::ImportNotUsed { path, alias: Some(alias) } => GB0205 "{path:?} imported as {alias} and not used";
    Why::Redeclared { name, .. } => GB0209 "{name} redeclared in this block";
    Why::FieldRedeclared { name, .. } => GB0209 "{name} redeclared";
    Why::MethodRedeclared { on, name, .. } => GB0209 "method {on}.{name} already declared";
    Why::FieldAndMethod { name, .. } => GB0209 "field and method with the same name {name}";
    Why::DeclaredByImport { name, path, .. } =>
        GB0209 "{name} already declared through import of package {name} ({path:?})";
    Why::ResultShadowed { name, .. } => GB0209 "result parameter {name} not in scope at return";
    Why::LabelRepeated { label, .. } => GB0209 "label {label} already defined";
    Why::StartedWithArguments { name } =>
        GB0210 "func {name} must have no arguments and no return values";
    Why::InvalidReceiver { ty } => GB0210 "invalid receiver type {ty} (pointer or interface type)";
    Why::PackageWithoutSelector { name } => GB0210 "use of package {name} not in selector";
    Why::NotAType { expr } => GB0210 "{expr} is not a type";
    Why::NotAnExpression { expr } if expr == "_" => GB0210 "cannot use {expr} as value or type";
    Why::NotAnExpression { expr } => GB0210 "{expr} (type) is not an expression";
    Why::Cycle { name, recursive_type: true, direct: true } =>
        GB0216 "invalid recursive type: {name} refers to itself";
    Why::Cycle { name, recursive_type: true, direct: false } => GB0216 "invalid recursive type {name}";
    Why::Cycle { name, recursive_type: false, direct: true } =>
        GB0216 "initialization cycle: {name} refers to itself";
    Why::Cycle { name, recursive_type: false, direct: false } => GB0216 "initialization cycle for {name}";
    Why::InstantiationCycle => GB0216 "instantiation cycle:";
    Why::DeclarationCycle { name } => GB0216 "invalid cycle in declaration of {name}";

    // Values where they are used.
    Why::CannotUse { operand, target, context, misfit: Misfit::Kind, cause } =>
        GB0202 "cannot use {operand} as {target} value in {context}{cause}", cause = because(cause);
    Why::CannotUse { operand, target, context, misfit: Misfit::Overflows, .. } =>
        GB0208 "cannot use {operand} as {target} value in {context} (overflows)";
    Why::CannotUse { operand, target, context, misfit: Misfit::Truncated, .. } =>
        GB0208 "cannot use {operand} as {target} value in {context} (truncated)";
    Why::UntypedNil { context } => GB0202 "use of untyped nil in {context}";
    Why::NotBoolean { statement } => GB0202 "non-boolean condition in {statement} statement";
    Why::NotConstant { operand } => GB0202 "{operand} is not constant";
    Why::NoValue { expr } => GB0210 "{expr} (no value) used as value";
    Why::NoValueOrType { expr } => GB0210 "{expr} (no value) used as value or type";
    Why::SeveralValues { expr, types } =>
        GB0210 "multiple-value {expr} (value of type {types}) in single-value context";
    Why::NotUsedValue { operand } => GB0210 "{operand} is not used";
    Why::BuiltinNotCalled { name } => GB0210 "{name} (built-in) must be called";
    Why::BuiltinSelector { name } => GB0210 "invalid use of {name} (built-in) in selector expression";

    // Operators.
    Why::Mismatched { expr, left, right } =>
        GB0203 "invalid operation: {expr} (mismatched types {left} and {right})";
    Why::OperatorUndefined { operator, operand } if operator.starts_with("shift") =>
        GB0203 "invalid operation: shifted operand {operand} must be integer";
    Why::OperatorUndefined { operator, operand } =>
        GB0203 "invalid operation: operator {operator} not defined on {operand}";
    Why::CompareUndefined { expr, reason } => GB0203 "invalid operation: {expr} ({reason})";
    Why::NonNumeric { expr, ty } => GB0203 "invalid operation: {expr} (non-numeric type {ty})";
    Why::NoIndirection { operand } => GB0203 "invalid operation: cannot indirect {operand}";
    Why::NoReceive { operand, ty } =>
        GB0203 "invalid operation: cannot receive from non-channel {ty} {operand}";
    Why::NoSend { operand, ty } =>
        GB0203 "invalid operation: cannot send to non-channel {ty} {operand}";
    Why::NoAddress { operand } => GB0212 "invalid operation: cannot take address of {operand}";
    Why::DivisionByZero => GB0214 "invalid operation: division by zero";
    Why::ShiftCount { operand, problem: ShiftProblem::Negative } =>
        GB0214 "invalid operation: negative shift count {operand}";
    Why::ShiftCount { operand, problem: ShiftProblem::Invalid } =>
        GB0214 "invalid operation: invalid shift count {operand}";
    Why::ShiftCount { operand, problem: ShiftProblem::NotInteger } =>
        GB0214 "invalid operation: shift count {operand} must be integer";

    // Constants and conversions.
    Why::CannotConvert { operand, target, cause } =>
        GB0213 "cannot convert {operand} to type {target}{cause}", cause = because(cause);
    Why::ConstantConversion { operand, target, misfit: Misfit::Kind } =>
        GB0213 "cannot convert {operand} to type {target}";
    Why::ConstantConversion { operand, target, misfit: Misfit::Overflows } =>
        GB0208 "{operand} overflows {target}";
    Why::ConstantConversion { operand, target, misfit: Misfit::Truncated } =>
        GB0208 "{operand} truncated to {target}";
    Why::ConstraintConversion { ty } => GB0213
        "cannot use interface {ty} in conversion (contains specific type constraints or is comparable)";
    Why::ConstantOverflow { value, ty } => GB0208 "constant {value} overflows {ty}";
    Why::ConstantTooLarge { operation } => GB0208 "constant {operation}overflow";
    Why::ExtraInherited => GB0207 "extra init expr";
    Why::ExtraInitial { expr } => GB0207 "extra init expr {expr}";
    Why::MissingInitial { name } => GB0207 "missing init expr for {name}";
    Why::InvalidConstantType { ty } => GB0215 "invalid constant type {ty}";
    Why::ConversionCount { ty, too_many: false } => GB0207 "missing argument in conversion to {ty}";
    Why::ConversionCount { ty, too_many: true } => GB0207 "too many arguments in conversion to {ty}";

    // Calls.
    Why::NoSpecificType { operand } => GB0203 "invalid operation: cannot call {operand}: no specific type";
    Why::NotCallable { operand, ty } =>
        GB0203 "invalid operation: cannot call {operand}: {ty} is not a function";
    Why::PointerMethodCall { name, on } => GB0212 "cannot call pointer method {name} on {on}";
    Why::ArgumentCount { function, have, want, too_many: false } =>
        GB0207 "not enough arguments in call to {function}\n\thave {have}\n\twant {want}";
    Why::ArgumentCount { function, have, want, too_many: true } =>
        GB0207 "too many arguments in call to {function}\n\thave {have}\n\twant {want}";
    Why::SpreadNotVariadic { function } => GB0207 "cannot use ... in call to non-variadic {function}";
    Why::BuiltinSpread { name } => GB0203 "invalid operation: invalid use of ... with built-in {name}";
    Why::BuiltinCount { call, expected, found } =>
        GB0207 "invalid operation: {few} arguments for {call} (expected {expected}, found {found})",
        few = few_or_many(found > expected);
    Why::BuiltinArgument { operand, builtin } =>
        GB0203 "invalid argument: {operand} for built-in {builtin}";
    Why::CannotOrder { operand } => GB0203 "invalid argument: {operand} cannot be ordered";
    Why::MismatchedArguments { left, right, expr } => GB0203
        "invalid argument: mismatched types {left} (previous argument) and {right} (type of {expr})";
    Why::CopyElements { operands, elements } =>
        GB0203 "invalid copy: arguments {operands} have different element types {elements}";
    Why::CopyArgument { have } => GB0203 "invalid copy: argument must be a slice; have {have}";
    Why::AppendArgument { have } => GB0203 "invalid append: argument must be a slice; have {have}";
    Why::CannotClear { operand } => GB0203
        "invalid argument: cannot clear {operand}: argument must be (or constrained by) map or slice";
    Why::NotASelector { expr } => GB0203 "invalid argument: {expr} is not a selector expression";
    Why::NotAPointer { operand } => GB0203 "invalid argument: {operand} is not a pointer";
    Why::NotAMap { operand } => GB0203 "invalid argument: {operand} is not a map";
    Why::CannotMake { ty } =>
        GB0203 "invalid argument: cannot make {ty}: type must be slice, map, or channel";
    Why::MakeCount { call, least, found } => GB0207
        "invalid operation: {call} expects {least} or {most} arguments; found {found}", most = least + 1;
    Why::ConversionSpread { ty } => GB0207 "invalid use of ... in conversion to {ty}";
    Why::MakeSwapped => GB0203 "invalid argument: length and capacity swapped";

    // Assignments and returns.
    Why::AssignmentCount { variables, values: ValueCount::Expressions(count) } =>
        GB0207 "assignment mismatch: {left} but {right}",
        left = plural(*variables, "variable"), right = plural(*count, "value");
    Why::AssignmentCount { variables, values: ValueCount::Call { function, results } } =>
        GB0207 "assignment mismatch: {left} but {function} returns {right}",
        left = plural(*variables, "variable"), right = plural(*results, "value");
    Why::OperationCount { operator } =>
        GB0207 "assignment operation {operator}= requires single-valued expressions";
    Why::NoNewVariables => GB0207 "no new variables on left side of :=";
    Why::RepeatedOnLeft { name } => GB0207 "{name} repeated on left side of :=";
    Why::NotAssignable { expr } =>
        GB0212 "cannot assign to {expr} (neither addressable nor a map index expression)";
    Why::NotAVariable { expr } => GB0212 "cannot assign to {expr}";
    Why::FieldInMap { expr } => GB0212 "cannot assign to struct field {expr} in map";
    Why::MissingReturn => GB0206 "missing return";
    Why::ReturnCount { have, want, too_many: false } =>
        GB0207 "not enough return values\n\thave {have}\n\twant {want}";
    Why::ReturnCount { have, want, too_many: true } =>
        GB0207 "too many return values\n\thave {have}\n\twant {want}";

    // Indices and slices.
    Why::CannotIndex { operand } => GB0203 "cannot index {operand}";
    Why::CannotSlice { operand } => GB0203 "cannot slice {operand}";
    Why::Unaddressable { operand } => GB0212 "cannot slice unaddressable value {operand}";
    Why::ThreeIndexString => GB0203 "invalid operation: 3-index slice of string";
    Why::SeveralIndices => GB0203 "invalid operation: more than one index";
    Why::IndexNotInteger { operand } => GB0214 "invalid argument: index {operand} must be integer";
    Why::IndexOverflows { operand } => GB0214 "invalid argument: index {operand} overflows int";
    Why::IndexNegative { operand } => GB0214 "invalid argument: index {operand} must not be negative";
    Why::IndexOutOfBounds { index, length } =>
        GB0214 "invalid argument: index {index} out of bounds [0:{length}]";
    Why::SliceIndices { low, high } => GB0214 "invalid slice indices: {low} < {high}";

    // Types and literals.
    Why::BadArrayLength { expr } => GB0215 "invalid array length {expr}";
    Why::ArrayLengthType { operand, want } => GB0215 "array length {operand} must be {want}";
    Why::UndefinedLength { name } => GB0215 "undefined array length {name} or missing type constraint";
    Why::OpenArray => GB0215 "invalid use of [...] array (outside a composite literal)";
    Why::CannotEmbed { what } => GB0215 "embedded field type cannot be {what}";
    Why::BadMapKey { ty } => GB0215 "invalid map key type {ty}";
    Why::MissingLiteralType => GB0215 "missing type in composite literal";
    Why::InvalidLiteralType { ty, is_element: false } => GB0215 "invalid composite literal type {ty}";
    Why::InvalidLiteralType { ty, is_element: true } =>
        GB0215 "invalid composite literal element type {ty}";
    Why::UnknownField { name, ty, similar } =>
        GB0215 "unknown field {name} in struct literal of type {ty}{similar}";
    Why::UnexportedKey { name, ty } =>
        GB0215 "cannot refer to unexported field {name} in struct literal of type {ty}";
    Why::UnexportedField { name, ty } =>
        GB0215 "implicit assignment to unexported field {name} in struct literal of type {ty}";
    Why::RepeatedField { name } => GB0215 "duplicate field name {name} in struct literal";
    Why::FieldCount { ty, too_many: false } => GB0215 "too few values in struct literal of type {ty}";
    Why::FieldCount { ty, too_many: true } => GB0215 "too many values in struct literal of type {ty}";
    Why::MixedFields => GB0215 "mixture of field:value and value elements in struct literal";
    Why::BadFieldName { expr } => GB0215 "invalid field name {expr} in struct literal";
    Why::MissingKey => GB0215 "missing key in map literal";
    Why::RepeatedKey { key } => GB0215 "duplicate key {key} in map literal";
    Why::KeyNotConstant { expr } => GB0215 "index {expr} must be integer constant";
    Why::RepeatedIndex { index } => GB0215 "duplicate index {index} in array or slice literal";
    Why::ElementBound { index, length } => GB0215 "index {index} is out of bounds (>= {length})";

    // Statements.
    Why::DeferConversion { word, expr } => GB0210 "{word} requires function call, not conversion {expr}";
    Why::DeferDiscards { word, expr } => GB0210 "{word} discards result of {expr}";
    Why::CannotRange { operand } => GB0203 "cannot range over {operand}";
    Why::CannotRangeFunction { operand, reason } => GB0203 "cannot range over {operand}: {reason}";
    Why::IterationVariable { ty } => GB0203 "cannot use iteration variable of type {ty}";
    Why::RangeVariables { operand, most: 0 } =>
        GB0207 "range over {operand} permits no iteration variables";
    Why::RangeVariables { operand, most } => GB0207 "range over {operand} permits only {most}",
        most = plural(*most, "iteration variable").replacen('1', "one", 1);
    Why::DuplicateCase { operand, .. } => GB0217 "duplicate case {operand} in expression switch";
    Why::InvalidCase { expr, tag, reason } =>
        GB0217 "invalid case {expr} in switch on {tag} ({reason})";
    Why::CannotSwitch { operand, ty } => GB0217 "cannot switch on {operand} ({ty} is not comparable)";
    Why::DuplicateTypeCase { ty, .. } => GB0217 "duplicate case {ty} in type switch";
    Why::NotSwitchable { operand, is_param: true } => GB0203 "cannot use type switch on type parameter value {operand}";
    Why::NotSwitchable { operand, is_param: false } => GB0203 "{operand} is not an interface";
    Why::NotAssertable { operand, is_param: true } => GB0203
        "invalid operation: cannot use type assertion on type parameter value {operand}";
    Why::NotAssertable { operand, is_param: false } =>
        GB0203 "invalid operation: {operand} is not an interface";
    Why::ImpossibleAssertion { expr, ty, on, cause } =>
        GB0203 "impossible type assertion: {expr}\n\t{ty} does not implement {on} {cause}";
    Why::ImpossibleCase { expr, operand, ty, cause } =>
        GB0203 "impossible type switch case: {expr}\n\t{operand} cannot have dynamic type {ty} {cause}";
    Why::NotAName { expr } => GB0207 "non-name {expr} on left side of :=";
    Why::CannotDeclare { expr } => GB0207 "invalid syntax tree: cannot declare {expr}";
    Why::NoNewVariable => GB0207 "no new variable on left side of :=";
    Why::DuplicateDefault { .. } => GB0217 "multiple defaults";
    Why::GotoIntoBlock { label } => GB0211 "goto {label} jumps into block";
    Why::GotoOverVariable { label, .. } => GB0211 "goto {label} jumps over variable declaration";
    Why::LabelNotUsed { label } => GB0211 "label {label} defined and not used";
    Why::LabelInvalid { label, word } => GB0211 "invalid {word} label {label}";
    Why::LabelUndefined { label, word: "goto" } => GB0211 "label {label} not defined";
    Why::LabelUndefined { label, word } => GB0211 "{word} label not defined: {label}";
    Why::BranchOutside { word: "continue" } => GB0211 "continue is not in a loop";
    Why::BranchOutside { word } => GB0211 "{word} is not in a loop, switch, or select";
    Why::FallthroughOfTypes => GB0211 "cannot fallthrough in type switch";
    Why::FallthroughMisplaced { last: true } => GB0211 "cannot fallthrough final case in switch";
    Why::FallthroughMisplaced { last: false } => GB0211 "fallthrough statement out of place";

    // Type parameters and constraints.
    Why::NotGeneric { expr, ty } => GB0210 "invalid operation: {expr} ({ty} is not a generic type)";
    Why::TypeArguments { name, have: 0, .. } => GB0210 "cannot use generic type {name} without instantiation";
    Why::TypeArguments { name, have, want } =>
        GB0210 "{few} type arguments for type {name}: have {have}, want {want}",
        few = few_or_many(have > want);
    Why::TooManyTypeArguments { have, want } => GB0220 "got {have} type arguments but want {want}";
    Why::NotInstantiated { name } => GB0220 "cannot use generic function {name} without instantiation";
    Why::ConstraintAsType { ty, by_terms: true } => GB0220
        "cannot use type {ty} outside a type constraint: interface contains type constraints";
    Why::ConstraintAsType { ty, by_terms: false } => GB0220
        "cannot use type {ty} outside a type constraint: interface is (or embeds) comparable";
    Why::InvalidTilde { reason } => GB0220 "invalid use of ~ ({reason})";
    Why::TildeOutside { of_integer: false } => GB0220 "cannot use ~ outside of interface or type constraint";
    Why::TildeOutside { of_integer: true } => GB0220
        "cannot use ~ outside of interface or type constraint (use ^ for bitwise complement)";
    Why::ParameterAsConstraint { is_term: false } => GB0220 "cannot use a type parameter as constraint";
    Why::ParameterAsConstraint { is_term: true } => GB0220 "term cannot be a type parameter";
    Why::ParameterAsType { alias: false } =>
        GB0220 "cannot use a type parameter as RHS in type declaration";
    Why::ParameterAsType { alias: true } =>
        GB0220 "cannot use type parameter declared in alias declaration as RHS";
    Why::ParameterInTerm { term } => GB0220 "type in term {term} cannot be a type parameter";
    Why::NotInUnion { term, .. } if term == "comparable" => GB0220 "cannot use {term} in union";
    Why::NotInUnion { term, has_methods: true } =>
        GB0220 "cannot use {term} in union ({term} contains methods)";
    Why::NotInUnion { term, has_methods: false } =>
        GB0220 "cannot use {term} in union ({term} embeds comparable)";
    Why::ReceiverParameters { have, want } => GB0220
        "receiver declares {have}, but receiver base type declares {want}",
        have = plural(*have, "type parameter");
    Why::OverlappingTerms { term, other } => GB0220 "overlapping terms {term} and {other}";
    Why::ReceiverParameter { expr } => GB0220 "receiver type parameter {expr} must be an identifier";
    Why::NotSatisfied { reason } => GB0220 "{reason}";
    Why::NotInferred { function, problem: InferenceProblem::Unlike { param, known, constraint, cause } } => GB0220
        "{call}{param} (type {known}) does not satisfy {constraint}{cause}", call = in_call(function);
    Why::NotInferred { function, problem: InferenceProblem::Untyped { left, right, name } } => GB0220
        "{call}mismatched types {left} and {right} (cannot infer {name})", call = in_call(function);
    Why::NotInferred { function, problem: InferenceProblem::Unknown { name } } =>
        GB0220 "{call}cannot infer {name}", call = in_call(function);
    Why::NotInferred { function, problem: InferenceProblem::Reverse { inferred, operand, text, target } } => GB0220
        "{call}inferred type {inferred} for {target} does not match type {operand} of {text}",
        call = in_call(function);
    Why::NotInferred { function, problem: InferenceProblem::Mismatch { missing, operand, text, target, .. } }
        if !missing.is_empty() => GB0220
        "{call}type {operand} of {text} does not match {target} (cannot infer {names})",
        call = in_call(function), names = and_list(missing);
    Why::NotInferred {
        function, problem: InferenceProblem::Mismatch { operand, text, inferred: Some(inferred), target, .. }
    } => GB0220
        "{call}type {operand} of {text} does not match inferred type {inferred} for {target}",
        call = in_call(function);
    Why::NotInferred { function, problem: InferenceProblem::Mismatch { operand, text, target, .. } } =>
        GB0220 "{call}type {operand} of {text} does not match {target}", call = in_call(function);
}
