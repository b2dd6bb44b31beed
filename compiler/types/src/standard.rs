//! Packages of Go's standard library, as far as kernel code may use them: declarations of our own in `std/`.

use std::sync::{Arc, OnceLock};

use gobpf_source::{FileId, SourceText};
use gobpf_syntax::SyntaxTree;
use gobpf_syntax::ast::DeclKind;

use crate::PackageFiles;

/// Import paths with their source.
const SOURCES: &[(&str, &str)] = &[
    ("bytes", include_str!("../std/bytes/bytes.go")),
    ("cmp", include_str!("../std/cmp/cmp.go")),
    ("encoding/binary", include_str!("../std/encoding/binary/binary.go")),
    ("iter", include_str!("../std/iter/iter.go")),
    ("math", include_str!("../std/math/math.go")),
    ("math/bits", include_str!("../std/math/bits/bits.go")),
    ("slices", include_str!("../std/slices/slices.go")),
    ("strings", include_str!("../std/strings/strings.go")),
    ("structs", include_str!("../std/structs/structs.go")),
    ("sync/atomic", include_str!("../std/sync/atomic/atomic.go")),
    ("syscall", include_str!("../std/syscall/syscall.go")),
    ("time", include_str!("../std/time/time.go")),
    (UTF8, include_str!("../std/unicode/utf8/utf8.go")),
    (UNIX, include_str!("../std/unix/unix.go")),
];

