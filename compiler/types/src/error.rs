//! What can be wrong, as data. The words stand in `wording.rs`.

use gobpf_bpf::KernelVersion;
use gobpf_source::Place;
use smol_str::SmolStr;

use crate::constant::Misfit;
use crate::paths::Step;
pub use crate::problems::{
    EntryProblem, FormatProblem, Idle, InferenceProblem, NotInKernel, ShiftProblem, ValueCount,
};

/// A problem at a place.
#[derive(Clone, PartialEq, Debug)]
pub struct TypeError {
    /// Where it is reported.
    pub place: Place,
    /// What is wrong and why.
    pub why: Box<Why>,
    /// The calls by which a program comes there, where what is wrong is so only in the kernel.
    pub path: Vec<Step>,
}

impl TypeError {
    /// A problem at `place`.
    pub(crate) fn new(place: Place, why: Why) -> TypeError {
        TypeError { place, why: Box::new(why), path: Vec::new() }
    }
}

impl Why {
    /// It is shown at the end of its place, where something is missing: at a closing parenthesis or brace.
    pub(crate) fn is_at_end(&self) -> bool {
        matches!(
            self,
            Why::ArgumentCount { too_many: false, .. }
                | Why::ConversionCount { too_many: false, .. }
                | Why::FieldCount { too_many: false, .. }
                | Why::BuiltinCount { .. }
        )
    }
}

