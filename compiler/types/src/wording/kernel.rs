//! The words for what kernel code can't have, and for printed formats.

use gobpf_diagnostics::codes;

use super::{Words, plural};
use crate::error::{FormatProblem, NotInKernel, Why};

pub(super) fn kernel(why: &Why) -> Option<Words> {
    Some(match why {
        Why::NotInKernel(what) => not_in_kernel(*what),
        Why::NativePackage { path, name } => {
            let short = path.rsplit('/').next().unwrap_or(path);
            let words = Words::new(codes::GB0312, format!("{short}.{name} can't be used in kernel code"));
            words.help(match (super::instead::of(path, name), crate::standard::in_kernel(path)) {
                (Some(instead), _) => instead.to_owned(),
                (None, None) => {
                    format!("package {path:?} is native Go; kernel code has the SDK and the language itself")
                }
                (None, Some(names)) => format!("of package {path:?} kernel code has {names}"),
            })
        }
        Why::NativeOnly { name } => Words::new(codes::GB0322, format!("{name} has no kernel half"))
            .help("it is for native programs and tests that run the same code without a kernel"),
        Why::NativeType { ty } => Words::new(codes::GB0312, format!("{ty} can't be used in kernel code")),
        Why::NotConstantInitial { name } => {
            Words::new(codes::GB0313, format!("the initial value of {name} is not constant"))
                .help("nothing runs before a program: the value must be known when it is loaded")
        }
        Why::InitFunction { program } => Words::new(
            codes::GB0313,
            format!("init sets variables that {program} uses, but it doesn't run in the kernel"),
        )
        .help("give the variables constant initial values, or set them in the loader"),
        Why::ContextReadOnly { expr } => {
            Words::new(codes::GB0324, format!("cannot assign to {expr}: a context can't be written"))
        }
        Why::Recursion { path } => {
            let names: Vec<&str> = path.iter().map(|(name, _)| name.as_str()).collect();
            let last = names.last().copied().unwrap_or_default();
            let chain = names.join(", which calls ");
            let mut words = Words::new(codes::GB0307, format!("{last} is recursive: it calls {chain}"))
                .help("the kernel bounds the stack at 512 bytes: write a loop with a bound instead");
            let inner = path.len().saturating_sub(1);
            for (name, place) in path.iter().take(inner) {
                words = words.label(*place, format!("{name} is called here"));
            }
            words
        }
        Why::MapMisuse { name } => Words::new(
            codes::GB0320,
            format!("{name} is a BPF map: it is a package variable with a literal, used by its methods"),
        )
        .help("a map can't be copied, passed, compared, or made while a program runs"),
        Why::ConstMisuse { name } => Words::new(
            codes::GB0320,
            format!("{name} is chosen when the program is loaded: it is a package variable, and Get gives its value"),
        )
        .help("it can't be copied, passed or changed while a program runs"),
        Why::RingSize { name, size } => {
            let message = format!("ring buffer {name} has a Size of {size} bytes");
            Words::new(codes::GB0219, message)
                .help("the kernel wants a power of two that is a multiple of 4096: write {Size: 1 << 16}")
        }
        Why::MapEntries { name } => {
            Words::new(codes::GB0219, format!("map {name} needs MaxEntries greater than 0"))
                .help("the kernel allots the entries when the map is made: write {MaxEntries: 1024}")
        }
        Why::MapType { name, role, ty, part } => {
            let detail = if ty == part { String::new() } else { format!(", which contains {part}") };
            Words::new(codes::GB0219, format!("map {name} can't have a {role} of type {ty}{detail}"))
                .help("keys and values are plain bytes: integers, booleans, and arrays and structs of these")
        }
        Why::PointerConflict { name, here, there, other } => {
            let message = match name.is_empty() {
                true => format!("a pointer into {here} meets one into {there}"),
                false => format!("{name} would point into {here} here, and into {there} elsewhere"),
            };
            Words::new(codes::GB0315, message).label(*other, format!("points into {there} here")).help(
                "use a variable for each: the kernel has different instructions and rules for each memory",
            )
        }
        Why::PointerEscapes { name } => Words::new(
            codes::GB0316,
            format!("{name} returns a pointer to a variable of its own, which is gone when it has returned"),
        )
        .help("declare the variable in the caller and pass its address"),
        Why::PointerOutlives => Words::new(
            codes::GB0316,
            "this pointer outlives the turn of the loop that its variable belongs to",
        )
        .help("each turn has a variable of its own, and they share their memory: declare the variable before the loop"),
        _ => return None,
    })
}