/// What Go's packages have and ours lack: it has no kernel half.
const NATIVE: &[(&str, &[&str])] = &[
    (
        "bytes",
        &[
            "Buffer",
            "Clone",
            "ContainsAny",
            "ContainsFunc",
            "ContainsRune",
            "Count",
            "Cut",
            "EqualFold",
            "ErrTooLarge",
            "Fields",
            "FieldsFunc",
            "FieldsFuncSeq",
            "FieldsSeq",
            "IndexAny",
            "IndexFunc",
            "IndexRune",
            "Join",
            "LastIndex",
            "LastIndexAny",
            "LastIndexFunc",
            "Lines",
            "Map",
            "MinRead",
            "NewBuffer",
            "NewBufferString",
            "NewReader",
            "Reader",
            "Repeat",
            "Replace",
            "ReplaceAll",
            "Runes",
            "Split",
            "SplitAfter",
            "SplitAfterN",
            "SplitAfterSeq",
            "SplitN",
            "SplitSeq",
            "Title",
            "ToLower",
            "ToLowerSpecial",
            "ToTitle",
            "ToTitleSpecial",
            "ToUpper",
            "ToUpperSpecial",
            "ToValidUTF8",
            "Trim",
            "TrimFunc",
            "TrimLeft",
            "TrimLeftFunc",
            "TrimRight",
            "TrimRightFunc",
            "TrimSpace",
        ],
    ),
    (
        "encoding/binary",
        &[
            "Append",
            "AppendByteOrder",
            "AppendUvarint",
            "AppendVarint",
            "ByteOrder",
            "Decode",
            "Encode",
            "Read",
            "ReadUvarint",
            "ReadVarint",
            "Size",
            "Write",
        ],
    ),
    ("iter", &["Pull", "Pull2"]),
    (
        "math",
        &[
            "Abs",
            "Acos",
            "Acosh",
            "Asin",
            "Asinh",
            "Atan",
            "Atan2",
            "Atanh",
            "Cbrt",
            "Ceil",
            "Copysign",
            "Cos",
            "Cosh",
            "Dim",
            "Erf",
            "Erfc",
            "Erfcinv",
            "Erfinv",
            "Exp",
            "Exp2",
            "Expm1",
            "FMA",
            "Float32bits",
            "Float32frombits",
            "Float64bits",
            "Float64frombits",
            "Floor",
            "Frexp",
            "Gamma",
            "Hypot",
            "Ilogb",
            "Inf",
            "IsInf",
            "IsNaN",
            "J0",
            "J1",
            "Jn",
            "Ldexp",
            "Lgamma",
            "Log",
            "Log10",
            "Log1p",
            "Log2",
            "Logb",
            "Max",
            "MaxFloat32",
            "MaxFloat64",
            "Min",
            "Mod",
            "Modf",
            "NaN",
            "Nextafter",
            "Nextafter32",
            "Pow",
            "Pow10",
            "Remainder",
            "Round",
            "RoundToEven",
            "Signbit",
            "Sin",
            "Sincos",
            "Sinh",
            "SmallestNonzeroFloat32",
            "SmallestNonzeroFloat64",
            "Sqrt",
            "Tan",
            "Tanh",
            "Trunc",
            "Y0",
            "Y1",
            "Yn",
        ],
    ),
    (
        "slices",
        &[
            "All",
            "AppendSeq",
            "Backward",
            "BinarySearch",
            "BinarySearchFunc",
            "Chunk",
            "Clip",
            "Clone",
            "Collect",
            "Compact",
            "CompactFunc",
            "Compare",
            "CompareFunc",
            "Concat",
            "Delete",
            "DeleteFunc",
            "EqualFunc",
            "Grow",
            "Insert",
            "IsSortedFunc",
            "MaxFunc",
            "MinFunc",
            "Repeat",
            "Replace",
            "SortFunc",
            "SortStableFunc",
            "Sorted",
            "SortedFunc",
            "SortedStableFunc",
            "Values",
        ],
    ),
    (
        "strings",
        &[
            "Builder",
            "Clone",
            "ContainsAny",
            "ContainsFunc",
            "ContainsRune",
            "Count",
            "Cut",
            "EqualFold",
            "Fields",
            "FieldsFunc",
            "FieldsFuncSeq",
            "FieldsSeq",
            "IndexAny",
            "IndexFunc",
            "IndexRune",
            "Join",
            "LastIndex",
            "LastIndexAny",
            "LastIndexFunc",
            "Lines",
            "Map",
            "NewReader",
            "NewReplacer",
            "Reader",
            "Repeat",
            "Replace",
            "ReplaceAll",
            "Replacer",
            "Split",
            "SplitAfter",
            "SplitAfterN",
            "SplitAfterSeq",
            "SplitN",
            "SplitSeq",
            "Title",
            "ToLower",
            "ToLowerSpecial",
            "ToTitle",
            "ToTitleSpecial",
            "ToUpper",
            "ToUpperSpecial",
            "ToValidUTF8",
            "Trim",
            "TrimFunc",
            "TrimLeft",
            "TrimLeftFunc",
            "TrimRight",
            "TrimRightFunc",
            "TrimSpace",
        ],
    ),
    (
        "sync/atomic",
        &["CompareAndSwapPointer", "LoadPointer", "Pointer", "StorePointer", "SwapPointer", "Value"],
    ),
    (
        "time",
        &[
            "ANSIC",
            "After",
            "AfterFunc",
            "April",
            "August",
            "Date",
            "DateOnly",
            "DateTime",
            "December",
            "February",
            "FixedZone",
            "Friday",
            "January",
            "July",
            "June",
            "Kitchen",
            "Layout",
            "LoadLocation",
            "LoadLocationFromTZData",
            "Local",
            "Location",
            "March",
            "May",
            "Monday",
            "Month",
            "NewTicker",
            "NewTimer",
            "November",
            "Now",
            "October",
            "Parse",
            "ParseDuration",
            "ParseError",
            "ParseInLocation",
            "RFC1123",
            "RFC1123Z",
            "RFC3339",
            "RFC3339Nano",
            "RFC822",
            "RFC822Z",
            "RFC850",
            "RubyDate",
            "Saturday",
            "September",
            "Since",
            "Sleep",
            "Stamp",
            "StampMicro",
            "StampMilli",
            "StampNano",
            "Sunday",
            "Thursday",
            "Tick",
            "Ticker",
            "Time",
            "TimeOnly",
            "Timer",
            "Tuesday",
            "UTC",
            "Unix",
            "UnixDate",
            "UnixMicro",
            "UnixMilli",
            "Until",
            "Wednesday",
            "Weekday",
        ],
    ),
    (
        UTF8,
        &[
            "AppendRune",
            "DecodeLastRune",
            "DecodeLastRuneInString",
            "DecodeRune",
            "EncodeRune",
            "FullRune",
            "FullRuneInString",
            "RuneCount",
            "Valid",
        ],
    ),
];