/// What is wrong. Operands are described as the Go compiler does: `x (variable of type int)`.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub enum Why {
    // Directives.
    ForeignDirective {
        name: SmolStr,
        of_sdk: bool,
    },
    MisplacedDirective {
        name: SmolStr,
        belongs: &'static str,
    },
    MalformedDirective {
        name: SmolStr,
        expected: String,
    },
    RepeatedDirective {
        name: SmolStr,
        first: Place,
    },
    IdleDirective {
        name: &'static str,
        idle: Idle,
    },
    UnknownSection {
        section: SmolStr,
        known: Vec<String>,
    },
    Entry {
        section: SmolStr,
        context: String,
        problem: EntryProblem,
    },
    // Names.
    Undefined {
        name: String,
    },
    NoMember {
        expr: String,
        on: String,
        name: SmolStr,
        similar: String,
    },
    NoMethod {
        expr: String,
        on: String,
        name: SmolStr,
    },
    InterfacePointer {
        expr: String,
        on: String,
        word: &'static str,
    },
    PointerMethod {
        expr: String,
        on: String,
        name: SmolStr,
    },
    Unexported {
        expr: String,
        name: SmolStr,
        what: &'static str,
    },
    NotExported {
        name: SmolStr,
        package: SmolStr,
    },
    NotUsed {
        name: SmolStr,
    },
    ImportNotUsed {
        path: SmolStr,
        alias: Option<SmolStr>,
    },
    Redeclared {
        name: SmolStr,
        other: Place,
    },
    StartedWithArguments {
        name: SmolStr,
    },
    MethodRedeclared {
        on: SmolStr,
        name: SmolStr,
        other: Place,
    },
    DeclaredByImport {
        name: SmolStr,
        path: SmolStr,
        other: Place,
    },
    PackageWithoutSelector {
        name: SmolStr,
    },
    ImportMissing {
        path: SmolStr,
    },
    NotGeneric {
        expr: String,
        ty: String,
    },
    IotaOutside,
    FieldRedeclared {
        name: SmolStr,
        other: Place,
    },
    NotAType {
        expr: String,
    },
    NotAnExpression {
        expr: String,
    },
    Cycle {
        name: SmolStr,
        recursive_type: bool,
        direct: bool,
    },
    DeclarationCycle {
        name: SmolStr,
    },
    // Types and constants.
    CannotUse {
        operand: String,
        target: String,
        context: String,
        misfit: Misfit,
        cause: String,
    },
    Mismatched {
        expr: String,
        left: String,
        right: String,
    },
    OperatorUndefined {
        operator: String,
        operand: String,
    },
    CompareUndefined {
        expr: String,
        reason: String,
    },
    NotBoolean {
        statement: &'static str,
    },
    NoValue {
        expr: String,
    },
    SeveralValues {
        expr: String,
        types: String,
    },
    NotAssignable {
        expr: String,
    },
    NotAVariable {
        expr: String,
    },
    FieldInMap {
        expr: String,
    },
    NoAddress {
        operand: String,
    },
    NoIndirection {
        operand: String,
    },
    NotUsedValue {
        operand: String,
    },
    CannotConvert {
        operand: String,
        target: String,
        cause: String,
    },
    ConstraintConversion {
        ty: String,
    },
    ConstantConversion {
        operand: String,
        target: String,
        misfit: Misfit,
    },
    ConstantOverflow {
        value: String,
        ty: String,
    },
    ConstantTooLarge {
        operation: &'static str,
    },
    NotConstant {
        operand: String,
    },
    UntypedNil {
        context: String,
    },
    DivisionByZero,
    ShiftCount {
        operand: String,
        problem: ShiftProblem,
    },
    NonNumeric {
        expr: String,
        ty: String,
    },
    NotCallable {
        operand: String,
        ty: String,
    },
    ArgumentCount {
        function: String,
        have: String,
        want: String,
        too_many: bool,
    },
    ReturnCount {
        have: String,
        want: String,
        too_many: bool,
    },
    AssignmentCount {
        variables: usize,
        values: ValueCount,
    },
    ConversionCount {
        ty: String,
        too_many: bool,
    },
    ConversionSpread {
        ty: String,
    },
    OperationCount {
        operator: &'static str,
    },
    ExtraInitial {
        expr: String,
    },
    MissingInitial {
        name: SmolStr,
    },
    NoValueOrType {
        expr: String,
    },
    PointerMethodCall {
        name: SmolStr,
        on: String,
    },
    NoSend {
        operand: String,
        ty: String,
    },
    UndefinedButHave {
        name: String,
        have: SmolStr,
    },
    InvalidReceiver {
        ty: String,
    },
    LabelInvalid {
        label: SmolStr,
        word: &'static str,
    },
    NoNewVariables,
    RepeatedOnLeft {
        name: SmolStr,
    },
    MissingReturn,
    CannotIndex {
        operand: String,
    },
    CannotSlice {
        operand: String,
    },
    IndexNotInteger {
        operand: String,
    },
    IndexNegative {
        operand: String,
    },
    IndexOutOfBounds {
        index: String,
        length: u64,
    },
    SliceIndices {
        low: String,
        high: String,
    },
    Unaddressable {
        operand: String,
    },
    InvalidLiteralType {
        ty: String,
        is_element: bool,
    },
    UnknownField {
        name: SmolStr,
        ty: String,
        similar: String,
    },
    RepeatedField {
        name: SmolStr,
    },
    FieldCount {
        ty: String,
        too_many: bool,
    },
    MixedFields,
    MissingLiteralType,
    KeyNotConstant {
        expr: String,
    },
    BadFieldName {
        expr: String,
    },
    MissingKey,
    RepeatedKey {
        key: String,
    },
    RepeatedIndex {
        index: u64,
    },
    ElementBound {
        index: u64,
        length: u64,
    },
    ArrayLengthType {
        operand: String,
        want: &'static str,
    },
    OpenArray,
    UndefinedLength {
        name: SmolStr,
    },
    InvalidConstantType {
        ty: String,
    },
    ConstraintAsType {
        ty: String,
        by_terms: bool,
    },
    BadMapKey {
        ty: String,
    },
    BadArrayLength {
        expr: String,
    },
    DuplicateCase {
        operand: String,
        other: Place,
    },
    InvalidCase {
        expr: String,
        tag: String,
        reason: String,
    },
    CannotSwitch {
        operand: String,
        ty: String,
    },
    DuplicateDefault {
        other: Place,
    },
    LabelRepeated {
        label: SmolStr,
        other: Place,
    },
    GotoIntoBlock {
        label: SmolStr,
    },
    GotoOverVariable {
        label: SmolStr,
        declaration: Place,
    },
    LabelNotUsed {
        label: SmolStr,
    },
    LabelUndefined {
        label: SmolStr,
        word: &'static str,
    },
    BranchOutside {
        word: &'static str,
    },
    FallthroughMisplaced {
        last: bool,
    },
    BuiltinArgument {
        operand: String,
        builtin: &'static str,
    },
    DeferDiscards {
        word: &'static str,
        expr: String,
    },
    NotAssertable {
        operand: String,
        is_param: bool,
    },
    NotSwitchable {
        operand: String,
        is_param: bool,
    },
    ImpossibleAssertion {
        expr: String,
        ty: String,
        on: String,
        cause: String,
    },
    ImpossibleCase {
        expr: String,
        operand: String,
        ty: String,
        cause: String,
    },
    DuplicateTypeCase {
        ty: String,
        other: Place,
    },
    NotAName {
        expr: String,
    },
    NoNewVariable,
    CannotEmbed {
        what: &'static str,
    },
    InstantiationCycle,
    AmbiguousSelector {
        expr: String,
    },
    FieldAndMethod {
        name: SmolStr,
        other: Place,
    },
    NoSpecificType {
        operand: String,
    },
    ExtraInherited,
    CannotDeclare {
        expr: String,
    },
    FallthroughOfTypes,
    BindingNotUsed {
        name: SmolStr,
    },
    DeferConversion {
        word: &'static str,
        expr: String,
    },
    BuiltinNotCalled {
        name: String,
    },
    BuiltinSpread {
        name: &'static str,
    },
    CannotOrder {
        operand: String,
    },
    MismatchedArguments {
        left: String,
        right: String,
        expr: String,
    },
    CopyElements {
        operands: String,
        elements: String,
    },
    CopyArgument {
        have: String,
    },
    AppendArgument {
        have: String,
    },
    CannotClear {
        operand: String,
    },
    NotASelector {
        expr: String,
    },
    NotAPointer {
        operand: String,
    },
    NotAMap {
        operand: String,
    },
    CannotMake {
        ty: String,
    },
    MakeCount {
        call: String,
        least: usize,
        found: usize,
    },
    MakeSwapped,
    ThreeIndexString,
    SeveralIndices,
    BuiltinSelector {
        name: String,
    },
    NoReceive {
        operand: String,
        ty: String,
    },
    IndexOverflows {
        operand: String,
    },
    SpreadNotVariadic {
        function: String,
    },
    BuiltinCount {
        call: String,
        expected: usize,
        found: usize,
    },
    CannotRange {
        operand: String,
    },
    CannotRangeFunction {
        operand: String,
        reason: String,
    },
    IterationVariable {
        ty: String,
    },
    RangeVariables {
        operand: String,
        most: usize,
    },
    NotSatisfied {
        reason: String,
    },
    InvalidTilde {
        reason: String,
    },
    TildeOutside {
        of_integer: bool,
    },
    ParameterAsType {
        alias: bool,
    },
    ParameterAsConstraint {
        is_term: bool,
    },
    ParameterInTerm {
        term: String,
    },
    NotInUnion {
        term: String,
        has_methods: bool,
    },
    ReceiverParameters {
        have: usize,
        want: usize,
    },
    OverlappingTerms {
        term: String,
        other: String,
    },
    ReceiverParameter {
        expr: String,
    },
    ResultShadowed {
        name: SmolStr,
        other: Place,
    },
    UnexportedKey {
        name: SmolStr,
        ty: String,
    },
    UnexportedField {
        name: SmolStr,
        ty: String,
    },
    /// `function` is the one that is called, if it is a call.
    NotInferred {
        function: Option<String>,
        problem: InferenceProblem,
    },
    TooManyTypeArguments {
        have: usize,
        want: usize,
    },
    NotInstantiated {
        name: String,
    },
    TypeArguments {
        name: String,
        have: usize,
        want: usize,
    },
    // The kernel side.
    NotInKernel(NotInKernel),
    NativePackage {
        path: SmolStr,
        name: SmolStr,
    },
    NativeOnly {
        name: String,
    },
    NativeType {
        ty: String,
    },
    NotConstantInitial {
        name: SmolStr,
    },
    ContextReadOnly {
        expr: String,
    },
    InitFunction {
        program: SmolStr,
    },
    Recursion {
        path: Vec<(SmolStr, Place)>,
    },
    MapMisuse {
        name: SmolStr,
    },
    MapEntries {
        name: SmolStr,
    },
    RingSize {
        name: SmolStr,
        size: u32,
    },
    ConstMisuse {
        name: SmolStr,
    },
    MapType {
        name: SmolStr,
        role: &'static str,
        ty: String,
        part: String,
    },
    PointerConflict {
        name: SmolStr,
        here: &'static str,
        there: &'static str,
        other: Place,
    },
    PointerEscapes {
        name: SmolStr,
    },
    PointerOutlives,
    // printk.
    Format(FormatProblem),
    TooManyArguments {
        count: usize,
        target: KernelVersion,
    },
    TooNew {
        name: String,
        since: KernelVersion,
        target: KernelVersion,
    },
}