fn not_in_kernel(what: NotInKernel) -> Words {
    let (code, message, help) = match what {
        NotInKernel::Goroutine => (
            codes::GB0301,
            "goroutines can't run in the kernel".to_owned(),
            "a program runs from start to end on one processor: do the work in place",
        ),
        NotInKernel::Channel => (
            codes::GB0302,
            "channels can't be used in the kernel".to_owned(),
            "share data with user space and other programs through a map",
        ),
        NotInKernel::Interface => (
            codes::GB0303,
            "interfaces can't be used in the kernel".to_owned(),
            "the kernel must know every call before it runs: use the concrete type",
        ),
        NotInKernel::ErrorValue => (
            codes::GB0303,
            "error is an interface, and interfaces can't be used in the kernel".to_owned(),
            "return a bool, or a number of a type of your own with a constant for each outcome: const ( ok status = iota; tooShort )",
        ),
        NotInKernel::FunctionValue => (
            codes::GB0304,
            "this function value isn't known when compiling".to_owned(),
            "the kernel must know every call before it runs: give each function a variable of its own that always holds it",
        ),
        NotInKernel::KeptFunction => (
            codes::GB0304,
            "a function can't be kept in a field or an element, or behind a pointer".to_owned(),
            "the kernel must know every call before it runs: keep functions in variables of their own, or choose with a switch",
        ),
        NotInKernel::FunctionVariable => (
            codes::GB0304,
            "a function in a package variable isn't known when compiling".to_owned(),
            "call the function by its name, or keep it in a local variable that always holds it",
        ),
        NotInKernel::TableChanges => (
            codes::GB0316,
            "a package variable with strings, or one that is a slice, can't change in the kernel, and has no address there"
                .to_owned(),
            "pointers lose their meaning in package variables, so such a variable is known by its first value: copy it to a local variable, or keep what changes in arrays of bytes",
        ),
        NotInKernel::PrintedString => (
            codes::GB0308,
            "only constant strings and byte arrays can be printed with %s".to_owned(),
            "the kernel prints up to a zero byte, and other strings have none: print each constant where it is chosen, or copy the string into an array of bytes and print that",
        ),
        NotInKernel::Float => (
            codes::GB0305,
            "floating-point numbers can't be used in the kernel".to_owned(),
            "use integers in a smaller unit, such as thousandths; constants may be fractions as long as the result is whole",
        ),
        NotInKernel::Allocation => (
            codes::GB0306,
            "the kernel has no heap for Go: this would allocate".to_owned(),
            "use an array of fixed size, or a map",
        ),
        NotInKernel::StringValue => (
            codes::GB0308,
            "strings can't be put together in the kernel".to_owned(),
            "a new string would need memory of a size that is known only at run time: copy the parts into a byte array",
        ),
        NotInKernel::UnboundedBytes => (
            codes::GB0308,
            "this copy has no bound that is known when compiling".to_owned(),
            "compare, index or range over the bytes themselves, or slice an array of fixed size: string(buf[:n])",
        ),
        NotInKernel::Defer => (
            codes::GB0309,
            "defer in a loop can't run in the kernel".to_owned(),
            "the calls would pile up in memory that isn't there: move the body of the loop into a function",
        ),
        NotInKernel::GoMap => (
            codes::GB0311,
            "a Go map in the kernel is a package variable with //bpf:map above it".to_owned(),
            "write //bpf:map hash max_entries=1024 above the declaration of a package variable",
        ),
        NotInKernel::MapOperation(what) => (
            codes::GB0311,
            format!("{what} can't run in the kernel"),
            "a BPF map knows neither how many entries it has nor how to drop them all: keep a counter, or range and delete",
        ),
        NotInKernel::Recover => (
            codes::GB0317,
            "recover can't run in the kernel".to_owned(),
            "a panic ends the program with the abort value of its hook; return a value that says what went wrong",
        ),
        NotInKernel::Builtin(name) => (
            codes::GB0318,
            format!("{name} is not supported in the kernel yet"),
            "write it out with a loop or an if",
        ),
        NotInKernel::Print(name) => (
            codes::GB0318,
            format!("{name} can't write to a terminal from the kernel"),
            "bpf.TracePrintk writes to the trace pipe, as in bpf.TracePrintk(\"pid %d\\n\", pid)",
        ),
        NotInKernel::LocalGeneric => (
            codes::GB0318,
            "a generic type of a function is not supported in the kernel yet".to_owned(),
            "declare it outside of the function",
        ),
        NotInKernel::ShiftCount => (
            codes::GB0318,
            "a shift by what is no integer is not supported in the kernel".to_owned(),
            "convert the count to uint",
        ),
        NotInKernel::UnsafePointer => (
            codes::GB0321,
            "this use of package unsafe can't run in the kernel".to_owned(),
            "the verifier must know what each pointer points to: make pointers of pointers, with unsafe.Add and unsafe.Slice, and copy what an address from user space or of the kernel names with bpf.ProbeReadUser or bpf.ProbeReadKernel",
        ),
        NotInKernel::SharedPointer => (
            codes::GB0316,
            "a pointer, slice, string or function that changes can't be shared with a function literal"
                .to_owned(),
            "declare a variable that doesn't change after its declaration for the literal, or pass the pointer to it",
        ),
        NotInKernel::RecursiveType => (
            codes::GB0316,
            "a type that points to itself can't be used in the kernel".to_owned(),
            "the verifier must know how far pointers can be followed: keep the parts in an array or a map, and let each name the next by its index or key",
        ),
        NotInKernel::StoredPointer => (
            codes::GB0316,
            "a pointer, slice or string can't be kept outside of the stack".to_owned(),
            "in a map, a package variable or a record a pointer loses its meaning for the verifier: keep it in local variables, and what it points to in a map",
        ),
    };
    Words::new(code, message).help(help)
}