/// The same of `syscall`, one a line: functions, types, and constants that not all architectures have, or not alike.
const NATIVE_OF_SYSCALL: &str = include_str!("../std/syscall/native.txt");

/// The package `path`, which is embedded, has `name` in Go only.
pub(crate) fn is_native(path: &str, name: &str) -> bool {
    match path {
        "syscall" => NATIVE_OF_SYSCALL.lines().any(|known| known == name),
        UNIX => name.starts_with(char::is_uppercase), // which of its releases is used, and so what it has, isn't known
        _ => NATIVE.iter().any(|(known, names)| *known == path && names.contains(&name)),
    }
}

/// Names that packages of Go's runtime share with packages which may be imported: whatever imports the SDK is built with
/// both.
pub(crate) const RUNTIME: &[&str] = &["atomic", "maps", "math", "strconv", "sync"];

/// The package that ranging over strings needs.
pub(crate) const UTF8: &str = "unicode/utf8";

/// A module of its own whose constants are known all the same: programs are full of them.
pub(crate) const UNIX: &str = "golang.org/x/sys/unix";

/// A package of the standard library.
#[derive(Clone, Debug)]
pub(crate) struct Standard {
    pub path: &'static str,
    text: &'static str,
    id: FileId,
    parsed: OnceLock<PackageFiles>,
}

impl Standard {
    /// Its files, which are parsed when they are first needed.
    pub fn files(&self) -> PackageFiles {
        let parse = || SyntaxTree::parse(self.id, &SourceText::new(self.text)).file().clone();
        self.parsed.get_or_init(|| Arc::from([parse()])).clone()
    }
}

/// Names of a package that messages list at most.
const LISTED: usize = 12;

/// What kernel code may use of the package `path`, in words; `None` of a package that has no kernel half. An error stays
/// over many edits, and a source is long: it is read once.
pub(crate) fn in_kernel(path: &str) -> Option<&'static str> {
    static WORDS: [OnceLock<String>; SOURCES.len()] = [const { OnceLock::new() }; SOURCES.len()];
    let position = SOURCES.iter().position(|(known, _)| *known == path)?;
    let ((_, text), words) = SOURCES.get(position).zip(WORDS.get(position))?;
    Some(words.get_or_init(|| names_in_words(text)))
}

fn names_in_words(text: &str) -> String {
    let tree = SyntaxTree::parse(FileId(0), &SourceText::new(text));
    let mut names = Vec::new();
    let mut constants = false;
    for placed in &tree.file().decls {
        match &placed.decl.kind {
            DeclKind::Func(func) if func.receiver.is_none() => names.push(&func.name.name),
            DeclKind::Type(specs) => names.extend(specs.iter().map(|spec| &spec.name.name)),
            DeclKind::Var(specs) => {
                names.extend(specs.iter().flat_map(|spec| &spec.names).map(|name| &name.name));
            }
            DeclKind::Const(_) => constants = true,
            _ => {}
        }
    }
    names.retain(|name| name.starts_with(char::is_uppercase));
    let mut words: Vec<&str> = names.iter().take(LISTED).map(|name| name.as_str()).collect();
    if names.len() > LISTED {
        words.push("and more");
    }
    if constants {
        words.push("its constants");
    }
    words.join(", ")
}

/// All of them, with file ids counting down from `last`.
pub(crate) fn embedded(last: u32) -> Vec<Standard> {
    let ids = (0..last).rev().map(FileId);
    let sources = SOURCES.iter().zip(ids);
    sources.map(|((path, text), id)| Standard { path, text, id, parsed: OnceLock::new() }).collect()
}