pub(super) fn printk(why: &Why) -> Option<Words> {
    let message = match why {
        Why::Format(FormatProblem::NotConstant { operand }) => {
            format!("the format must be constant: {operand}")
        }
        Why::Format(FormatProblem::UnknownVerb { function, verb }) => {
            format!("{function} format {verb} has unknown verb {}", verb.chars().last().unwrap_or('%'))
        }
        Why::Format(FormatProblem::UnsupportedVerb { verb }) => format!("the kernel can't print {verb}"),
        Why::Format(FormatProblem::WrongType { function, verb, operand, ty }) => {
            format!("{function} format {verb} has arg {operand} of wrong type {ty}")
        }
        Why::Format(FormatProblem::Missing { function, verb, argument, count }) => {
            format!("{function} format {verb} reads arg #{argument}, but call has {}", plural(*count, "arg"))
        }
        Why::Format(FormatProblem::Extra { function, verbs: 0, .. }) => {
            format!("{function} call has arguments but no formatting directives")
        }
        Why::Format(FormatProblem::Extra { function, verbs, count }) => {
            format!("{function} call needs {} but has {}", plural(*verbs, "arg"), plural(*count, "arg"))
        }
        Why::Format(FormatProblem::Byte { byte }) => {
            format!("a format holds printable ASCII and white space only, not the byte {byte:#04x}")
        }
        Why::TooManyArguments { count, target } => {
            return Some(
                Words::new(codes::GB0501, format!("{count} arguments are more than the 3 that the helper takes (target kernel {target})"))
                    .help("bpf_trace_vprintk of kernel 5.16 takes more, and is not supported yet: print in two calls"),
            );
        }
        Why::TooNew { name, since, target } => {
            return Some(
                Words::new(codes::GB0502, format!("{name} needs kernel {since}, and the target is {target}"))
                    .help(format!("raise the target with //bpf:kernel {since} or --kernel {since}")),
            );
        }
        _ => return None,
    };
    let words = Words::new(codes::GB0218, message);
    Some(match why {
        Why::Format(FormatProblem::UnsupportedVerb { .. } | FormatProblem::UnknownVerb { .. }) => words.help(
            "it prints %d, %x, %X, %c, %t, %v, and %s of a constant string or a byte array, with a width and the flags space, + - 0",
        ),
        _ => words,
    })
}
